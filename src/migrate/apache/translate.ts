import { isAbsolute, resolve } from 'node:path';
import type { Config } from '../../control/config/schema.ts';
import { isInternalHost } from '../../model/host.ts';
import { literal } from '../literal.ts';
import type { Comment, Imported, Judged } from '../verdict.ts';
import { ruleFor } from './choose.ts';
import { type Directive, everyDirective } from './directive.ts';
import { Globals } from './globals.ts';
import { balancersOf } from './groups.ts';
import { type HostContext, rulesOf } from './host.ts';
import { inShort } from './in-short.ts';
import { judgeSection } from './judge-section.ts';
import { judgeByName } from './known.ts';
import { Ledger } from './ledger.ts';
import { listenOf, readAddress, type Served } from './listen.ts';
import { samplePath } from './match.ts';
import { remarksOn } from './remarks.ts';
import { readRewriting } from './rewrite.ts';
import { routesOf } from './routes.ts';
import { type Scope, scopesOf, type VirtualHost } from './scopes.ts';
import { judgeServerWide } from './server.ts';
import { namesOf, type SiteConfig, siteOf } from './site.ts';
import { isSecure, tlsOf } from './tls.ts';
import { daemonsOf } from './wsgi.ts';

/** Makes one configuration of Sallyport of what was read, and judges every directive of it. */
export function translate(directives: readonly Directive[], serverRoot: string): Imported {
  const translation = new Translation(directives, serverRoot);
  return translation.run();
}

/** A host, or the server itself where there are none. */
interface Candidate {
  readonly node: Directive | null;
  readonly scope: Scope;
  readonly addresses: readonly string[];
  readonly secure: boolean;
  readonly names: string[];
}

class Translation {
  readonly #all: readonly Directive[];
  readonly #ledger = new Ledger();
  readonly #globals = new Globals();
  readonly #server: Scope;
  readonly #hosts: readonly VirtualHost[];
  readonly #path: (written: string) => string;
  readonly #sites = new Map<string, SiteConfig>();
  readonly #comments: Comment[] = [];
  /** Scopes that became sites. */
  readonly #served = new Set<Scope>();
  /** Names that a site has, with the line of its host. */
  readonly #taken = new Map<string, number>();

