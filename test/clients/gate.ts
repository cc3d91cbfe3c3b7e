import { makeCertificate, type TestCertificate } from '../support/certificates.ts';
import { type RunningSallyport, startSallyport } from '../support/sallyport.ts';
import { type Scope, temporaryDirectory } from '../support/scope.ts';

/** Sallyport in front of one app, as a client sees it. */
export interface Gate {
  readonly sallyport: RunningSallyport;
  readonly name: string;
  readonly port: number;
  /** Port of plain HTTP. */
  readonly httpPort: number;
  readonly certificate: TestCertificate;
}

/** Starts Sallyport for `app.test` (and `localhost`) in front of an app on a port of 127.0.0.1, with certificate files of its own root. */
export async function startGate(scope: Scope, appPort: number): Promise<Gate> {
  const name = 'app.test';
  const certificate = await makeCertificate(await temporaryDirectory(scope), [name, 'localhost']);
  const sallyport = await startSallyport(
    scope,
    `
listen: { http: "127.0.0.1:0", https: "127.0.0.1:0" }
logs: { access: off, errors: stderr }
sites:
  ${name}:
    aliases: [localhost]
    to: 127.0.0.1:${appPort}
    tls: { certificate: ${certificate.certificateFile}, key: ${certificate.keyFile} }
`,
  );
  return { sallyport, name, port: sallyport.https, httpPort: sallyport.http, certificate };
}
