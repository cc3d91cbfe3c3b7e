import { isAbsolute, relative, resolve } from 'node:path';
import { oneLine } from '../../control/config/source.ts';
import type { SourcePosition } from '../../model/errors.ts';
import { bracketed, normaliseHost } from '../../model/host.ts';
import type { Imported, ImportRequest, Judged, Verdict } from '../verdict.ts';
import { databaseOf } from './databases.ts';
import { changedLine, loopbackEdit } from './loopback-edit.ts';
import { isLoopback } from './port-syntax.ts';
import type { ComposeProject, ComposeService, PortLine } from './project.ts';
import { type ProxyWish, readWishes } from './proxy-wish.ts';
import { composeProjects, type Environment, readCompose } from './read-compose.ts';
import { SiteBook } from './site-book.ts';
import { withUserErrors } from './user-errors.ts';

/** Services of compose files as sites: by the names that labels give them, or else SERVICE.internal, at their published ports. */
export function importCompose({ files, directory }: ImportRequest, environment: Environment = process.env): Imported {
  const projects = composeProjects(files.map((file) => resolve(directory, file))).map((project) =>
    withUserErrors(() => readCompose(project, environment)),
  );
  const importer = new ComposeImporter(directory, projects);
  for (const project of projects) for (const service of project.services) importer.take(service, project);
  const config = importer.book.config(importer.email);
  return { config, judged: inOrder(importer.judged), comments: importer.book.comments() };
}

/** Files as they were read, each from its first line to its last. */
function inOrder(judged: readonly Judged[]): Judged[] {
  return [...Map.groupBy(judged, ({ file }) => file).values()].flatMap((mine) => mine.sort((a, b) => a.line - b.line));
}

/** Settings whose values are not for other people's eyes. */
const secret = /auth|pass|token|secret|key|users/i;

/** Programs that do what Sallyport does. */
const proxies =
  /(^|\/)(traefik|nginx-proxy|nginx-proxy-manager|acme-companion|caddy-docker-proxy|docker-letsencrypt-nginx-proxy-companion)$/;

/** Ports of containers that speak something else than HTTP. */
const others: ReadonlyMap<number, string> = new Map([
  [21, 'FTP'],
  [22, 'SSH'],
  [25, 'SMTP'],
  [53, 'DNS'],
  [110, 'POP3'],
  [143, 'IMAP'],
  [445, 'SMB'],
  [465, 'SMTP'],
  [587, 'SMTP'],
  [636, 'LDAP'],
  [993, 'IMAP'],
  [995, 'POP3'],
  [1883, 'MQTT'],
  [8883, 'MQTT'],
  [5900, 'VNC'],
  [25_565, 'Minecraft'],
]);
const httpsPorts = [443, 8443];
/** Where the gate listens. */
const gatePorts = [80, 443];

class ComposeImporter {
  readonly book = new SiteBook();
  readonly judged: Judged[] = [];
  email = '';
  readonly #directory: string;
  /** Ports of the machine that something is published on. */
  readonly #taken: Set<number>;

  constructor(directory: string, projects: readonly ComposeProject[]) {
    this.#directory = directory;
    const lines = projects.flatMap(({ services }) => services.flatMap(({ ports }) => ports));
    this.#taken = new Set(lines.flatMap(({ mapping }) => mapping.published?.first ?? []));
  }

