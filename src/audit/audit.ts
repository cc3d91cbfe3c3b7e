import { existsSync } from 'node:fs';
import type { ComposeProject } from '../migrate/compose/project.ts';
import type { Settings } from '../model/settings.ts';
import { type ComposeView, examineCompose, publishedAt } from './compose.ts';
import { examineConfiguration } from './configuration.ts';
import type { AuditFinding, AuditReport } from './finding.ts';
import { guardedTargets } from './guarded.ts';
import { type OwnAddress, ownAddresses } from './own-addresses.ts';
import { lookAtMachine } from './ports.ts';
import { examineSecretFiles } from './secret-files.ts';
import { examineTargets } from './targets.ts';

export interface AuditRequest {
  /** null: compose files alone are looked at. */
  readonly settings: Settings | null;
  readonly projects: readonly ComposeProject[];
  readonly meantPublic: ReadonlySet<number>;
  /** What paths are shown relative to. */
  readonly directory: string;
}

/**
 * Whether any app behind the gate is reachable around it: by what the system says of who listens, by connecting to each address of this machine, by
 * what compose files publish, and by what the configuration and its files leave open. Connects to this machine alone.
 */
export async function audit({ settings, projects, meantPublic, directory }: AuditRequest): Promise<AuditReport> {
  const view: ComposeView = { meantPublic, directory, sitesAt: sitesAt(settings) };
  const own = ownAddresses();
  const findings: AuditFinding[] = [];
  if (settings !== null) {
    const machine = await lookAtMachine(own);
    findings.push(...(await examineTargets(settings, machine, (port) => publishedAt(projects, port, view))));
    findings.push(...examineConfiguration(settings), ...(await examineSecretFiles(settings)));
  }
  findings.push(...projects.flatMap((project) => examineCompose(project, view)));
  return { findings, lookedAt: lookedAt(settings, projects, own), notLookedAt: notLookedAt(settings, projects, own) };
}

/** The sites that lead to a port of this machine, as far as the configuration says so itself. */
function sitesAt(settings: Settings | null): ComposeView['sitesAt'] {
  if (settings === null) return () => null;
  const found = new Map<number, string[]>();
  for (const { target, uses } of guardedTargets(settings)) {
    if (target.kind === 'tcp')
      found.set(target.port, [...(found.get(target.port) ?? []), ...uses.map(({ site }) => site)]);
  }
  return (port) => [...new Set(found.get(port))];
}

function lookedAt(
  settings: Settings | null,
  projects: readonly ComposeProject[],
  own: readonly OwnAddress[],
): string[] {
  const said = projects.map(({ files }) => `${[...files.keys()].join(', ')}: every published port`);
  if (settings === null) return said;
  const addresses = own.map(({ address }) => address).join(', ');
  return [
    `${settings.file ?? 'the configuration'}: its targets, networks, keys and files of users`,
    addresses === ''
      ? 'who listens on this machine'
      : `who listens on this machine, and whether ${addresses} lets one in`,
    ...said,
  ];
}

function notLookedAt(
  settings: Settings | null,
  projects: readonly ComposeProject[],
  own: readonly OwnAddress[],
): string[] {
  const said: string[] = [];
  if (settings === null) said.push('what runs now, and where the sites lead: no configuration was named (-c FILE)');
  else {
    said.push(
      'firewalls: each address was tried from this machine itself; another machine may be let in less far, or further by a router',
    );
    said.push('other users of this machine: a port on loopback is open to all of them, a Unix socket need not be');
    if (own.length === 0) said.push('other addresses: this machine has none but loopback now');
    if (!existsSync('/proc/net/tcp')) said.push('who listens: this system has no /proc to tell');
    else if (process.geteuid?.() !== 0) said.push("the names of other users' processes: only root sees them");
    if (existsSync('/.dockerenv') || existsSync('/run/.containerenv'))
      said.push('the machine around this container: run the audit there too');
    const chosen = settings.apps.filter(({ program }) => program.kind === 'command' && program.port === null);
    if (chosen.length > 0)
      said.push(`${chosen.map(({ name }) => name).join(', ')}: where an app that the gate starts really listens`);
  }
  if (projects.length > 0) {
    said.push('containers started in another way than by these files, or before they were last changed');
    said.push('neighbours in the same network: before version 28 Docker let them reach ports published on loopback');
  } else said.push('containers that do not run now: there was no compose file to read');
  return said;
}
