import { apache } from './apache.ts';
import { caddy } from './caddy.ts';
import { haproxy } from './haproxy.ts';
import { nginx } from './nginx.ts';
import type { Peer } from './peer.ts';
import { sallyport } from './sallyport.ts';

/** In the order of the report's columns. The first is what the others are compared with. */
export const allPeers: readonly Peer[] = [nginx, haproxy, apache, caddy, sallyport];
