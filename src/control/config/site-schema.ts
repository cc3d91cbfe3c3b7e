import { z } from 'zod';
import type { RedirectAction } from '../../model/site.ts';
import { type AccessKeys, accessKeys, accessOf } from './access-schema.ts';
import { appMeta, appSchema, type ParsedApp } from './app-schema.ts';
import { authSchema, type ParsedAuth } from './auth-schema.ts';
import {
  type ParsedClientCertificates,
  routeClientCertificates,
  siteClientCertificates,
} from './client-certificates-schema.ts';
import { type Fault, fail, type Outcome, parsed } from './fault.ts';
import {
  type GroupRules,
  groupShape,
  needlessRule,
  noGroupRules,
  type ParsedMember,
  shortTargets,
} from './group-schema.ts';
import { type ParsedRouteHeaders, type ParsedSiteHeaders, routeHeaders, siteHeaders } from './headers-schema.ts';
import { parseLocation } from './route-path.ts';
import { parseSiteName } from './site-name.ts';

/** The schema of one site. `error` of a schema is the wanted form, as messages print it. */

const redirectStatuses = [301, 302, 303, 307, 308] as const;
type RedirectStatus = RedirectAction['status'];

const routeObject = z.strictObject(
  {
    ...groupShape,
    app: appSchema.optional().meta(appMeta),
    stripPrefix: z.boolean({ error: 'true or false' }).optional().meta({
      description:
        "Remove the route's own path from the front of the request's before the app sees it: with the route /api, /api/users becomes /users.",
      default: false,
    }),
    redirect: parsed(z.string({ error: 'a URL or a path' }), parseLocation)
      .optional()
      .meta({
        description:
          "Answer with a redirect to this URL or path instead of asking an app. The request's own path is not appended.",
        examples: ['https://anki.example.net/sync'],
      }),
    status: z
      .literal([...redirectStatuses], { error: `one of ${redirectStatuses.join(', ')}` })
      .optional()
      .meta({ description: 'Status of the redirect. Browsers remember 301 and 308 for good.', default: 302 }),
    headers: routeHeaders.meta({ description: 'Changes to fields on this route, on top of those of the site.' }),
    ...accessKeys,
    clientCertificates: routeClientCertificates,
    auth: authSchema.meta({
      description: 'Who may use this route, in place of what the site says; off: everybody.',
      examples: ['off', { basic: '/etc/sallyport/staff.htpasswd', realm: 'Staff' }],
    }),
  },
  { error: 'a target, {to: …} or {redirect: …}' },
);

/** What one route does, its target not yet complete. */
export type ParsedRoute = {
  headers: ParsedRouteHeaders | undefined;
  access?: AccessKeys;
  clientCertificates?: 'required' | 'optional' | undefined;
  auth?: ParsedAuth | undefined;
} & (
  | { kind: 'proxy'; to: readonly ParsedMember[]; rules: GroupRules; stripPrefix: boolean }
  | { kind: 'app'; app: ParsedApp; queue: GroupRules['queue']; stripPrefix: boolean }
  | { kind: 'redirect'; location: string; status: RedirectStatus }
);

const route = z.union([shortTargets.transform((to) => proxyTo(to)), parsed(routeObject, toRoute)], {
  error: 'a target such as 8080, or {to: …} or {redirect: …}',
});

function proxyTo(to: readonly ParsedMember[], rules: GroupRules = noGroupRules): ParsedRoute {
  return { kind: 'proxy', to, rules, stripPrefix: false, headers: undefined };
}

function toRoute(input: z.output<typeof routeObject>): Outcome<ParsedRoute> {
  const { to, app, redirect, stripPrefix, status, headers, balance, health, queue, clientCertificates } = input;
  const rules = { balance, health, queue };
  const needless = to ? undefined : needlessRule(app ? { ...rules, queue: undefined } : rules);
  const common = { headers, access: accessOf(input), clientCertificates, auth: input.auth };
  const faults: Fault[] = [];
  if (app && (to || redirect !== undefined)) {
    faults.push({
      what: `a route with both app and ${to ? 'to' : 'redirect'}`,
      cure: 'Keep one of them.',
      below: ['app'],
      onKey: true,
    });
  } else if (to && redirect !== undefined) {
    faults.push({
      what: 'a route with both to and redirect',
      cure: 'Keep one of them.',
      below: ['redirect'],
      onKey: true,
    });
  } else if ((to || app) && status !== undefined) {
    faults.push({
      what: 'only for redirects',
      cure: 'Take it out: the app chooses the status.',
      below: ['status'],
      onKey: true,
    });
  } else if (redirect !== undefined && stripPrefix !== undefined) {
    faults.push({ what: 'only for routes to an app', cure: 'Take it out.', below: ['stripPrefix'], onKey: true });
  }
  if (needless !== undefined && (app || redirect !== undefined))
    faults.push({
      what: app ? 'only beside to' : 'only for routes to an app',
      cure: 'Take it out.',
      below: [needless],
      onKey: true,
    });
  if (faults.length > 0) return { faults };
  if (app) return { value: { kind: 'app', app, queue, stripPrefix: stripPrefix ?? false, ...common } };
  if (to) return { value: { kind: 'proxy', to, rules, stripPrefix: stripPrefix ?? false, ...common } };
  if (redirect !== undefined)
    return { value: { kind: 'redirect', location: redirect, status: status ?? 302, ...common } };
  return fail('a route that leads nowhere', { wanted: '{to: 8080} or {redirect: /path}' });
}

