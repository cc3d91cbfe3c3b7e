import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo, createServer as createTcpServer } from 'node:net';
import { createSecureContext, createServer as createTlsServer } from 'node:tls';
import { type Http01Solver, http01Prefix, http01Solver } from '../../src/control/certificates/challenge/http-01.ts';
import {
  acmeTlsProtocol,
  type TlsAlpn01Solver,
  tlsAlpn01Solver,
} from '../../src/control/certificates/challenge/tls-alpn-01.ts';

/** The part of a gate a CA sees: an HTTP port that answers tokens and a TLS port that shows challenge certificates. */
export interface ChallengeGate {
  readonly http01: Http01Solver;
  readonly tlsAlpn01: TlsAlpn01Solver;
  readonly httpPort: number;
  readonly tlsPort: number;
  close(): void;
}

async function portOf(server: Server | ReturnType<typeof createTcpServer>): Promise<number> {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return (server.address() as AddressInfo).port;
}

export async function startChallengeGate(
  http01: Http01Solver = http01Solver(),
  tlsAlpn01: TlsAlpn01Solver = tlsAlpn01Solver(),
): Promise<ChallengeGate> {
  const http = createServer((request, response) => {
    const path = request.url ?? '';
    const body = path.startsWith(http01Prefix) ? http01.response(path.slice(http01Prefix.length)) : undefined;
    response.writeHead(body === undefined ? 404 : 200, { 'content-type': 'application/octet-stream' }).end(body);
  });
  const tls = createTlsServer({
    ALPNProtocols: [acmeTlsProtocol],
    SNICallback(name, done) {
      const pair = tlsAlpn01.challengeCertificate(name);
      if (pair) done(null, createSecureContext({ cert: pair.chain, key: pair.key }));
      else done(new Error('no challenge certificate'));
    },
  });
  tls.on('tlsClientError', () => {});
  tls.on('secureConnection', (socket) => socket.on('error', () => {}).end());
  return {
    http01,
    tlsAlpn01,
    httpPort: await portOf(http),
    tlsPort: await portOf(tls),
    close() {
      http.close();
      http.closeAllConnections();
      tls.close();
    },
  };
}
