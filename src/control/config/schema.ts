import { z } from 'zod';
import { isAddress, normaliseHost } from '../../model/host.ts';
import type { Limits } from '../../model/limits.ts';
import { acmeSchema } from './acme-schema.ts';
import { fail, type Outcome, parsed } from './fault.ts';
import { parseListenAddress, parseListenObject } from './listen-address.ts';
import { parseNetwork } from './network.ts';
import { parseCount, parseDuration, parseSize } from './quantity.ts';
import { resolversSchema } from './resolvers-schema.ts';
import { siteSchema } from './site-schema.ts';
import { suggest } from './suggest.ts';
import { userKeys } from './user-schema.ts';

/** The one source of validation, types and the JSON Schema. `error` of a schema is the wanted form, as messages print it. */

const listenForm = 'a port such as 443, "address:port", ":port", {address, proxyProtocol}, a list of these, or false';
const listenObject = z.strictObject(
  {
    address: z.union([z.number(), z.string()], { error: listenForm }).meta({
      description: 'The port, "address:port" or "[::]:port", as in the short form.',
      examples: [':443'],
    }),
    proxyProtocol: z.boolean({ error: 'true or false' }).optional().meta({
      description:
        'Whether every connection here begins with a header of the PROXY protocol (version 1 or 2), as HAProxy, nginx and load balancers of clouds send it to tell the address of the client. Only trustedProxies may connect; all others are refused.',
      default: false,
    }),
  },
  { error: listenForm },
);
const shortListen = parsed(z.union([z.number(), z.string()], { error: listenForm }), parseListenAddress);
const longListen = parsed(listenObject, parseListenObject);
const listenAddress = z.union([shortListen, longListen], { error: listenForm });

function listenOn(scheme: string, port: number, redirects: string) {
  const short = shortListen.transform((address) => [address]);
  const long = longListen.transform((address) => [address]);
  const none = z.literal(false).transform(() => []);
  return z
    .union([short, long, z.array(listenAddress).min(1), none], { error: listenForm })
    .optional()
    .meta({
      description: `Where ${scheme} is accepted: a port (on every address), "address:port", "[::]:port", {address, proxyProtocol}, a list of these, or false. ${redirects}`,
      default: port,
      examples: [
        port,
        `127.0.0.1:${port}`,
        [`0.0.0.0:${port}`, `[::]:${port}`],
        { address: `:${port}`, proxyProtocol: true },
        false,
      ],
    });
}

const listen = z.strictObject(
  {
    http: listenOn('plain HTTP', 80, 'It redirects to HTTPS and serves the sites with tls: off.'),
    https: listenOn('HTTPS', 443, 'It serves every site but those with tls: off.'),
  },
  { error: 'a mapping with http and https, as in {http: 80, https: 443}' },
);

const logPlace = (stream: 'stdout' | 'stderr', what: string) =>
  parsed(z.string({ error: 'stdout, stderr, off or the path of a file' }), parseLogPlace)
    .optional()
    .meta({
      description: `Where ${what} go: stdout, stderr, off, or the path of a file, relative to the configuration file and opened again on SIGUSR1.`,
      default: stream,
      examples: [stream, 'off', '/var/log/sallyport/access.log'],
    });

function parseLogPlace(text: string): Outcome<string> {
  if (['stdout', 'stderr', 'off'].includes(text)) return { value: text };
  const wanted = 'stdout, stderr, off or the path of a file';
  const didYouMean = /[./]/.test(text) ? undefined : suggest(text, ['stdout', 'stderr', 'off']);
  if (text === '' || text.includes('\0') || didYouMean) return fail('not a place for a log', { wanted, didYouMean });
  return { value: text };
}

const logs = z.strictObject(
  {
    access: logPlace('stdout', 'lines about requests'),
    errors: logPlace('stderr', 'errors and warnings'),
    format: z.enum(['combined', 'json'], { error: 'combined or json' }).optional().meta({
      description: 'Form of the access log: combined, the common format of web servers, or json, one object a line.',
      default: 'combined',
    }),
  },
  { error: 'a mapping with access, errors and format' },
);

const numberOrText = (wanted: string) => z.union([z.number(), z.string()], { error: wanted });

const durationForm = 'a duration such as 10s or 5m, or 0 for no limit';
const duration = (what: string, byDefault: string, more = '') =>
  parsed(numberOrText(durationForm), parseDuration)
    .optional()
    .meta({
      description: `${what}. A duration (ms, s, m, h, d); 0 for no limit.${more}`,
      default: byDefault,
      examples: [byDefault, 0],
    });

