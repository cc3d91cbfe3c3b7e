import type { Access, AddressRules, ForwardAuth, RateLimit } from '../../model/access.ts';
import type { AccessKeys } from './access-schema.ts';
import { withCa } from './compile-group.ts';
import type { Findings } from './problems.ts';
import type { Path } from './source.ts';

/** What a route and its site say about who may pass, and where. */
export interface AccessInput {
  readonly site: AccessKeys | undefined;
  readonly route: AccessKeys | undefined;
  readonly sitePath: Path;
  readonly routePath: Path;
  /** What relative paths are relative to. */
  readonly directory: string;
}

/** The rules of a route: what it does not say itself, its site says. */
export function compileAccess(input: AccessInput, findings: Findings): Access {
  const { site, route, sitePath, routePath } = input;
  const [keys, path] = route?.allow || route?.deny ? [route, routePath] : [site, sitePath];
  const addresses = compileAddresses(keys, path, findings);
  const rateLimits = compileRateLimits(input);
  const forwardAuth = compileForwardAuth(input, findings);
  return {
    ...(addresses && { addresses }),
    ...(rateLimits.length > 0 && { rateLimits }),
    ...(forwardAuth && { forwardAuth }),
  };
}

function compileAddresses(keys: AccessKeys | undefined, path: Path, findings: Findings): AddressRules | null {
  const { allow = [], deny = [] } = keys ?? {};
  const both = allow.find((network) => deny.includes(network));
  if (both !== undefined) {
    const cure = 'Keep it in one of the lists; of two networks of different size the smaller one wins.';
    findings.problem([...path, 'deny'], { what: `${both} is allowed and denied`, cure, onKey: true });
  }
  return allow.length + deny.length > 0 ? { allow, deny } : null;
}

/** A limit of a site is one for all its routes, so it is known by the site. */
function compileRateLimits({ site, route, sitePath, routePath }: AccessInput): readonly RateLimit[] {
  const [limits, path] = route?.rateLimit ? [route.rateLimit, routePath] : [site?.rateLimit ?? [], sitePath];
  const place = path.join(' ');
  return limits.map((limit, index) => {
    const { key } = limit;
    const isOnly = limits.filter((other) => other.key === key).length === 1;
    const name = isOnly ? key : `${key}-${index + 1}`;
    return { ...limit, id: `${place} ${key} ${limit.header}`, name };
  });
}

function compileForwardAuth(
  { site, route, sitePath, routePath, directory }: AccessInput,
  findings: Findings,
): ForwardAuth | null {
  const own = route?.forwardAuth;
  const [keys, path] = own === undefined ? [site?.forwardAuth, sitePath] : [own, routePath];
  if (keys === undefined || keys === false) return null;
  const { target, caFile, ...rest } = keys;
  return { ...rest, target: withCa(target, caFile, [...path, 'forwardAuth', 'caFile'], directory, findings) };
}
