import type { Limits } from '../../model/limits.ts';
import type { Site, Target } from '../../model/site.ts';
import type { TargetStatus } from '../../model/status.ts';
import type { GroupTarget, TargetGroup } from '../../model/target-group.ts';
import { checkKey, type TargetNews } from '../../model/target-news.ts';
import { ResponseHead } from '../../wire/http1/response-head.ts';
import type { Http2Context } from '../../wire/http2/context.ts';
import type { Deadlined, Deadlines } from '../deadlines.ts';
import type { Flusher } from '../flusher.ts';
import { Balancer } from './balancer.ts';
import { Endpoint, type EndpointHome } from './endpoint.ts';
import { Http2RequestHead } from './http2-request-head.ts';
import { Member } from './member.ts';
import { TargetHealth } from './target-health.ts';
import { statusOfTargets } from './target-status.ts';

/** Status aside, what is added to a response that switches protocols. */
const fieldsOfUpgrade = 2;

/** Pause between two looks at idle connections. */
const sweepInterval = 1_000;

/** Nothing is known about any target. */
const noNews: TargetNews = { down: new Map(), drained: new Set(), names: new Map(), cookieKey: '' };

/**
 * The targets of a worker: one {@link Endpoint} for all that are the same, one {@link TargetHealth} for all that are judged by the
 * same rules, one {@link Balancer} for each route. All are known by what they are, so that a change of configuration leaves
 * alone what it did not touch.
 */
export class Upstreams implements Deadlined {
  deadline: number;
  readonly #deadlines: Deadlines;
  readonly #flusher: Flusher;
  #endpoints = new Map<string, Endpoint>();
  #healths = new Map<string, TargetHealth>();
  #balancers = new Map<string, Balancer>();
  #home: EndpointHome | null = null;
  #homeKey = '';
  #news = noNews;

  constructor(deadlines: Deadlines, flusher: Flusher) {
    this.#deadlines = deadlines;
    this.#flusher = flusher;
    this.deadline = deadlines.in(sweepInterval);
    deadlines.add(this);
  }

