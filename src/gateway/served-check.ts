import { X509Certificate } from 'node:crypto';
import { connect as connectTcp, isIP, type Socket } from 'node:net';
import { connect } from 'node:tls';
import { describeError } from '../model/errors.ts';
import type { CertificatePair, SiteSettings } from '../model/site.ts';
import { localProxyHeader } from '../wire/tls/proxy-header-v2.ts';

/** An address of ours to ask; `host` '' means every address of the machine. */
interface ServedAddress {
  readonly host: string;
  readonly port: number;
  readonly proxyProtocol?: true;
}

const timeout = 5_000;
const loopback: Readonly<Record<string, string>> = { '': '127.0.0.1', '0.0.0.0': '127.0.0.1', '::': '::1' };

/**
 * Asks each address for the certificate of `site` by a real handshake. Gives what is wrong, one line an address; nothing
 * when every one shows one of `pairs`. A site that is only known by addresses has no name to ask for and is not asked.
 */
export async function findNotServed(
  site: Pick<SiteSettings, 'names'>,
  pairs: readonly CertificatePair[],
  addresses: readonly ServedAddress[],
): Promise<readonly string[]> {
  const name = site.names.find((one) => isIP(one) === 0)?.replace(/^\*\./, 'sallyport-check.');
  if (name === undefined || pairs.length === 0) return [];
  const wanted = new Set(pairs.map(({ chain }) => new X509Certificate(chain).fingerprint256));
  const problems = await Promise.all(
    addresses.map(async ({ host, port, proxyProtocol }) => {
      const place = connectTcp({ host: loopback[host] ?? host, port });
      if (proxyProtocol) place.write(localProxyHeader);
      const shown = await leafShown(place, name);
      if ('failure' in shown) return `port ${port}: ${shown.failure}`;
      return wanted.has(shown.fingerprint)
        ? ''
        : `port ${port} shows another certificate, valid until ${shown.validTo}`;
    }),
  );
  return problems.filter((problem) => problem !== '');
}

type Shown = { readonly fingerprint: string; readonly validTo: string } | { readonly failure: string };

function leafShown(raw: Socket, servername: string): Promise<Shown> {
  return new Promise((resolve) => {
    const socket = connect({ socket: raw, servername, rejectUnauthorized: false, timeout });
    const end = (shown: Shown): void => {
      resolve(shown);
      socket.destroy();
      raw.destroy();
    };
    raw.on('error', (error) => end({ failure: describeError(error) }));
    socket.on('error', (error) => end({ failure: describeError(error) }));
    socket.on('timeout', () => end({ failure: `no answer within ${timeout / 1000} s` }));
    socket.on('close', () => end({ failure: 'the connection was closed' }));
    socket.on('secureConnect', () => {
      const leaf = socket.getPeerX509Certificate();
      if (!leaf) end({ failure: 'no certificate was shown' });
      else end({ fingerprint: leaf.fingerprint256, validTo: leaf.validToDate.toISOString() });
    });
  });
}
