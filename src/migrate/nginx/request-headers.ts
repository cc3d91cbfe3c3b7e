import { fieldNamePattern } from '../../control/config/header-rules.ts';
import { literal } from '../literal.ts';
import type { Directive } from './parse.ts';
import { type Scope, substitute } from './scope.ts';
import type { RouteHeaders } from './shapes.ts';
import { judgeEach, type Work } from './work.ts';

type Changes = NonNullable<RouteHeaders['request']>;

/** What the fields of a request are decided by. */
export interface RequestSetting {
  /** nginx's `$proxy_host`. */
  readonly proxyHost: string;
  readonly isHttps: boolean;
  readonly port: number;
  /** The field of the asked service's answer that a variable of `auth_request_set` holds. */
  readonly answered: ReadonlyMap<string, string>;
}

/** Fields that Sallyport makes from the connection, as all proxies do. */
const forwarding = new Set(['x-real-ip', 'x-forwarded-for', 'x-forwarded-proto', 'x-forwarded-host', 'forwarded']);

/** Fields of the connection, which Sallyport writes itself. */
const ownFields = new Set([
  ...['connection', 'upgrade', 'keep-alive', 'te', 'trailer', 'transfer-encoding', 'content-length', 'expect'],
  ...['proxy-connection', 'http2-settings', 'early-data'],
]);

/** What Sallyport tells apps of client certificates, by nginx's variable. */
const certificateFields: Readonly<Record<string, string>> = {
  $ssl_client_verify: 'X-Client-Cert-Verify',
  $ssl_client_s_dn: 'X-Client-Cert-Subject',
  $ssl_client_serial: 'X-Client-Cert-Serial',
  $ssl_client_fingerprint: 'X-Client-Cert-Fingerprint',
};

/** The changes that `proxy_set_header` makes; null for none. */
export function requestChanges(scope: Scope, setting: RequestSetting, work: Work): Changes | null {
  const set = new Map<string, string>();
  const remove: string[] = [];
  let hasHost = false;
  for (const directive of [...scope.all('proxy_set_header'), ...scope.all('grpc_set_header')]) {
    const [name = '', written = ''] = directive.args;
    const { text, used } = substitute(written, scope);
    judgeEach(work, used, 'carried', `headers: request: set: ${name}`);
    hasHost ||= name.toLowerCase() === 'host';
    const change = changeOf(directive, text, setting, work);
    if (change === '') remove.push(name);
    else if (change !== null) set.set(name, change);
  }
  if (!hasHost && /^(?:[\w.-]+|\[[0-9a-f:.]+\])(?::\d{1,5})?$/i.test(setting.proxyHost))
    set.set('Host', setting.proxyHost);
  const last = new Map([...set].map(([name, value]) => [name.toLowerCase(), [name, value] as const]));
  const fields = Object.fromEntries(last.values());
  const removed = [...new Set(remove)].filter((name) => !last.has(name.toLowerCase()));
  if (last.size === 0 && removed.length === 0) return null;
  return { ...(last.size > 0 && { set: fields }), ...(removed.length > 0 && { remove: removed }) };
}

/** The value to set, '' to take the field out, null when there is nothing to write. */
function changeOf(directive: Directive, value: string, setting: RequestSetting, work: Work): string | null {
  const { ledger } = work;
  const name = directive.args[0] ?? '';
  const lower = name.toLowerCase();
  const say = (verdict: 'carried' | 'approximated' | 'refused', note = ''): null => {
    ledger.judge(directive, verdict, note);
    return null;
  };
  const write = (text: string): string | null => {
    if (!fieldNamePattern.test(name)) return say('refused', 'not the name of a field');
    if (!/^[\x20-\x7e\t]*$/.test(text) || /^\s|\s$/.test(text))
      return say('refused', 'a value that is no line of ASCII');
    ledger.judge(
      directive,
      'carried',
      text === '' ? `headers: request: remove: [${name}]` : `headers: request: set: ${name}`,
    );
    return literal(text);
  };
  if (lower === 'host') return hostChange(value, setting, say, write);
  if (ownFields.has(lower)) {
    const usual = /^(?:|upgrade|close|keep-alive|\$http_upgrade|\$http_connection|\$ssl_early_data)$/i.test(value);
    if (usual || work.upgradeVariables.has(value)) return say('carried');
    return say('refused', 'a field that Sallyport writes itself: leave it out');
  }
  if (forwarding.has(lower) && (value.includes('$') || value === 'https')) return say('carried');
  if (value.replaceAll('-', '_').toLowerCase() === `$http_${lower.replaceAll('-', '_')}`)
    return say('carried', 'passed on as it comes');
  if (value === '$scheme') return write(setting.isHttps ? 'https' : 'http');
  if (value === '$https') return write(setting.isHttps ? 'on' : '');
  if (value === '$server_port') return write(String(setting.port));
  if (value === '$remote_user') {
    return lower === 'x-remote-user'
      ? say('carried')
      : say('approximated', 'the app is told the user in X-Remote-User');
  }
  const field = certificateFields[value] ?? setting.answered.get(value);
  if (field !== undefined) {
    return field.toLowerCase() === lower ? say('carried') : say('approximated', `the app is told this in ${field}`);
  }
  if (value.includes('$')) {
    return say('refused', `a value that differs from request to request (${value}): no rule of headers: can make it`);
  }
  return write(value);
}

function hostChange(
  value: string,
  { proxyHost }: RequestSetting,
  say: (verdict: 'carried' | 'approximated' | 'refused', note?: string) => null,
  write: (text: string) => string | null,
): string | null {
  if (/^\$(?:http_host|host)(?::\$(?:server_port|proxy_port))?$/.test(value)) return say('carried');
  if (value === '$server_name') return say('approximated', 'the app gets the name that the client used');
  const named = value.replaceAll('$proxy_host', proxyHost);
  if (/^(?:[\w.-]+|\[[0-9a-f:.]+\])(?::\d{1,5})?$/i.test(named)) return write(named);
  return say('refused', `a Host that cannot be written (${value}): the app gets the client's own`);
}
