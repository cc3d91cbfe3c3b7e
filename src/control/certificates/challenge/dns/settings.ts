import { type CloudflareSettings, cloudflareProvider } from './cloudflare.ts';
import { type DuckdnsSettings, duckdnsProvider } from './duckdns.ts';
import { type ExecSettings, execProvider } from './exec.ts';
import type { DnsProvider } from './provider.ts';
import { type Rfc2136Settings, rfc2136Provider } from './rfc2136.ts';

/** `acme.dns` of the configuration. */
export type DnsSettings =
  | ({ readonly provider: 'duckdns' } & DuckdnsSettings)
  | ({ readonly provider: 'cloudflare' } & CloudflareSettings)
  | ({ readonly provider: 'rfc2136' } & Rfc2136Settings)
  | ({ readonly provider: 'exec' } & ExecSettings);

/** The provider that settings ask for. */
export function dnsProvider(settings: DnsSettings): DnsProvider {
  switch (settings.provider) {
    case 'duckdns':
      return duckdnsProvider(settings);
    case 'cloudflare':
      return cloudflareProvider(settings);
    case 'rfc2136':
      return rfc2136Provider(settings);
    case 'exec':
      return execProvider(settings);
  }
}
