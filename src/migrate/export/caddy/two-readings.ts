import type { PlannedSite } from '../plan.ts';
import { asWritten, dotSegment, somehowWritten } from '../two-readings.ts';
import { block, plainly } from './quote.ts';

/** Refuses paths that Caddy and an app might read in two ways. Its patterns know no look-ahead, so there are two for each place. */
export function refuseTwoReadings({ places }: PlannedSite): string[] {
  if (places.length < 2 && places.every(({ auth }) => auth === null)) return [];
  return [
    '# Paths that Caddy and an app might read in two ways.',
    `@dots vars_regexp {http.request.orig_uri} ${plainly(`(?i)^[^?]*${dotSegment()}`)}`,
    'respond @dots 400',
    ...places.flatMap(({ path }, index) => {
      if (path === '/') return [];
      const name = `@like_place_${index + 1}`;
      return [
        ...block(name, [
          `vars_regexp {http.request.orig_uri} ${plainly(`(?i)^${somehowWritten(path)}`)}`,
          `not vars_regexp {http.request.orig_uri} ${plainly(`^${asWritten(path)}`)}`,
        ]),
        `respond ${name} 400`,
      ];
    }),
  ];
}
