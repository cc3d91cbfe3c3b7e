import { BlockList, isIPv4 } from 'node:net';
import { parseNetwork } from '../../control/config/network.ts';
import type { Directive } from './parse.ts';
import type { Scope } from './scope.ts';
import type { RouteObject } from './shapes.ts';
import type { Work } from './work.ts';

type AddressRules = Pick<RouteObject, 'allow' | 'deny'>;

interface Rule {
  readonly directive: Directive;
  readonly allows: boolean;
  /** `all`, or CIDR. */
  readonly network: string;
}

/**
 * `allow` and `deny` of a block. nginx takes the first that matches, Sallyport the smallest network; networks overlap only when
 * one holds the other, so both agree once those that are never reached are left out. 'closed' when one cannot be read.
 */
export function addressRules(scope: Scope, work: Work): AddressRules | 'closed' | null {
  const rules: Rule[] = [];
  let isBroken = false;
  for (const directive of rulesOf(scope)) {
    const rule = readRule(directive, work);
    if (rule === 'broken') isBroken = true;
    else if (rule !== null) {
      const earlier = rules.find((other) => holds(other.network, rule.network));
      work.ledger.judge(directive, 'carried', earlier ? 'never reached: an earlier rule decides' : '');
      if (!earlier) rules.push(rule);
    }
  }
  if (isBroken) return 'closed';
  if (rules.length === 0) return null;
  const allow = rules.filter((rule) => rule.allows).map(({ network }) => network);
  const deny = rules.filter((rule) => !rule.allows).map(({ network }) => network);
  // Who no rule matches passes in nginx; in Sallyport only while there is no list of who may.
  const last = rules.at(-1);
  if (allow.length > 0 && last?.network !== 'all') allow.push('all');
  const others = allow.length > 0 ? deny.filter((network) => network !== 'all') : deny;
  return { ...(allow.length > 0 && { allow }), ...(others.length > 0 && { deny: others }) };
}

/** Both kinds are inherited together, in the order written. */
export function rulesOf(scope: Scope): readonly Directive[] {
  const own = scope.directives.filter(({ name }) => name === 'allow' || name === 'deny');
  return own.length > 0 || scope.parent === null ? own : rulesOf(scope.parent);
}

function readRule(directive: Directive, { ledger }: Work): Rule | 'broken' | null {
  const text = directive.args[0] ?? '';
  const allows = directive.name === 'allow';
  if (text === 'unix:') {
    ledger.judge(directive, 'carried', 'nobody comes by a Unix socket');
    return null;
  }
  if (text === 'all') return { directive, allows, network: 'all' };
  const network = parseNetwork(text);
  if (!network.faults) return { directive, allows, network: network.value };
  ledger.judge(directive, 'refused', 'not an address or network: nobody passes until deny: says who');
  return 'broken';
}

function holds(outer: string, inner: string): boolean {
  if (outer === 'all') return true;
  if (inner === 'all') return false;
  const [outerAddress = '', outerBits = ''] = outer.split('/');
  const [innerAddress = '', innerBits = ''] = inner.split('/');
  if (isIPv4(outerAddress) !== isIPv4(innerAddress) || Number(outerBits) > Number(innerBits)) return false;
  const family = isIPv4(outerAddress) ? 'ipv4' : 'ipv6';
  const list = new BlockList();
  list.addSubnet(outerAddress, Number(outerBits), family);
  return list.check(innerAddress, family);
}
