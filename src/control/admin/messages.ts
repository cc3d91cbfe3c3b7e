/** What is said over the control socket: JSON, one answer a request. Both ends read it through these schemas. */
import { z } from 'zod';
import type { AppFacts } from '../../model/app.ts';
import type { SourcePosition, UserErrorDetails } from '../../model/errors.ts';
import { describeError, UserError } from '../../model/errors.ts';
import type { CertificateFacts, Status, TargetStatus, TrafficCounters } from '../../model/status.ts';

const counter = z.number().nonnegative();

const nullableTime = z.string().nullable();

/** A part of the status. */
const certificateFactsSchema: z.ZodType<CertificateFacts> = z.object({
  name: z.string(),
  names: z.array(z.string()),
  source: z.enum(['acme', 'internal', 'files']),
  state: z.enum(['waiting', 'ordering', 'valid', 'renewing', 'blocked', 'failing']),
  issuer: z.string(),
  notBefore: nullableTime,
  notAfter: nullableTime,
  daysLeft: z.number().nullable(),
  nextAttempt: nullableTime,
  renewal: z.string().nullable(),
  attempts: counter,
  failingSince: nullableTime,
  lastError: z.object({ message: z.string(), issuer: z.string(), at: z.string(), cure: z.string() }).nullable(),
  unsaved: z.string(),
});

const appFactsSchema: z.ZodType<AppFacts> = z.object({
  name: z.string(),
  state: z.enum(['waiting', 'starting', 'ready', 'deploying', 'replacing', 'stopping', 'stopped']),
  pids: z.array(z.number().int()),
  since: z.string(),
  restarts: counter,
  program: z.string(),
  target: z.string(),
  lastError: z.object({ message: z.string(), at: z.string(), lines: z.array(z.string()) }).nullable(),
});

/** `POST /apps/restart` and `POST /apps/logs`. */
export const appRequestSchema = z.strictObject({ name: z.string() });

export const appAnswerSchema = z.object({ app: appFactsSchema });

export const appLogsAnswerSchema = z.object({
  lines: z.array(z.object({ time: z.string(), pid: z.number().int(), text: z.string() })),
});

/** `POST /certificates/renew`. */
export const renewRequestSchema = z.strictObject({ name: z.string(), force: z.boolean() });

/** `POST /certificates/doctor`. */
export const doctorRequestSchema = z.strictObject({ name: z.string() });

/** `POST /certificates/import`: PEM texts; the key is a secret. */
export const importRequestSchema = z.strictObject({ name: z.string(), chain: z.string(), key: z.string() });

export const certificateAnswerSchema = z.object({ certificate: certificateFactsSchema });

export const doctorAnswerSchema = z.object({
  findings: z.array(
    z.object({
      level: z.enum(['error', 'warning', 'ok']),
      code: z.string(),
      subject: z.string(),
      cause: z.string(),
      evidence: z.string(),
      cure: z.string(),
    }),
  ),
});
export type DoctorAnswer = z.infer<typeof doctorAnswerSchema>;

/** A part of the status. */
const trafficCountersSchema: z.ZodType<TrafficCounters> = z.object({
  connections: counter,
  tunnels: counter,
  acceptedConnections: counter,
  requests: counter,
  refusedRequests: counter,
  upstreamFailures: counter,
  failedHandshakes: counter,
  http2: z.object({
    rapidResets: counter,
    provokedResets: counter,
    settingsFloods: counter,
    pingFloods: counter,
    emptyDataFloods: counter,
    windowUpdateFloods: counter,
    idleFrameFloods: counter,
    continuationFloods: counter,
    headerBombs: counter,
    unreadOutputs: counter,
    stalledStreams: counter,
    malformedRequests: counter,
    tooLargeHeads: counter,
    refusedStreams: counter,
    connectionErrors: counter,
  }),
});

/** A part of the status. */
const targetStatusSchema: z.ZodType<TargetStatus> = z.object({
  site: z.string(),
  path: z.string(),
  target: z.string(),
  state: z.enum(['starting', 'up', 'returning', 'failing', 'down', 'drained']),
  requests: counter,
  connections: counter,
  waiting: counter,
  failures: counter,
  lastError: z.object({ message: z.string(), at: nullableTime }).nullable(),
});

/** `POST /targets/drain`: `wanted` is false to send requests there again. */
export const drainRequestSchema = z.strictObject({ site: z.string(), target: z.string(), wanted: z.boolean() });

export const drainAnswerSchema = z.object({ targets: z.array(targetStatusSchema) });

