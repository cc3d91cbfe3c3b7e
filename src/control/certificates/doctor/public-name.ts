import { BlockList, isIP } from 'node:net';
import type { Finding } from './finding.ts';

/** Top labels that never exist in the public DNS (RFC 6761, 6762, 7686, 8375, 9476 and ICANN's .internal). */
const privateSuffixes = [
  'localhost',
  'local',
  'internal',
  'home.arpa',
  'test',
  'example',
  'invalid',
  'onion',
  'alt',
  'lan',
];

const privateNetworks = new BlockList();
for (const [network, prefix] of [
  ['0.0.0.0', 8],
  ['10.0.0.0', 8],
  ['100.64.0.0', 10],
  ['127.0.0.0', 8],
  ['169.254.0.0', 16],
  ['172.16.0.0', 12],
  ['192.0.2.0', 24],
  ['192.168.0.0', 16],
  ['198.18.0.0', 15],
  ['198.51.100.0', 24],
  ['203.0.113.0', 24],
  ['224.0.0.0', 3],
] as const) {
  privateNetworks.addSubnet(network, prefix, 'ipv4');
}
for (const [network, prefix] of [
  ['::', 127],
  ['fc00::', 7],
  ['fe80::', 10],
  ['ff00::', 8],
  ['2001:db8::', 32],
] as const) {
  privateNetworks.addSubnet(network, prefix, 'ipv6');
}

/** Whether an address can be reached from the whole internet. */
export function isPublicAddress(address: string): boolean {
  const family = isIP(address);
  return family !== 0 && !privateNetworks.check(address, family === 4 ? 'ipv4' : 'ipv6');
}

function refusal(name: string): string {
  if (isIP(name) !== 0) return isPublicAddress(name) ? '' : 'it is a private address';
  const bare = name.replace(/^\*\./, '');
  const suffix = privateSuffixes.find((one) => bare === one || bare.endsWith(`.${one}`));
  if (suffix !== undefined) return `.${suffix} names do not exist in the public DNS`;
  const labels = bare.split('.');
  if (labels.length < 2)
    return name.startsWith('*.') ? 'a wildcard may not cover a whole top-level domain' : 'it is a single label';
  if (bare.includes('*')) return 'a wildcard must be the whole first label, and only that';
  if (bare.length > 253 || labels.some((label) => label.length === 0 || label.length > 63))
    return 'it is no valid DNS name';
  if (!labels.every((label) => /^[a-z0-9]([a-z0-9-]*[a-z0-9])?$/i.test(label))) {
    return 'it holds characters that host names may not have';
  }
  return /^\d+$/.test(labels.at(-1) ?? '') ? 'its last label is a number' : '';
}

/** A finding when no public CA will ever sign for `name`; null when one may. */
export function checkPublicName(name: string): Finding | null {
  const reason = refusal(name);
  if (reason === '') return null;
  return {
    level: 'error',
    code: 'not-public',
    subject: name,
    cause: 'no public CA will sign a certificate for this name',
    evidence: reason,
    cure: 'use the in-house CA for it: tls: internal',
  };
}
