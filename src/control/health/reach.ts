import { connect } from 'node:net';
import { describeError } from '../../model/errors.ts';
import { isAddress } from '../../model/host.ts';
import { lookUpIn } from '../../model/look-up.ts';
import type { Settings } from '../../model/settings.ts';
import type { Target } from '../../model/site.ts';
import type { HealthCheck } from '../../model/target-group.ts';
import type { NameAddresses } from '../../model/target-news.ts';
import { probe } from './probe.ts';
import { resolverOf } from './resolve.ts';

/** What asking one target of a site came to. */
export interface TargetVerdict {
  /** The site's first name. */
  readonly site: string;
  readonly target: string;
  /** Why it could not be reached, or what is wrong with its answer; '' when all is well. */
  readonly reason: string;
}

/** Longest wait for a connection, milliseconds. */
const patience = 5_000;

/** Asks every target of `settings`, and every service of its forward auth, once: its health check, or only for a connection where there is none. */
export function askTargets(settings: Settings): Promise<readonly TargetVerdict[]> {
  const resolve = resolverOf(settings.resolvers);
  const addressesOf = async (host: string): Promise<NameAddresses | null> => {
    if (isAddress(host)) return null;
    return resolve(host).then(
      ({ addresses }) => ({ addresses, error: '' }),
      (error: unknown) => ({ addresses: [], error: describeError(error) }),
    );
  };
  const asked = new Map<string, Promise<TargetVerdict>>();
  const ask = (site: string, target: Target, check: HealthCheck | null): void => {
    const key = JSON.stringify([site, target, check]);
    if (asked.has(key)) return;
    const reason = addresses(target, addressesOf).then((known) => examine(target, check, known));
    asked.set(
      key,
      reason.then((reason) => ({ site, target: target.name, reason })),
    );
  };
  for (const { name: site, routes } of settings.sites) {
    for (const { action, access } of routes) {
      if (access?.forwardAuth) ask(site, access.forwardAuth.target, null);
      if (action.kind !== 'proxy') continue;
      for (const { target } of action.group.targets) ask(site, target, action.group.check);
    }
  }
  return Promise.all(asked.values());
}

async function addresses(
  target: Target,
  addressesOf: (host: string) => Promise<NameAddresses | null>,
): Promise<NameAddresses | null> {
  return target.kind === 'tcp' ? addressesOf(target.host) : null;
}

async function examine(target: Target, check: HealthCheck | null, known: NameAddresses | null): Promise<string> {
  if (known !== null && known.addresses.length === 0) return known.error;
  return check === null ? reach(target, known) : probe(target, check, known);
}

function reach(target: Target, known: NameAddresses | null): Promise<string> {
  return new Promise((resolve) => {
    const place = target.kind === 'unix' ? { path: target.path } : { host: target.host, port: target.port };
    const socket = connect({ ...place, ...(known === null ? {} : { lookup: lookUpIn(known) }) });
    const settle = (verdict: string): void => {
      socket.destroy();
      resolve(verdict);
    };
    socket.setTimeout(patience, () => settle(`no connection within ${patience / 1000} s`));
    socket.once('connect', () => settle(''));
    socket.once('error', (error) => settle(describeError(error)));
  });
}
