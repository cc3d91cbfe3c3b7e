import { once } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';
import { connect, type TLSSocket } from 'node:tls';
import { bodies } from '../workloads.ts';
import { residentBytes } from './process-tree.ts';

export interface IdleTarget {
  readonly pid: number;
  readonly port: number;
  readonly name: string;
  readonly root: string;
}

/** Connections opened and closed before counting, so that what a server sets up once is not divided among them. */
const warmUp = 100;
const opening = 32;
const settleMilliseconds = 1000;

/** Bytes of resident memory that each idle connection adds, every one having had one small request answered. */
export async function idleBytes(target: IdleTarget, connections: number): Promise<number> {
  for (const socket of await openAll(target, warmUp)) socket.destroy();
  await delay(settleMilliseconds);
  const before = residentBytes(target.pid);
  const sockets = await openAll(target, connections);
  try {
    await delay(settleMilliseconds);
    const closed = sockets.filter((socket) => socket.readyState !== 'open').length;
    if (closed > 0) throw new Error(`${closed} of ${connections} idle connections were closed by the server`);
    return (residentBytes(target.pid) - before) / connections;
  } finally {
    for (const socket of sockets) socket.destroy();
  }
}

async function openAll(target: IdleTarget, count: number): Promise<TLSSocket[]> {
  const sockets: TLSSocket[] = [];
  while (sockets.length < count) {
    const batch = Math.min(opening, count - sockets.length);
    sockets.push(...(await Promise.all(Array.from({ length: batch }, () => openOne(target)))));
  }
  return sockets;
}

async function openOne({ port, name, root }: IdleTarget): Promise<TLSSocket> {
  const socket = connect({ port, host: '127.0.0.1', servername: name, ca: root, minVersion: 'TLSv1.3' });
  await once(socket, 'secureConnect');
  socket.on('error', () => socket.destroy());
  socket.write(`GET /102 HTTP/1.1\r\nHost: ${name}\r\n\r\n`);
  for (let text = ''; !isWhole(text); ) {
    const [chunk] = (await once(socket, 'data')) as [Buffer];
    text += chunk.toString('latin1');
  }
  return socket;
}

function isWhole(answer: string): boolean {
  const headEnd = answer.indexOf('\r\n\r\n');
  return headEnd >= 0 && answer.length >= headEnd + 4 + bodies['/102'];
}
