import { once } from 'node:events';
import { createServer } from 'node:net';
import { type Finding, good } from '../../control/certificates/doctor/finding.ts';
import { findPortOwner, type PortOwner } from '../../control/machine/port-owner.ts';
import { systemErrorCode } from '../../model/errors.ts';
import { bracketed } from '../../model/host.ts';
import type { ListenAddress, Settings } from '../../model/settings.ts';
import { explainListenFailure } from '../listen-failure.ts';

/** The gate that serves now, as its control socket tells it. */
export type RunningGate =
  | {
      readonly pid: number;
      /** Empty while it starts. */
      readonly listeners: readonly ListenAddress[];
    }
  /** There is one, but this user may not ask it. */
  | 'forbidden';

/** Whether every address to listen on is free, or held by the gate that runs. Free ones are bound for a moment. */
export async function examinePorts({ listen }: Settings, running: RunningGate | null): Promise<Finding[]> {
  const wanted = [...listen.https, ...listen.http].filter(({ port }) => port !== 0);
  return Promise.all(wanted.map((address) => examinePort(address, running)));
}

async function examinePort(address: ListenAddress, running: RunningGate | null): Promise<Finding> {
  const { host, port } = address;
  const subject = host === '' ? `port ${port}` : `port ${port} of ${bracketed(host)}`;
  const ours = (): Finding => good('port-ours', subject, 'the running Sallyport listens there', '');
  if (running !== null && running !== 'forbidden' && running.listeners.some((one) => same(one, address))) return ours();
  const failure = await tryToListen(address);
  if (failure === null) return good('port-free', subject, 'free', '');
  const owner = await findPortOwner(port, host);
  if (owner !== null && running !== null && isRunningGate(owner, running)) return ours();
  if (owner?.kind === 'process' && owner.pid === 1) return heldForUnit(subject, port);
  const forbidden = systemErrorCode(failure) === 'EACCES';
  // Who may not listen there learns nothing of who does.
  const error = forbidden && owner !== null ? Object.assign(new Error('in use'), { code: 'EADDRINUSE' }) : failure;
  const { code, message: cause, cure = '' } = await explainListenFailure(error, address);
  return { level: code === 'port-forbidden' ? 'warning' : 'error', code, subject, cause, evidence: '', cure };
}

function same(one: ListenAddress, other: ListenAddress): boolean {
  return one.host === other.host && one.port === other.port;
}

function isRunningGate(owner: PortOwner, running: RunningGate): boolean {
  return running === 'forbidden' ? owner.kind === 'hidden' : owner.kind === 'process' && owner.pid === running.pid;
}

function heldForUnit(subject: string, port: number): Finding {
  const cause = 'systemd listens there, for a socket unit';
  const cure = `see \`systemctl list-sockets\`: it is well if that is sallyport.socket; else stop the unit of port ${port}`;
  return { level: 'warning', code: 'port-of-unit', subject, cause, evidence: 'pid 1', cure };
}

/** The system's error, or null. */
async function tryToListen({ host, port }: ListenAddress): Promise<unknown> {
  const server = createServer((socket) => socket.destroy());
  try {
    server.listen({ port, ...(host !== '' && { host }), ipv6Only: host === '::' });
    await once(server, 'listening');
    server.close();
    await once(server, 'close');
    return null;
  } catch (error) {
    return error;
  }
}
