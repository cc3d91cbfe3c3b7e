import { resolve } from 'node:path';
import { isInternalHost } from '../../model/host.ts';
import { insteadOfCertbot } from '../certbot.ts';
import { literal } from '../literal.ts';
import type { Directive } from './parse.ts';
import type { Scope } from './scope.ts';
import type { SiteObject } from './shapes.ts';
import { judgeEach, type Work } from './work.ts';

/** Where a site's certificate comes from: nothing for `auto`. */
export function tlsOf(server: Scope, names: readonly string[], work: Work): Pick<SiteObject, 'tls'> {
  const certificates = server.all('ssl_certificate');
  const keys = server.all('ssl_certificate_key');
  if (certificates.length === 0) return automatic(names, work);
  const note = insteadOfCertbot(certificates[0]?.args[0] ?? '', names);
  if (note !== null) {
    judgeEach(work, [...certificates, ...keys], 'carried', note);
    return {};
  }
  const pairs = certificates.map((directive, index) => pairOf(directive, keys[index], server, work));
  const usable = pairs.filter((pair) => pair !== null);
  const [first] = usable;
  if (first === undefined) return automatic(names, work);
  const password = server.one('ssl_password_file');
  if (password) work.ledger.judge(password, 'refused', 'a key with a passphrase: write it without one, chmod 600');
  return { tls: usable.length === 1 ? first : usable };
}

/** Without files: `auto`, unless no CA can sign all the names. */
function automatic(names: readonly string[], { comments }: Work): Pick<SiteObject, 'tls'> {
  const internal = names.filter(isInternalHost).length;
  const isMixed = internal > 0 && internal < names.length;
  if (!isMixed && (internal > 0 || !names.some((name) => name.includes('_')))) return {};
  const text = 'LOOK: no CA signs all these names at once: name files, or make two sites.';
  comments.push({ path: ['sites', names[0] ?? '', 'tls'], text });
  return { tls: 'internal' };
}

function pairOf(directive: Directive, key: Directive | undefined, { prefix }: Scope, work: Work) {
  const { ledger } = work;
  const certificateFile = directive.args[0] ?? '';
  const keyFile = key?.args[0] ?? '';
  const special = /^(?:data|engine|store):|\$/;
  if (key === undefined || special.test(certificateFile) || special.test(keyFile)) {
    const both = key === undefined ? [directive] : [directive, key];
    judgeEach(
      work,
      both,
      'refused',
      'not a pair of files: tls: auto is in its place, or name files in tls: {certificate: …, key: …}',
    );
    return null;
  }
  ledger.judge(directive, 'carried', 'tls: certificate; new files are taken up by themselves');
  ledger.judge(key, 'carried', 'tls: key');
  return { certificate: literal(resolve(prefix, certificateFile)), key: literal(resolve(prefix, keyFile)) };
}

/** Client certificates that a server asks for. */
export function clientCertificatesOf(
  server: Scope,
  { ledger }: Work,
): Pick<SiteObject, 'clientCertificates'> | 'closed' {
  const verify = server.one('ssl_verify_client');
  const authority = server.one('ssl_client_certificate');
  const word = verify?.args[0] ?? 'off';
  if (verify === undefined || word === 'off') {
    if (verify) ledger.judge(verify, 'carried');
    return {};
  }
  const ca = authority?.args[0];
  if (word === 'optional_no_ca') {
    ledger.judge(
      verify,
      'refused',
      'certificates of any CA: name the CA in clientCertificates: and write mode: optional',
    );
    return {};
  }
  if (authority === undefined || ca === undefined || !['on', 'optional'].includes(word)) {
    ledger.judge(verify, 'refused', 'no CA to verify clients by: nobody passes until clientCertificates: names it');
    return 'closed';
  }
  ledger.judge(verify, 'carried', `clientCertificates: ${word === 'optional' ? 'mode: optional' : 'required'}`);
  ledger.judge(authority, 'carried', 'clientCertificates: ca');
  const crl = server.one('ssl_crl');
  if (crl) ledger.judge(crl, 'carried', 'clientCertificates: crl');
  const path = literal(resolve(server.prefix, ca));
  if (word === 'on' && crl?.args[0] === undefined) return { clientCertificates: path };
  const list = crl?.args[0] === undefined ? {} : { crl: literal(resolve(server.prefix, crl.args[0])) };
  return { clientCertificates: { ca: path, ...(word === 'optional' && { mode: 'optional' }), ...list } };
}
