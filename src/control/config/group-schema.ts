import { z } from 'zod';
import type { TargetGroup } from '../../model/target-group.ts';
import { type Fault, fail, type Outcome, parsed } from './fault.ts';
import { parseCount, parseDuration } from './quantity.ts';
import { type ParsedTarget, parseTarget } from './target.ts';

/** The schema of the targets of a route and of how one of them is chosen. `error` of a schema is the wanted form, as messages print it. */

const targetForm =
  'a target: 8080, host:port, http://host:port, https://host, h2c://host:port, h2://host, unix:/path, {url: …} or a list of these';

const numberOrText = (wanted: string) => z.union([z.number(), z.string()], { error: wanted });
const count = (from: number, to: number) =>
  parsed(numberOrText(`a whole number from ${from} to ${to}`), (value) => parseCount(value, from, to));
const duration = (wanted: string) => parsed(numberOrText(wanted), parseDuration);
const positive = parsed(numberOrText('a duration such as 10s'), (value): Outcome<number> => {
  const outcome = parseDuration(value);
  return outcome.value === 0 ? fail('no time at all', { wanted: 'a duration such as 10s' }) : outcome;
});

const targetObject = z.strictObject(
  {
    url: z.union([z.number(), z.string()], { error: targetForm }).meta({
      description: 'Where the app listens, as in the short form.',
      examples: ['https://10.0.0.5:8443'],
    }),
    caFile: z
      .string({ error: 'the path of a PEM file' })
      .optional()
      .meta({
        description:
          'PEM file of the CA certificates to trust for this app instead of those of the system; relative to the configuration file. Only for https:// and h2:// targets, whose certificate is always verified.',
        examples: ['/etc/sallyport/app-ca.pem'],
      }),
    serverName: z
      .string({ error: 'a host name' })
      .optional()
      .meta({
        description: 'Name sent to the app as SNI and looked for in its certificate. Default: the host in url.',
        examples: ['app.internal'],
      }),
    weight: count(1, 1000)
      .optional()
      .meta({
        description:
          'Share of the requests that it gets, next to the weights of the other targets of its list; 1 to 1000.',
        default: 1,
        examples: [2],
      }),
    maxConnections: count(0, 1_000_000)
      .optional()
      .meta({
        description:
          'Most requests that it gets at a time, over as many connections; the others wait, see queue. Each worker has its share of them, at least one. 0 for no limit.',
        default: 0,
        examples: [50],
      }),
  },
  { error: targetForm },
);

/** One target of a list, its `caFile` still to be read. */
export interface ParsedMember extends ParsedTarget {
  readonly weight: number;
  readonly maxConnections: number;
}

function parseMember(input: string | number | z.output<typeof targetObject>): Outcome<ParsedMember> {
  const outcome = parseTarget(input);
  if (outcome.faults) return outcome;
  const { weight = 1, maxConnections = 0 } = typeof input === 'object' ? input : {};
  return { value: { ...outcome.value, weight, maxConnections } };
}

const member = parsed(z.union([z.number(), z.string(), targetObject], { error: targetForm }), parseMember);

/** Where a mapping or a list means something else: a site or route in its short form. */
export const shortTargets = parsed(
  z.union([z.number(), z.string()], { error: targetForm }),
  (input): Outcome<readonly ParsedMember[]> => {
    const outcome = parseMember(input);
    return outcome.faults ? outcome : { value: [outcome.value] };
  },
);

const targets = z.union([member.transform((one) => [one]), z.array(member).min(1, { error: 'at least one target' })], {
  error: targetForm,
});

const balanceForm = 'roundRobin, leastConnections, addressHash or {cookie: name}';
const balance = z.union(
  [
    z
      .enum(['roundRobin', 'leastConnections', 'addressHash'], { error: balanceForm })
      .transform((kind): TargetGroup['balance'] => ({ kind })),
    z
      .strictObject(
        {
          cookie: parsed(z.string({ error: 'the name of a cookie' }), parseCookieName).meta({
            description: 'Name of the cookie that brings a client back to the same target.',
            examples: ['server'],
          }),
        },
        { error: balanceForm },
      )
      .transform(({ cookie }): TargetGroup['balance'] => ({ kind: 'cookie', name: cookie })),
  ],
  { error: balanceForm },
);

function parseCookieName(text: string): Outcome<string> {
  if (/^[A-Za-z0-9][A-Za-z0-9_-]{0,63}$/.test(text)) return { value: text };
  return fail('not a name for this cookie', { wanted: 'letters, digits, _ and -, beginning with a letter or digit' });
}

const statusForm = 'a status such as 200, a range such as 200-399, or a list of these';
const status = parsed(numberOrText(statusForm), parseStatus);

function parseStatus(input: string | number): Outcome<readonly [number, number]> {
  const match = /^([1-5]\d\d)(?:-([1-5]\d\d))?$/.exec(String(input).trim());
  const from = Number(match?.[1]);
  const to = Number(match?.[2] ?? match?.[1]);
  return match && from <= to ? { value: [from, to] } : fail('not a status or a range of them', { wanted: statusForm });
}

function parseCheckPath(text: string): Outcome<string> {
  if (/^\/[\x21-\x7e]*$/.test(text) && !text.includes('#')) return { value: text };
  return fail('not a path', { wanted: 'a path such as /healthz' });
}

