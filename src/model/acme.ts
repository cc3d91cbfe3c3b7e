/** `acme` of a configuration, defaults filled in: how certificates of public CAs are got. */
export interface AcmeConfig {
  /** '' when none was given. */
  readonly email: string;
  /** Tried in this order; at least one. */
  readonly issuers: readonly AcmeIssuerConfig[];
  readonly challenge: 'auto' | 'http-01' | 'tls-alpn-01' | 'dns-01';
  readonly dns: DnsConfig | null;
  /** Keeps the address record of names at duckdns current; null: somebody else does. */
  readonly update: AddressSourceConfig | null;
  /** DNS servers for all checks, `address` or `address:port`; empty: the system's. */
  readonly resolvers: readonly string[];
  /** Where CAs look, from outside. */
  readonly ports: { readonly http: number; readonly https: number };
  /** A program with its arguments, run for what happens to certificates; null: none. */
  readonly onCertificate: readonly string[] | null;
  readonly webhook: WebhookConfig | null;
}

/** A CA to get certificates from. */
export interface AcmeIssuerConfig {
  /** Stable: its account is kept under it. */
  readonly name: string;
  /** Name of a CA known beforehand, whose facts are then used; null for a directory URL. */
  readonly known: string | null;
  /** '' when `known` tells it. */
  readonly directory: string;
  /** PEM roots to trust the CA's API with instead of the system's. */
  readonly ca: string | null;
  readonly eab: { readonly kid: string; readonly hmac: string } | null;
  readonly profile: string | null;
}

/** Who changes TXT records for dns-01. Tokens, keys and secrets are secret. */
export type DnsConfig =
  | {
      readonly provider: 'duckdns' | 'cloudflare';
      readonly token: string;
      readonly base?: string;
      readonly ca?: string;
    }
  | {
      readonly provider: 'rfc2136';
      readonly host: string;
      readonly port: number;
      readonly zone: string;
      readonly key: {
        readonly name: string;
        readonly secret: string;
        readonly algorithm: 'hmac-sha256' | 'hmac-sha384' | 'hmac-sha512';
      };
    }
  | { readonly provider: 'exec'; readonly command: readonly string[] };

/** Where this machine's public address comes from; `service`: the DNS service sees it itself. */
export type AddressSourceConfig =
  | { readonly kind: 'service' }
  | { readonly kind: 'interface'; readonly name: string }
  | { readonly kind: 'url'; readonly url: string };

interface WebhookConfig {
  /** Its path and query may be secret. */
  readonly url: string;
  /** PEM roots instead of the system's. */
  readonly ca: string | null;
}

/** What counts without an `acme` section. */
export const defaultAcme: AcmeConfig = Object.freeze({
  email: '',
  issuers: [{ name: 'letsencrypt', known: 'letsencrypt', directory: '', ca: null, eab: null, profile: null }],
  challenge: 'auto',
  dns: null,
  update: null,
  resolvers: [],
  ports: { http: 80, https: 443 },
  onCertificate: null,
  webhook: null,
});