export const statusSchema: z.ZodType<Status> = z.object({
  version: z.string(),
  pid: z.number().int(),
  startedAt: z.string(),
  configFile: z.string().nullable(),
  configuredAt: z.string(),
  reloads: counter,
  listeners: z.array(z.object({ scheme: z.enum(['http', 'https']), host: z.string(), port: z.number().int() })),
  sites: z.array(
    z.object({
      name: z.string(),
      names: z.array(z.string()),
      tls: z.enum(['internal', 'acme', 'files', 'off']),
      certificate: z.object({ notAfter: z.string(), issuer: z.string() }).exactOptional(),
      routes: z.array(z.object({ path: z.string(), to: z.string() })),
    }),
  ),
  targets: z.array(targetStatusSchema),
  certificates: z.array(certificateFactsSchema),
  issuers: z.array(
    z.object({ name: z.string(), downSince: nullableTime, lastError: z.string(), lastSuccess: nullableTime }),
  ),
  dynamicDns: z.object({ records: z.array(z.string()), updatedAt: nullableTime, lastError: z.string() }).nullable(),
  apps: z.array(appFactsSchema),
  counters: trafficCountersSchema,
  memory: z.object({ rssBytes: counter }),
  workers: z.array(
    z.object({
      pid: z.number().int(),
      state: z.enum(['serving', 'draining']),
      startedAt: z.string(),
      restarts: counter,
      rssBytes: counter,
      counters: trafficCountersSchema,
    }),
  ),
});

const positionSchema: z.ZodType<SourcePosition> = z.object({
  file: z.string(),
  line: z.number().int(),
  column: z.number().int(),
});

const failureSchema = z.object({
  code: z.string(),
  message: z.string(),
  at: positionSchema.exactOptional(),
  cure: z.string().exactOptional(),
  exitCode: z.union([z.literal(1), z.literal(2)]).exactOptional(),
});

/** One {@link UserError} on its way through the socket. */
export type Failure = z.infer<typeof failureSchema>;

/** Every answer with a status of 400 or more. `others` follow the first, in the order to print them. */
export const failureAnswerSchema = z.object({ error: failureSchema, others: z.array(failureSchema).exactOptional() });
export type FailureAnswer = z.infer<typeof failureAnswerSchema>;

/** `POST /reload`: the file now served, and what it was warned about. */
export const reloadAnswerSchema = z.object({ file: z.string(), sites: counter, warnings: z.array(failureSchema) });
export type ReloadAnswer = z.infer<typeof reloadAnswerSchema>;

/** `POST /stop`: sent at once; the connection then stays open until the process ends. */
export const stopAnswerSchema = z.object({ stopping: z.literal(true), pid: z.number().int() });
export type StopAnswer = z.infer<typeof stopAnswerSchema>;

/** `POST /upgrade`: who serves now. */
export const upgradeAnswerSchema = z.object({ pid: z.number().int(), version: z.string(), before: z.number().int() });
export type UpgradeAnswer = z.infer<typeof upgradeAnswerSchema>;

/** `POST /logs/reopen`. */
export const reopenAnswerSchema = z.object({ reopened: z.literal(true) });

/** Field of every answer that names the process, also while it starts or stops. */
export const pidField = 'sallyport-pid';

/** A user's error as it is sent. Anything else is told as an internal error, without its stack. */
export function toFailure(error: unknown): Failure {
  if (!(error instanceof UserError)) return { code: 'internal', message: describeError(error) };
  return {
    code: error.code,
    message: error.message,
    ...(error.at && { at: error.at }),
    ...(error.cure !== undefined && { cure: error.cure }),
    exitCode: error.exitCode,
  };
}

/** The inverse of {@link toFailure}. */
export function fromFailure(failure: Failure): UserError {
  const { message, ...details } = failure;
  return new UserError(message, details satisfies UserErrorDetails);
}

/** The answer for a thrown value; an AggregateError is told as all of its errors. */
export function toFailureAnswer(error: unknown): FailureAnswer {
  if (!(error instanceof AggregateError) || error.errors.length === 0) return { error: toFailure(error) };
  const [first, ...others] = error.errors.map(toFailure);
  return { error: first ?? toFailure(error), others };
}

/** The inverse of {@link toFailureAnswer}: a UserError, or an AggregateError of several. */
export function fromFailureAnswer(answer: FailureAnswer): Error {
  const first = fromFailure(answer.error);
  if (!answer.others?.length) return first;
  return new AggregateError([first, ...answer.others.map(fromFailure)], first.message);
}
