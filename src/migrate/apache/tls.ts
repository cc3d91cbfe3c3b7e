import { insteadOfCertbot } from '../certbot.ts';
import type { Directive } from './directive.ts';
import type { Ledger } from './ledger.ts';
import type { Scope, VirtualHost } from './scopes.ts';

interface Pair {
  certificate: string;
  key: string;
}

/** The keys of a site that are about TLS. */
export interface TlsConfig {
  tls?: Pair | Pair[];
  clientCertificates?: { ca: string; mode?: 'optional'; crl?: string };
}

/** What a TLS host comes to, and what should be said beside it. */
export interface TlsResult {
  readonly config: TlsConfig;
  readonly comments: readonly string[];
}

/** Whether a host is reached by HTTPS. */
export function isSecure(host: VirtualHost, server: Scope): boolean {
  const of = (key: string): Directive | undefined =>
    host.scope.plain.findLast((one) => one.key === key) ??
    (key === 'sslengine' ? server.plain.findLast((one) => one.key === key) : undefined);
  const engine = of('sslengine')?.words[0]?.toLowerCase();
  if (engine !== undefined) return engine === 'on';
  if (of('sslcertificatefile')) return true;
  return host.addresses.some((address) => /:443$/.test(address));
}

/** The certificate of a host of these names, of its own or of the server's directives; no `tls` is `auto`. */
export function tlsOf(
  names: readonly string[],
  scope: Scope,
  server: Scope,
  path: (written: string) => string,
  ledger: Ledger,
): TlsResult {
  const all = (key: string): Directive[] => {
    const own = scope.plain.filter((one) => one.key === key);
    return own.length > 0 ? own : server.plain.filter((one) => one.key === key);
  };
  const comments: string[] = [];
  const certificates = all('sslcertificatefile');
  const keys = all('sslcertificatekeyfile');
  const instead = insteadOfCertbot(path(certificates[0]?.words[0] ?? ''), names);
  const chains = all('sslcertificatechainfile');
  for (const one of [...certificates, ...keys]) ledger.carried(one, instead ?? '');
  const pairs = certificates.map((one, index): Pair => {
    const certificate = path(one.words[0] ?? '');
    return { certificate, key: keys[index] ? path(keys[index].words[0] ?? '') : certificate };
  });
  if (instead === null) judgeChain(chains, pairs, path, comments, ledger);
  else for (const one of chains) ledger.carried(one, instead);
  const [first, ...more] = pairs;
  const client = clientCertificatesOf(scope, all, path, ledger);
  const config: TlsConfig = {
    ...(first && instead === null && { tls: more.length > 0 ? pairs : first }),
    ...(client && { clientCertificates: client }),
  };
  return { config, comments };
}

function judgeChain(
  chains: readonly Directive[],
  pairs: readonly Pair[],
  path: (written: string) => string,
  comments: string[],
  ledger: Ledger,
): void {
  for (const one of chains) {
    const chain = path(one.words[0] ?? '');
    const certificate = pairs[0]?.certificate ?? '';
    if (pairs.some((pair) => pair.certificate === chain) || /fullchain[^/]*$/.test(certificate)) {
      ledger.carried(one, 'tls: certificate has the chain already');
      continue;
    }
    const cure = `cat ${certificate} ${chain} > FULLCHAIN, and name that file in tls: certificate`;
    ledger.approximated(one, `certificate and chain stand in one file here: ${cure}`);
    comments.push(`The chain was in a file of its own (${chain}): ${cure}.`);
  }
}

function clientCertificatesOf(
  scope: Scope,
  all: (key: string) => Directive[],
  path: (written: string) => string,
  ledger: Ledger,
): TlsConfig['clientCertificates'] | null {
  const ca = all('sslcacertificatefile').at(-1);
  const crl = all('sslcarevocationfile').at(-1);
  const verify = all('sslverifyclient').at(-1);
  const mode = verify?.words[0]?.toLowerCase() ?? 'none';
  const inRoutes = scope.sections.some((section) => section.directives.some((one) => wantsCertificate(one)));
  for (const one of [...all('sslcacertificatefile'), ...all('sslcarevocationfile')]) ledger.carried(one);
  if (verify) ledger.carried(verify);
  if (mode === 'none' && !inRoutes) return null;
  if (ca === undefined) {
    return null;
  }
  if (mode === 'optional_no_ca' && verify) ledger.approximated(verify, 'a certificate of a stranger is refused here');
  const optional = mode !== 'require';
  return {
    ca: path(ca.words[0] ?? ''),
    ...(optional && { mode: 'optional' }),
    ...(crl && { crl: path(crl.words[0] ?? '') }),
  };
}

/** Whether it is `SSLVerifyClient require`. */
export function wantsCertificate(one: Directive): boolean {
  return one.key === 'sslverifyclient' && one.words[0]?.toLowerCase() === 'require';
}

/** `SSLProtocol`: what it opens or closes that Sallyport does not. */
export function judgeProtocol(one: Directive, ledger: Ledger): void {
  const enabled = new Set<string>();
  const every = ['sslv3', 'tlsv1', 'tlsv1.1', 'tlsv1.2', 'tlsv1.3'];
  for (const word of one.words.map((text) => text.toLowerCase())) {
    const name = word.replace(/^[+-]/, '');
    const names = name === 'all' ? every.slice(1) : [name];
    if (!/^[+-]/.test(word) && one.words[0]?.toLowerCase() !== 'all') enabled.clear();
    for (const each of names) word.startsWith('-') ? enabled.delete(each) : enabled.add(each);
  }
  const older = every.slice(0, 3).filter((name) => enabled.has(name));
  if (older.length > 0) ledger.approximated(one, 'stricter here: TLS 1.2 and 1.3 alone');
  else if (!enabled.has('tlsv1.2')) ledger.approximated(one, 'laxer here: TLS 1.2 is served beside 1.3');
  else ledger.carried(one, enabled.has('tlsv1.3') ? '' : 'TLS 1.3 is served too');
}
