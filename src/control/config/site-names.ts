import type { Findings } from './problems.ts';
import { parseSiteName } from './site-name.ts';
import type { ParsedSite } from './site-schema.ts';
import { oneLine, type Path } from './source.ts';

/**
 * The names of each site (the site's own first, then its aliases) by its key as written. Reports names that are none
 * and names used twice; a wildcard and an exact name under it do not clash, the exact one wins. Sites without a usable
 * name of their own are left out.
 */
export function checkSiteNames(
  sites: Readonly<Record<string, ParsedSite>>,
  findings: Findings,
): ReadonlyMap<string, readonly [string, ...string[]]> {
  const taken = new Map<string, { site: string; path: Path }>();
  const result = new Map<string, readonly [string, ...string[]]>();
  for (const [written, site] of Object.entries(sites)) {
    const own = parseSiteName(written);
    if (own.faults) {
      for (const fault of own.faults) findings.problem(['sites', written], { ...fault, onKey: true });
      continue;
    }
    const names: [string, ...string[]] = [own.value];
    claim(own.value, ['sites', written], true);
    for (const [index, alias] of site.aliases.entries()) {
      if (claim(alias, ['sites', written, 'aliases', index], false)) names.push(alias);
    }
    result.set(written, names);

    function claim(name: string, path: Path, onKey: boolean): boolean {
      const first = taken.get(name);
      if (first === undefined) {
        taken.set(name, { site: written, path });
        return true;
      }
      const line = findings.line(first.path);
      const where = first.site === written ? 'this site' : `site ${oneLine(first.site)}`;
      const what = `a name that ${where} already has${line && ` (${line})`}`;
      findings.problem(path, { what, cure: 'A name belongs to one site, once: take one of the two out.', onKey });
      return false;
    }
  }
  return result;
}
