import { isIPv4 } from 'node:net';
import type { Snapshot } from '../../model/settings.ts';
import type { Site } from '../../model/site.ts';
import { trustId } from '../shown-certificate.ts';
import type { TicketKeys } from './ticket-keys.ts';
import { type HandshakeEvents, SiteServers } from './tls-site.ts';

/** A site that is served over TLS. */
export interface TlsSite {
  readonly site: Site;
  readonly servers: SiteServers;
}

/** Finds the site whose certificate a client gets. Never changed once made. */
export class SiteTable {
  readonly #sites: readonly TlsSite[];
  readonly #exact = new Map<string, TlsSite>();
  /** Keyed by what follows `*.`. */
  readonly #wildcard = new Map<string, TlsSite>();

  /** Names of sites that want a certificate and have none yet. */
  readonly #waiting: ReadonlySet<string>;

  private constructor(sites: readonly TlsSite[], waiting: readonly string[] = []) {
    this.#sites = sites;
    this.#waiting = new Set(waiting);
    for (const tlsSite of sites) {
      for (const name of tlsSite.site.names) {
        if (name.startsWith('*.')) this.#wildcard.set(name.slice(2), tlsSite);
        else this.#exact.set(unbracketed(name), tlsSite);
      }
    }
  }

  static readonly empty = new SiteTable([]);

  /**
   * A table of those sites that have certificates. Servers that `before` has for the same certificates are used again;
   * after a rotation of `keys` pass {@link SiteTable.empty}. Throws a UserError when a certificate cannot be used.
   */
  static build({ sites, http2 }: Snapshot, keys: TicketKeys, events: HandshakeEvents, before: SiteTable): SiteTable {
    const known = new Map(before.#sites.map(({ site, servers }) => [site.name, servers]));
    const served = sites.filter((site) => site.certificates.length > 0);
    return new SiteTable(
      served.map((site) => {
        const same = known.get(site.name);
        return {
          site,
          servers: same?.serve(site, http2)
            ? same
            : new SiteServers(site, http2, keys.forSite(ticketPurpose(site)), events),
        };
      }),
      sites.flatMap(({ certificates, tls, names }) => (certificates.length > 0 || tls.mode === 'off' ? [] : names)),
    );
  }

  /**
   * By name: exact, then the wildcard one label deep. Without a name: the site named by the address the client came to, else the
   * only one. An IPv4 address is no server name (RFC 6066 section 3), but some clients send it: the same as none, unless a site has it.
   */
  find(serverName: string, localAddress: string): TlsSite | undefined {
    const exact = this.#exact.get(serverName);
    if (exact) return exact;
    if (serverName === '' || isIPv4(serverName)) return this.#exact.get(localAddress) ?? this.#only();
    const dot = serverName.indexOf('.');
    return dot < 0 ? undefined : this.#wildcard.get(serverName.slice(dot + 1));
  }

  /** Whether a name that {@link find} does not find belongs to a site whose certificate is not there yet. */
  isWaiting(serverName: string): boolean {
    return this.#waiting.has(serverName) || this.#waiting.has(`*${serverName.slice(serverName.indexOf('.'))}`);
  }

  #only(): TlsSite | undefined {
    return this.#sites.length === 1 ? this.#sites[0] : undefined;
  }
}

/** A session holds what its client has shown: it must not be resumed when other certificates count. */
function ticketPurpose(site: Site): string {
  return site.clientTrust === undefined ? site.name : `${site.name} for clients of ${trustId(site.clientTrust)}`;
}

function unbracketed(name: string): string {
  return name.startsWith('[') && name.endsWith(']') ? name.slice(1, -1) : name;
}
