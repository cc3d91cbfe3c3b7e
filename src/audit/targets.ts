import { stat } from 'node:fs/promises';
import { BlockList } from 'node:net';
import { networkInterfaces } from 'node:os';
import { dirname } from 'node:path';
import { good } from '../control/certificates/doctor/finding.ts';
import { resolverOf } from '../control/health/resolve.ts';
import { describeError, systemErrorCode } from '../model/errors.ts';
import { comparableAddress, isAddress } from '../model/host.ts';
import type { Settings } from '../model/settings.ts';
import type { AuditFinding } from './finding.ts';
import { type Guarded, guardedTargets, sitesOf } from './guarded.ts';
import { examinePort, isLoopback, type Machine, type PublishedAt } from './ports.ts';
import { everybody, everybodyPasses, printMode } from './rights.ts';

/** Whether the apps behind the gate are reachable around it: every target, and the fixed ports of apps that the gate runs. */
export async function examineTargets(
  settings: Settings,
  machine: Machine,
  publishedAt: (port: number) => PublishedAt | null,
): Promise<AuditFinding[]> {
  const resolve = resolverOf(settings.resolvers);
  const found = await Promise.all(
    guardedTargets(settings).map(async (guarded): Promise<AuditFinding> => {
      const { target } = guarded;
      if (target.kind === 'unix') return examineSocket(guarded, target.path);
      try {
        const addresses = isAddress(target.host) ? [target.host] : (await resolve(target.host)).addresses;
        if (addresses.every((address) => isHere(address, machine))) {
          return await examinePort(guarded, target.port, machine, publishedAt(target.port));
        }
        return judgeRemote(guarded, addresses);
      } catch (error) {
        const cause = `where ${target.host} is could not be found out, so nothing can be told`;
        const cure = 'correct the name, or its DNS record';
        const evidence = describeError(error);
        return { level: 'warning', code: 'name-unknown', subject: subjectOf(guarded), cause, evidence, cure };
      }
    }),
  );
  for (const { name, program } of settings.apps) {
    if (program.kind !== 'command' || program.port === null) continue;
    const target = { kind: 'tcp', name, host: '127.0.0.1', port: program.port, http2: false, tls: null } as const;
    const guarded = { target, uses: [{ site: name, path: '/', guard: '' }] };
    found.push(await examinePort(guarded, program.port, machine, publishedAt(program.port)));
  }
  return found;
}

function subjectOf(guarded: Guarded): string {
  return `${sitesOf(guarded)} (${guarded.target.name})`;
}

function isHere(address: string, { own }: Machine): boolean {
  const comparable = comparableAddress(address);
  return isLoopback(address) || own.some((one) => comparableAddress(one.address.replace(/%.*/, '')) === comparable);
}

/** An app on another machine, or in a container that has an address of its own. */
function judgeRemote(guarded: Guarded, addresses: readonly string[]): AuditFinding {
  const subject = subjectOf(guarded);
  const evidence = addresses.join(', ');
  const { target } = guarded;
  if (target.kind === 'tcp' && target.tls !== null) {
    return good('encrypted', subject, 'the way to the app is encrypted, and who answers is verified', evidence);
  }
  const inside = containerNetworks();
  if (addresses.every((address) => inside.check(address, address.includes(':') ? 'ipv6' : 'ipv4'))) {
    return good('container', subject, 'the app is in a container network of this machine', evidence);
  }
  const cause =
    'the way to the app crosses the network in plain HTTP: others there can read and change it, and may reach the app around the gate';
  const cure =
    'write https:// with a certificate at the app, or run a Sallyport there too; and let its firewall admit this machine alone';
  return { level: 'warning', code: 'plain-http', subject, cause, evidence, cure };
}

function containerNetworks(): BlockList {
  const networks = new BlockList();
  for (const [name, addresses] of Object.entries(networkInterfaces())) {
    if (!/^(docker\d|br-[0-9a-f]{12}$|podman\d|cni|lxcbr|lxdbr|virbr)/.test(name)) continue;
    for (const { cidr, family } of addresses ?? []) {
      const [address, prefix] = cidr?.split('/') ?? [];
      if (address && prefix) networks.addSubnet(address, Number(prefix), family === 'IPv6' ? 'ipv6' : 'ipv4');
    }
  }
  return networks;
}

/** Connecting to a socket takes the right to write to it, and to pass through the directories above it (unix(7)). */
async function examineSocket(guarded: Guarded, path: string): Promise<AuditFinding> {
  const subject = subjectOf(guarded);
  try {
    const info = await stat(path);
    const mode = `mode ${printMode(info.mode)}`;
    if (!info.isSocket()) return noSocket(subject, 'it is no socket');
    if ((info.mode & everybody.write) === 0 || !(await everybodyPasses(dirname(path)))) {
      return good('socket-closed', subject, 'not everybody on this machine can connect to the socket', mode);
    }
    const cause = 'every user of this machine can connect to the socket, around the gate';
    const cure = `make the app create it with mode 0660 (an option such as --umask 007 or chmod-socket), or put it into a directory of mode 0750`;
    return { level: 'error', code: 'socket-open', subject, cause, evidence: mode, cure };
  } catch (error) {
    return noSocket(subject, systemErrorCode(error) || describeError(error));
  }
}

function noSocket(subject: string, evidence: string): AuditFinding {
  const cause = 'the socket cannot be looked at, so nothing can be told';
  const cure = 'start the app, and run the audit as a user who may look there';
  return { level: 'warning', code: 'app-silent', subject, cause, evidence, cure };
}
