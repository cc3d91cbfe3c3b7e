import { readFile } from 'node:fs/promises';
import { comparableAddress } from '../../model/host.ts';

/** A socket that listens for TCP connections. */
export interface Listener {
  /** In its comparable form; `0.0.0.0` or `::` for every one. */
  readonly address: string;
  readonly port: number;
  readonly inode: number;
  readonly uid: number;
}

const listenState = '0A';

/** Every listening TCP socket of this machine (of this network namespace), from `/proc/net`; columns as in proc(5). Empty where there is none. */
export async function readListeners(): Promise<Listener[]> {
  const listeners: Listener[] = [];
  for (const file of ['/proc/net/tcp', '/proc/net/tcp6']) {
    const text = await readFile(file, 'utf8').catch(() => '');
    for (const line of text.split('\n').slice(1)) {
      const [, local = '', , state, , , , uid, , inode] = line.trim().split(/\s+/);
      const [address = '', port = ''] = local.split(':');
      if (state !== listenState) continue;
      listeners.push({
        address: readAddress(address),
        port: Number.parseInt(port, 16),
        inode: Number(inode),
        uid: Number(uid),
      });
    }
  }
  return listeners;
}

/** An address as `/proc` writes it: words of four bytes, each in this machine's order, which is little-endian. */
function readAddress(digits: string): string {
  const bytes = Buffer.from(digits, 'hex');
  bytes.swap32();
  if (bytes.length === 4) return bytes.join('.');
  const text = (bytes.toString('hex').match(/.{4}/g) ?? []).join(':');
  return comparableAddress(text) ?? text;
}