const count = (what: string, byDefault: number) =>
  parsed(numberOrText('a whole number, or 0 for no limit'), (value) => parseCount(value, 0, 10_000_000))
    .optional()
    .meta({ description: `${what}. A whole number; 0 for no limit.`, default: byDefault, examples: [byDefault, 0] });

function parseHeadBytes(value: string | number): Outcome<number> {
  const size = parseSize(value);
  if (size.faults || size.value === 0 || (size.value >= 1024 && size.value <= 2 ** 24)) return size;
  return fail('a size out of range', { wanted: 'a size from 1KiB to 16MiB, or 0 for the most' });
}

const limits = z.strictObject(
  {
    handshakeTimeout: duration('From accepting a connection to the end of its TLS handshake', '10s'),
    headTimeout: duration('From the first byte of a request head to its last', '30s'),
    bodyIdle: duration('Longest pause within the body of a request or response', '60s'),
    keepAlive: duration('How long an idle client connection is kept open', '75s'),
    connectTimeout: duration('Connecting to an app', '5s'),
    responseTimeout: duration("From the end of a request to the first byte of the app's answer", '60s'),
    drainTimeout: duration('How long a graceful stop waits for running requests', '30s'),
    tunnelIdle: duration(
      'Longest time without a byte in either direction of a WebSocket or other upgraded connection',
      '1h',
      ' Below 1h there is a warning: most WebSocket clients do not expect it.',
    ),
    headBytes: parsed(numberOrText('a size such as 32KiB'), parseHeadBytes)
      .optional()
      .meta({
        description:
          'Largest head of a request or response. A size (B, KiB, MiB) from 1KiB to 16MiB; 0 means 16MiB. Heads of HTTP/2 end at 64KiB whatever this says.',
        default: '32KiB',
        examples: ['32KiB', '64KiB'],
      }),
    headFields: parsed(numberOrText('a whole number up to 4096'), (value) => parseCount(value, 0, 4096))
      .optional()
      .meta({
        description: 'Most fields in the head of a request or response. A whole number up to 4096; 0 means 4096.',
        default: 128,
        examples: [128, 0],
      }),
    connections: parsed(numberOrText('auto or a whole number'), parseConnections)
      .optional()
      .meta({
        description:
          'Most client connections at a time. A whole number, 0 for no limit, or auto: as many as the limit on open files leaves room for, each with a connection to its app.',
        default: 'auto',
        examples: ['auto', 10_000],
      }),
    connectionsPerAddress: count('Most connections at a time from one client address', 0),
  } satisfies Record<keyof Limits, z.ZodType>,
  { error: 'a mapping of limits, as in {headTimeout: 30s}' },
);

const mostWorkers = 256;

function parseWorkers(value: string | number): Outcome<number | 'auto'> {
  if (value === 'auto') return { value };
  const outcome = parseCount(value, 1, mostWorkers);
  const didYouMean = suggest(String(value), ['auto']);
  return outcome.faults
    ? fail('not a number of workers', { wanted: `auto or a whole number from 1 to ${mostWorkers}`, didYouMean })
    : outcome;
}

function parseConnections(value: string | number): Outcome<number | 'auto'> {
  if (value === 'auto') return { value };
  const outcome = parseCount(value, 0, 10_000_000);
  const didYouMean = suggest(String(value), ['auto']);
  return outcome.faults
    ? fail('neither auto nor a whole number', { wanted: 'auto or a whole number', didYouMean })
    : outcome;
}

function parseDomain(text: string): Outcome<string> {
  const name = normaliseHost(text);
  if (name !== null && !isAddress(name)) return { value: name };
  return fail('not a domain', { wanted: 'a domain such as internal or home.example.org' });
}

const path = (description: string, example: string) =>
  parsed(z.string({ error: `a path such as ${example}` }), parsePath)
    .optional()
    .meta({ description, examples: [example] });

function parsePath(text: string): Outcome<string> {
  if (text === '' || text.includes('\0')) return fail('not a path', { wanted: 'a path' });
  if (!/^~(?:\/|$)/.test(text)) return { value: text };
  return fail('a path that begins with ~', { wanted: 'a path', didYouMean: `\${HOME}${text.slice(1)}` });
}