  take(service: ComposeService, project: ComposeProject): void {
    const before = this.judged.length;
    const { wishes, judged, email } = readWishes(service);
    this.email ||= email;
    for (const { setting, verdict, note } of judged)
      this.#judge(
        setting.at,
        `${oneLine(setting.name, 72)}=${secret.test(setting.name) ? '…' : oneLine(setting.value, 40)}`,
        verdict,
        note,
      );
    if (service.networkMode?.text === 'host') this.#hostNetwork(service, wishes);
    for (const line of service.idlePorts)
      this.#judge(line.at, portDirective(line), 'refused', 'it means nothing beside network_mode: host');
    const used = new Set<PortLine>();
    for (const wish of wishes) this.#wish(wish, service, project, used);
    for (const line of service.ports) if (!used.has(line)) this.#line(line, service, project, wishes.length > 0);
    if (this.judged.length === before)
      this.#judge(
        service.at,
        `service ${service.name}`,
        'carried',
        'it publishes no port and stays between the containers',
      );
  }

  #judge(at: SourcePosition, directive: string, verdict: Verdict, note: string): void {
    const path = relative(this.#directory, at.file);
    const file = path.startsWith('..') || isAbsolute(path) ? at.file : path;
    this.judged.push({ file, line: at.line, directive, verdict, note });
  }

  #hostNetwork({ name, networkMode, at }: ComposeService, wishes: readonly ProxyWish[]): void {
    const ports = wishes.filter(({ port }) => port !== null);
    for (const wish of ports) this.book.enter(wish, wish.port ?? 0, `${name} must listen on 127.0.0.1 alone`);
    const note =
      ports.length > 0
        ? 'the app must be told to listen on 127.0.0.1 alone'
        : `where it listens is not in this file: write a site with to: PORT for ${name}`;
    this.#judge(networkMode?.at ?? at, 'network_mode: host', ports.length > 0 ? 'approximated' : 'refused', note);
  }

  /** A service that a proxy leads to until now, by its container's port. */
  #wish(wish: ProxyWish, service: ComposeService, project: ComposeProject, used: Set<PortLine>): void {
    if (service.networkMode?.text === 'host') return;
    const http = service.ports.filter(
      ({ mapping }) => mapping.protocol === 'tcp' && mapping.published !== null && isSingle(mapping),
    );
    const line = http.find(({ mapping }) => wish.port === null || mapping.target.first === wish.port);
    if (line !== undefined) {
      if (used.has(line)) this.book.enter(wish, this.#target(line, service), '');
      else this.#enter(wish, line, service, project);
      used.add(line);
      return;
    }
    const target = wish.port ?? 80;
    const port = this.#freePort(target);
    const unfixed = service.ports.find(({ mapping }) => mapping.published === null && mapping.target.first === target);
    const where = `${service.name} in ${relative(this.#directory, service.at.file)}`;
    const refusal = this.book.enter(wish, port, `give ${where} this line: ports: ["127.0.0.1:${port}:${target}"]`);
    const note =
      refusal ||
      `it publishes no port: give it ports: ["127.0.0.1:${port}:${target}"]${wish.port === null ? ', if 80 is the port of its container' : ''}`;
    const verdict = refusal === '' ? 'approximated' : 'refused';
    if (unfixed === undefined) return this.#judge(service.at, `service ${service.name}`, verdict, note);
    used.add(unfixed);
    this.#judge(
      unfixed.at,
      portDirective(unfixed),
      verdict,
      refusal || `write "127.0.0.1:${port}:${target}": now Docker chooses the port at each start`,
    );
  }

  #freePort(wanted: number): number {
    let port = wanted < 1024 ? 8000 + wanted : wanted;
    while (this.#taken.has(port)) port = port >= 65_535 ? 10_000 : port + 1;
    this.#taken.add(port);
    return port;
  }

  #line(line: PortLine, service: ComposeService, project: ComposeProject, hasWishes: boolean): void {
    const refusal = refusalOf(line, service) || (hasWishes ? 'the labels lead to another port of the container' : '');
    if (refusal !== '') return this.#judge(line.at, portDirective(line), 'refused', refusal);
    const first = service.ports.find((one) => refusalOf(one, service) === '') === line;
    const label = service.name.toLowerCase().replaceAll('_', '-');
    const name = normaliseHost(`${label}${first ? '' : `-${line.mapping.target.first}`}.internal`);
    if (name === null)
      return this.#judge(
        line.at,
        portDirective(line),
        'refused',
        `${service.name} cannot be part of a host name: write the site by hand`,
      );
    this.#enter({ names: [name], path: '/', stripPrefix: false, port: null, tls: null }, line, service, project);
  }

  #enter(wish: ProxyWish, line: PortLine, service: ComposeService, project: ComposeProject): void {
    const [name = ''] = wish.names;
    const place = `${relative(this.#directory, line.at.file)}:${line.at.line}`;
    const { published, target, hostIp } = line.mapping;
    const onLoopback = isLoopback(hostIp || service.defaultHostIp);
    const isGates = gatePorts.includes(published?.first ?? 0);
    const to = isGates ? this.#freePort(target.first) : this.#target(line, service);
    const wanted = isGates ? `- "127.0.0.1:${to}:${target.first}"` : onLoopback ? '' : wantedLine(line, project);
    const change = wanted === '' ? '127.0.0.1 must stand in front of the ports' : `must become ${wanted}`;
    const why = isGates ? `port ${published?.first} is the gate's own` : 'now everybody reaches it around the gate';
    const isGood = onLoopback && !isGates;
    const refusal = this.book.enter(wish, to, isGood ? '' : `${place} ${change}: ${why}`);
    if (refusal !== '') return this.#judge(line.at, portDirective(line), 'refused', refusal);
    const site = `site ${name}${wish.path === '/' ? '' : `, route ${wish.path}`}, to: ${to}`;
    if (isGood) this.#judge(line.at, portDirective(line), 'carried', site);
    else this.#judge(line.at, portDirective(line), 'approximated', `${site}; the line ${change}: ${why}`);
  }

  #target({ mapping }: PortLine, { defaultHostIp }: ComposeService): string | number {
    const port = mapping.published?.first ?? 0;
    const host = mapping.hostIp || defaultHostIp;
    return isLoopback(host) && host !== '127.0.0.1' ? `${bracketed(host)}:${port}` : port;
  }
}