const routes = z.record(z.string(), route, { error: 'routes with what they lead to, as in {/sync: 8080}' });

const filePath = z.string({ error: 'the path of a PEM file' });
const certificateFiles = z.strictObject(
  {
    certificate: filePath.meta({
      description:
        'PEM file with the certificate and its intermediates, the certificate first; relative to the configuration file.',
      examples: ['/etc/ssl/anki.pem'],
    }),
    key: filePath.meta({
      description: 'PEM file with the private key, not encrypted; relative to the configuration file.',
      examples: ['/etc/ssl/anki.key'],
    }),
  },
  { error: '{certificate: file, key: file}' },
);

const tls = z.union(
  [z.enum(['auto', 'internal', 'off']), certificateFiles.transform((pair) => [pair]), z.array(certificateFiles).min(1)],
  { error: 'auto, internal, off, {certificate: file, key: file} or a list of such pairs' },
);

const siteObject = z.strictObject(
  {
    aliases: z
      .array(parsed(z.string({ error: 'a host name' }), parseSiteName), {
        error: 'a list of names, as in [www.example.org]',
      })
      .optional()
      .meta({ description: 'Further names of the same site.', default: [], examples: [['www.terrax9.se']] }),
    ...groupShape,
    app: appSchema.optional().meta(appMeta),
    routes: routes.optional().meta({
      description:
        'What each path leads to: a target, {to, stripPrefix, headers} or {redirect, status, headers}. The longest match wins, no match is 404; /sync matches /sync and /sync/… but not /syncfoo.',
      examples: [{ '/sync': 27701, '/old': { redirect: '/sync' } }],
    }),
    tls: tls.optional().meta({
      description:
        'Where the certificate comes from. auto: from a public CA by ACME, or from the in-house CA for localhost, single labels, names under .localhost, .local, .internal, .home.arpa, .test and .lan and private addresses. internal: the in-house CA. off: no HTTPS, served on the HTTP port only. Or your own files, one pair or a list (RSA and ECDSA).',
      default: 'auto',
      examples: ['internal', { certificate: '/etc/ssl/anki.pem', key: '/etc/ssl/anki.key' }],
    }),
    headers: siteHeaders.meta({
      description: 'Changes to the fields of requests and responses of this site.',
      examples: [{ request: { set: { 'X-Site': 'kms' } }, response: { remove: ['Server'] } }],
    }),
    ...accessKeys,
    clientCertificates: siteClientCertificates,
    auth: authSchema.meta({
      description: 'A password gate in front of the site: only users of this htpasswd file pass.',
      examples: [{ basic: '/etc/sallyport/users.htpasswd', realm: 'KMS' }],
    }),
  },
  { error: 'a target such as 8080, or a mapping with to or routes' },
);

/** The keys of a site, as messages list them. */
export const siteKeys: readonly string[] = Object.keys(siteObject.shape);

/** A site after validation; its names, paths, fields and files are still to be looked at. */
export interface ParsedSite {
  readonly aliases: readonly string[];
  readonly tls: z.output<typeof tls>;
  readonly headers: ParsedSiteHeaders | undefined;
  readonly access?: AccessKeys;
  readonly clientCertificates?: ParsedClientCertificates;
  readonly auth?: ParsedAuth | undefined;
  /** By path as written. */
  readonly routes: ReadonlyMap<string, ParsedRoute>;
}

function toSite(input: z.output<typeof siteObject>): Outcome<ParsedSite> {
  const { to, app, aliases = [], tls = 'auto', headers, auth, balance, health, queue } = input;
  const rules = { balance, health, queue };
  const needless = to ? undefined : needlessRule(app ? { ...rules, queue: undefined } : rules);
  const all = new Map(Object.entries(input.routes ?? {}));
  if (to && app) return fail('both to and app', { cure: 'Keep one of them.', below: ['app'], onKey: true });
  if ((to || app) && all.has('/')) {
    return fail(`both ${to ? 'to' : 'app'} and a route for /`, {
      cure: 'Keep one: they mean the same.',
      below: ['routes', '/'],
      onKey: true,
    });
  }
  if (needless !== undefined && (app || all.size > 0)) {
    const cure = 'Put it into the routes whose targets it is about.';
    return fail('only beside to', { cure, below: [needless], onKey: true });
  }
  if (to) all.set('/', proxyTo(to, rules));
  if (app) all.set('/', { kind: 'app', app, queue, stripPrefix: false, headers: undefined });
  if (all.size === 0) {
    return fail('a site that leads nowhere', {
      wanted: 'to:, app: or routes:',
      cure: 'Name the port of the app, as in to: 8080.',
    });
  }
  const { clientCertificates } = input;
  return { value: { aliases, tls, headers, access: accessOf(input), clientCertificates, auth, routes: all } };
}

/** A site: the short form is its target. */
export const siteSchema = z.union(
  [
    shortTargets.transform(
      (to): ParsedSite => ({
        aliases: [],
        tls: 'auto',
        headers: undefined,
        routes: new Map([['/', proxyTo(to)]]),
      }),
    ),
    parsed(siteObject, toSite),
  ],
  { error: 'a target such as 8080, or a mapping with to or routes' },
);
