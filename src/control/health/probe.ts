import { request as requestHttp } from 'node:http';
import { connect as connectHttp2 } from 'node:http2';
import { request as requestHttps } from 'node:https';
import { isIP, type LookupFunction } from 'node:net';
import { describeError } from '../../model/errors.ts';
import { bracketed } from '../../model/host.ts';
import { lookUpIn } from '../../model/look-up.ts';
import type { Target } from '../../model/site.ts';
import type { HealthCheck } from '../../model/target-group.ts';
import type { NameAddresses } from '../../model/target-news.ts';

/** Asks a target once, at `addresses` if they are known already. Resolves with '' when it answers well and in time, else with what is wrong; never rejects. */
export async function probe(target: Target, check: HealthCheck, addresses: NameAddresses | null): Promise<string> {
  const signal = AbortSignal.timeout(check.timeout);
  try {
    const ask = target.kind === 'tcp' && target.http2 ? askHttp2 : askHttp1;
    const lookup = addresses === null ? {} : { lookup: lookUpIn(addresses) };
    const status = await ask(target, check, lookup, signal);
    if (check.status.some(([from, to]) => status >= from && status <= to)) return '';
    return `${check.path} is answered with ${status}`;
  } catch (error) {
    return signal.aborted ? `no answer to ${check.path} within ${check.timeout} ms` : describeError(error);
  }
}

interface Lookup {
  readonly lookup?: LookupFunction;
}

function askHttp1(target: Target, { path, host }: HealthCheck, lookup: Lookup, signal: AbortSignal): Promise<number> {
  return new Promise((resolve, reject) => {
    const secure = target.kind === 'tcp' && target.tls !== null;
    const outgoing = (secure ? requestHttps : requestHttp)({
      ...(target.kind === 'unix' ? { socketPath: target.path } : { host: target.host, port: target.port }),
      ...lookup,
      ...tlsOptions(target),
      path,
      agent: false,
      signal,
      headers: { host, 'user-agent': agent },
    });
    outgoing.once('error', reject);
    outgoing.once('response', (response) => {
      response.on('error', () => {});
      resolve(response.statusCode ?? 0);
      response.destroy();
    });
    outgoing.end();
  });
}

function askHttp2(target: Target, { path, host }: HealthCheck, lookup: Lookup, signal: AbortSignal): Promise<number> {
  if (target.kind === 'unix') return Promise.resolve(0);
  return new Promise((resolve, reject) => {
    const origin = `${target.tls === null ? 'http' : 'https'}://${bracketed(target.host)}:${target.port}`;
    const session = connectHttp2(origin, { ...lookup, ...tlsOptions(target) });
    const fail = (error: unknown): void => {
      session.destroy();
      reject(error);
    };
    session.once('error', fail);
    signal.addEventListener('abort', () => fail(signal.reason), { once: true });
    const stream = session.request({ ':path': path, ':authority': host, 'user-agent': agent });
    stream.once('error', fail);
    stream.once('response', (fields) => {
      resolve(Number(fields[':status']));
      session.destroy();
    });
    stream.end();
  });
}

const agent = 'sallyport-health';

function tlsOptions(target: Target): { servername?: string; ca?: string } {
  if (target.kind === 'unix' || target.tls === null) return {};
  const { serverName, ca } = target.tls;
  return { ...(isIP(serverName) === 0 ? { servername: serverName } : {}), ...(ca === null ? {} : { ca }) };
}