/** Why a port line becomes no site; '' when it does. */
function refusalOf({ mapping }: PortLine, { image, ports }: ComposeService): string {
  const { published, target, protocol } = mapping;
  const name = image
    .replace(/@.*$/, '')
    .replace(/:[^/:]*$/, '')
    .toLowerCase();
  if (proxies.test(name)) return 'Sallyport takes the place of this proxy: take the service out when the gate runs';
  if (protocol !== 'tcp') return `${protocol.toUpperCase()} is no HTTP: it stays as it is`;
  const database = databaseOf(image, target.first);
  if (database !== null) return `a database (${database}) is no site: take the line out, or put 127.0.0.1 in front`;
  const other = others.get(target.first);
  if (other !== undefined) return `${other} is no HTTP: it stays as it is`;
  if (published === null)
    return `Docker chooses the port at each start: write "127.0.0.1:${target.first < 1024 ? 8000 + target.first : target.first}:${target.first}"`;
  if (!isSingle(mapping)) return 'a range of ports: write a site with to: PORT for each that speaks HTTP';
  if (!httpsPorts.includes(target.first)) return '';
  const plain = ports.some((one) => one.mapping.protocol === 'tcp' && !httpsPorts.includes(one.mapping.target.first));
  if (plain) return 'Sallyport speaks HTTPS itself: take the line out';
  return `it speaks HTTPS itself: write a site with to: { url: "https://127.0.0.1:${published.first}", caFile: FILE, serverName: NAME }`;
}

function isSingle({ published, target }: PortLine['mapping']): boolean {
  return published !== null && published.first === published.last && target.first === target.last;
}

function portDirective({ text, service }: PortLine): string {
  return `${service}: ports: ${text}`;
}

function wantedLine(line: PortLine, project: ComposeProject): string {
  const text = project.files.get(line.at.file) ?? '';
  const edit = loopbackEdit(line, text);
  return edit === null ? '' : changedLine(line, text, edit);
}
