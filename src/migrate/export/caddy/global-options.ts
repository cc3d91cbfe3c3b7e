import { knownIssuers } from '../../../control/certificates/lifecycle/known-issuers.ts';
import type { AcmeIssuerConfig } from '../../../model/acme.ts';
import type { Plan } from '../plan.ts';
import { block, duration, filePath, plainly } from './quote.ts';

/** The first block of the file, which holds for all sites. */
export function globalOptions(plan: Plan): string[] {
  const { listen, limits, http2 } = plan.settings;
  const {
    http: [http],
    https: [https],
  } = listen;
  const internal = plan.sites.some(({ site }) => site.tls.mode === 'internal');
  const time = (name: string, value: number): string[] => (value === 0 ? [] : [`${name} ${duration(value)}`]);
  const timeouts = [...time('read_header', limits.headTimeout), ...time('idle', limits.keepAlive)];
  return [
    ...block('', [
      ...(http && http.port !== 80 ? [`http_port ${http.port}`] : []),
      ...(https && https.port !== 443 ? [`https_port ${https.port}`] : []),
      '# The redirects to HTTPS stand below.',
      'auto_https disable_redirects',
      ...(internal ? ['skip_install_trust'] : []),
      ...time('grace_period', limits.drainTimeout),
      ...acme(plan),
      ...block('servers', [
        `protocols h1${http2 ? ' h2' : ''}`,
        ...(timeouts.length === 0 ? [] : block('timeouts', timeouts)),
        `max_header_size ${limits.headBytes || 2 ** 24}`,
      ]),
      ...errorLog(plan),
    ]).map((line, index) => (index === 0 ? line.trimStart() : line)),
    '',
  ];
}

function acme({ settings, caFiles, sites, ledger }: Plan): string[] {
  const { email, issuers } = settings.acme;
  const [issuer] = issuers;
  const lines = email === '' ? [] : [`email ${plainly(email)}`];
  if (issuer === undefined || !sites.some(({ site }) => site.tls.mode === 'acme')) return lines;
  for (const { site, key } of sites) {
    if (site.tls.mode !== 'acme' || !site.names.some((name) => name.startsWith('*.'))) continue;
    ledger.judge(key, 'refused', "a wildcard's certificate needs dns-01, for which Caddy needs a plugin (xcaddy)");
  }
  const directory = directoryOf(issuer);
  if (directory !== '' && issuer.known !== 'letsencrypt') lines.push(`acme_ca ${plainly(directory)}`);
  const root = issuer.ca === null ? undefined : caFiles.get(issuer.ca);
  if (root !== undefined) lines.push(`acme_ca_root ${filePath('the CA file', root)}`);
  if (issuer.eab !== null) {
    const { kid, hmac } = issuer.eab;
    lines.push(...block('acme_eab', [`key_id ${plainly(kid)}`, `mac_key ${plainly(hmac)}`]));
  }
  return lines;
}

function directoryOf({ known, directory }: AcmeIssuerConfig): string {
  return directory || (knownIssuers[known ?? '']?.directory ?? '');
}

function errorLog({ settings: { logs } }: Plan): string[] {
  return logs.errors === 'off' ? block('log', ['output discard']) : [];
}
