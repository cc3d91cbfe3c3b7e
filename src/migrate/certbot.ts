import { isInternalHost } from '../model/host.ts';

const live = /^(.*\/letsencrypt\/live\/[^/]+)\/(?:fullchain|cert)\.pem$/;

/**
 * What certbot's certificate file becomes for a site of these names: the words of the verdict for `tls: auto`, since nobody renews the
 * file once the other server is gone; null where it stays a file, for it is not certbot's, or a CA does not sign the names so simply.
 */
export function insteadOfCertbot(certificate: string, names: readonly string[]): string | null {
  const directory = live.exec(certificate)?.[1];
  const canBeOrdered = names.every((name) => !name.startsWith('*.') && !isInternalHost(name) && !name.includes('_'));
  if (directory === undefined || !canBeOrdered) return null;
  return `tls: auto: Sallyport gets and renews it; \`sallyport cert import ${directory}\` takes this one over`;
}
