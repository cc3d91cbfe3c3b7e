import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { z } from 'zod';
import type { AppFacts, AppLine } from '../../model/app.ts';
import { UserError } from '../../model/errors.ts';
import type { CertificateFacts, Status, TargetStatus } from '../../model/status.ts';
import { fetchStatus, findControlPid } from './client.ts';
import {
  appRequestSchema,
  type DoctorAnswer,
  doctorRequestSchema,
  drainRequestSchema,
  importRequestSchema,
  pidField,
  type ReloadAnswer,
  renewRequestSchema,
  type StopAnswer,
  toFailureAnswer,
  type UpgradeAnswer,
} from './messages.ts';
import { listenOnSocketFile, removeSocketFile } from './socket-file.ts';

/** What the control socket can ask of the process. A rejection becomes the answer's `error`. */
export interface ControlActions {
  /** null while the process starts. */
  status(): Promise<Status> | null;
  reload(): Promise<ReloadAnswer>;
  reopenLogs(): Promise<void>;
  /** Starts the program anew and hands over to it; resolves when that one serves. */
  upgrade(): Promise<UpgradeAnswer>;
  /** Begins a graceful stop and returns at once. */
  stop(): void;
  /** Orders the certificate of a site now; see Gateway. */
  renewCertificate(name: string, force: boolean): Promise<CertificateFacts>;
  /** What the CAs would say to an order for a site. */
  examineCertificate(name: string): Promise<DoctorAnswer['findings']>;
  /** Starts an app anew; see Gateway. */
  restartApp(name: string): Promise<AppFacts>;
  /** What an app printed last. */
  appLines(name: string): readonly AppLine[];
  /** Serves a certificate (PEM texts) that was got elsewhere. */
  importCertificate(name: string, chain: string, key: string): Promise<CertificateFacts>;
  /** Sends no more requests to a target of a site, or sends them again; see Gateway. */
  drainTarget(site: string, target: string, wanted: boolean): Promise<readonly TargetStatus[]>;
}

/** An open control socket. */
export interface ControlSocket {
  readonly path: string;
  /** Answers nobody from now on and removes the socket file. Callers of `stop` stay connected until the process ends. */
  close(): void;
  /** Answers nobody new from now on; the socket file is a successor's. */
  leave(): void;
}

/** Longest body of a request; an imported certificate is the longest. */
const longestBody = 64 * 1024;

/**
 * Listens on the control socket. Rejects with a UserError (`already-running` with the pid, `control-in-use` when
 * something else listens there, `control-unusable`). With `takeOver` the socket of a predecessor is replaced.
 */
export async function openControlSocket(
  path: string,
  actions: ControlActions,
  takeOver = false,
): Promise<ControlSocket> {
  const server = createServer({ headersTimeout: 5_000, requestTimeout: 10_000, maxHeaderSize: 8 * 1024 });
  server.maxConnections = 64;
  server.on('request', (request, response) => void serve(request, response, actions));
  await listenAlone(server, path, takeOver);
  const leave = (): void => {
    server.close();
    server.closeIdleConnections();
    server.unref();
  };
  return {
    path,
    close() {
      removeSocketFile(path);
      leave();
    },
    leave,
  };
}

async function listenAlone(server: Server, path: string, takeOver: boolean): Promise<void> {
  try {
    await listenOnSocketFile(server, path, takeOver);
  } catch (error) {
    if (!(error instanceof UserError) || error.code !== 'control-in-use') throw error;
    throw (await explainRunning(path)) ?? error;
  }
}

async function explainRunning(path: string): Promise<UserError | null> {
  const pid = await findControlPid(path);
  if (pid === null) return null;
  const listeners = await fetchStatus(path).then(
    (status) => status.listeners,
    () => [],
  );
  const ports = [...new Set(listeners.map((listener) => listener.port))];
  const having = ports.length === 0 ? '' : ` and has ${ports.length === 1 ? 'port' : 'ports'} ${ports.join(' and ')}`;
  return new UserError(`Sallyport is running already (pid ${pid})${having}; its control socket is ${path}`, {
    code: 'already-running',
    cure: `Stop it with \`sallyport stop --control ${path}\`, or give this one its own \`state\` and \`control\` paths.`,
  });
}

type Answer = (actions: ControlActions, response: ServerResponse, body: string) => Promise<void> | void;

