import type { Socket } from 'node:net';
import type { ProxiedEnds } from '../../wire/tls/proxy-header-result.ts';
import { plainAddress } from '../address.ts';
import type { AcceptedConnection } from '../exchange/accepted-connection.ts';

/** Who is connected to what, and since when; as {@link AcceptedConnection} tells it. */
export type ConnectionFacts = Pick<
  AcceptedConnection,
  'remoteAddress' | 'remotePort' | 'localAddress' | 'localPort' | 'acceptedAt'
>;

/** Of a socket that was just accepted; null when its client has left already, which takes the addresses with it. */
export function factsOf(raw: Socket): ConnectionFacts | null {
  const { remoteAddress, remotePort = 0, localAddress = '', localPort = 0 } = raw;
  if (remoteAddress === undefined) return null;
  return {
    remoteAddress: plainAddress(remoteAddress),
    remotePort,
    localAddress: plainAddress(localAddress),
    localPort,
    acceptedAt: Date.now(),
  };
}

/** The same, with the ends that a trusted proxy tells. */
export function toldFacts(facts: ConnectionFacts, ends: ProxiedEnds | null): ConnectionFacts {
  if (ends === null) return facts;
  const { sourceAddress, sourcePort, destinationAddress, destinationPort } = ends;
  return {
    remoteAddress: sourceAddress,
    remotePort: sourcePort,
    localAddress: destinationAddress,
    localPort: destinationPort,
    acceptedAt: facts.acceptedAt,
  };
}
