import type { Directive } from './directive.ts';
import { type Globals, secondsOf } from './globals.ts';
import type { Ledger } from './ledger.ts';
import { networksOf } from './networks.ts';
import { judgeProtocol } from './tls.ts';

type Judge = (one: Directive, globals: Globals, ledger: Ledger, path: (written: string) => string) => void;

const seconds =
  (key: 'responseTimeout' | 'connectTimeout' | 'keepAlive'): Judge =>
  (one, globals, ledger) =>
    globals.limit(key, secondsOf(one.words[0] ?? ''), one, ledger);

/** Directives that Sallyport says once for all sites, or that are judged by their value. */
const judges: Readonly<Record<string, Judge>> = {
  timeout: seconds('responseTimeout'),
  proxytimeout: seconds('responseTimeout'),
  keepalivetimeout: seconds('keepAlive'),
  keepalive: (one, _, ledger) => {
    if (one.words[0]?.toLowerCase() === 'on') ledger.carried(one);
    else ledger.approximated(one, 'connections are kept open; limits: keepAlive says how long');
  },
  limitrequestfields: (one, globals, ledger) => globals.limit('headFields', Number(one.words[0]), one, ledger),
  limitrequestfieldsize: (one, globals, ledger) => globals.limit('headBytes', Number(one.words[0]), one, ledger),
  limitrequestline: (one, _, ledger) => ledger.approximated(one, 'counts as a part of limits: headBytes'),
  limitrequestbody: (one, _, ledger) => {
    if (one.words[0] === '0') ledger.carried(one);
    else ledger.refused(one, 'bodies of any size pass: let the app refuse what is too large for it');
  },
  requestreadtimeout: (one, globals, ledger) => {
    const head = /^header=(?:\d+-)?(\d+)/i.exec(one.words.find((word) => /^header=/i.test(word)) ?? '')?.[1];
    if (head === undefined) ledger.approximated(one, 'limits: headTimeout and bodyIdle are what Sallyport has');
    else globals.limit('headTimeout', Number(head), one, ledger);
  },
  errorlog: (one, globals, ledger, path) => {
    const place = logPlace(one.words[0] ?? '', path);
    if (place === null)
      return ledger.refused(one, 'logs go to a file, stdout or stderr: let the system collect stderr');
    if (globals.errorLog !== null && globals.errorLog !== place)
      return ledger.approximated(one, `one log for all sites: logs: errors: ${globals.errorLog}`);
    globals.errorLog = place;
    ledger.carried(one);
  },
  customlog: accessLog,
  transferlog: accessLog,
  logformat: (one, _, ledger) => ledger.carried(one, 'the form of the log is combined, or json'),
  errorlogformat: (one, _, ledger) => ledger.carried(one, 'the log has its own form'),
  proxyrequests: (one, _, ledger) => {
    if (one.words[0]?.toLowerCase() !== 'on') return ledger.carried(one);
    ledger.refused(
      one,
      'DANGEROUS: a forward proxy, open to everybody who can reach it unless something closes it; Sallyport is none. Turn it off',
    );
  },
  proxyerroroverride: (one, _, ledger) => {
    if (one.words[0]?.toLowerCase() === 'on') ledger.refused(one, "the app's own error answers are passed on");
    else ledger.carried(one);
  },
  proxypreservehost: (one, _, ledger) => {
    // Off is judged by the routes it holds for.
    if (one.words[0]?.toLowerCase() === 'on') ledger.carried(one);
  },
  use: (one, _, ledger) => ledger.refused(one, 'macros are not read: write out what it makes, and import that'),
  sslengine: (one, _, ledger) => ledger.carried(one),
  sslprotocol: (one, _, ledger) => judgeProtocol(one, ledger),
  sslciphersuite: (one, _, ledger) =>
    ledger.approximated(one, "Sallyport's own list: forward secret AEAD suites alone"),
  sslproxyprotocol: (one, _, ledger) => ledger.approximated(one, 'TLS 1.2 and 1.3'),
  sslproxyciphersuite: (one, _, ledger) => ledger.approximated(one, "Sallyport's own list"),
  sslproxyverify: (one, _, ledger) => verification(one, ledger, one.words[0]?.toLowerCase() === 'require'),
  sslproxycheckpeername: (one, _, ledger) => verification(one, ledger, one.words[0]?.toLowerCase() === 'on'),
  sslproxycheckpeercn: (one, _, ledger) => verification(one, ledger, one.words[0]?.toLowerCase() === 'on'),
  sslproxycheckpeerexpire: (one, _, ledger) => verification(one, ledger, one.words[0]?.toLowerCase() === 'on'),
  sslproxycacertificatefile: (one, _, ledger) =>
    ledger.refused(one, `write to: {url: …, caFile: ${one.words[0] ?? 'FILE'}} for the app`),
  sslcacertificatepath: (one, _, ledger) =>
    ledger.refused(one, 'clientCertificates: ca is one file: put the certificates of the directory into it'),
  sslcarevocationpath: (one, _, ledger) =>
    ledger.refused(one, 'clientCertificates: crl is one file: put the lists of the directory into it'),
  sslcarevocationcheck: (one, _, ledger) => ledger.carried(one),
  user: account,
  group: account,
  remoteipheader: (one, _, ledger) => {
    if (/^x-forwarded-for$/i.test(one.words[0] ?? '')) ledger.carried(one);
    else
      ledger.refused(
        one,
        'addresses of clients come from X-Forwarded-For or Forwarded of trustedProxies: let the proxy in front send one',
      );
  },
  remoteipinternalproxy: trusted,
  remoteiptrustedproxy: trusted,
  remoteipinternalproxylist: (one, _, ledger) =>
    ledger.refused(one, 'write the networks of the file under trustedProxies'),
  remoteiptrustedproxylist: (one, _, ledger) =>
    ledger.refused(one, 'write the networks of the file under trustedProxies'),
  remoteipproxiesheader: (one, _, ledger) => ledger.carried(one, 'the app gets the whole chain in X-Forwarded-For'),
  remoteipproxyprotocol: (one, globals, ledger) => {
    const on = one.words[0]?.toLowerCase() === 'on';
    if (!on) return ledger.carried(one);
    if (globals.trusted.length === 0)
      return ledger.refused(
        one,
        'write the networks that connect under trustedProxies, and listen: {https: {address: 443, proxyProtocol: true}}',
      );
    globals.proxyProtocol = true;
    ledger.carried(one, 'listen: proxyProtocol');
  },
  mdcontactemail: (one, globals, ledger) => {
    const email = one.words[0] ?? '';
    if (!/^[^\s@:,]+@[^\s@:,]+\.[^\s@:,]+$/.test(email)) return ledger.refused(one, 'not an e-mail address');
    globals.acme({ email });
    ledger.carried(one, 'acme: email');
  },
  mdcertificateauthority: (one, globals, ledger) => {
    const url = one.words[0] ?? '';
    if (!/^https:\/\/[^/]/.test(url) || !URL.canParse(url))
      return ledger.refused(one, 'write the CA under acme: issuers');
    globals.acme({ issuers: [/acme-v02\.api\.letsencrypt\.org/.test(url) ? 'letsencrypt' : url] });
    ledger.carried(one, 'acme: issuers');
  },
  mdomain: (one, _, ledger) => ledger.carried(one, 'tls: auto, the default: a certificate for the names of each site'),
};

