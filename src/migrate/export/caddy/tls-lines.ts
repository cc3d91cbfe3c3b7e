import { readChain } from '../../../control/config/certificate-files.ts';
import type { Plan, PlannedSite } from '../plan.ts';
import { block, filePath } from './quote.ts';

/** The certificates of a site, and whether clients are asked for theirs. */
export function tlsLines(plan: Plan, { site, pairs }: PlannedSite): string[] {
  if (pairs.length === 0) return [];
  const client = clientLines(plan, site.clientCertificates);
  const heads =
    site.tls.mode === 'files'
      ? pairs.map(
          ({ certificate, key }) => `tls ${filePath('the certificate', certificate)} ${filePath('the key', key)}`,
        )
      : [site.tls.mode === 'internal' ? 'tls internal' : 'tls'];
  const [first = 'tls', ...more] = heads;
  if (client.length > 0) return [...block(first, client), ...more];
  return heads.filter((head) => head !== 'tls');
}

function clientLines(plan: Plan, rules: PlannedSite['site']['clientCertificates']): string[] {
  if (rules === undefined) return [];
  const file = rules.ca ?? `${plan.settings.state}/authority/root.pem`;
  const chain = readChain(file);
  const certificates = chain.faults ? [] : chain.value;
  // Of a file Caddy reads the first certificate alone.
  const trusted =
    certificates.length > 1
      ? certificates.map((one) => `trusted_ca_cert ${one.raw.toString('base64')}`)
      : [`trusted_ca_cert_file ${filePath('the CA file', file)}`];
  return block('client_auth', ['mode verify_if_given', ...trusted]);
}
