import { resolve } from 'node:path';
import {
  type AcmeConfig,
  type AcmeIssuerConfig,
  type AddressSourceConfig,
  type DnsConfig,
  defaultAcme,
} from '../../model/acme.ts';
import type { SiteSettings } from '../../model/site.ts';
import type { ParsedAcme, ParsedIssuer } from './acme-schema.ts';
import { readChain } from './certificate-files.ts';
import type { Findings } from './problems.ts';
import type { Path } from './source.ts';

/** What the sites and files around it are held against. */
export interface AcmeInput {
  readonly acme: ParsedAcme | undefined;
  /** What relative paths are relative to. */
  readonly directory: string;
  readonly sites: readonly SiteSettings[];
}

/** `acme` with its defaults, its files read. Reports CAs named twice and what a CA or the provider is known to want. */
export function compileAcme(input: AcmeInput, findings: Findings): AcmeConfig {
  const { acme, sites } = input;
  if (acme === undefined) return defaultAcme;
  const pem = (path: Path, file: string | undefined): string | null => readPem(input, path, file, findings);
  const email = acme.email ?? '';
  const written = acme.issuers ?? (email === '' ? ['letsencrypt'] : ['letsencrypt', 'zerossl']).map(byName);
  const issuers = written.map((one, index) =>
    compileIssuer(one, (file) => pem(['acme', 'issuers', index, 'caFile'], file)),
  );
  for (const [index, { name, known, eab }] of issuers.entries()) {
    const path = ['acme', 'issuers', index];
    if (issuers.findIndex((one) => one.name === name) !== index)
      findings.problem(path, { what: 'the same CA twice', cure: 'Keep one of them.' });
    if (known === 'google' && eab === null) {
      const cure = 'Write {directory: google, eab: {kid: …, hmac: …}}; Google hands out the pair.';
      findings.problem(path, { what: 'this CA wants an external account binding', cure });
    }
    if (known === 'zerossl' && eab === null && email === '')
      findings.problem(path, { what: 'this CA wants an e-mail address', cure: 'Set acme: email.' });
  }
  if (acme.challenge === 'dns-01' && acme.dns === undefined)
    findings.problem(['acme', 'challenge'], { what: 'dns-01 without a DNS provider', cure: 'Set acme: dns.' });
  checkWildcards(acme, sites, findings);
  return {
    ...defaultAcme,
    email,
    issuers,
    challenge: acme.challenge ?? 'auto',
    dns: acme.dns ? compileDns(acme.dns, (file) => pem(['acme', 'dns', 'caFile'], file)) : null,
    update: compileUpdate(acme, sites, findings),
    resolvers: acme.resolvers ?? [],
    ports: { http: acme.ports?.http ?? 80, https: acme.ports?.https ?? 443 },
    onCertificate: acme.onCertificate ?? null,
    webhook: acme.webhook
      ? { url: acme.webhook.url, ca: pem(['acme', 'webhook', 'caFile'], acme.webhook.caFile) }
      : null,
  };
}

function byName(known: string): ParsedIssuer {
  return { directory: { known } };
}

function compileIssuer(issuer: ParsedIssuer, pem: (file: string | undefined) => string | null): AcmeIssuerConfig {
  const { directory, caFile, eab = null, profile = null } = issuer;
  const ca = pem(caFile);
  if ('known' in directory) return { name: directory.known, known: directory.known, directory: '', ca, eab, profile };
  const { host, pathname, href } = directory.url;
  return { name: `${host}${pathname}`.replace(/\/$/, ''), known: null, directory: href, ca, eab, profile };
}

function compileDns(dns: NonNullable<ParsedAcme['dns']>, pem: (file: string | undefined) => string | null): DnsConfig {
  switch (dns.provider) {
    case 'duckdns':
    case 'cloudflare': {
      const ca = pem(dns.caFile);
      return {
        provider: dns.provider,
        token: dns.token,
        ...(dns.url !== undefined && { base: dns.url }),
        ...(ca !== null && { ca }),
      };
    }
    case 'rfc2136': {
      const { server, zone, key } = dns;
      const plain = (name: string): string => name.toLowerCase().replace(/\.$/, '');
      return {
        provider: 'rfc2136',
        ...server,
        zone: plain(zone),
        key: { name: plain(key.name), secret: key.secret, algorithm: key.algorithm ?? 'hmac-sha256' },
      };
    }
    case 'exec':
      return { provider: 'exec', command: dns.command };
  }
}

function compileUpdate(
  { dns }: ParsedAcme,
  sites: readonly SiteSettings[],
  findings: Findings,
): AddressSourceConfig | null {
  if (dns?.provider !== 'duckdns' || !dns.update) return null;
  if (!sites.some(({ names }) => names.some((name) => name.endsWith('.duckdns.org')))) {
    const cure = 'Take it out, or add the duckdns name to a site.';
    findings.problem(['acme', 'dns', 'update'], { what: 'no site has a name under duckdns.org', cure, onKey: true });
  }
  if (dns.update === true) return { kind: 'service' };
  if ('interface' in dns.update) return { kind: 'interface', name: dns.update.interface };
  return { kind: 'url', url: dns.update.url };
}

function checkWildcards(acme: ParsedAcme, sites: readonly SiteSettings[], findings: Findings): void {
  if (acme.dns !== undefined && (acme.challenge ?? 'auto') !== 'auto' && acme.challenge !== 'dns-01') {
    const wildcard = sites.find(({ tls, names }) => tls.mode === 'acme' && names.some((name) => name.startsWith('*.')));
    if (wildcard) {
      const what = `the wildcard of ${wildcard.name} can only be proven by dns-01`;
      findings.problem(['acme', 'challenge'], { what, cure: 'Write auto.' });
    }
  }
}

function readPem({ directory }: AcmeInput, path: Path, file: string | undefined, findings: Findings): string | null {
  if (file === undefined) return null;
  const chain = readChain(resolve(directory, file));
  if (chain.faults) {
    for (const fault of chain.faults) findings.problem(path, fault);
    return null;
  }
  return chain.value.map((certificate) => certificate.toString()).join('');
}
