import { once } from 'node:events';
import {
  type ClientHttp2Session,
  type ClientHttp2Stream,
  connect,
  type IncomingHttpHeaders,
  type IncomingHttpStatusHeader,
  type OutgoingHttpHeaders,
} from 'node:http2';
import { z } from 'zod';
import { type RunningSallyport, runSallyport } from '../support/sallyport.ts';
import type { Scope } from '../support/scope.ts';

/** Listeners on free ports of loopback, quiet access log. */
export const anyPorts = 'listen: { http: "127.0.0.1:0", https: "127.0.0.1:0" }\nlogs: { access: off }\n';

export type Head = IncomingHttpHeaders & IncomingHttpStatusHeader;

export interface Http2Answer {
  readonly status: number;
  readonly head: Head;
  readonly body: Buffer;
  readonly text: string;
  readonly trailers: IncomingHttpHeaders;
  /** 1xx responses that came before. */
  readonly early: readonly Head[];
}

/** Node's HTTP/2 client at a site of the gate. */
export async function openSession(
  scope: Scope,
  sallyport: RunningSallyport,
  name: string,
): Promise<ClientHttp2Session> {
  const session = connect(`https://${name}:${sallyport.https}`, {
    lookup: (_name, options, done) =>
      options.all ? done(null, [{ address: '127.0.0.1', family: 4 }]) : done(null, '127.0.0.1', 4),
    rejectUnauthorized: false,
    maxSessionMemory: 1000,
  });
  session.on('error', () => {});
  scope.after(() => session.destroy());
  await once(session, 'remoteSettings');
  return session;
}

/** Sends a request and reads its whole answer; rejects when the stream was reset. */
export function ask(
  session: ClientHttp2Session,
  fields: OutgoingHttpHeaders,
  body?: string | Buffer,
): Promise<Http2Answer> {
  const stream = session.request(fields, { endStream: body === undefined });
  if (body !== undefined) stream.end(body);
  return answerOf(stream);
}

/** Reads the whole answer of a stream; rejects when it was reset. */
export async function answerOf(stream: ClientHttp2Stream): Promise<Http2Answer> {
  const early: Head[] = [];
  let trailers: IncomingHttpHeaders = {};
  stream.on('headers', (head) => early.push(head));
  stream.on('trailers', (fields) => {
    trailers = fields;
  });
  const response = once(stream, 'response');
  const pieces: Buffer[] = [];
  stream.on('data', (piece: Buffer) => pieces.push(piece));
  const [head] = (await response) as [Head];
  if (!stream.readableEnded) await once(stream, 'end');
  const whole = Buffer.concat(pieces);
  return { status: Number(head[':status']), head, body: whole, text: whole.toString(), trailers, early };
}

const statusCounters = z.object({
  counters: z.object({ requests: z.number(), connections: z.number(), http2: z.record(z.string(), z.number()) }),
});

/** What `sallyport status --json` counts. */
export async function countersOf(sallyport: RunningSallyport): Promise<z.infer<typeof statusCounters>['counters']> {
  const { stdout, stderr, code } = await runSallyport(['status', '--json', '-c', sallyport.configFile]);
  if (code !== 0) throw new Error(`status failed: ${stdout}${stderr}`);
  return statusCounters.parse(JSON.parse(stdout)).counters;
}
