/**
 * Targets of the links with relation `relation` in a Link field (RFC 8288), resolved against `base`.
 * Several Link fields arrive from node:http joined by commas, so the value is split by its own grammar.
 */
export function linkTargets(field: string | undefined, relation: string, base: string): string[] {
  const targets: string[] = [];
  for (const match of (field ?? '').matchAll(/<([^<>]*)>((?:\s*;\s*[^\s=;,]+(?:\s*=\s*(?:"[^"]*"|[^\s;,]*))?)*)/g)) {
    const relations = /;\s*rel\s*=\s*(?:"([^"]*)"|([^\s;,]*))/i.exec(match[2] ?? '');
    const names = (relations?.[1] ?? relations?.[2] ?? '').toLowerCase().split(/\s+/);
    const target = match[1] ?? '';
    if (names.includes(relation) && URL.canParse(target, base)) targets.push(new URL(target, base).href);
  }
  return targets;
}
