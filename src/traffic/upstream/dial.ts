import net from 'node:net';
import tls from 'node:tls';
import { lookUpIn } from '../../model/look-up.ts';
import type { Target } from '../../model/site.ts';
import type { NameAddresses } from '../../model/target-news.ts';
import { holdsPlenty } from '../held-bytes.ts';

/** Takes the bytes of one read: `bytes[0, count)`, valid until it returns. */
export type ReadCallback = (count: number, bytes: Buffer) => void;

/** All upstream sockets of a worker read into this one buffer: what a read brings is used up before the next. */
const readBuffer = Buffer.allocUnsafeSlow(256 * 1024);
/** Its front, for times when slow clients hold plenty already. */
const smallReadBuffer = readBuffer.subarray(0, 16 * 1024);

/**
 * Starts a connection to an app, to the first of `addresses` that takes it, or as the system resolves its name when they are null. The caller adds listeners; `readyEvent` tells when it may be written to. A certificate
 * of an `https://` or `h2://` app is always verified, before any byte of a request is sent.
 */
export function dial(
  target: Target,
  addresses: NameAddresses | null,
  onRead: ReadCallback,
): { socket: net.Socket; readyEvent: 'connect' | 'secureConnect' } {
  const onread = {
    buffer: () => (holdsPlenty() ? smallReadBuffer : readBuffer),
    callback: (count: number, bytes: Uint8Array): boolean => {
      onRead(count, bytes as Buffer);
      return true;
    },
  };
  if (target.kind === 'unix') {
    return { socket: net.connect({ path: target.path, allowHalfOpen: true, onread }), readyEvent: 'connect' };
  }
  const address = {
    host: target.host,
    port: target.port,
    noDelay: true,
    keepAlive: true,
    allowHalfOpen: true,
    ...(addresses === null ? {} : { lookup: lookUpIn(addresses) }),
  };
  if (target.tls === null) return { socket: net.connect({ ...address, onread }), readyEvent: 'connect' };
  const { serverName, ca } = target.tls;
  const options: tls.ConnectionOptions & { onread: net.OnReadOpts } = {
    ...address,
    ...(net.isIP(serverName) === 0 ? { servername: serverName } : {}),
    ...(ca === null ? {} : { ca }),
    checkServerIdentity: (_host, certificate) => tls.checkServerIdentity(serverName, certificate),
    rejectUnauthorized: true,
    minVersion: 'TLSv1.2',
    ALPNProtocols: target.http2 ? ['h2'] : ['http/1.1'],
    onread,
  };
  return { socket: tls.connect(options), readyEvent: 'secureConnect' };
}
