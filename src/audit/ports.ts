import { good } from '../control/certificates/doctor/finding.ts';
import { type Listener, readListeners } from '../control/machine/listeners.ts';
import { findPortOwner } from '../control/machine/port-owner.ts';
import { bracketed, comparableAddress } from '../model/host.ts';
import type { AuditFinding } from './finding.ts';
import { type Guarded, sitesOf } from './guarded.ts';
import { ask, knock } from './knock.ts';
import type { OwnAddress } from './own-addresses.ts';

/** What is known of the machine before its ports are looked at. */
export interface Machine {
  /** Its addresses but those of loopback. */
  readonly own: readonly OwnAddress[];
  readonly listeners: readonly Listener[];
}

/** The line of a compose file that publishes a port. */
export interface PublishedAt {
  readonly place: string;
  /** The line as it should be; '' when it is already. */
  readonly wanted: string;
}

/**
 * Whether the app that listens on this port of the machine can be reached on other addresses than loopback: by what the system says of who listens,
 * and by connecting to each of the machine's own addresses.
 */
export async function examinePort(
  guarded: Guarded,
  port: number,
  machine: Machine,
  publishedAt: PublishedAt | null,
): Promise<AuditFinding> {
  const subject = `${sitesOf(guarded)} (port ${port})`;
  const listening = machine.listeners.filter((one) => one.port === port);
  const open = listening.filter(({ address }) => !isLoopback(address));
  const answers = await Promise.all(machine.own.map((own) => tryAddress(own, port, guarded)));
  const reached = answers.filter((answer) => answer !== null);
  const who = await ownerOf(port, open[0]?.address ?? '');
  const listensOn = `${who || 'an app'} listens on ${[...new Set(listening.map(({ address }) => readable(address)))].join(' and ')}`;
  if (open.length === 0 && reached.length === 0) {
    if (listening.length > 0) return good('loopback-only', subject, 'only this machine reaches the app', listensOn);
    if (machine.listeners.length > 0 || !(await knock('127.0.0.1', port))) return silent(subject, port);
    return good('loopback-only', subject, 'only this machine reaches the app', 'no other address of it answers');
  }
  const evidence = [
    listening.length > 0 ? listensOn : 'nobody is seen listening: the kernel passes it on, as Docker makes it',
    ...reached.map(({ words }) => words),
  ];
  const base = { subject, cure: cureOf(port, who, publishedAt) };
  if (reached.length === 0) return unreached(base, evidence, machine.own.length > 0);
  if (reached.every(({ containers }) => containers)) {
    const cause = 'containers of this machine reach the app around the gate';
    return { ...base, level: 'warning', code: 'open-to-containers', cause, evidence: evidence.join('; ') };
  }
  const guard = guarded.uses.find((use) => use.guard !== '')?.guard;
  const cause = `the app can be reached around the gate${guard === undefined ? '' : `, and so around its ${guard}`}`;
  return { ...base, level: 'error', code: 'reachable', cause, evidence: evidence.join('; ') };
}

/** Listens for everybody, but none of the machine's addresses lets anybody in now. */
function unreached(
  base: Pick<AuditFinding, 'subject' | 'cure'>,
  evidence: string[],
  hasAddresses: boolean,
): AuditFinding {
  if (hasAddresses) {
    const cause = 'the app listens for everybody, and only a firewall of this machine keeps others off';
    const said = `${evidence.join('; ')}; no address of the machine lets a connection in`;
    return { ...base, level: 'warning', code: 'open-behind-firewall', cause, evidence: said };
  }
  const cause = 'the app listens for everybody';
  const said = `${evidence.join('; ')}; this machine has no address but loopback now, so nothing could be tried`;
  return { ...base, level: 'error', code: 'listens-everywhere', cause, evidence: said };
}

function silent(subject: string, port: number): AuditFinding {
  const cause = 'nobody listens there, so nothing can be told';
  const cure = 'start the app, then audit again';
  return { level: 'warning', code: 'app-silent', subject, cause, evidence: `127.0.0.1:${port}`, cure };
}

async function tryAddress({ address, containers }: OwnAddress, port: number, { target, uses }: Guarded) {
  if (!(await knock(address, port))) return null;
  const [use] = uses;
  const place = `${bracketed(address)}:${port}`;
  const secure = target.kind === 'tcp' && target.tls !== null;
  const host = (use?.site ?? address).replace('*', 'any');
  const status = await ask(address, port, { path: use?.path ?? '/', host, secure });
  const without =
    use?.guard && status !== 401 && status !== 403 ? ` without the ${use.guard} that the gate asks for` : '';
  const words = status === null ? `${place} takes connections` : `${place} answers ${status}${without}`;
  return { words, containers };
}

function cureOf(port: number, who: string, publishedAt: PublishedAt | null): string {
  if (publishedAt !== null && publishedAt.wanted !== '') {
    return `${publishedAt.place}: write \`${publishedAt.wanted}\`, then \`docker compose up -d\``;
  }
  if (/docker-proxy|rootlessport|^$/.test(who)) {
    if (publishedAt !== null) return `${publishedAt.place} is as it should be: \`docker compose up -d\` makes it so`;
    return `publish it on loopback only: -p 127.0.0.1:${port}:… or "127.0.0.1:${port}:…" in the compose file`;
  }
  return `make it listen on 127.0.0.1 (an option such as --host, --bind or HOST), or let the firewall refuse port ${port}`;
}

async function ownerOf(port: number, address: string): Promise<string> {
  const owner = await findPortOwner(port, address);
  if (owner === null) return '';
  if (owner.kind === 'hidden') return `a process of ${owner.user}`;
  return `${owner.name} (pid ${owner.pid}${owner.unit === null ? '' : `, ${owner.unit}`})`;
}

function readable(address: string): string {
  return address === '0.0.0.0' || address === '::' ? `every address (${address})` : address;
}

export function isLoopback(address: string): boolean {
  const comparable = comparableAddress(address);
  return comparable !== null && (comparable === '::1' || comparable.startsWith('127.'));
}

/** The machine as it is now. */
export async function lookAtMachine(own: readonly OwnAddress[]): Promise<Machine> {
  return { own, listeners: await readListeners() };
}
