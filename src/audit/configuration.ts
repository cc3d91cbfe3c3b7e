import { BlockList } from 'node:net';
import type { ListenAddress, Settings } from '../model/settings.ts';
import type { SiteSettings } from '../model/site.ts';
import type { AuditFinding } from './finding.ts';
import { isLoopback } from './ports.ts';

/** What the configuration itself leaves open. */
export function examineConfiguration(settings: Settings): AuditFinding[] {
  return [...settings.sites.flatMap(examineTls), ...examineProxies(settings), ...examineAddressLists(settings)];
}

function examineTls({ name, tls, routes }: SiteSettings): AuditFinding[] {
  if (tls.mode !== 'off') return [];
  const password = routes.some((route) => route.auth !== undefined);
  const cause = `it is served in plain HTTP${password ? ': everybody on the way can read its passwords' : ''}`;
  const cure = 'take `tls: off` out, unless a proxy in front of the gate speaks HTTPS';
  return [{ level: password ? 'error' : 'warning', code: 'tls-off', subject: name, cause, evidence: 'tls: off', cure }];
}

/** Networks so wide that strangers are in them. */
function isWide(network: string): boolean {
  const [address = '', prefix = ''] = network.split('/');
  return address.includes(':') ? Number(prefix) < 16 && !/^f[cd]/i.test(address) : Number(prefix) < 8;
}

function examineProxies({ trustedProxies, sites }: Settings): AuditFinding[] {
  const wide = trustedProxies.filter(isWide);
  if (wide.length === 0) return [];
  const byAddress = sites.filter(({ routes }) =>
    routes.some(({ access }) => access?.addresses !== undefined || access?.rateLimits !== undefined),
  );
  const names = byAddress.map(({ name }) => name).join(', ');
  const cause = `everybody is a trusted proxy and may say who a client is${names && `: what ${names} allows and limits by address holds nobody off`}`;
  const cure = 'name only the addresses of the proxies in front of the gate';
  const evidence = `trustedProxies: [${wide.join(', ')}]`;
  return [
    {
      level: names ? 'error' : 'warning',
      code: 'forgeable-addresses',
      subject: 'trustedProxies',
      cause,
      evidence,
      cure,
    },
  ];
}

/** Behind a proxy that is not trusted every client has the proxy's address. */
function examineAddressLists({ listen, sites, trustedProxies }: Settings): AuditFinding[] {
  const listeners = [...listen.http, ...listen.https];
  if (listeners.length === 0 || !listeners.every(onLoopback) || trustsLoopback(trustedProxies)) return [];
  return sites.flatMap(({ name, routes }): AuditFinding[] => {
    const lists = routes.flatMap(({ access }) => (access?.addresses === undefined ? [] : [access.addresses]));
    if (lists.length === 0) return [];
    const admitted = lists.some(({ allow }) =>
      allow.some((network) => /^(127\.|::1\/|0\.0\.0\.0\/0|::\/0)/.test(network)),
    );
    const cause = admitted
      ? 'clients come through a proxy of this machine that is not trusted: to the gate all of them are 127.0.0.1, which `allow` admits'
      : 'clients come through a proxy of this machine that is not trusted: to the gate all of them are 127.0.0.1';
    const evidence = 'the gate listens on loopback alone';
    const cure = 'write `trustedProxies: [127.0.0.1, "::1"]`, so that the addresses the proxy tells count';
    return [{ level: admitted ? 'error' : 'warning', code: 'untrusted-proxy', subject: name, cause, evidence, cure }];
  });
}

function onLoopback({ host }: ListenAddress): boolean {
  return host === 'localhost' || isLoopback(host);
}

function trustsLoopback(networks: readonly string[]): boolean {
  const list = new BlockList();
  for (const network of networks) {
    const [address = '', prefix = ''] = network.split('/');
    list.addSubnet(address, Number(prefix), address.includes(':') ? 'ipv6' : 'ipv4');
  }
  return list.check('127.0.0.1', 'ipv4') || list.check('::1', 'ipv6');
}