const answers: Readonly<Record<string, Readonly<Record<string, Answer>>>> = {
  '/status': { GET: answerStatus },
  '/reload': { POST: async (actions, response) => send(response, 200, await actions.reload()) },
  '/stop': { POST: answerStop },
  '/upgrade': { POST: async (actions, response) => send(response, 200, await actions.upgrade()) },
  '/certificates/renew': {
    POST: async (actions, response, body) => {
      const { name, force } = readBody(renewRequestSchema, body);
      send(response, 200, { certificate: await actions.renewCertificate(name, force) });
    },
  },
  '/certificates/doctor': {
    POST: async (actions, response, body) => {
      const { name } = readBody(doctorRequestSchema, body);
      send(response, 200, { findings: await actions.examineCertificate(name) });
    },
  },
  '/certificates/import': {
    POST: async (actions, response, body) => {
      const { name, chain, key } = readBody(importRequestSchema, body);
      send(response, 200, { certificate: await actions.importCertificate(name, chain, key) });
    },
  },
  '/targets/drain': {
    POST: async (actions, response, body) => {
      const { site, target, wanted } = readBody(drainRequestSchema, body);
      send(response, 200, { targets: await actions.drainTarget(site, target, wanted) });
    },
  },
  '/apps/restart': {
    POST: async (actions, response, body) => {
      const { name } = readBody(appRequestSchema, body);
      send(response, 200, { app: await actions.restartApp(name) });
    },
  },
  '/apps/logs': {
    POST: (actions, response, body) => {
      const { name } = readBody(appRequestSchema, body);
      send(response, 200, { lines: actions.appLines(name) });
    },
  },
  '/logs/reopen': {
    POST: async (actions, response) => {
      await actions.reopenLogs();
      send(response, 200, { reopened: true });
    },
  },
};

async function serve(request: IncomingMessage, response: ServerResponse, actions: ControlActions): Promise<void> {
  response.setHeader(pidField, process.pid);
  try {
    const body = await readText(request);
    if (body === null) return sendFailure(response, 413, 'body-too-large', 'the body is too long');
    const path = request.url ?? '';
    const methods = Object.hasOwn(answers, path) ? answers[path] : undefined;
    if (!methods) return sendFailure(response, 404, 'unknown-path', `there is no ${path} here`);
    const method = request.method ?? '';
    const answer = Object.hasOwn(methods, method) ? methods[method] : undefined;
    if (!answer) {
      response.setHeader('allow', Object.keys(methods).join(', '));
      return sendFailure(response, 405, 'wrong-method', `${path} does not take ${method}`);
    }
    await answer(actions, response, body);
  } catch (error) {
    if (!response.headersSent) send(response, error instanceof Error ? statusFor(error) : 500, toFailureAnswer(error));
  }
}

/** The body; null when it is longer than allowed. A client that leaves midway rejects. */
async function readText(request: IncomingMessage): Promise<string | null> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    length += chunk.length;
    if (length > longestBody) return null;
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString();
}

function readBody<T>(schema: z.ZodType<T>, body: string): T {
  try {
    return schema.parse(JSON.parse(body));
  } catch {
    throw new UserError('the request is not of the wanted form', { code: 'bad-request' });
  }
}

async function answerStatus(actions: ControlActions, response: ServerResponse): Promise<void> {
  const status = await actions.status();
  if (status) send(response, 200, status);
  else sendFailure(response, 503, 'starting', 'the process is still starting');
}

/** The connection stays open after the answer and does not keep the process alive: its end is the process's end. */
function answerStop(actions: ControlActions, response: ServerResponse): void {
  const answer: StopAnswer = { stopping: true, pid: process.pid };
  response.writeHead(200, { 'content-type': 'application/json', connection: 'close' });
  response.write(`${JSON.stringify(answer)}\n`);
  response.socket?.unref();
  actions.stop();
}

function statusFor(error: Error): number {
  return error instanceof UserError || error instanceof AggregateError ? 422 : 500;
}

function sendFailure(response: ServerResponse, status: number, code: string, message: string): void {
  if (status === 413) response.setHeader('connection', 'close');
  send(response, status, { error: { code, message } });
}

function send(response: ServerResponse, status: number, body: object): void {
  const text = `${JSON.stringify(body)}\n`;
  response.writeHead(status, { 'content-type': 'application/json', 'content-length': Buffer.byteLength(text) });
  response.end(text);
}
