import { moreOfProxyHeader, type ProxyHeaderResult, proxyHeaderFailure } from './proxy-header-result.ts';
import { looksLikeProxyV1, readProxyV1 } from './proxy-header-v1.ts';
import { looksLikeProxyV2, readProxyV2 } from './proxy-header-v2.ts';

/**
 * Reads the header of the PROXY protocol, version 1 or 2, at the front of `octets`, which may be any piece of what will come.
 * Total; strict where a header could be read in two ways. Whatever is no header fails with its first wrong octet.
 */
export function readProxyHeader(octets: Buffer): ProxyHeaderResult {
  if (octets.length === 0) return moreOfProxyHeader;
  if (looksLikeProxyV1(octets)) return readProxyV1(octets);
  if (looksLikeProxyV2(octets)) return readProxyV2(octets);
  return proxyHeaderFailure('no PROXY header');
}
