import { request as requestHttp } from 'node:http';
import { request as requestHttps } from 'node:https';
import { connect } from 'node:net';

/** Longest wait for one address, milliseconds. */
const patience = 2_000;

/** Whether a TCP connection to a port comes about. */
export function knock(host: string, port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host, port });
    const settle = (open: boolean): void => {
      socket.destroy();
      resolve(open);
    };
    socket.setTimeout(patience, () => settle(false));
    socket.once('connect', () => settle(true));
    socket.once('error', () => settle(false));
  });
}

/** A question for an app, without any password. */
export interface Question {
  readonly path: string;
  /** Its Host field. */
  readonly host: string;
  readonly secure: boolean;
}

/** The status an app answers with at this address; null when it does not speak HTTP/1.1 or not in time. */
export function ask(host: string, port: number, question: Question): Promise<number | null> {
  return new Promise((resolve) => {
    const outgoing = (question.secure ? requestHttps : requestHttp)({
      host,
      port,
      path: question.path,
      agent: false,
      signal: AbortSignal.timeout(patience),
      headers: { host: question.host, 'user-agent': 'Sallyport-audit' },
      // Who answers is looked at here, not who it is.
      ...(question.secure && { rejectUnauthorized: false }),
    });
    outgoing.once('error', () => resolve(null));
    outgoing.once('response', (response) => {
      response.on('error', () => {});
      resolve(response.statusCode ?? null);
      response.destroy();
    });
    outgoing.end();
  });
}
