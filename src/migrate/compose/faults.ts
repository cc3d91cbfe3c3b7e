import type { Fault } from '../../control/config/fault.ts';
import { ConfigError, type Finding } from '../../control/config/problems.ts';
import { oneLine } from '../../control/config/source.ts';
import type { SourcePosition } from '../../model/errors.ts';

/** Collects what is wrong with compose files, all of it before anything is thrown. */
export class ComposeFaults {
  readonly #problems: Finding[] = [];

  /** `path` is where it stands, as in `services.web.ports.0`; `got` is the text as written, '' for none. */
  add(at: SourcePosition, path: string, fault: Fault, got = ''): void {
    const parts = [path === '' ? fault.what : `${path}: ${fault.what}`];
    if (got !== '') parts.push(`got ${oneLine(got)}`);
    if (fault.wanted !== undefined) parts.push(`wanted ${fault.wanted}`);
    if (fault.didYouMean !== undefined) parts.push(`did you mean "${fault.didYouMean}"?`);
    this.#problems.push({ message: parts.join('; '), at, cure: fault.cure ?? null });
  }

  /** Adds what reading another file came to. */
  take(error: unknown): void {
    if (!(error instanceof ConfigError)) throw error;
    this.#problems.push(...error.problems);
  }

  /** Throws a {@link ConfigError} if there is anything to tell. */
  throwIfAny(): void {
    if (this.#problems.length > 0) throw new ConfigError(this.#problems);
  }
}
