import { z } from 'zod';
import { fail, type Outcome, parsed } from './fault.ts';
import { fieldNamePattern } from './header-rules.ts';
import { parseDuration } from './quantity.ts';
import { type ParsedTarget, parseTarget } from './target.ts';

/** Another service that decides who may pass: the key `forwardAuth` of a site or route. */

const form = 'the URL of a service such as http://127.0.0.1:9091/api/authz/forward-auth, {url: …}, or false';

const wantedUrl = 'a URL that begins with http:// or https://';

/** What Authelia and oauth2-proxy say about a user. */
const usualCopy = [
  'Remote-User',
  'Remote-Groups',
  'Remote-Name',
  'Remote-Email',
  'X-Auth-Request-User',
  'X-Auth-Request-Groups',
  'X-Auth-Request-Preferred-Username',
  'X-Auth-Request-Email',
];
const usualUser = ['Remote-User', 'X-Auth-Request-Preferred-Username', 'X-Auth-Request-User'];
const usualTimeout = 10_000;

type Place = {
  readonly target: ParsedTarget['target'];
  readonly path: string;
  readonly host: string;
};

export interface ParsedForwardAuth extends Place {
  readonly caFile: string | null;
  readonly copy: readonly string[];
  readonly copyToClient: readonly string[];
  readonly user: readonly string[];
  readonly timeout: number;
  readonly cache: number;
  readonly signIn: string;
}

function parsePlace(text: string): Outcome<Place> {
  const match = /^(https?:\/\/([^/?#]+))([/?][^#]*)?$/i.exec(text.trim());
  if (!match) return fail('not the URL of a service', { wanted: wantedUrl });
  const [, origin = '', host = '', rest = ''] = match;
  const outcome = parseTarget(origin);
  if (outcome.faults) return fail(outcome.faults[0]?.what ?? 'not a URL', { wanted: wantedUrl });
  const path = rest.startsWith('/') ? rest : `/${rest}`;
  if (!/^[\x21-\x7e]+$/.test(path)) {
    return fail('a path with a character that cannot stand in a request', {
      wanted: 'ASCII without spaces',
      cure: 'Percent-encode it.',
    });
  }
  return { value: { target: outcome.value.target, path, host } };
}

const names = (description: string, usual: readonly string[]) =>
  z
    .array(z.string({ error: 'a field name' }).regex(fieldNamePattern, { error: 'a field name such as Remote-User' }), {
      error: 'a list of field names, as in [Remote-User]',
    })
    .optional()
    .meta({ description, default: usual, examples: [usual.slice(0, 2)] });

function parseTime(least: number, most: number, wanted: string) {
  return (input: string | number): Outcome<number> => {
    const outcome = parseDuration(input);
    if (outcome.faults || (outcome.value >= least && outcome.value <= most)) return outcome;
    return fail('a time out of range', { wanted });
  };
}

const time = (least: number, most: number, wanted: string) =>
  parsed(z.union([z.number(), z.string()], { error: wanted }), parseTime(least, most, wanted)).optional();

function parseSignIn(text: string): Outcome<string> {
  const sample = text.replaceAll('{url}', 'x');
  const isPlace = sample.startsWith('/')
    ? !sample.startsWith('//')
    : /^https?:\/\//i.test(sample) && URL.canParse(sample);
  if (isPlace && /^[\x21-\x7e]+$/.test(sample)) return { value: text };
  return fail('not a place to sign in', {
    wanted: 'a URL or a path, with {url} for where the browser was, as in /oauth2/start?rd={url}',
  });
}

const object = z.strictObject(
  {
    url: parsed(z.string({ error: form }), parsePlace).meta({
      description:
        'The URL that is asked with GET about each request: its method and address, fields, cookies and client stand in X-Forwarded-Method, -Uri, -Host, -Proto, -For, X-Original-Method and X-Original-URL. Never its body.',
      examples: ['http://127.0.0.1:9091/api/authz/forward-auth', 'http://127.0.0.1:4180/oauth2/auth'],
    }),
    caFile: z
      .string({ error: 'the path of a PEM file' })
      .optional()
      .meta({
        description:
          'PEM file of the CA certificates to trust for an https:// service instead of those of the system; relative to the configuration file.',
        examples: ['/etc/sallyport/auth-ca.pem'],
      }),
    copy: names(
      'Fields of the answer that the app is given. Fields of these names that clients send never reach the app, on any route of the site.',
      usualCopy,
    ),
    copyToClient: names('Fields of the answer 2xx that the client is given.', ['Set-Cookie']),
    user: z
      .string({ error: 'a field name' })
      .regex(fieldNamePattern, { error: 'a field name such as Remote-User' })
      .optional()
      .meta({
        description:
          'Field of the answer that names the user, for the access log and rate limits. Default: Remote-User, X-Auth-Request-Preferred-Username or X-Auth-Request-User.',
        examples: ['X-Webauth-User'],
      }),
    timeout: time(1, 300_000, 'a duration from 1ms to 5m').meta({
      description: 'How long the service may take; then the answer is 503.',
      default: '10s',
      examples: ['5s'],
    }),
    cache: time(0, 3_600_000, 'a duration up to 1h, or 0').meta({
      description:
        'How long a consent (2xx) holds for requests that are equal in method, address, client, Authorization and cookies. Signing out takes effect only after it. 0: every request is asked about.',
      default: 0,
      examples: ['10s'],
    }),
    signIn: parsed(z.string({ error: 'a URL or a path' }), parseSignIn)
      .optional()
      .meta({
        description:
          'Where browsers are sent (302) that the service answers with 401, as oauth2-proxy does; {url} stands for where they were. Default: the 401 is passed on.',
        examples: ['/oauth2/start?rd={url}'],
      }),
  },
  { error: form },
);

function complete(input: z.output<typeof object>): Outcome<ParsedForwardAuth> {
  const { url, caFile = null, copy = usualCopy, copyToClient = ['Set-Cookie'], user, signIn = '' } = input;
  const { timeout = usualTimeout, cache = 0 } = input;
  if (caFile !== null && (url.target.kind !== 'tcp' || url.target.tls === null)) {
    return fail('only for https:// services', {
      cure: 'Write https:// in url, or take it out.',
      below: ['caFile'],
      onKey: true,
    });
  }
  const users = user === undefined ? usualUser : [user];
  return { value: { ...url, caFile, copy, copyToClient, user: users, timeout, cache, signIn } };
}

function short(text: string): Outcome<ParsedForwardAuth> {
  const outcome = parsePlace(text);
  return outcome.faults ? outcome : complete({ url: outcome.value });
}

export const forwardAuthKey = z
  .union([parsed(z.string({ error: form }), short), parsed(object, complete), z.literal(false)], { error: form })
  .optional()
  .meta({
    description:
      'Ask another service (Authelia, oauth2-proxy, your own) about each request: its URL, {url, copy, copyToClient, user, timeout, cache, signIn, caFile}, or false. 2xx passes, any other answer is the client’s, and without an answer it is 503. A route with its own has nothing of its site’s.',
    examples: [
      'http://127.0.0.1:9091/api/authz/forward-auth',
      { url: 'http://127.0.0.1:4180/oauth2/auth', signIn: '/oauth2/start?rd={url}' },
      false,
    ],
  });
