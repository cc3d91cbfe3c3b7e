import { ChallengeError } from '../solver.ts';
import type { DnsProvider } from './provider.ts';
import { callWebApi } from './web-api.ts';

export interface DuckdnsSettings {
  /** A secret. */
  readonly token: string;
  /** Where the service is; for tests. */
  readonly base?: string;
  readonly ca?: string | undefined;
}

const home = 'https://www.duckdns.org';

/** `www.example.duckdns.org` is the record `example`. Throws a ChallengeError for names that are not duckdns's. */
export function duckdnsRecord(name: string): string {
  const labels = name.split('.');
  const record = labels.at(-3);
  if (record && !record.startsWith('_') && labels.slice(-2).join('.') === 'duckdns.org') return record;
  throw new ChallengeError(`${name} is not a name of duckdns.org`, {
    reason: 'setup',
    cure: 'choose the DNS provider that holds the name, or point its _acme-challenge record at a duckdns name by CNAME',
  });
}

/** One call of the documented update address; throws a ChallengeError when the service does not answer OK. */
export async function updateDuckdns(
  settings: DuckdnsSettings,
  fields: Readonly<Record<string, string>>,
  signal?: AbortSignal,
): Promise<void> {
  const url = new URL('/update', settings.base ?? home);
  const { domains = '', ...rest } = fields;
  url.search = new URLSearchParams({ domains, token: settings.token, ...rest }).toString();
  const answer = await callWebApi(url, { ca: settings.ca, signal });
  if (answer.status === 200 && answer.body.trimStart().startsWith('OK')) return;
  if (answer.status === 200 && answer.body.trimStart().startsWith('KO')) {
    throw new ChallengeError(`duckdns refuses to change ${domains}`, {
      reason: 'setup',
      cure: `check the token, and that ${domains} belongs to its account`,
    });
  }
  throw new ChallengeError(`duckdns answered with status ${answer.status}`, { reason: 'trouble' });
}

/** TXT records at duckdns.org: one value a name, shared by all names below it. */
export function duckdnsProvider(settings: DuckdnsSettings): DnsProvider {
  return {
    name: 'duckdns',
    oneValue: true,
    setTxt: (name, value, signal) => updateDuckdns(settings, { domains: duckdnsRecord(name), txt: value }, signal),
    clearTxt: (name, value, signal) =>
      updateDuckdns(settings, { domains: duckdnsRecord(name), txt: value, clear: 'true' }, signal),
  };
}
