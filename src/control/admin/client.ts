import { type IncomingMessage, request } from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';
import type { z } from 'zod';
import type { AppFacts, AppLine } from '../../model/app.ts';
import { describeError, systemErrorCode, UserError } from '../../model/errors.ts';
import type { CertificateFacts, Status, TargetStatus } from '../../model/status.ts';
import {
  appAnswerSchema,
  appLogsAnswerSchema,
  certificateAnswerSchema,
  type DoctorAnswer,
  doctorAnswerSchema,
  drainAnswerSchema,
  failureAnswerSchema,
  fromFailureAnswer,
  pidField,
  type ReloadAnswer,
  reloadAnswerSchema,
  reopenAnswerSchema,
  statusSchema,
  stopAnswerSchema,
  type UpgradeAnswer,
  upgradeAnswerSchema,
} from './messages.ts';

/** Longest answer that is read. */
const longestAnswer = 16 * 1024 * 1024;
/** Longest wait for an answer that needs no work, milliseconds. */
const promptly = 5_000;

/** Facts about the process behind the control socket `path`. Rejects with a UserError, as all of this file does. */
export async function fetchStatus(path: string): Promise<Status> {
  return check(path, statusSchema, await ask(path, 'GET', '/status', promptly));
}

/** Resolves when the process serves its file's present content; rejects, also with an AggregateError, when it does not. */
export async function requestReload(path: string): Promise<ReloadAnswer> {
  return check(path, reloadAnswerSchema, await ask(path, 'POST', '/reload', 0));
}

/** Has the process hand over to the program on disk; resolves when that one serves, rejects when the old one goes on. */
export async function requestUpgrade(path: string): Promise<UpgradeAnswer> {
  return check(path, upgradeAnswerSchema, await ask(path, 'POST', '/upgrade', 0));
}

/** Resolves when the process has opened its log files again. */
export async function requestLogReopen(path: string): Promise<void> {
  check(path, reopenAnswerSchema, await ask(path, 'POST', '/logs/reopen', promptly));
}

/** Asks the process to stop and resolves with its pid when it has ended. */
export async function requestStop(path: string): Promise<number> {
  const { pid } = check(path, stopAnswerSchema, await ask(path, 'POST', '/stop', 0));
  await processGone(pid);
  return pid;
}

/** Orders a certificate and resolves when it is served; rejects with the reason when there is none. */
export async function requestRenewal(path: string, name: string, force: boolean): Promise<CertificateFacts> {
  const answer = await ask(path, 'POST', '/certificates/renew', 0, { name, force });
  return check(path, certificateAnswerSchema, answer).certificate;
}

/** What the CAs would say to an order for the site `name`. */
export async function requestExamination(path: string, name: string): Promise<DoctorAnswer['findings']> {
  return check(path, doctorAnswerSchema, await ask(path, 'POST', '/certificates/doctor', 0, { name })).findings;
}

/** Hands over a certificate that was got elsewhere, PEM texts; resolves when it is served. */
export async function requestImport(path: string, name: string, chain: string, key: string): Promise<CertificateFacts> {
  const answer = await ask(path, 'POST', '/certificates/import', 0, { name, chain, key });
  return check(path, certificateAnswerSchema, answer).certificate;
}

/** Sends no more requests to a target of a site, or sends them again; resolves with the target's facts on each route of the site. */
export async function requestDrain(
  path: string,
  site: string,
  target: string,
  wanted: boolean,
): Promise<readonly TargetStatus[]> {
  const answer = await ask(path, 'POST', '/targets/drain', promptly, { site, target, wanted });
  return check(path, drainAnswerSchema, answer).targets;
}

/** Starts an app anew and resolves when the new one serves; rejects with the reason when it does not. */
export async function requestAppRestart(path: string, name: string): Promise<AppFacts> {
  return check(path, appAnswerSchema, await ask(path, 'POST', '/apps/restart', 0, { name })).app;
}

/** What an app printed last, oldest first. */
export async function fetchAppLines(path: string, name: string): Promise<readonly AppLine[]> {
  return check(path, appLogsAnswerSchema, await ask(path, 'POST', '/apps/logs', promptly, { name })).lines;
}

