import { z } from 'zod';
import { fail, type Outcome, parsed } from './fault.ts';
import { parseDuration } from './quantity.ts';
import { parseRoutePath } from './route-path.ts';

/** The schema of a password gate; its file is looked at when it is compiled. */

const path = parsed(z.string({ error: 'a path such as /health' }), parseRoutePath);

function parseRealm(text: string): Outcome<string> {
  if (/^[\x20-\x7e]{1,200}$/.test(text)) return { value: text };
  return fail('not a realm', { wanted: 'up to 200 characters of printable ASCII, as in KMS' });
}

function parseLifetime(value: string | number): Outcome<number> {
  const outcome = parseDuration(value);
  if (outcome.faults || outcome.value >= 60_000) return outcome;
  return fail('a session that hardly lasts', { wanted: 'at least 1m, or session: false for none' });
}

const session = z.strictObject(
  {
    lifetime: parsed(z.union([z.number(), z.string()], { error: 'a duration such as 12h' }), parseLifetime)
      .optional()
      .meta({
        description:
          'How long a session lasts without a request. Each one prolongs it, up to 30 days after the password. A duration (m, h, d) from 1m to 24d.',
        default: '12h',
        examples: ['12h', '7d'],
      }),
    logout: path.optional().meta({
      description: 'A path of the site that ends the session: the gate answers it itself. Default: none.',
      examples: ['/logout'],
    }),
  },
  { error: 'true, false or {lifetime: 12h}' },
);

const basic = z.strictObject(
  {
    basic: z.string({ error: 'the path of an htpasswd file' }).meta({
      description:
        'htpasswd file of the users who may pass, relative to the configuration file; `sallyport user add FILE NAME` makes it. Several sites may share one. Changes are taken up at once.',
      examples: ['/etc/sallyport/users.htpasswd'],
    }),
    realm: parsed(z.string({ error: 'a name such as KMS' }), parseRealm)
      .optional()
      .meta({
        description: 'What browsers show when they ask for the password. Default: the first name of the site.',
        examples: ['KMS'],
      }),
    except: z
      .array(path, { error: 'a list of paths, as in [/health]' })
      .optional()
      .meta({
        description:
          'Paths that pass without a password, each with everything below it: health checks, webhooks. Only as written here: another spelling of the same path is refused or needs the password.',
        default: [],
        examples: [['/health', '/.well-known/acme-challenge']],
      }),
    passAuthorization: z.boolean({ error: 'true or false' }).optional().meta({
      description:
        'Whether the app gets the Authorization field with the password too. It always gets X-Remote-User with the name.',
      default: false,
    }),
    session: z
      .union([z.boolean(), session], { error: 'true, false or {lifetime: 12h}' })
      .optional()
      .meta({
        description:
          "Whether a right password also gives a signed cookie, with which WebSockets of Safari and requests with the app's own Authorization pass: true, false, or a mapping with its lifetime and a logout path.",
        default: true,
        examples: [true, false, { lifetime: '7d', logout: '/logout' }],
      }),
  },
  { error: '{basic: file}, or off' },
);

/** The password gate of a site or route. */
export const authSchema = z.union([z.literal('off'), basic], { error: '{basic: file}, or off' }).optional();

export type ParsedAuth = NonNullable<z.output<typeof authSchema>>;
