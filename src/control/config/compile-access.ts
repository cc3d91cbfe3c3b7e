import type { Access, AddressRules } from '../../model/access.ts';
import type { AccessKeys } from './access-schema.ts';
import type { Findings } from './problems.ts';
import type { Path } from './source.ts';

/** What a route and its site say about who may pass, and where. */
export interface AccessInput {
  readonly site: AccessKeys | undefined;
  readonly route: AccessKeys | undefined;
  readonly sitePath: Path;
  readonly routePath: Path;
}

/** The rules of a route: what it does not say itself, its site says. */
export function compileAccess({ site, route, sitePath, routePath }: AccessInput, findings: Findings): Access {
  const [keys, path] = route?.allow || route?.deny ? [route, routePath] : [site, sitePath];
  const addresses = compileAddresses(keys, path, findings);
  return { ...(addresses && { addresses }) };
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
