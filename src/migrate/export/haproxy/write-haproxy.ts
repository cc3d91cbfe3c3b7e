import { appUnit } from '../app-unit.ts';
import { comment } from '../common.ts';
import { certbotAdvice, headOf } from '../head.ts';
import type { Plan } from '../plan.ts';
import { requestFields, responseFields } from './fields.ts';
import { certbotPort, wantsCertbot, writeFrontends } from './frontends.ts';
import { closed, writeGuards, writeTables } from './guards.ts';
import { type Layout, layout, type PlannedBackend } from './layout.ts';
import { plainly, word } from './quote.ts';
import { writeDefaults, writeGlobal } from './sections.ts';
import { writeResolvers, writeServers } from './servers.ts';
import { type UserLists, userLists } from './users.ts';

/** A whole configuration of HAProxy, 2.6 or newer. */
export function writeHaproxy(plan: Plan): string {
  const made = layout(plan);
  const users = userLists(plan);
  const body = [
    ...writeGlobal(plan, made),
    ...writeDefaults(plan),
    ...writeResolvers(plan),
    ...users.lines,
    ...writeTables(plan),
    ...writeFrontends(plan, made),
    ...made.backends.flatMap((backend) => writeBackend(plan, made, backend, users)),
    ...(wantsCertbot(plan) ? ['backend certbot', `    server certbot 127.0.0.1:${certbotPort}`, ''] : []),
  ];
  return [...headOf(plan, usage, [...certbotAdvice(plan), ...keyAdvice(plan)]), body.join('\n').trimEnd(), ''].join(
    '\n',
  );
}

const usage = [
  'As root: save this as /etc/haproxy/haproxy.cfg, readable for root alone,',
  'then `haproxy -c -f /etc/haproxy/haproxy.cfg && systemctl reload haproxy`.',
];

/** HAProxy looks for the key beside the certificate, under its name with .key behind it. */
function keyAdvice(plan: Plan): string[] {
  const pairs = new Map(
    plan.sites.flatMap(({ pairs: own }) => own.map(({ certificate, key }) => [certificate, key] as const)),
  );
  if (pairs.size === 0) return [];
  const links = [...pairs].filter(([certificate, key]) => key !== `${certificate}.key`);
  return [
    ...(links.length === 0 ? [] : ['HAProxy looks for a key beside its certificate. Once, and for renewed ones too:']),
    ...links.map(([certificate, key]) => `  ln -s ${shellWord(key)} ${shellWord(`${certificate}.key`)}`),
    ...(wantsCertbot(plan)
      ? [
          'Certificates are renewed through HAProxy with these lines in /etc/letsencrypt/cli.ini:',
          `  http-01-port = ${certbotPort}`,
          '  deploy-hook = systemctl reload haproxy',
        ]
      : []),
  ];
}

function shellWord(text: string): string {
  return /^[\w./@:+,=~-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`;
}

function writeBackend(plan: Plan, made: Layout, backend: PlannedBackend, users: UserLists): string[] {
  const { id, one, places, route } = backend;
  const [first] = places;
  if (first === undefined) return [];
  const { action } = route;
  const app = first.place.group?.app;
  const lines = [...writeGuards(plan, made, backend, users)];
  if (lines.includes(closed)) {
    // Nothing comes after it.
  } else if (action.kind === 'redirect') {
    lines.push(`http-request redirect location ${plainly(action.location)} code ${action.status}`);
  } else {
    lines.push(...requestFields(backend), ...responseFields(plan, backend), ...writeServers(plan, one, first.place));
  }
  return [
    ...comment([`${one.site.name}${route.path}`, ...(app ? appUnit(app.settings, app.port) : [])]),
    `backend ${word(id)}`,
    ...lines.map((line) => `    ${line}`),
    '',
  ];
}
