import type { Stand } from '../lab/lab.ts';

/** What a command is told of one case. */
export interface Places {
  readonly url: string;
  readonly host: string;
  readonly name: string;
  readonly port: string;
  readonly address: string;
  readonly ca: string;
  readonly case: string;
}

/** `ca` is the path of the root; `address` the one the lab listens on. */
export function placesOf(stand: Stand, address: string, ca: string): Places {
  const { url, host, port } = stand;
  return { url, host, name: host, port: String(port), address, ca, case: stand.case.name };
}

/** The command with `{url}`, `{host}` and so on replaced; other braces stay. */
export function fillPlaces(command: readonly string[], places: Places): string[] {
  return command.map((word) =>
    word.replaceAll(/\{(url|host|name|port|address|ca|case)\}/g, (_, key: keyof Places) => places[key]),
  );
}

/** Variables by which many programs take roots, beside those they have (or instead of them). */
const trustVariables = [
  'SSL_CERT_FILE',
  'CURL_CA_BUNDLE',
  'REQUESTS_CA_BUNDLE',
  'NODE_EXTRA_CA_CERTS',
  'DENO_CERT',
  'GIT_SSL_CAINFO',
  'CARGO_HTTP_CAINFO',
  'PIP_CERT',
  'AWS_CA_BUNDLE',
] as const;

/** The environment of a client: `base` without proxies, which would stand between it and the lab; the places as SALLYPORT_ASSAY_*. */
export function environmentFor(
  places: Places,
  trust: boolean,
  base: Readonly<Record<string, string | undefined>>,
): Record<string, string | undefined> {
  const own = Object.entries(places).map(([key, value]) => [`SALLYPORT_ASSAY_${key.toUpperCase()}`, value]);
  return {
    ...Object.fromEntries(Object.entries(base).filter(([key]) => !/^(https?|all)_proxy$/i.test(key))),
    ...Object.fromEntries(own),
    ...(trust && Object.fromEntries(trustVariables.map((key) => [key, places.ca]))),
  };
}
