import { X509Certificate } from 'node:crypto';
import type { TLSSocket } from 'node:tls';
import type { ShownCertificate } from '../shown-certificate.ts';
import { asciiName, commonNameOf } from './distinguished-name.ts';

const nothing = { reason: '', notAfter: 0, name: '', subject: '', serial: '', fingerprint: '', der: '' };

/**
 * What the client has shown in a finished handshake. `authorized` of the socket alone does not say it: Node also sets it for a
 * session of TLS 1.3 that is resumed without any certificate.
 */
export function readShownCertificate(socket: TLSSocket, trust: string): ShownCertificate {
  const certificate = socket.getPeerX509Certificate();
  if (!(certificate instanceof X509Certificate)) return { ...nothing, trust, verdict: 'none' };
  const { subject, serialNumber, fingerprint256, validToDate, raw } = certificate;
  return {
    trust,
    verdict: socket.authorized ? 'good' : 'bad',
    reason: socket.authorized ? '' : String(socket.authorizationError),
    notAfter: validToDate.getTime(),
    name: commonNameOf(subject ?? ''),
    subject: asciiName(subject ?? ''),
    serial: serialNumber.replace(/^0+(?=.)/, ''),
    fingerprint: fingerprint256.replaceAll(':', '').toLowerCase(),
    der: raw.toString('base64'),
  };
}
