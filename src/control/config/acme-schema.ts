import { z } from 'zod';
import { splitHostPort } from '../../model/host.ts';
import { knownIssuers } from '../certificates/lifecycle/known-issuers.ts';
import { commandSchema } from './command.ts';
import { fail, type Outcome, parsed } from './fault.ts';
import { parseCount } from './quantity.ts';
import { resolversSchema } from './resolvers-schema.ts';
import { suggest } from './suggest.ts';

/** The schema of `acme`. `error` of a schema is the wanted form, as messages print it. */

const known = Object.keys(knownIssuers);
const issuerForm = `a CA: ${known.join(', ')}, the URL of an ACME directory, or {directory: …}`;

/** A CA known by name, or the URL of a directory. */
type ParsedDirectory = { readonly known: string } | { readonly url: URL };

function parseDirectory(text: string): Outcome<ParsedDirectory> {
  if (known.includes(text)) return { value: { known: text } };
  const url = URL.canParse(text) ? new URL(text) : null;
  if (url === null || !url.protocol.startsWith('http'))
    return fail('not a known CA', { wanted: issuerForm, didYouMean: suggest(text, known) });
  if (url.protocol !== 'https:') return fail('a directory without TLS', { wanted: 'an https:// URL' });
  return { value: { url } };
}

const directory = parsed(z.string({ error: issuerForm }), parseDirectory);
const caFile = z
  .string({ error: 'the path of a PEM file' })
  .optional()
  .meta({
    description:
      'PEM file of the CA certificates to trust instead of those of the system; relative to the configuration file.',
    examples: ['/etc/sallyport/acme-root.pem'],
  });

const issuerObject = z.strictObject(
  {
    directory: directory.meta({
      description: 'The name of a known CA or the URL of its ACME directory.',
      examples: ['zerossl', 'https://ca.internal/acme/acme/directory'],
    }),
    caFile,
    eab: z
      .strictObject(
        {
          kid: text('the key identifier').meta({
            description: 'Key identifier, as the CA gave it.',
            examples: ['kid-1'],
          }),
          hmac: parsed(text('the MAC key'), parseMacKey).meta({
            description: 'MAC key in base64url, as the CA gave it. Secret: best from the environment.',
            // biome-ignore lint/suspicious/noTemplateCurlyInString: how configurations name environment variables
            examples: ['${EAB_HMAC}'],
          }),
        },
        { error: '{kid: …, hmac: …}' },
      )
      .optional()
      .meta({ description: 'External account binding, for CAs that want one.' }),
    profile: text('the name of a profile')
      .optional()
      .meta({
        description: 'Certificate profile to ask for.',
        examples: ['shortlived'],
      }),
  },
  { error: issuerForm },
);

/** A CA as written. */
export type ParsedIssuer = z.output<typeof issuerObject>;

const issuer = z.union([directory.transform((one): ParsedIssuer => ({ directory: one })), issuerObject], {
  error: issuerForm,
});

function text(wanted: string) {
  return z.string({ error: wanted }).min(1, { error: wanted });
}

function parseMacKey(value: string): Outcome<string> {
  if (/^[A-Za-z0-9_+/-]+=*$/.test(value))
    return { value: value.replaceAll('+', '-').replaceAll('/', '_').replace(/=+$/, '') };
  return fail('not a MAC key', { wanted: 'base64url, as the CA gave it', onKey: true });
}

const command = commandSchema('[systemctl, reload, dovecot]');

function parseUrl(value: string): Outcome<string> {
  const url = URL.canParse(value) ? new URL(value) : null;
  if (url?.protocol === 'https:' || url?.protocol === 'http:') return { value };
  return fail('not a URL', { wanted: 'an http:// or https:// URL' });
}
const url = parsed(z.string({ error: 'an http:// or https:// URL' }), parseUrl);

const updateForm = 'true, false, {interface: eth0} or {url: https://…}';
const update = z
  .union(
    [
      z.boolean(),
      z.strictObject({
        interface: text('the name of a network interface').meta({
          description: 'Network interface of this machine that has the public address.',
          examples: ['eth0'],
        }),
      }),
      z.strictObject({
        url: url.meta({
          description: 'Page that answers with the bare address.',
          examples: ['https://ip.example.net/'],
        }),
      }),
    ],
    { error: updateForm },
  )
  .optional()
  .meta({
    description:
      "Keep the address record of the sites' names at duckdns on this machine's public address. true: the service takes the address it is called from.",
    default: false,
    examples: [true],
  });

const provider = <Name extends string>(name: Name, description: string) =>
  z.literal(name).meta({ description, examples: [name] });

const webProvider = {
  token: text('the token').meta({
    description: 'Token of the DNS service. Secret: best from the environment or a file of its own.',
    // biome-ignore lint/suspicious/noTemplateCurlyInString: how configurations name environment variables
    examples: ['${DUCKDNS_TOKEN}'],
  }),
  url: url.optional().meta({
    description: 'Another place of the service, for one that speaks the same language.',
    examples: ['https://dns.internal'],
  }),
  caFile,
};

