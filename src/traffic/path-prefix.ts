const slash = 0x2f;

/**
 * Whether `path` is `prefix` or stands below it: whole segments only, so `/sync` holds `/sync` and `/sync/x` but not
 * `/syncing`. `prefix` has no slash at its end; '' holds everything. Compares as written, which is enough for guards: a
 * path that an app may read as standing on another side of a route or of a guard's exception never gets so far
 * (`PathZones.verdict`).
 */
export function isUnder(path: string, prefix: string): boolean {
  const { length } = prefix;
  if (path.length === length) return path === prefix;
  return path.startsWith(prefix) && (length === 0 || path.charCodeAt(length) === slash);
}
