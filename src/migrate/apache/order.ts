import { allowedUnless, closedToAll, openToAll, type Passage } from './access.ts';
import type { Directive } from './directive.ts';
import type { Ledger } from './ledger.ts';
import { liesWithin, networksOf } from './networks.ts';

/** `Order`, `Allow from` and `Deny from` of Apache 2.2 (mod_access_compat). What cannot be said is judged refused, and closed. */
export function evaluateOrder(rules: readonly Directive[], ledger: Ledger): Passage {
  const order =
    rules
      .findLast((one) => one.key === 'order')
      ?.words.join('')
      .toLowerCase() ?? 'deny,allow';
  const allowed = namedBy(rules, 'allow', ledger);
  const denied = namedBy(rules, 'deny', ledger);
  if (allowed === null || denied === null) return closedToAll;
  const openByDefault = order !== 'allow,deny' && order !== 'mutual-failure';
  const allowsAll = allowed.includes('all');
  const deniesAll = denied.includes('all');
  if (openByDefault) {
    if (allowsAll) return openToAll;
    if (deniesAll) return allowed.length > 0 ? { ...openToAll, allow: allowed } : closedToAll;
    if (denied.length === 0) return openToAll;
    // Whoever is allowed passes, also out of a denied network; in a route the smaller network decides.
    const within = allowed.filter((network) => liesWithin(network, denied));
    const deny = denied.filter((network) => !liesWithin(network, allowed));
    if (within.length === 0 || deny.length === 0) return { ...openToAll, deny };
    for (const one of rules)
      if (one.key === 'allow')
        ledger.refused(one, 'no route lets a part of a denied network pass and everybody else too');
    return { ...openToAll, deny };
  }
  if (deniesAll || allowed.length === 0) return closedToAll;
  return { password: false, ...allowedUnless(allowsAll ? null : allowed, denied) };
}

/** The networks after `Allow from` or `Deny from`, `all` among them; null when one cannot be said. */
function namedBy(rules: readonly Directive[], key: 'allow' | 'deny', ledger: Ledger): string[] | null {
  const found: string[] = [];
  for (const rule of rules.filter((one) => one.key === key)) {
    const words = rule.words[0]?.toLowerCase() === 'from' ? rule.words.slice(1) : [];
    for (const word of words) {
      const networks = word.toLowerCase() === 'all' ? ['all'] : networksOf([word]);
      if (networks) found.push(...networks);
      else if (word.toLowerCase() === 'localhost') found.push('127.0.0.0/8', '::1/128');
      else {
        ledger.refused(
          rule,
          'only addresses and networks can be told apart: write them under allow or deny; the path is closed here until then',
        );
        return null;
      }
    }
  }
  return found;
}