/** A whole configuration file. */
export const configSchema = z.strictObject(
  {
    listen: listen.optional().meta({
      description: 'Where connections are accepted.',
      default: { http: 80, https: 443 },
      examples: [{ http: 8080, https: 8443 }],
    }),
    state: path(
      'Directory for certificates, accounts and the in-house CA; relative to the configuration file. Default: /var/lib/sallyport as root, else sallyport in $XDG_STATE_HOME or ~/.local/state.',
      '/var/lib/sallyport',
    ),
    control: path(
      'Path of the control socket, which reload, status and stop talk to; relative to the configuration file. Default: control.sock in the state directory.',
      '/run/sallyport.sock',
    ),
    ...userKeys,
    workers: parsed(numberOrText('auto or a whole number'), parseWorkers)
      .optional()
      .meta({
        description:
          'Processes that carry the traffic: auto for one a core, or a number. With 1 everything is done in a single process. A change between 1 and more takes `sallyport upgrade` or a restart.',
        default: 'auto',
        examples: ['auto', 1, 4],
      }),
    trustedProxies: z
      .array(parsed(z.string({ error: 'a network such as 10.0.0.0/8' }), parseNetwork), {
        error: 'a list of networks, as in [10.0.0.0/8]',
      })
      .optional()
      .meta({
        description:
          'Networks (CIDR) or addresses of proxies in front of Sallyport, whose X-Forwarded-* and Forwarded fields and PROXY headers are believed. Everybody else’s are replaced or refused.',
        default: [],
        examples: [['10.0.0.0/8', 'fd00::/8']],
      }),
    http2: z.boolean({ error: 'true or false' }).optional().meta({
      description: 'Whether clients on the HTTPS port may speak HTTP/2. HTTP/1.1 is always spoken.',
      default: true,
    }),
    resolvers: resolversSchema.meta({
      description:
        'DNS servers that know the names of targets, address or address:port. Default: names are resolved as the machine does, the hosts file first. Either way addresses are looked up again when their TTL is over.',
      default: [],
      examples: [['10.0.0.53', '127.0.0.11:53']],
    }),
    acme: acmeSchema.optional().meta({
      description: 'How certificates of public CAs are got, for the sites with tls: auto.',
      examples: [{ email: 'you@example.org', issuers: ['letsencrypt', 'zerossl'] }],
    }),
    authority: z
      .strictObject(
        {
          names: z
            .array(parsed(z.string({ error: 'a domain such as internal' }), parseDomain), {
              error: 'a list of domains, as in [internal]',
            })
            .optional()
            .meta({
              description: 'Domains it may sign, with everything below them. Absent: no names at all.',
              default: [],
              examples: [['internal']],
            }),
          networks: z
            .array(parsed(z.string({ error: 'a network such as 10.0.0.0/8' }), parseNetwork), {
              error: 'a list of networks, as in [10.0.0.0/8]',
            })
            .optional()
            .meta({
              description: 'Networks (CIDR) whose addresses it may sign. Absent: no addresses at all.',
              default: [],
              examples: [['10.0.0.0/8']],
            }),
        },
        { error: 'a mapping with names and networks' },
      )
      .optional()
      .meta({
        description:
          'Limits of the in-house CA, written into its root when it is made: whoever steals its key can fake nothing else. Default: none.',
        examples: [{ names: ['internal'], networks: ['10.0.0.0/8'] }],
      }),
    logs: logs.optional().meta({
      description: 'Where the logs go, and their form.',
      examples: [{ access: '/var/log/sallyport/access.log', format: 'json' }],
    }),
    limits: limits.optional().meta({
      description: 'Time-outs and sizes that keep slow or hostile clients and apps from holding resources.',
      examples: [{ headTimeout: '30s', connectionsPerAddress: 100 }],
    }),
    sites: z
      .record(z.string(), siteSchema, { error: 'sites by name, as in {terrax9.se: 8080}' })
      .refine((sites) => Object.keys(sites).length > 0, { error: 'at least one site, as in {terrax9.se: 8080}' })
      .meta({
        description:
          'The sites by name: a host name, a wildcard such as "*.example.org" (one label) or an IP address, without port. The value is a target (short form) or a mapping.',
        examples: [{ 'terrax9.se': 8080 }],
      }),
  },
  { error: 'a mapping with sites' },
);

/** A configuration as written, in a file or as an object of the programmatic API. */
export type Config = z.input<typeof configSchema>;

/** A configuration after validation: every value in its final form, absent ones still absent. */
export type ParsedConfig = z.output<typeof configSchema>;