  /**
   * Serves the routes of `sites` from now on. `http2`: what connections to HTTP/2 apps share. Limits that hold for connections
   * and have changed replace every connection.
   */
  apply(sites: readonly Site[], limits: Limits, http2: Http2Context): void {
    const before = { endpoints: this.#endpoints, healths: this.#healths };
    const homeKey = JSON.stringify([limits.headBytes, limits.headFields, limits.connectTimeout, http2.settings]);
    if (homeKey !== this.#homeKey || this.#home === null) {
      this.#home = this.#homeOf(limits, http2);
      this.#homeKey = homeKey;
      before.endpoints = new Map();
      for (const endpoint of this.#endpoints.values()) endpoint.close();
    }
    this.#endpoints = new Map();
    this.#healths = new Map();
    this.#balancers = this.#balancersOf(sites, (group, target) => {
      const { endpoints, healths } = before;
      return this.#memberOf(this.#home!, group, target, endpoints, healths);
    });
    for (const target of servicesOf(sites)) this.#keepEndpoint(this.#home, target, 0, before.endpoints);
    for (const [key, endpoint] of before.endpoints) if (this.#endpoints.get(key) !== endpoint) endpoint.close();
    this.learn(this.#news);
  }

  /** Heeds what the control plane has found out about targets. */
  learn(news: TargetNews): void {
    this.#news = news;
    for (const endpoint of this.#endpoints.values()) {
      const { target } = endpoint;
      if (target.kind === 'tcp') endpoint.resolved(news.names.get(target.host) ?? null);
    }
    const downReason = ({ check }: TargetGroup, { endpoint }: Member): string =>
      check === null ? '' : (news.down.get(checkKey(endpoint.target, check)) ?? '');
    for (const balancer of this.#balancers.values()) balancer.learn(news, downReason);
  }

  /** The balancer of a route that {@link apply} was told of. */
  balancerOf(site: string, path: string): Balancer | null {
    return this.#balancers.get(`${site} ${path}`) ?? null;
  }

  /** The connections to a service that some route asks about its requests; null for any other target. */
  endpointOf(target: Target): Endpoint | null {
    return this.#endpoints.get(endpointKey(target, 0)) ?? null;
  }

  /** Facts about the targets of every route. */
  status(): TargetStatus[] {
    return [...this.#balancers.values()].flatMap((balancer) => statusOfTargets(balancer, this.#deadlines.now));
  }

  /** Closes what has been idle for too long. */
  onDeadline(): void {
    this.deadline = this.#deadlines.in(sweepInterval);
    for (const endpoint of this.#endpoints.values()) endpoint.sweep();
  }

  /** Resets every connection, idle or not. */
  kill(): void {
    for (const balancer of this.#balancers.values()) balancer.close();
    for (const endpoint of this.#endpoints.values()) endpoint.kill();
    this.#deadlines.remove(this);
  }

  #balancersOf(
    sites: readonly Site[],
    memberOf: (group: TargetGroup, target: GroupTarget) => Member,
  ): Map<string, Balancer> {
    const balancers = new Map<string, Balancer>();
    for (const site of sites) {
      for (const { path, action } of site.routes) {
        if (action.kind !== 'proxy') continue;
        const key = `${site.name} ${path}`;
        const place = { site: site.name, path };
        const balancer = this.#balancers.get(key) ?? new Balancer(place, action.group, this.#deadlines);
        const members = action.group.targets.map((target) => keep(balancer, memberOf(action.group, target)));
        balancer.update(action.group, members);
        balancers.set(key, balancer);
      }
    }
    for (const [key, balancer] of this.#balancers) if (!balancers.has(key)) balancer.close();
    return balancers;
  }

  #memberOf(
    home: EndpointHome,
    group: TargetGroup,
    { target, weight, maxConnections }: GroupTarget,
    endpoints: ReadonlyMap<string, Endpoint>,
    healths: ReadonlyMap<string, TargetHealth>,
  ): Member {
    const { key, endpoint } = this.#keepEndpoint(home, target, maxConnections, endpoints);
    const healthKey = `${key} ${JSON.stringify(group.passive)}`;
    const health = this.#healths.get(healthKey) ?? healths.get(healthKey) ?? new TargetHealth(group.passive);
    this.#healths.set(healthKey, health);
    return new Member(endpoint, health, weight);
  }

  #keepEndpoint(
    home: EndpointHome,
    target: Target,
    maxConnections: number,
    before: ReadonlyMap<string, Endpoint>,
  ): { readonly key: string; readonly endpoint: Endpoint } {
    const key = endpointKey(target, maxConnections);
    const endpoint = this.#endpoints.get(key) ?? before.get(key) ?? new Endpoint(target, maxConnections, home);
    this.#endpoints.set(key, endpoint);
    return { key, endpoint };
  }

  #homeOf(limits: Limits, http2: Http2Context): EndpointHome {
    const responseHead = new ResponseHead(limits.headFields);
    responseHead.majorVersion = 2;
    return {
      deadlines: this.#deadlines,
      responseHead: new ResponseHead(limits.headFields),
      mostHeadBytes: limits.headBytes,
      mostFields: limits.headFields,
      http2: {
        context: http2,
        deadlines: this.#deadlines,
        flusher: this.#flusher,
        connectTimeout: limits.connectTimeout,
        requestHead: new Http2RequestHead(),
        responseHead,
        upgradeHead: new ResponseHead(limits.headFields + fieldsOfUpgrade),
      },
    };
  }
}

/** The services that routes ask whether a request may pass. */
function servicesOf(sites: readonly Site[]): readonly Target[] {
  return sites.flatMap(({ routes }) => routes.flatMap(({ access }) => access?.forwardAuth?.target ?? []));
}

/** The member that the balancer had, where the new one is the same. */
function keep(balancer: Balancer, member: Member): Member {
  const { endpoint, health, weight } = member;
  const same = balancer.members.find(
    (old) => old.endpoint === endpoint && old.health === health && old.weight === weight,
  );
  return same ?? member;
}

/** Equal for targets that may share connections. */
function endpointKey(target: Target, maxConnections: number): string {
  const place =
    target.kind === 'unix'
      ? [target.path]
      : [target.host, target.port, target.http2, target.tls?.serverName, target.tls?.ca];
  return JSON.stringify([target.kind, maxConnections, ...place]);
}
