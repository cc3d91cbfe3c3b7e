import type { Limits } from '../../model/limits.ts';
import type { Site, Target } from '../../model/site.ts';
import type { TargetGroup } from '../../model/target-group.ts';
import { ResponseHead } from '../../wire/http1/response-head.ts';
import type { Http2Context } from '../../wire/http2/context.ts';
import type { Deadlined, Deadlines } from '../deadlines.ts';
import type { Flusher } from '../flusher.ts';
import { Balancer } from './balancer.ts';
import { Endpoint, type EndpointHome } from './endpoint.ts';
import { Http2RequestHead } from './http2-request-head.ts';
import { Member } from './member.ts';

/** Status aside, what is added to a response that switches protocols. */
const fieldsOfUpgrade = 2;

/** Pause between two looks at idle connections. */
const sweepInterval = 1_000;

/**
 * The targets of a worker: one {@link Endpoint} for all that are the same, one {@link Balancer} for each route. Both are
 * known by what they are, so that a change of configuration leaves alone what it did not touch.
 */
export class Upstreams implements Deadlined {
  deadline: number;
  readonly #deadlines: Deadlines;
  readonly #flusher: Flusher;
  #endpoints = new Map<string, Endpoint>();
  #balancers = new Map<string, Balancer>();
  #home: EndpointHome | null = null;
  #homeKey = '';

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
    const before = this.#endpoints;
    const homeKey = JSON.stringify([limits.headBytes, limits.headFields, limits.connectTimeout, http2.settings]);
    const kept = homeKey === this.#homeKey;
    this.#homeKey = homeKey;
    const home = kept && this.#home !== null ? this.#home : this.#homeOf(limits, http2);
    this.#home = home;
    const endpoints = new Map<string, Endpoint>();
    const endpointOf = (target: Target, maxConnections: number): Endpoint => {
      const key = endpointKey(target, maxConnections);
      const endpoint =
        endpoints.get(key) ?? (kept ? before.get(key) : undefined) ?? new Endpoint(target, maxConnections, home);
      endpoints.set(key, endpoint);
      return endpoint;
    };
    this.#balancers = this.#balancersOf(sites, endpointOf);
    this.#endpoints = endpoints;
    for (const [key, endpoint] of before) if (endpoints.get(key) !== endpoint) endpoint.close();
  }

  /** The balancer of a route that {@link apply} was told of. */
  balancerOf(site: string, path: string): Balancer | null {
    return this.#balancers.get(balancerKey(site, path)) ?? null;
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
    endpointOf: (target: Target, maxConnections: number) => Endpoint,
  ): Map<string, Balancer> {
    const balancers = new Map<string, Balancer>();
    for (const site of sites) {
      for (const { path, action } of site.routes) {
        if (action.kind !== 'proxy') continue;
        const key = balancerKey(site.name, path);
        const balancer = this.#balancers.get(key);
        const members = membersOf(action.group, balancer, endpointOf);
        if (balancer === undefined) balancers.set(key, new Balancer(action.group, members, this.#deadlines));
        else balancers.set(key, balancer);
        balancer?.update(action.group, members);
      }
    }
    for (const [key, balancer] of this.#balancers) if (!balancers.has(key)) balancer.close();
    return balancers;
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

/** The members of a group; one whose endpoint and weight are as before stays who it was. */
function membersOf(
  group: TargetGroup,
  before: Balancer | undefined,
  endpointOf: (target: Target, maxConnections: number) => Endpoint,
): readonly Member[] {
  return group.targets.map(({ target, weight, maxConnections }) => {
    const endpoint = endpointOf(target, maxConnections);
    const same = before?.members.find((member) => member.endpoint === endpoint && member.weight === weight);
    return same ?? new Member(endpoint, weight);
  });
}

function balancerKey(site: string, path: string): string {
  return `${site} ${path}`;
}

/** Equal for targets that may share connections. */
function endpointKey(target: Target, maxConnections: number): string {
  const place =
    target.kind === 'unix'
      ? [target.path]
      : [target.host, target.port, target.http2, target.tls?.serverName, target.tls?.ca];
  return JSON.stringify([target.kind, maxConnections, ...place]);
}
