import { InvalidArgumentError } from 'commander';
import type { BoundAddress } from '../gateway/gateway.ts';
import type { ListenAddress } from '../model/settings.ts';

/** Bound addresses as the `ready` line shows them, HTTPS first: `https://[::]:443 http://[::]:80`; `[::]` is every address. */
export function listenUrls(addresses: readonly BoundAddress[]): string {
  const https = addresses.filter((address) => address.scheme === 'https');
  const http = addresses.filter((address) => address.scheme === 'http');
  return [...https, ...http].map(listenUrl).join(' ');
}

function listenUrl({ scheme, host, port }: BoundAddress): string {
  return `${scheme}://${bracketed(host || '::')}:${port}`;
}

/** `https://example.org/`: a site as a browser is told it, without the scheme's own port. */
export function siteUrl(scheme: 'http' | 'https', name: string, port: number): string {
  const usual = scheme === 'https' ? 443 : 80;
  return `${scheme}://${bracketed(name)}${port === usual ? '' : `:${port}`}/`;
}

function bracketed(host: string): string {
  return host.includes(':') ? `[${host}]` : host;
}

/**
 * An argument of `--http` or `--https`: a port, `address:port` or `[address]:port`; `off` or `false` for not
 * listening. Throws commander's InvalidArgumentError.
 */
export function parseListen(text: string): readonly ListenAddress[] {
  if (text === 'off' || text === 'false') return [];
  const match = /^(?:(?:\[([0-9a-fA-F:.]+)\]|([^:[\]]+)):)?(\d{1,5})$/.exec(text);
  const port = Number(match?.[3]);
  if (!match || port > 65_535) {
    throw new InvalidArgumentError('Wanted: a port (0 to 65535), "address:port", or off.');
  }
  return [{ host: match[1] ?? match[2] ?? '', port }];
}
