/** What a load generator saw in one run. Times are microseconds. */
export interface LoadFigures {
  readonly requests: number;
  readonly microseconds: number;
  readonly p50: number;
  readonly p99: number;
}

export interface LoadTarget {
  /** The name asked for; it leads to `port` of 127.0.0.1. */
  readonly name: string;
  readonly port: number;
  readonly seconds: number;
  /** OpenSSL configuration for the generator: see {@link clientTlsConfiguration}. */
  readonly opensslConfig: string;
}

/**
 * Makes every generator built on OpenSSL offer just one suite and one group, so that all peers do the same cryptography
 * whatever their own preferences are.
 */
export const clientTlsConfiguration = `openssl_conf = start
[start]
ssl_conf = ssl
[ssl]
system_default = defaults
[defaults]
MinProtocol = TLSv1.3
Ciphersuites = TLS_AES_128_GCM_SHA256
Groups = X25519
`;
