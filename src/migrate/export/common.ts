import type { AddressRules, RateLimit } from '../../model/access.ts';
import { UserError } from '../../model/errors.ts';
import { bracketed, isAddress } from '../../model/host.ts';
import type { Target } from '../../model/site.ts';
import type { Server } from './rule.ts';

/** Mozilla's "intermediate" ciphers for TLS 1.2, as OpenSSL calls them. */
export const intermediateCiphers = [
  'ECDHE-ECDSA-AES128-GCM-SHA256',
  'ECDHE-RSA-AES128-GCM-SHA256',
  'ECDHE-ECDSA-AES256-GCM-SHA384',
  'ECDHE-RSA-AES256-GCM-SHA384',
  'ECDHE-ECDSA-CHACHA20-POLY1305',
  'ECDHE-RSA-CHACHA20-POLY1305',
].join(':');

/** Fields by which a client could pass for another one; those that the servers set themselves come on top. */
export const forgedFields = [
  ...['X-Forwarded-Port', 'X-Forwarded-Server', 'X-Forwarded-Prefix', 'X-Forwarded-Scheme', 'X-Forwarded-Ssl'],
  ...['X-Original-URL', 'X-Rewrite-URL', 'Proxy'],
  ...['X-Client-Cert-Verify', 'X-Client-Cert-Subject', 'X-Client-Cert-Serial', 'X-Client-Cert-Fingerprint'],
  ...['Client-Cert', 'Client-Cert-Chain'],
];

/** The bundle of public CAs on Debian. */
export const publicRoots = '/etc/ssl/certs/ca-certificates.crt';

/** Text that must stand in the configuration and cannot: nothing is written then. */
export function unquotable(server: Server, what: string, text: string): UserError {
  return new UserError(`${what} ${JSON.stringify(text)} cannot be written for ${server}`, {
    code: 'unquotable',
    cure: 'Give it a name without quotes, backslashes, dollar signs, line breaks and the like.',
  });
}

/** `host:port` of a target, or its socket as `unix:/path`. */
export function addressOf(target: Target): string {
  return target.kind === 'unix' ? `unix:${target.path}` : `${bracketed(target.host)}:${target.port}`;
}

/** Whether a server must look its address up. */
export function isNamed(target: Target): boolean {
  return target.kind === 'tcp' && target.host !== 'localhost' && !isAddress(target.host);
}

/** Networks with what is to become of their clients, the smallest first: the first that holds an address decides. */
export function orderedNetworks({ allow, deny }: AddressRules): readonly { network: string; passes: boolean }[] {
  const both = [
    ...allow.map((network) => ({ network, passes: true })),
    ...deny.map((network) => ({ network, passes: false })),
  ];
  return both.sort((a, b) => bitsOf(b.network) - bitsOf(a.network));
}

function bitsOf(network: string): number {
  const [address = '', bits] = network.split('/');
  const length = address.includes(':') ? 128 : 32;
  // Of either family alone the order counts.
  return bits === undefined ? length : Number(bits);
}

/** Milliseconds as whole seconds, at least one; 0 stays. */
export function seconds(milliseconds: number): number {
  return milliseconds === 0 ? 0 : Math.max(1, Math.round(milliseconds / 1000));
}

/** Requests a minute, at least one. */
export function perMinute({ requests, per }: RateLimit): number {
  return Math.max(1, Math.round((requests * 60_000) / per));
}

/** Text for a regular expression (PCRE, RE2) that means itself. */
export function escapeRegex(text: string): string {
  return text.replaceAll(/[.*+?^${}()|[\]\\/]/g, (letter) => (letter === '/' ? '/' : `\\${letter}`));
}

/** The public name's pattern: a wildcard stands for one label. */
export function hostRegex(name: string): string {
  return name.startsWith('*.') ? `[^.]+\\.${escapeRegex(name.slice(2))}` : escapeRegex(name);
}

/** A remark of several lines, each a comment: no control character ends one. */
export function comment(lines: readonly string[], indent = ''): string[] {
  return lines.map((line) => `${indent}# ${line.replaceAll(/[\p{Cc}\u2028\u2029]/gu, ' ')}`.trimEnd());
}
