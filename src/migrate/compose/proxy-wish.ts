import { normaliseHostPattern } from '../../model/host.ts';
import type { Verdict } from '../verdict.ts';
import type { ComposeService, ComposeSetting } from './project.ts';

/** What labels or variables ask of the proxy that a service stands behind until now. */
export interface ProxyWish {
  /** Comparable host names. */
  readonly names: readonly string[];
  readonly path: string;
  readonly stripPrefix: boolean;
  /** The container's port; null: the only one it has. */
  readonly port: number | null;
  readonly tls: 'internal' | null;
}

/** A label or variable that is meant for a proxy, and what became of it. */
interface JudgedSetting {
  readonly setting: ComposeSetting;
  readonly verdict: Verdict;
  readonly note: string;
}

export interface ReadWishes {
  readonly wishes: readonly ProxyWish[];
  readonly judged: readonly JudgedSetting[];
  /** For `acme.email`; ''. */
  readonly email: string;
}

/** What a service asks of nginx-proxy (variables), Traefik or caddy-docker-proxy (labels). */
export function readWishes(service: ComposeService): ReadWishes {
  const judged: JudgedSetting[] = [];
  const found = [readNginxProxy, readTraefik, readCaddy].map((read) => read(service, judged));
  const email = service.environment.find(({ name }) => name === 'LETSENCRYPT_EMAIL')?.value ?? '';
  return { wishes: found.flat(), judged, email };
}

const bySallyport = 'Sallyport gets and renews the certificates by itself';

function readNginxProxy({ environment }: ComposeService, judged: JudgedSetting[]): ProxyWish[] {
  const get = (name: string): string => environment.find((one) => one.name === name)?.value ?? '';
  const names = namesOf(get('VIRTUAL_HOST').split(','));
  const path = get('VIRTUAL_PATH') || '/';
  const strips = ['/', ''].includes(get('VIRTUAL_DEST'));
  for (const setting of environment) {
    const judge = (verdict: Verdict, note: string): void => void judged.push({ setting, verdict, note });
    const { name, value } = setting;
    if (name === 'VIRTUAL_HOST') {
      if (names === null)
        judge('refused', 'not host names: Sallyport has no patterns but *.NAME; name each host as a site');
      else judge('carried', `site ${names.join(', ')}`);
    } else if (name === 'VIRTUAL_PORT')
      judge(/^\d+$/.test(value) ? 'carried' : 'refused', /^\d+$/.test(value) ? '' : 'not a port');
    else if (name === 'VIRTUAL_PATH')
      judge(isPath(path) ? 'carried' : 'refused', isPath(path) ? `route ${path}` : 'not a path: write a route');
    else if (name === 'VIRTUAL_DEST')
      judge(
        strips ? 'carried' : 'refused',
        strips ? 'stripPrefix' : 'paths are taken away, not replaced: stripPrefix, or let the app know its path',
      );
    else if (/^LETSENCRYPT_|^ACME_/.test(name))
      judge('carried', name === 'LETSENCRYPT_EMAIL' ? 'acme.email' : bySallyport);
    else if (/^VIRTUAL_|^HTTPS_METHOD$|^HSTS$|^NETWORK_ACCESS$|^CERT_NAME$/.test(name))
      judge('refused', 'nothing is written for it; see the README for what a site can say');
  }
  if (names === null || names.length === 0 || !isPath(path)) return [];
  const stripPrefix = path !== '/' && environment.some(({ name }) => name === 'VIRTUAL_DEST') && strips;
  return [{ names, path, stripPrefix, port: portOf(get('VIRTUAL_PORT')), tls: null }];
}

/** A label of Traefik: `traefik.http.routers.NAME.MEMBER`. */
const traefikLabel = /^traefik\.http\.(routers|services|middlewares)\.([^.]+)\.(.+)$/i;

function readTraefik({ labels }: ComposeService, judged: JudgedSetting[]): ProxyWish[] {
  const wishes: ProxyWish[] = [];
  const ports = new Map<string, number | null>();
  for (const { name, value } of labels) {
    const [, kind = '', service = '', member = ''] = traefikLabel.exec(name) ?? [];
    if (kind.toLowerCase() === 'services' && /loadbalancer\.server\.port$/i.test(member))
      ports.set(service, portOf(value));
  }
  const servicesOf = new Map(
    labels.flatMap(({ name, value }) => {
      const [, kind, router = '', member] = traefikLabel.exec(name) ?? [];
      return kind === 'routers' && member === 'service' ? [[router, value] as const] : [];
    }),
  );
  const disabled = labels.some(({ name, value }) => name === 'traefik.enable' && value === 'false');
  for (const setting of labels.filter(({ name }) => name.startsWith('traefik.'))) {
    const [, kind, subject = '', member = ''] = traefikLabel.exec(setting.name) ?? [];
    const rule = kind === 'routers' && member === 'rule' ? readRule(setting.value) : null;
    const [verdict, note] = disabled
      ? (['carried', 'switched off: no site'] as const)
      : judgeTraefik(setting, kind, member, rule);
    judged.push({ setting, verdict, note });
    if (rule === null || disabled) continue;
    const only = ports.size === 1 ? [...ports.values()][0] : undefined;
    const port = ports.get(servicesOf.get(subject) ?? subject) ?? only ?? null;
    for (const path of rule.paths) wishes.push({ names: rule.names, path, stripPrefix: false, port, tls: null });
  }
  return wishes;
}