const duckdns = z.strictObject({
  provider: provider('duckdns', 'TXT records of names under duckdns.org.'),
  ...webProvider,
  update,
});
const cloudflare = z.strictObject({
  provider: provider('cloudflare', 'Zones at Cloudflare; the token may edit DNS of the zone.'),
  ...webProvider,
});
const rfc2136 = z.strictObject({
  provider: provider('rfc2136', 'Any name server that takes DNS UPDATE, such as BIND.'),
  server: parsed(text('address:port of the DNS server'), parseServer).meta({
    description: 'The primary name server of the zone: host or host:port (53).',
    examples: ['192.0.2.1:53'],
  }),
  zone: text('the zone').meta({ description: 'The zone that is updated.', examples: ['example.org'] }),
  key: z
    .strictObject({
      name: text('the name of the key').meta({ description: 'Name of the TSIG key.', examples: ['acme.'] }),
      secret: text('the key').meta({
        description: 'The TSIG key in base64. Secret: best from the environment.',
        // biome-ignore lint/suspicious/noTemplateCurlyInString: how configurations name environment variables
        examples: ['${TSIG_SECRET}'],
      }),
      algorithm: z
        .enum(['hmac-sha256', 'hmac-sha384', 'hmac-sha512'], { error: 'hmac-sha256, hmac-sha384 or hmac-sha512' })
        .optional()
        .meta({ description: 'Algorithm of the TSIG key.', default: 'hmac-sha256' }),
    })
    .meta({ description: 'TSIG key that may update the zone.' }),
});
const exec = z.strictObject({
  provider: provider('exec', 'A command of your own.'),
  command: command.meta({
    description:
      'Program that is called as COMMAND set NAME VALUE and COMMAND clear NAME VALUE and changes the TXT record.',
    examples: ['/usr/local/bin/change-txt'],
  }),
});

function parseServer(value: string): Outcome<{ host: string; port: number }> {
  const split = splitHostPort(value);
  const port = parseCount(split?.port ?? '53', 1, 65_535);
  if (!split || split.host === '' || port.faults) return fail('not a server', { wanted: 'host or host:port' });
  return { value: { host: split.host.replace(/^\[|\]$/g, ''), port: port.value } };
}

const dnsForm = 'duckdns, cloudflare, rfc2136 or exec';

const port = (what: string, byDefault: number) =>
  parsed(z.union([z.number(), z.string()], { error: 'a port' }), (value) => parseCount(value, 1, 65_535))
    .optional()
    .meta({ description: `Port at which CAs look for ${what}.`, default: byDefault, examples: [byDefault] });

const challenges = ['auto', 'http-01', 'tls-alpn-01', 'dns-01'] as const;

export const acmeSchema = z.strictObject(
  {
    email: parsed(z.string({ error: 'an e-mail address' }), parseEmail)
      .optional()
      .meta({ description: 'Where CAs may write to. ZeroSSL wants one.', examples: ['you@example.org'] }),
    issuers: z
      .array(issuer, { error: `a list of CAs, as in [letsencrypt, zerossl]` })
      .min(1, { error: 'at least one CA, as in [letsencrypt]' })
      .optional()
      .meta({
        description: `The CAs, tried in order: ${known.join(', ')}, the URL of an ACME directory, or {directory, caFile, eab, profile}. Default: letsencrypt, then zerossl when there is an email.`,
        examples: [['letsencrypt', 'zerossl']],
      }),
    challenge: z
      .enum(challenges, { error: challenges.join(', ') })
      .optional()
      .meta({
        description:
          'How names are proven. auto: what can work, http-01 first; wildcards by dns-01. http-01 is answered on the HTTP port, tls-alpn-01 on the HTTPS port, dns-01 by the DNS provider.',
        default: 'auto',
      }),
    dns: z
      .discriminatedUnion('provider', [duckdns, cloudflare, rfc2136, exec], { error: dnsForm })
      .optional()
      .meta({
        description:
          'Who changes DNS records for dns-01: duckdns, cloudflare, rfc2136 (DNS UPDATE) or exec (a command).',
        // biome-ignore lint/suspicious/noTemplateCurlyInString: how configurations name environment variables
        examples: [{ provider: 'duckdns', token: '${DUCKDNS_TOKEN}' }],
      }),
    resolvers: resolversSchema.meta({
      description: "DNS servers for all checks, address or address:port. Default: the system's.",
      default: [],
      examples: [['9.9.9.9']],
    }),
    ports: z
      .strictObject({ http: port('http-01', 80), https: port('tls-alpn-01', 443) }, { error: '{http: 80, https: 443}' })
      .optional()
      .meta({
        description:
          'Where CAs look, from outside. Public CAs look at 80 and 443 and nowhere else; a CA for tests may be told others.',
        default: { http: 80, https: 443 },
        examples: [{ http: 5002, https: 5001 }],
      }),
    onCertificate: command.optional().meta({
      description:
        'Program to run when a certificate was obtained or renewed, keeps failing, is about to expire or is not the one served; the facts are in SALLYPORT_* variables. Run without a shell.',
      examples: [['systemctl', 'reload', 'dovecot']],
    }),
    webhook: z
      .union(
        [
          url.transform((one): { url: string; caFile?: string | undefined } => ({ url: one })),
          z.strictObject({
            url: url.meta({ description: 'Where to post.', examples: ['https://hooks.example.net/x'] }),
            caFile,
          }),
        ],
        { error: 'a URL, or {url: …, caFile: …}' },
      )
      .optional()
      .meta({
        description: 'URL that the same facts are posted to as JSON.',
        examples: ['https://hooks.example.net/certificates'],
      }),
  },
  { error: 'a mapping with email, issuers, challenge, dns, …' },
);

function parseEmail(value: string): Outcome<string> {
  if (/^[^\s@:,]+@[^\s@:,]+\.[^\s@:,]+$/.test(value)) return { value };
  return fail('not an e-mail address', { wanted: 'as in you@example.org' });
}

/** `acme` after validation. */
export type ParsedAcme = z.output<typeof acmeSchema>;