  constructor(directives: readonly Directive[], serverRoot: string) {
    this.#all = everyDirective(directives);
    this.#path = (written) => (isAbsolute(written) ? written : resolve(serverRoot, written));
    const { server, hosts } = scopesOf(directives, this.#ledger);
    this.#server = server;
    this.#hosts = hosts;
  }

  run(): Imported {
    const candidates = this.#candidates();
    // What a host says of its own goes before what the server says for all.
    const inHosts = this.#hosts.flatMap(({ node }) => everyDirective([node]));
    for (const one of [...inHosts, ...this.#all])
      if (!this.#ledger.has(one)) judgeServerWide(one, this.#globals, this.#ledger, this.#path);
    // TLS hosts first: a plain one with the same name is their way to HTTPS.
    for (const one of candidates.filter(({ secure }) => secure)) this.#host(one);
    for (const one of candidates.filter(({ secure }) => !secure)) this.#host(one);
    const listens = this.#server.plain.filter(({ key }) => key === 'listen');
    const served = candidates.flatMap(({ addresses, secure }): Served[] =>
      addresses.map((address) => ({ address, secure })),
    );
    const listen = listenOf(listens, served, this.#globals.proxyProtocol, this.#ledger);
    this.#judgeSections();
    for (const one of this.#server.plain)
      if (/^rewrite/.test(one.key) && !this.#ledger.has(one))
        this.#ledger.carried(one, 'not in force: hosts do not inherit it');
    for (const one of this.#all) judgeByName(one, this.#ledger);
    this.#remark(candidates);
    const judged = this.#all.map((one): Judged => ({ ...this.#ledger.verdictOf(one), directive: inShort(one) }));
    return { config: this.#config(listen), judged, comments: this.#comments };
  }

  /** What the user must see beside a site, or at the head of the file for what the server says for all. */
  #remark(candidates: readonly Candidate[]): void {
    const ofHosts = new Set<Directive>();
    for (const { node, names } of candidates) {
      if (node === null) continue;
      const own = everyDirective([node]);
      for (const one of own) ofHosts.add(one);
      const name = names.find((each) => this.#sites.has(each));
      if (name) for (const text of remarksOn(own, this.#ledger)) this.#comments.push({ path: ['sites', name], text });
    }
    const rest = this.#all.filter((one) => !ofHosts.has(one));
    // The aliases that every Apache has for icons and scripts are not worth a line of every file.
    const telling = rest.filter(({ key }) => !/^(?:script)?alias$/.test(key));
    for (const text of remarksOn(telling, this.#ledger)) this.#comments.push({ path: [], text });
  }

  #candidates(): Candidate[] {
    const hosts = this.#hosts.map((host): Candidate => {
      const names = namesOf(host.scope, this.#server, this.#ledger);
      return {
        node: host.node,
        scope: host.scope,
        addresses: host.addresses,
        secure: isSecure(host, this.#server),
        names,
      };
    });
    const names = namesOf(this.#server, this.#server, this.#ledger);
    // One port speaks TLS for all of its hosts, or for none.
    const port = (address: string): number => readAddress(address)?.port ?? 0;
    const securePorts = new Set(hosts.filter(({ secure }) => secure).flatMap(({ addresses }) => addresses.map(port)));
    const isSecurePort = (address: string): boolean => securePorts.has(port(address));
    if (hosts.length > 0)
      return hosts.map((host) => ({ ...host, secure: host.secure || host.addresses.some(isSecurePort) }));
    const secure = this.#server.plain.some(({ key, words }) => key === 'sslengine' && words[0]?.toLowerCase() === 'on');
    return [{ node: null, scope: this.#server, addresses: [], secure, names }];
  }

  #host(candidate: Candidate): void {
    const { node, scope, secure, names } = candidate;
    const context = this.#context(candidate);
    const rewriting = readRewriting(scope.plain, names, this.#ledger);
    const rules = rulesOf(context, rewriting.rules);
    const first = ruleFor(samplePath('/'), rules)?.by;
    const leading = rewriting.toHttps ?? (first && isHttpsOf(first, names) ? first : null);
    if (!secure && this.#leadsToHttps(candidate, leading)) return;
    const { routes, comments } = routesOf(rules, context);
    this.#judgeNode(candidate);
    if (routes.size === 0) this.#withoutRoutes(candidate);
    if (routes.size === 0 || this.#withoutName(candidate)) return;
    const free = this.#freeNames(candidate);
    const [name, ...aliases] = free;
    if (name === undefined) return;
    const tls = secure ? tlsOf(free, scope, this.#server, this.#path, this.#ledger) : null;
    const site = siteOf({ routes, comments }, tls?.config ?? 'off');
    const remarks = [...(tls?.comments ?? [])];
    if (!secure) remarks.push('Plain HTTP, as it was. Without this line it gets HTTPS and a certificate.');
    if (secure && site.tls === undefined && isInHouse(free)) {
      site.tls = 'internal';
      remarks.push('No public CA issues for all of these names: the in-house CA does.');
    }
    this.#sites.set(name, { ...(aliases.length > 0 && { aliases }), ...site });
    this.#served.add(scope);
    for (const each of free) this.#taken.set(each, node?.at.line ?? 1);
    for (const text of remarks) this.#comments.push({ path: ['sites', name, 'tls'], text });
    for (const [path, text] of comments) this.#comments.push({ path: ['sites', name, 'routes', path], text });
  }

  #context({ node, scope, secure, names }: Candidate): HostContext {
    const scopes = node === null ? [scope] : [this.#server, scope];
    return {
      ...{ scopes, secure, names, globals: this.#globals, ledger: this.#ledger, path: this.#path },
      balancers: balancersOf(scopes, this.#globals, this.#ledger),
      daemons: daemonsOf([this.#server, ...this.#hosts.map((host) => host.scope)]),
      user: this.#account('user'),
      group: this.#account('group'),
    };
  }

  #account(key: 'user' | 'group'): string | undefined {
    return this.#server.plain.findLast((one) => one.key === key)?.words[0]?.replace(/^#/, '');
  }

  /** A host for plain HTTP that only leads to HTTPS, or whose names are all served there. */
  #leadsToHttps({ node, scope, names }: Candidate, leading: Directive | null): boolean {
    const covered = names.length > 0 && names.every((name) => this.#taken.has(name));
    if (node === null || (leading === null && !covered)) return false;
    this.#served.add(scope);
    if (leading === null) {
      const note = 'left out: plain HTTP leads to HTTPS here, where the same names are served';
      this.#ledger.judgeAll(node, 'approximated', note);
      return true;
    }
    const own = 'Sallyport does this by itself: plain HTTP leads to HTTPS';
    this.#ledger.override(leading, 'carried', own);
    const missing = names.filter((name) => !this.#taken.has(name)).join(', ');
    if (missing === '') this.#ledger.carried(node, own);
    else this.#ledger.refused(node, `no host serves ${missing} over HTTPS in these files: import that one too`);
    const routing = everyDirective([node]).filter(({ key }) =>
      /^(?:proxypass|redirect|alias|wsgiscript|header|require|auth)/.test(key),
    );
    for (const one of routing)
      if (one !== leading)
        this.#ledger.override(one, 'carried', `not in force: line ${leading.at.line} leads everything to HTTPS`);
    return true;
  }

  #withoutRoutes({ node, scope }: Candidate): void {
    const by = node ?? scope.plain.find(({ key }) => key === 'documentroot');
    for (const one of node ? everyDirective([node]) : [])
      if (/^ssl/.test(one.key) && !this.#ledger.has(one)) this.#ledger.carried(one, 'no site comes of this host');
    if (by)
      this.#ledger.refused(
        by,
        'nothing in it leads to an app, and Sallyport serves no files: keep it, on a loopback port, and write that port in `to`',
      );
  }

  #judgeNode({ node }: Candidate): void {
    if (node === null) return;
    const first = this.#hosts.find((host) => host.addresses.join() === node.words.join());
    const isDefault = first?.node === node;
    this.#ledger.carried(
      node,
      isDefault ? 'names that no site has are refused here, where Apache gave them to this host' : '',
    );
  }

  #withoutName({ node, names, scope }: Candidate): boolean {
    if (names.length > 0) return false;
    const by = node ?? scope.plain[0];
    if (by) this.#ledger.refused(by, 'a site needs its name: write ServerName into the host');
    return true;
  }

  #freeNames({ node, names }: Candidate): string[] {
    const twice = names.filter((name) => this.#taken.has(name));
    if (twice.length > 0 && node) {
      const note = `${twice.join(', ')}: line ${this.#taken.get(twice[0] ?? '')} serves that name already`;
      if (twice.length === names.length) this.#ledger.refused(node, `left out; ${note}`);
      else this.#ledger.approximated(node, note);
    }
    return names.filter((name) => !this.#taken.has(name));
  }

  #judgeSections(): void {
    const scopes = [this.#server, ...this.#hosts.map(({ scope }) => scope)];
    for (const scope of scopes) {
      for (const section of scope.sections) judgeSection(section, this.#served.has(scope), this.#ledger);
    }
    for (const scope of scopes) {
      const routed = this.#served.has(scope) || scope === this.#server;
      for (const one of scope.plain) {
        if (one.key === 'documentroot')
          this.#ledger.judge(
            one,
            routed ? 'carried' : 'refused',
            'not needed: Sallyport serves no files; what no route takes is 404',
          );
        if (one.key.startsWith('wsgidaemonprocess') && !this.#ledger.has(one))
          this.#ledger.carried(one, 'no app of these files runs in it');
        if (/^(?:header|requestheader)$/.test(one.key) && !this.#ledger.has(one))
          this.#ledger.carried(one, 'no route here needs it');
      }
    }
  }

  #config(listen: ReturnType<typeof listenOf>): Config | null {
    if (this.#sites.size === 0) return null;
    const { accessLog, errorLog, trusted } = this.#globals;
    const limits = this.#globals.limits();
    const acme = this.#globals.acmeConfig();
    const logs = { ...(accessLog !== null && { access: accessLog }), ...(errorLog !== null && { errors: errorLog }) };
    const filled = <T extends object>(value: T): T | undefined => (Object.keys(value).length > 0 ? value : undefined);
    const parts = {
      listen: filled(listen),
      limits: filled(limits),
      logs: filled(logs),
      acme,
      ...(trusted.length > 0 && { trustedProxies: trusted }),
    };
    const present = Object.fromEntries(Object.entries(parts).filter(([, value]) => value !== undefined));
    return allLiteral({ ...present, sites: Object.fromEntries(this.#sites) }) as Config;
  }
}

/** The same with every `${` as text: Apache's variables are put in, and the gate's are none of them. */
function allLiteral(value: unknown): unknown {
  if (typeof value === 'string') return literal(value);
  if (Array.isArray(value)) return value.map(allLiteral);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, member]) => [key, allLiteral(member)]));
}

/** Whether no public CA would issue for all of the names, and they are no mere internal ones, which are found out by themselves. */
function isInHouse(names: readonly string[]): boolean {
  const internal = names.filter(isInternalHost);
  const outside = names.some((name) => name.includes('_') && !isInternalHost(name));
  return outside || (internal.length > 0 && internal.length < names.length);
}

function isHttpsOf(one: Directive, names: readonly string[]): boolean {
  const url = one.words.find((word) => /^https:\/\//i.test(word)) ?? '';
  const host = /^https:\/\/([^/:$]+)(?::443)?(?:\/|$)(?:\$1)?$/i.exec(url)?.[1]?.toLowerCase();
  const everything = one.words.some((word) => /^\/$|^\^?\/?\(?\.\*\)?\$?$|^\^\/\(\.\*\)\$?$/.test(word));
  return host !== undefined && names.includes(host) && everything;
}