function accessLog(one: Directive, globals: Globals, ledger: Ledger, path: (written: string) => string): void {
  const place = logPlace(one.words[0] ?? '', path);
  const format = one.words[1]?.toLowerCase();
  if (place === null)
    return ledger.refused(one, 'logs go to a file, stdout or stderr: let another program read the file');
  if (globals.accessLog !== null && globals.accessLog !== place)
    return ledger.approximated(one, `one log for all sites: logs: access: ${globals.accessLog}`);
  globals.accessLog = place;
  if (format === 'combined' && one.words.length === 2) return ledger.carried(one);
  ledger.approximated(one, 'every request, in the form combined (logs: format: json is the other)');
}

function logPlace(written: string, path: (written: string) => string): string | null {
  if (written === '' || written.includes('${') || /^(?:\||syslog|"?\|)/i.test(written) || written.includes('\0'))
    return null;
  if (written === '/dev/null') return 'off';
  if (/^\/(?:dev\/stdout|proc\/self\/fd\/1)$/.test(written)) return 'stdout';
  if (/^\/(?:dev\/stderr|proc\/self\/fd\/2)$/.test(written)) return 'stderr';
  return path(written);
}

function verification(one: Directive, ledger: Ledger, verified: boolean): void {
  if (verified) ledger.carried(one);
  else
    ledger.approximated(
      one,
      'stricter here: the app’s certificate is always verified; for a CA of its own write to: {url: …, caFile: …, serverName: …}',
    );
}

function account(one: Directive, _: Globals, ledger: Ledger): void {
  ledger.approximated(
    one,
    'Sallyport stays what starts it: `sallyport service install` makes a user of its own, or write user: and group:',
  );
}

function trusted(one: Directive, globals: Globals, ledger: Ledger): void {
  const networks = networksOf(one.words);
  if (networks === null)
    return ledger.refused(one, 'names of proxies are not looked up: write their networks under trustedProxies');
  for (const network of networks) if (!globals.trusted.includes(network)) globals.trusted.push(network);
  ledger.carried(one, 'trustedProxies');
}

/** Judges such a directive, unless it is another one. */
export function judgeServerWide(
  one: Directive,
  globals: Globals,
  ledger: Ledger,
  path: (written: string) => string,
): void {
  if (Object.hasOwn(judges, one.key)) judges[one.key]?.(one, globals, ledger, path);
}
