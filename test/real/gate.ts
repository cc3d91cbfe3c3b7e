import { join } from 'node:path';
import { runCurl } from '../support/clients.ts';
import type { Finished } from '../support/process.ts';
import { type RunningSallyport, startSallyport } from '../support/sallyport.ts';
import type { Scope } from '../support/scope.ts';

/** Sallyport as its users start it, on free loopback ports, its certificates from the in-house CA. */
export interface Gate {
  readonly sallyport: RunningSallyport;
  /** PEM file of the root that clients must trust. */
  readonly rootFile: string;
  /** `https://NAME:PORT` and `path`. */
  url(name: string, path?: string): string;
  /** curl, with the root trusted, to `path` of a site; no status of HTTP is an error. */
  curl(name: string, path: string, ...args: string[]): Promise<Finished>;
  /** The same with a standard input, which curl is told to use by `@-`. */
  send(name: string, path: string, input: string | Uint8Array, ...args: string[]): Promise<Finished>;
}

/** `sites` is what stands under that key of `sallyport.yaml`. */
export async function openGate(scope: Scope, sites: object, more: object = {}): Promise<Gate> {
  const config = { listen: { http: '127.0.0.1:0', https: '127.0.0.1:0' }, sites, ...more };
  // JSON is YAML.
  const yaml = Object.entries(config).map(([key, value]) => `${key}: ${JSON.stringify(value)}`);
  const sallyport = await startSallyport(scope, yaml.join('\n'));
  const rootFile = join(sallyport.directory, 'state/authority/root.pem');
  const url = (name: string, path = '/'): string => `https://${name}:${sallyport.https}${path}`;
  const send: Gate['send'] = (name, path, input, ...args) => {
    const places = [sallyport.https, sallyport.http].flatMap((port) => ['--resolve', `${name}:${port}:127.0.0.1`]);
    return runCurl(['--cacert', rootFile, ...places, ...args, url(name, path)], { input });
  };
  return { sallyport, rootFile, url, send, curl: (name, path, ...args) => send(name, path, '', ...args) };
}
