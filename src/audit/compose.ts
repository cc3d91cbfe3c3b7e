import { isAbsolute, relative } from 'node:path';
import { good } from '../control/certificates/doctor/finding.ts';
import { databaseOf } from '../migrate/compose/databases.ts';
import { changedLine, loopbackEdit } from '../migrate/compose/loopback-edit.ts';
import { isLoopback, type PortRange, printRange } from '../migrate/compose/port-syntax.ts';
import type { ComposeProject, ComposeService, PortLine } from '../migrate/compose/project.ts';
import type { SourcePosition } from '../model/errors.ts';
import type { AuditFinding } from './finding.ts';
import type { PublishedAt } from './ports.ts';

/** What the ports of a compose file are held against. */
export interface ComposeView {
  /** The sites that lead to a port of this machine; null: there is no configuration to tell. */
  sitesAt(port: number): readonly string[] | null;
  /** Ports that the user says are meant for everybody. */
  readonly meantPublic: ReadonlySet<number>;
  /** What paths are shown relative to. */
  readonly directory: string;
}

/** Every way in which the containers of a compose file are reachable around the gate. */
export function examineCompose(project: ComposeProject, view: ComposeView): AuditFinding[] {
  const doubts = project.doubts.map(
    ({ code, at, what, cure }): AuditFinding => ({
      level: 'warning',
      code,
      subject: place(at, view),
      cause: what,
      evidence: '',
      cure: lowerFirst(cure),
      at,
    }),
  );
  return [...project.services.flatMap((service) => examineService(service, project, view)), ...doubts];
}

function examineService(service: ComposeService, project: ComposeProject, view: ComposeView): AuditFinding[] {
  const { name, networkMode, ownAddress, at } = service;
  const findings = service.ports.map((line) => examineLine(line, service, project, view));
  if (networkMode?.text === 'host') {
    const cause = 'the container listens on the addresses of the machine itself, on which of them only the app decides';
    const cure =
      'take network_mode: host out and publish its port as "127.0.0.1:PORT:PORT", or make the app listen on 127.0.0.1';
    findings.push({
      level: 'warning',
      code: 'host-network',
      subject: subjectOf(service, networkMode.at, view),
      cause,
      evidence: 'network_mode: host',
      cure,
      at: networkMode.at,
    });
  }
  if (ownAddress.length > 0) {
    const cause = 'the container has an address of its own in the network, and every port of it is reachable there';
    const cure = 'use a bridge network, and publish its port as "127.0.0.1:PORT:PORT"';
    const evidence = `network ${ownAddress.join(', ')} (macvlan or ipvlan)`;
    findings.push({
      level: 'error',
      code: 'container-address',
      subject: subjectOf({ name }, at, view),
      cause,
      evidence,
      cure,
      at,
    });
  }
  return findings;
}

function examineLine(
  line: PortLine,
  service: ComposeService,
  project: ComposeProject,
  view: ComposeView,
): AuditFinding {
  const { mapping, at, text } = line;
  const { published, target, protocol } = mapping;
  const hostIp = mapping.hostIp || service.defaultHostIp;
  const subject = subjectOf(service, at, view);
  const evidence = `${text}${service.profiles.length > 0 ? `, only with the profile ${service.profiles.join(' or ')}` : ''}`;
  if (isLoopback(hostIp)) {
    const why =
      mapping.hostIp === '' ? 'published on loopback by an option of its network' : 'published on loopback only';
    return { ...good('published-on-loopback', subject, why, evidence), at };
  }
  if (published !== null && within(published, view.meantPublic)) {
    return { ...good('meant-public', subject, 'published for everybody, as --public says', evidence), at };
  }
  const wanted = wantedLine(line, project);
  const where = hostIp === '' || hostIp === '0.0.0.0' || hostIp === '::' ? 'every address of the machine' : hostIp;
  const port = published === null ? 'a port that Docker chooses' : `port ${printRange(published)}`;
  const write = wanted === '' ? 'put 127.0.0.1 in front of its ports' : `write \`${wanted}\``;
  const base = { subject, evidence, at, ...(wanted !== '' && { wanted }) };
  if (protocol !== 'tcp') {
    const cause = `${port} of ${protocol.toUpperCase()} is published on ${where}; no gate for HTTP stands before that`;
    return { ...base, level: 'warning', code: 'published-udp', cause, cure: `if only this machine needs it, ${write}` };
  }
  const sites = sitesIn(published, view);
  const database = databaseOf(service.image, target.first);
  const { code, cause } = causeOf({ port, where, sites, database });
  const cure = `${write}, then \`docker compose up -d\`${sites?.length === 0 && database === null ? `; or --public ${published?.first ?? 'PORT'} if everybody is meant to reach it` : ''}`;
  return { ...base, level: service.profiles.length > 0 ? 'warning' : 'error', code, cause, cure };
}

function causeOf(facts: { port: string; where: string; sites: readonly string[] | null; database: string | null }) {
  const { port, where, sites, database } = facts;
  const published = `${port} is published on ${where}, past ufw and firewalld`;
  if (database !== null)
    return { code: 'database-published', cause: `${published}: it seems to be a database (${database})` };
  if (sites === null) return { code: 'published', cause: published };
  if (sites.length === 0) return { code: 'published-unnamed', cause: `${published}, and no site leads to it` };
  return { code: 'published-around', cause: `${published}: ${sites.join(', ')} can be reached around the gate` };
}

function sitesIn(published: PortRange | null, { sitesAt }: ComposeView): readonly string[] | null {
  if (published === null) return sitesAt(0);
  const found = new Set<string>();
  for (let port = published.first; port <= published.last; port++) {
    const sites = sitesAt(port);
    if (sites === null) return null;
    for (const site of sites) found.add(site);
  }
  return [...found];
}

function within({ first, last }: PortRange, ports: ReadonlySet<number>): boolean {
  for (let port = first; port <= last; port++) if (!ports.has(port)) return false;
  return true;
}

/** The line as it should be; '' when it cannot be changed where it stands. */
function wantedLine(line: PortLine, project: ComposeProject): string {
  const text = project.files.get(line.at.file) ?? '';
  const edit = loopbackEdit(line, text);
  return edit === null ? '' : changedLine(line, text, edit);
}

/** The line of a compose file that publishes a port of the machine, as the cure of what is found listening there. */
export function publishedAt(projects: readonly ComposeProject[], port: number, view: ComposeView): PublishedAt | null {
  for (const project of projects) {
    for (const line of project.services.flatMap(({ ports }) => ports)) {
      const { published, hostIp } = line.mapping;
      if (published === null || port < published.first || port > published.last) continue;
      if (isLoopback(hostIp)) return { place: place(line.at, view), wanted: '' };
      const wanted = wantedLine(line, project);
      if (wanted !== '') return { place: place(line.at, view), wanted };
    }
  }
  return null;
}

function subjectOf({ name }: { readonly name: string }, at: SourcePosition, view: ComposeView): string {
  return `${place(at, view)}: ${name}`;
}

function place({ file, line, column }: SourcePosition, { directory }: ComposeView): string {
  const path = relative(directory, file);
  return `${path.startsWith('..') || isAbsolute(path) ? file : path}:${line}:${column}`;
}

function lowerFirst(text: string): string {
  return text.charAt(0).toLowerCase() + text.slice(1).replace(/\.$/, '');
}