function judgeTraefik(
  { name, value }: ComposeSetting,
  kind: string | undefined,
  member: string,
  rule: Rule | null,
): readonly [Verdict, string] {
  if (name === 'traefik.enable' || name === 'traefik.docker.network')
    return ['carried', "only what the file says counts; Docker's networks stay"];
  if (kind === 'routers' && member === 'rule') {
    if (rule === null) return ['refused', 'only Host(…) and PathPrefix(…) have an equal: a site and a route'];
    return [
      'carried',
      `site ${rule.names.join(', ')}${rule.paths.join() === '/' ? '' : `, route ${rule.paths.join(', ')}`}`,
    ];
  }
  if (kind === 'routers' && /^(entrypoints|tls|service)\b/i.test(member))
    return ['carried', member.startsWith('tls') ? bySallyport : ''];
  if (kind === 'services' && /loadbalancer\.server\.port$/i.test(member))
    return portOf(value) === null ? ['refused', 'not a port'] : ['carried', ''];
  if (/redirectscheme/i.test(member)) return ['carried', 'port 80 leads to HTTPS by itself'];
  if (/basicauth/i.test(member))
    return ['refused', '`sallyport user add FILE NAME`, and in the site auth: { basic: FILE }'];
  if (/forwardauth/i.test(member)) return ['refused', 'write forwardAuth: URL in the site'];
  if (/stripprefix/i.test(member)) return ['refused', 'write stripPrefix: true in the route'];
  if (/ipallowlist|ipwhitelist/i.test(member)) return ['refused', 'write allow: [NETWORK] in the site'];
  return ['refused', 'nothing is written for it; see the README for what a site can say'];
}

interface Rule {
  readonly names: readonly string[];
  readonly paths: readonly string[];
}

/** `Host(…)`, several of them with ||, and at most one `PathPrefix(…)` with && behind; null for any other rule. */
function readRule(text: string): Rule | null {
  const rule = text.replace(/\s+/g, '').replace(/^\(((?:Host\([^()]*\)\|\|)*Host\([^()]*\))\)/, '$1');
  const match =
    /^((?:Host\([^()]*\)\|\|)*Host\([^()]*\))(?:&&\(?(PathPrefix\([^()]*\)(?:\|\|PathPrefix\([^()]*\))*)\)?)?$/.exec(
      rule,
    );
  const words = (part: string): string[] => [...part.matchAll(/[`"']([^`"']*)[`"']/g)].map(([, word = '']) => word);
  const names = namesOf(words(match?.[1] ?? ''));
  const paths = match?.[2] === undefined ? ['/'] : words(match[2]).map((path) => path.replace(/(.)\/$/, '$1'));
  if (match === null || names === null || names.length === 0 || paths.length === 0 || !paths.every(isPath)) return null;
  return { names, paths };
}

function readCaddy({ labels }: ComposeService, judged: JudgedSetting[]): ProxyWish[] {
  const wishes: ProxyWish[] = [];
  const mine = labels.filter(({ name }) => /^caddy(_\d+)?(\.|$)/.test(name));
  for (const setting of mine) {
    const [block = '', ...members] = setting.name.split('.');
    const member = members.join('.');
    const get = (name: string): string => mine.find((one) => one.name === `${block}.${name}`)?.value ?? '';
    const judge = (verdict: Verdict, note: string): void => void judged.push({ setting, verdict, note });
    const upstream = /^(?:\{\{\s*upstreams(?:\s+(?:https?\s+)?(\d+))?\s*\}\})$/.exec(get('reverse_proxy').trim());
    if (member === '') {
      const names = namesOf(
        setting.value.split(/[\s,]+/).map((address) => address.replace(/^https?:\/\/|:(80|443)$/g, '')),
      );
      if (names === null || names.length === 0) judge('refused', 'not host names: name each host as a site');
      else if (upstream === null) judge('refused', 'without a plain reverse_proxy there is no app to lead to');
      else {
        judge('carried', `site ${names.join(', ')}`);
        const tls = get('tls') === 'internal' ? 'internal' : null;
        wishes.push({ names, path: '/', stripPrefix: false, port: portOf(upstream[1] ?? ''), tls });
      }
    } else if (member === 'reverse_proxy' && upstream !== null) judge('carried', '');
    else if (member === 'tls' && (setting.value === 'internal' || setting.value.includes('@')))
      judge('carried', setting.value === 'internal' ? 'tls: internal' : bySallyport);
    else judge('refused', 'nothing is written for it; see the README for what a site can say');
  }
  return wishes;
}

/** Comparable names; null when one is none. */
function namesOf(texts: readonly string[]): string[] | null {
  const names = texts
    .map((text) => text.trim())
    .filter((text) => text !== '')
    .map(normaliseHostPattern);
  return names.every((name) => name !== null) ? [...new Set(names)] : null;
}

function isPath(path: string): boolean {
  return /^\/[\w.~/-]*$/.test(path) && !path.includes('//') && !/(^|\/)\.{1,2}(\/|$)/.test(path);
}

function portOf(text: string): number | null {
  const port = Number(text);
  return /^\d{1,5}$/.test(text) && port > 0 && port < 65_536 ? port : null;
}