/** The pid of the process behind the socket, also while it starts; null when there is none or it is not Sallyport. */
export async function findControlPid(path: string): Promise<number | null> {
  try {
    const { pid } = await ask(path, 'GET', '/status', promptly);
    return pid;
  } catch {
    return null;
  }
}

interface RawAnswer {
  readonly status: number;
  readonly pid: number | null;
  readonly body: string;
}

async function ask(path: string, method: string, target: string, timeout: number, body?: object): Promise<RawAnswer> {
  const signal = timeout > 0 ? AbortSignal.timeout(timeout) : undefined;
  try {
    return await exchange(path, method, target, signal, body === undefined ? '' : JSON.stringify(body));
  } catch (error) {
    if (signal?.aborted) {
      throw new UserError(`no answer from the control socket ${path} within ${timeout / 1000} s`, {
        code: 'control-silent',
        cure: 'Look at the error log of the running process; if it hangs, end it with `kill`.',
      });
    }
    throw unreachable(path, error);
  }
}

function exchange(
  path: string,
  method: string,
  target: string,
  signal: AbortSignal | undefined,
  body: string,
): Promise<RawAnswer> {
  return new Promise((resolve, reject) => {
    const outgoing = request({ socketPath: path, method, path: target, agent: false, ...(signal && { signal }) });
    outgoing.setHeader('host', 'sallyport');
    outgoing.once('error', reject);
    outgoing.once('response', (response) => collect(response).then(resolve, reject));
    outgoing.end(body);
  });
}

/** Reads to the end of the connection: an answer to `stop` ends, unfinished, when the process does. */
function collect(response: IncomingMessage): Promise<RawAnswer> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let length = 0;
    response.on('data', (chunk: Buffer) => {
      length += chunk.length;
      if (length > longestAnswer) response.destroy(new Error('the answer is too long'));
      else chunks.push(chunk);
    });
    response.on('error', (error) => {
      if (systemErrorCode(error) !== 'ECONNRESET') reject(error);
    });
    response.on('close', () => {
      const pid = Number(response.headers[pidField]);
      resolve({
        status: response.statusCode ?? 0,
        pid: Number.isSafeInteger(pid) && pid > 0 ? pid : null,
        body: Buffer.concat(chunks).toString(),
      });
    });
  });
}

function check<T>(path: string, schema: z.ZodType<T>, answer: RawAnswer): T {
  const value = parseJson(answer.body);
  if (answer.status === 200) {
    const parsed = schema.safeParse(value);
    if (parsed.success) return parsed.data;
  } else {
    const failure = failureAnswerSchema.safeParse(value);
    if (failure.success) throw fromFailureAnswer(failure.data);
  }
  throw new UserError(`what listens on ${path} does not answer as this version of Sallyport does`, {
    code: 'control-foreign',
    cure: 'Use the same version of Sallyport for both, or point --control at the right socket.',
  });
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function unreachable(path: string, error: unknown): UserError {
  const code = systemErrorCode(error);
  if (code === 'ENOENT' || code === 'ECONNREFUSED') {
    return new UserError(`nothing is running there; no process listens on the control socket ${path}`, {
      code: 'not-running',
      cure: 'Start it with `sallyport run`, or name its configuration with -c or its socket with --control.',
    });
  }
  if (code === 'EACCES' || code === 'EPERM') {
    return new UserError(`the control socket ${path} may not be used by this user; it belongs to another`, {
      code: 'control-forbidden',
      cure: 'Run the command as the user Sallyport runs as, or with sudo.',
    });
  }
  return new UserError(`cannot talk to the control socket ${path}; ${describeError(error)}`, {
    code: 'control-unreachable',
    cause: error,
  });
}

/** The connection ends a moment before the process does; after a second only an unreaped process is left. */
async function processGone(pid: number): Promise<void> {
  for (let attempt = 0; attempt < 100; attempt++) {
    try {
      process.kill(pid, 0);
    } catch (error) {
      if (systemErrorCode(error) === 'ESRCH') return;
    }
    await delay(10);
  }
}
