import { z } from 'zod';
import { fail, type Outcome, parsed } from './fault.ts';
import { parseDuration } from './quantity.ts';

/** Fields of responses that make browsers more careful: one switch each under `headers`. What the app says itself always wins. */

const policies = [
  'no-referrer',
  'no-referrer-when-downgrade',
  'origin',
  'origin-when-cross-origin',
  'same-origin',
  'strict-origin',
  'strict-origin-when-cross-origin',
  'unsafe-url',
] as const;

/** What browsers do by themselves, so that saying it changes nothing in new ones. */
export const usualReferrerPolicy = 'strict-origin-when-cross-origin';

/** For sites and routes. */
export const safeHeaderKeys = {
  nosniff: z.boolean({ error: 'true or false' }).optional().meta({
    description:
      'Whether X-Content-Type-Options: nosniff is added: browsers then believe the type the app gives. Off by default, for it breaks apps that give scripts or downloads a wrong one.',
    default: false,
  }),
  frames: z
    .enum(['deny', 'sameOrigin'], { error: 'deny or sameOrigin' })
    .optional()
    .meta({
      description:
        'Which sites may show this one in a frame (X-Frame-Options): deny for none, sameOrigin for itself. Off by default, for dashboards show apps in frames.',
      examples: ['sameOrigin'],
    }),
  referrerPolicy: z
    .union([z.enum(policies), z.literal(false)], { error: `one of ${policies.join(', ')}, or false` })
    .optional()
    .meta({
      description:
        'Referrer-Policy of pages (HTML) whose app gives none: how much of an address other sites are told when a link is followed. The default is what new browsers do anyway. false: none is added.',
      default: usualReferrerPolicy,
      examples: ['same-origin', false],
    }),
  secureCookies: z.boolean({ error: 'true or false' }).optional().meta({
    description:
      'Whether cookies that the app sets over HTTPS are marked Secure, so that browsers never send them in the clear. Off by default, for an app that is also reached by plain HTTP would lose its sessions there.',
    default: false,
  }),
};

const hstsForm = 'true, false or {maxAge: 180d, includeSubDomains, preload}';
/** SSL Labs and browsers' makers call less short. */
const usualMaxAge = 180 * 86_400;
const leastForPreload = 365 * 86_400;

function parseMaxAge(input: string | number): Outcome<number> {
  // Years are longer than any time-out may be, so days are counted here.
  const days = /^(\d{1,4})d$/.exec(String(input).trim());
  if (days) return { value: Number(days[1]) * 86_400 };
  const outcome = parseDuration(input);
  return outcome.faults ? outcome : { value: Math.round(outcome.value / 1000) };
}

const hstsObject = z.strictObject(
  {
    maxAge: parsed(z.union([z.number(), z.string()], { error: 'a duration such as 180d, or 0' }), parseMaxAge)
      .optional()
      .meta({
        description: 'How long browsers remember it after each visit. 0 makes them forget it at once.',
        default: '180d',
        examples: ['365d', 0],
      }),
    includeSubDomains: z.boolean({ error: 'true or false' }).optional().meta({
      description:
        'Whether it holds for every name below those of the site too, also for names that are served elsewhere: all of them need HTTPS then.',
      default: false,
    }),
    preload: z.boolean({ error: 'true or false' }).optional().meta({
      description:
        'Whether browsers’ makers may put the name on their list (hstspreload.org), which takes months to undo. Needs includeSubDomains and at least 365d.',
      default: false,
    }),
  },
  { error: hstsForm },
);

function toHsts({ maxAge = usualMaxAge, includeSubDomains, preload }: z.output<typeof hstsObject>): Outcome<string> {
  if (preload && !(includeSubDomains && maxAge >= leastForPreload)) {
    const cure =
      'Write includeSubDomains: true and maxAge: 365d, if every name below really has HTTPS; or leave preload out.';
    return fail('a preload that no list takes', { cure, below: ['preload'], onKey: true });
  }
  return { value: `max-age=${maxAge}${includeSubDomains ? '; includeSubDomains' : ''}${preload ? '; preload' : ''}` };
}

/** For sites: browsers remember it for a whole name. The value of the field; '' for none. */
export const hstsKey = z
  .union(
    [
      z.literal(true).transform(() => `max-age=${usualMaxAge}`),
      z.literal(false).transform(() => ''),
      parsed(hstsObject, toHsts),
    ],
    { error: hstsForm },
  )
  .optional()
  .meta({
    description:
      'Strict-Transport-Security: browsers use HTTPS alone for the names of this site from then on, and nobody can click a certificate warning away. Browsers cannot be made to forget it from plain HTTP, so it is off unless you say that these names will always have HTTPS: true (180 days), or {maxAge, includeSubDomains, preload}.',
    default: false,
    examples: [true, { maxAge: '365d', includeSubDomains: true }],
  });
