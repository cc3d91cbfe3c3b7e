import { isUnder } from '../path-prefix.ts';
import { natureOf, readingsOf } from './path-readings.ts';

/** A part of a site's paths in which other rules hold: a route, or what a guard makes an exception of. */
export interface ZoneRule {
  /** Without final slash; '' for the whole site. */
  readonly prefix: string;
  /** Requests for it are asked for something, such as a password. */
  readonly guarded: boolean;
}

interface Zone extends ZoneRule {
  readonly readings: readonly string[];
  /** The readings without regard to case. */
  readonly folded: readonly string[];
}

/**
 * Knows for which paths an app may disagree with the gate about the route. A path is passed on untouched, so an app reads it
 * in its own way (`readingsOf`); where a reading leads to another route, or past a guard, the path is refused.
 */
export class PathZones {
  /** Longest prefix first. */
  readonly #zones: readonly Zone[];
  readonly #anyGuarded: boolean;

  constructor(rules: readonly ZoneRule[]) {
    this.#zones = rules
      .map((rule) => {
        const readings = readingsOf(rule.prefix) ?? [rule.prefix];
        return { ...rule, readings, folded: readings.map(folded) };
      })
      .sort((a, b) => b.prefix.length - a.prefix.length);
    this.#anyGuarded = this.#zones.some(({ guarded }) => guarded);
  }

  /** Why a path is refused; '' when it may pass. */
  verdict(path: string): '' | 'dots' | 'ambiguous' {
    const nature = natureOf(path);
    if (nature === 'same' || (nature === 'loose' && !this.#anyGuarded)) return '';
    const readings = nature === 'loose' ? [path] : readingsOf(path);
    if (readings === null) return 'dots';
    const zone = this.#zones.find(({ prefix }) => isUnder(path, prefix));
    if (zone === undefined) return '';
    for (let i = 1; i < readings.length; i++) if (this.#zoneOf(readings[i]!) !== zone) return 'ambiguous';
    if (!this.#anyGuarded) return '';
    return readings.some((reading) => this.#isLooselyGuarded(reading, zone)) ? 'ambiguous' : '';
  }

  #zoneOf(reading: string): Zone | undefined {
    return this.#zones.find((zone) => zone.readings.some((prefix) => isUnder(reading, prefix)));
  }

  /**
   * Whether an app that does not mind case (Express, ASP.NET), or that takes `.json` for the wanted format (Rails, Spring), reads
   * it as something in another zone that is guarded. Into a zone without guards such a path may go: there is nothing to get past.
   */
  #isLooselyGuarded(reading: string, zone: Zone): boolean {
    const whole = folded(reading);
    return [whole, whole.replace(/(?<=[^/])\.[^./]*$/, '')].some((form) => {
      const other = this.#zones.find((candidate) => candidate.folded.some((prefix) => isUnder(form, prefix)));
      return other !== zone && other?.guarded === true && !other.folded.includes(folded(zone.prefix));
    });
  }
}

function folded(path: string): string {
  return path.toUpperCase().toLowerCase();
}
