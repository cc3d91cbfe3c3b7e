import { normaliseHost } from '../../model/host.ts';
import type { RequestHead } from '../../wire/http1/request-head.ts';
import { forwardingOf, type Peer } from '../filter/forwarding.ts';
import type { CompiledSite, RoutingTable } from '../route/routing-table.ts';

/** What one Host value means on one connection: worked out once, used by every request that repeats it. */
export interface HostView {
  readonly table: RoutingTable;
  /** The Host value's octets. */
  readonly octets: Buffer;
  /** The same as text. */
  readonly host: string;
  /** The host without its port, in comparable form. */
  readonly name: string;
  readonly site: CompiledSite | undefined;
  /** Field lines for the app; null when they depend on the request because the peer is a trusted proxy. */
  readonly forwarding: Buffer | null;
}

/** Whether `view` was made from `table` for the Host in `bytes[start, end)`. */
export function isViewOf(
  view: HostView | null,
  table: RoutingTable,
  bytes: Buffer,
  start: number,
  end: number,
): view is HostView {
  if (view === null || view.table !== table) return false;
  const { octets } = view;
  if (octets.length !== end - start) return false;
  for (let i = 0; i < octets.length; i++) if (octets[i] !== bytes[start + i]) return false;
  return true;
}

export function viewHost(request: RequestHead, table: RoutingTable, peer: Peer): HostView {
  const { bytes } = request.fields;
  const written = bytes.toString('latin1', request.hostStart, request.hostNameEnd);
  const name = normaliseHost(written) ?? written.toLowerCase();
  const { host } = request;
  return {
    table,
    octets: Buffer.from(bytes.subarray(request.hostStart, request.hostEnd)),
    host,
    name,
    site: table.findSite(name),
    forwarding: peer.trusted ? null : forwardingOf(peer, host, request, null).lines,
  };
}
