import type { HostRules } from './host.ts';
import { covers } from './match.ts';
import type { Rule } from './rules.ts';

/** The rule that Apache follows for a path; null when it looks for a file. */
export function ruleFor(path: string, rules: HostRules): Rule | null {
  const takes = (rule: Rule): boolean => !rule.fallback && covers(rule.path, path);
  const proxied =
    rules.locationRedirects.findLast(takes) ??
    rules.rewrites.find((rule) => !rule.webSocket && takes(rule)) ??
    unlessOnlyWebSockets(rules.locationProxies.filter(takes).reverse()) ??
    unlessOnlyWebSockets(rules.proxies.filter(takes));
  if (proxied && proxied.action.kind !== 'excluded') return proxied;
  return (
    rules.redirects.find(takes) ??
    rules.scripts.find(takes) ??
    proxied ??
    allRules(rules).find((rule) => rule.fallback === true) ??
    null
  );
}

/** The first of the rules; but one to ws:// only takes what asks for a WebSocket, so another for the same path goes before it. */
function unlessOnlyWebSockets(rules: readonly Rule[]): Rule | undefined {
  const [first] = rules;
  if (!first?.webSocket) return first;
  return rules.find((rule) => !rule.webSocket && rule.path === first.path) ?? first;
}

/** Every rule of a host. */
export function allRules(rules: HostRules): Rule[] {
  return [
    ...rules.locationRedirects,
    ...rules.rewrites,
    ...rules.locationProxies,
    ...rules.proxies,
    ...rules.redirects,
    ...rules.scripts,
  ];
}
