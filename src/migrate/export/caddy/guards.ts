import type { Users } from '../../../model/auth.ts';
import { orderedNetworks } from '../common.ts';
import { keyOf, type Place, type Plan } from '../plan.ts';
import { needed, word } from './quote.ts';

/** The lines of a place that say who may pass. `users` are those of its file. */
export function guardLines(plan: Plan, place: Place, users: Users): string[] {
  const { access } = place.route;
  const lines: string[] = [];
  if (access?.addresses) {
    const others = access.addresses.allow.length === 0 ? 'true' : 'false';
    const passes = orderedNetworks(access.addresses).reduceRight(
      (rest, one) => `(remote_ip("${one.network}") ? ${one.passes} : ${rest})`,
      others,
    );
    lines.push(`@denied expression \`!${passes}\``, 'respond @denied 403');
  }
  if (access?.clientCertificate === 'required') {
    lines.push(
      '@nobody expression `{http.request.tls.client.fingerprint} == null || {http.request.tls.client.fingerprint} == ""`',
    );
    lines.push('respond @nobody 403');
  }
  if (place.auth !== null) lines.push(...passwordLines(plan, place, users));
  const asked = access?.forwardAuth;
  if (asked !== undefined) {
    const { target, path, host, copy } = asked;
    const origin =
      target.kind === 'tcp'
        ? `${target.tls === null ? 'http' : 'https'}://${target.name.replace(/^\w+:\/\//, '')}`
        : '';
    lines.push(`forward_auth ${origin} {`, `    uri ${needed('the path of forwardAuth', path)}`);
    lines.push(
      `    header_up Host ${needed('the host of forwardAuth', host)}`,
      `    copy_headers ${copy.join(' ')}`,
      '}',
    );
  }
  return lines;
}

function passwordLines(plan: Plan, place: Place, users: Users): string[] {
  // Caddy puts it between quotation marks as it is.
  const realm = word((place.auth?.realm ?? '').replaceAll(/["\\]/g, '\\$&'));
  const key = keyOf(plan, place, 'auth', 'basic');
  if (realm === null)
    plan.ledger.judge(
      keyOf(plan, place, 'auth', 'realm'),
      'refused',
      'a Caddyfile cannot have it: another one stands there',
    );
  const lines: string[] = [];
  for (const [name, hash] of users) {
    const written = word(name);
    if (hash.startsWith('$2') && written !== null) lines.push(`    ${written} ${hash}`);
    else
      plan.ledger.judge(
        key,
        'refused',
        `Caddy knows no hash but bcrypt: ${name} cannot log in until \`sallyport user add\` has set the password anew`,
      );
  }
  // Without a user the directive would be an error, and without the directive everybody would pass.
  return lines.length === 0 ? ['respond 403'] : [`basicauth bcrypt ${realm ?? 'restricted'} {`, ...lines, '}'];
}
