import { z } from 'zod';
import { type Fault, fail, type Outcome, parsed } from './fault.ts';
import { fieldNamePattern } from './header-rules.ts';
import { parseCount, parseDuration } from './quantity.ts';

/** How often clients may come: the key `rateLimit` of a site or route. */

const form = 'a rate such as 10/s or 100/5m, {requests, per, burst, key}, a list of these, or false';
const units: Readonly<Record<string, number>> = { s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 };
const wantedRate = 'a number, a slash and a time, as in 10/s, 5/m or 100/15m';
const longest = 86_400_000;
const mostRequests = 1_000_000;

interface Rate {
  readonly requests: number;
  readonly per: number;
}

export interface ParsedRateLimit extends Rate {
  readonly burst: number;
  readonly key: 'address' | 'user' | 'header' | 'all';
  readonly header: string;
}

function parseRate(text: string): Outcome<ParsedRateLimit> {
  const match = /^(\d{1,7}) ?\/ ?(\d{0,5})(s|m|h|d)$/.exec(text.trim());
  if (!match) {
    const spelled = /^(\d+) ?(?:r|req|requests)?(?:\/| per )(s|m|h|d)\w*$/i.exec(text.trim());
    const didYouMean = spelled ? `${spelled[1]}/${spelled[2]?.toLowerCase()}` : undefined;
    return fail('not a rate', { wanted: wantedRate, didYouMean });
  }
  const requests = Number(match[1]);
  const per = Number(match[2] || 1) * (units[match[3] ?? ''] ?? 0);
  if (requests === 0)
    return fail('a rate of nothing', { wanted: wantedRate, cure: 'To let nobody pass, write deny: [all].' });
  if (requests > mostRequests || per < 1000 || per > longest)
    return fail('a rate out of range', { wanted: 'at most 1000000 requests, in 1s to 1d' });
  return { value: { requests, per, burst: requests, key: 'address', header: '' } };
}

function parsePer(input: string | number): Outcome<number> {
  const outcome = parseDuration(input);
  if (outcome.faults || (outcome.value >= 1000 && outcome.value <= longest)) return outcome;
  return fail('a time out of range', { wanted: 'from 1s to 1d' });
}

const numberOrText = (wanted: string) => z.union([z.number(), z.string()], { error: wanted });
const wholeNumber = numberOrText(`a whole number from 1 to ${mostRequests}`);

const limitObject = z.strictObject(
  {
    requests: parsed(wholeNumber, (value) => parseCount(value, 1, mostRequests)).meta({
      description: 'How many requests a client may make in the time of per, on average.',
      examples: [10],
    }),
    per: parsed(numberOrText('a duration such as 1s or 5m'), parsePer)
      .optional()
      .meta({ description: 'The time: a duration from 1s to 1d.', default: '1s', examples: ['1s', '1m'] }),
    burst: parsed(wholeNumber, (value) => parseCount(value, 1, mostRequests))
      .optional()
      .meta({
        description: 'How many may come at once after a pause. Default: as many as requests.',
        examples: [20],
      }),
    key: z
      .union(
        [
          z.enum(['address', 'user', 'all']),
          z.strictObject(
            {
              header: z
                .string({ error: 'a field name' })
                .regex(fieldNamePattern, { error: 'a field name such as X-Api-Key' })
                .meta({ description: 'Name of the field.', examples: ['X-Api-Key'] }),
            },
            { error: '{header: X-Api-Key}' },
          ),
        ],
        { error: 'address, user, all or {header: X-Api-Key}' },
      )
      .optional()
      .meta({
        description:
          'What tells clients apart. address: an IPv4 address or the /64 of an IPv6 one. user: whom auth, a client certificate or forwardAuth has named. {header: …}: the value of a field, which clients choose themselves. all: one limit for everybody together. Who has no user or no such field is told apart by address.',
        default: 'address',
        examples: ['user', { header: 'X-Api-Key' }],
      }),
  },
  { error: form },
);

function toLimit(input: z.output<typeof limitObject>): Outcome<ParsedRateLimit> {
  const { requests, per = 1000, burst = requests, key = 'address' } = input;
  const rate = { requests, per, burst };
  return {
    value: typeof key === 'string' ? { ...rate, key, header: '' } : { ...rate, key: 'header', header: key.header },
  };
}

const one = z.union([parsed(z.string({ error: form }), parseRate), parsed(limitObject, toLimit)], { error: form });

function noTwins(limits: readonly ParsedRateLimit[]): Outcome<readonly ParsedRateLimit[]> {
  const faults: Fault[] = [];
  for (const [index, limit] of limits.entries()) {
    const twin = limits.slice(0, index).some((other) => JSON.stringify(other) === JSON.stringify(limit));
    if (twin) faults.push({ what: 'the same limit twice', cure: 'Take one of them out.', below: [String(index)] });
  }
  return faults.length > 0 ? { faults } : { value: limits };
}

export const rateLimitKey = z
  .union(
    [
      parsed(z.string({ error: form }), parseRate).transform((limit) => [limit]),
      parsed(limitObject, toLimit).transform((limit) => [limit]),
      parsed(z.array(one).min(1, { error: 'at least one limit' }), noTwins),
      z.literal(false).transform(() => []),
    ],
    { error: form },
  )
  .optional()
  .meta({
    description:
      'How often a client may come: a rate such as 10/s or 100/5m, {requests, per, burst, key}, a list of these that must all agree, or false. Beyond it the answer is 429 with Retry-After; every answer says in RateLimit and RateLimit-Policy what is left. A route with a limit of its own has nothing of its site’s; one of a site holds for all its routes together.',
    examples: ['10/s', { requests: 5, per: '1m', burst: 10, key: 'user' }, false],
  });