const healthObject = z.strictObject(
  {
    path: parsed(z.string({ error: 'a path such as /healthz' }), parseCheckPath)
      .optional()
      .meta({
        description:
          'Path that each target is asked for, again and again; one that fails to answer gets no requests until it does. Absent: targets are not asked, only what becomes of real requests counts.',
        examples: ['/healthz'],
      }),
    status: z
      .union([status.transform((one) => [one]), z.array(status).min(1)], { error: statusForm })
      .optional()
      .meta({
        description: 'Statuses of an answer to path that mean that all is well: one, a range, or a list of these.',
        default: '200-399',
        examples: [200, '200-299', [200, 204]],
      }),
    interval: positive.optional().meta({
      description: 'Time between two questions to a target.',
      default: '10s',
      examples: ['2s'],
    }),
    timeout: positive.optional().meta({
      description: 'How long an answer to path may take.',
      default: '5s',
      examples: ['1s'],
    }),
    rise: count(1, 100)
      .optional()
      .meta({
        description: 'Good answers in a row after which a target gets requests again.',
        default: 2,
        examples: [2],
      }),
    fall: count(1, 100)
      .optional()
      .meta({
        description: 'Bad answers in a row after which a target gets no more requests.',
        default: 2,
        examples: [3],
      }),
    host: z
      .string({ error: 'a host name' })
      .optional()
      .meta({
        description: "Host field of the question. Default: the site's name.",
        examples: ['app.internal'],
      }),
    maxFails: count(0, 1000)
      .optional()
      .meta({
        description:
          'Requests that may fail within failWindow before a target gets none for failTimeout: no connection, none in time, an answer that breaks off or makes no sense. 0: never. A target without others beside it is never left out for this.',
        default: 3,
        examples: [1],
      }),
    failWindow: positive.optional().meta({
      description: 'Time within which failed requests are counted.',
      default: '10s',
      examples: ['30s'],
    }),
    failTimeout: positive.optional().meta({
      description: 'How long a target gets no requests after too many have failed.',
      default: '10s',
      examples: ['30s'],
    }),
    slowStart: duration('a duration such as 10s, or 0 for none')
      .optional()
      .meta({
        description: 'How long the share of a target that returns grows from a tenth to the whole; 0: at once.',
        default: '10s',
        examples: ['1m', 0],
      }),
  },
  { error: 'a mapping, as in {path: /healthz}' },
);

/** What a group's targets have to do to get requests; absent ones are still absent. */
export type ParsedHealth = z.output<typeof healthObject>;

const health = parsed(healthObject, (input): Outcome<ParsedHealth> => {
  if (input.path !== undefined) return { value: input };
  const needless = (['status', 'interval', 'timeout', 'rise', 'fall', 'host'] as const).filter(
    (key) => input[key] !== undefined,
  );
  if (needless.length === 0) return { value: input };
  const cure = 'Add path:, as in path: /healthz, or take this key out.';
  return {
    faults: needless.map((key): Fault => ({ what: 'only together with path', cure, below: [key], onKey: true })),
  };
});

const queue = z.strictObject(
  {
    requests: count(0, 1_000_000)
      .optional()
      .meta({
        description: 'Most requests that wait; further ones are answered with 503.',
        default: 1000,
        examples: [100],
      }),
    wait: positive.optional().meta({
      description: 'How long a request waits before it is answered with 503.',
      default: '30s',
      examples: ['5s'],
    }),
  },
  { error: 'a mapping with requests and wait, as in {requests: 100, wait: 5s}' },
);

/** The keys of a site or route that say where its requests go. */
export const groupShape = {
  to: targets.optional().meta({
    description:
      'The app: a port (on 127.0.0.1), host:port, http://host[:port], https://host[:port] (verified), h2c://host[:port] (HTTP/2, as for gRPC), h2://host[:port] (HTTP/2 with TLS, verified), unix:/path, {url, caFile, serverName, weight, maxConnections}, or a list of these that share the requests. Without a path: the app gets the path of the request whole.',
    examples: [
      8080,
      '127.0.0.1:8080',
      'https://10.0.0.5:8443',
      'h2c://127.0.0.1:50051',
      'unix:/run/app.sock',
      [8081, 8082],
      [{ url: '10.0.0.5:8080', weight: 2, maxConnections: 50 }, '10.0.0.6:8080'],
    ],
  }),
  balance: balance.optional().meta({
    description:
      "How one of several targets is chosen: roundRobin (in turn), leastConnections (who has least to do), addressHash (by the client's address, so that a client meets the same target) or {cookie: name} (by a cookie, for the same reason). All heed weight.",
    default: 'roundRobin',
    examples: ['leastConnections', { cookie: 'server' }],
  }),
  health: health.optional().meta({
    description: 'When a target gets no requests: it does not answer questions, or requests to it fail.',
    examples: [
      { path: '/healthz', interval: '5s' },
      { maxFails: 1, failTimeout: '30s' },
    ],
  }),
  queue: queue.optional().meta({
    description: 'Requests that wait while every target is at its maxConnections, or while the app is started.',
    examples: [{ requests: 100, wait: '5s' }],
  }),
};

/** How one of a route's targets is chosen, as far as it is said. */
export interface GroupRules {
  readonly balance: TargetGroup['balance'] | undefined;
  readonly health: ParsedHealth | undefined;
  readonly queue: z.output<typeof queue> | undefined;
}

/** No rules at all. */
export const noGroupRules: GroupRules = { balance: undefined, health: undefined, queue: undefined };

/** The first key of `rules` that says something, for a message that it has nothing to say it about. */
export function needlessRule(rules: GroupRules): string | undefined {
  return (['balance', 'health', 'queue'] as const).find((key) => rules[key] !== undefined);
}
