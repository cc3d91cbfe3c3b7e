import type { X509Certificate } from 'node:crypto';
import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { get } from 'node:https';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { connect } from 'node:tls';
import { freePort, type Pebble, type PebbleOptions, startPebble } from './pebble.ts';
import { type RunningSallyport, runSallyport, startSallyport } from './sallyport.ts';
import { makeDirectory, removeDirectory, type Scope } from './scope.ts';

/** Where a gate will listen and the CA that looks there. */
export interface AcmeStage {
  readonly pebble: Pebble;
  readonly httpPort: number;
  readonly httpsPort: number;
  /** PEM file to trust the CA's API with. */
  readonly caFile: string;
  /** State directory for one gate after the other. */
  readonly state: string;
  /** The top of a configuration: listeners, CA, resolver, state. `acme` lines are added to the `acme` section. */
  configuration(sites: string, acme?: string): string;
}

/** Debian's Pebble, looking at two ports where a gate is going to listen. */
export async function prepareStage(scope: Scope, options: Partial<PebbleOptions> = {}): Promise<AcmeStage> {
  const [httpPort, httpsPort] = await Promise.all([freePort(), freePort()]);
  const pebble = await startPebble({ httpPort, tlsPort: httpsPort, ...options });
  scope.after(() => pebble.stop());
  const directory = await makeDirectory();
  scope.after(() => removeDirectory(directory));
  const caFile = join(directory, 'ca.pem');
  await writeFile(caFile, pebble.ca);
  const state = join(directory, 'state');
  return {
    pebble,
    httpPort,
    httpsPort,
    caFile,
    state,
    configuration: (sites, acme = '') => `listen: { http: "127.0.0.1:${httpPort}", https: "127.0.0.1:${httpsPort}" }
state: ${state}
logs: { access: off }
acme:
  email: you@example.org
  issuers: [{ directory: "${pebble.directory}", caFile: ${caFile} }]
  resolvers: ["${pebble.dns}"]
  ports: { http: ${httpPort}, https: ${httpsPort} }
${acme}sites:
${sites}`,
  };
}

/** The certificate a gate shows for a name; null when it refuses the handshake. */
export function shownFor(port: number, servername: string): Promise<X509Certificate | null> {
  return new Promise((resolve) => {
    const socket = connect({ host: '127.0.0.1', port, servername, rejectUnauthorized: false });
    socket.on('error', () => resolve(null));
    socket.on('secureConnect', () => {
      resolve(socket.getPeerX509Certificate() ?? null);
      socket.destroy();
    });
  });
}

/** Waits until the gate shows a certificate for `servername` that `accept` takes. */
export async function untilShown(
  gate: RunningSallyport,
  servername: string,
  accept: (shown: X509Certificate) => boolean = () => true,
): Promise<X509Certificate> {
  for (const deadline = Date.now() + 30_000; Date.now() < deadline; await delay(50)) {
    const shown = await shownFor(gate.https, servername);
    if (shown && accept(shown)) return shown;
  }
  throw new Error(`no such certificate for ${servername} within 30 s:\n${gate.output()}`);
}

/** One verified request on a connection of its own; gives the body. */
export function visit(port: number, servername: string, ca: string, path = '/'): Promise<string> {
  return new Promise((resolve, reject) => {
    const options = {
      host: '127.0.0.1',
      port,
      path,
      servername,
      headers: { host: servername },
      ca,
      agent: false as const,
    };
    get(options, (response) => {
      let body = '';
      response.setEncoding('utf8').on('data', (text: string) => {
        body += text;
      });
      response.on('end', () =>
        response.statusCode === 200 ? resolve(body) : reject(new Error(`status ${response.statusCode}`)),
      );
    }).on('error', reject);
  });
}

export { runSallyport, startSallyport };

/** An app that answers every request with one line. */
export async function startApp(scope: Scope): Promise<number> {
  const app = createServer((_request, response) => response.end('hello from the app'));
  app.listen(0, '127.0.0.1');
  await once(app, 'listening');
  scope.after(() => {
    app.close();
    app.closeAllConnections();
  });
  return (app.address() as AddressInfo).port;
}
