import { type SourcePosition, UserError } from '../../model/errors.ts';
import type { Fault } from './fault.ts';
import { nodeAt, type Path, type Place, printPath, type Source } from './source.ts';

/** Something to tell the user about the configuration. */
export interface Finding {
  /** What is wrong, what was got and wanted; without the place. */
  readonly message: string;
  readonly at: SourcePosition | null;
  readonly cure: string | null;
}

/** `file:line:column: message`, and the cure on a line of its own. */
function printFinding({ at, message, cure }: Finding): string {
  const place = at === null ? '' : `${at.file}:${at.line}:${at.column}: `;
  return `${place}${message}${cure === null ? '' : `\n  ${cure}`}`;
}

/** A configuration that cannot be used: every problem found, in the order of the file. The message prints them all. */
export class ConfigError extends UserError {
  readonly problems: readonly Finding[];

  constructor(problems: readonly Finding[]) {
    const sorted = [...problems].sort(byPlace);
    super(sorted.map(printFinding).join('\n'), { code: 'invalid-config', exitCode: 2 });
    this.name = 'ConfigError';
    this.problems = sorted;
  }
}

function byPlace(a: Finding, b: Finding): number {
  return (a.at?.line ?? 0) - (b.at?.line ?? 0) || (a.at?.column ?? 0) - (b.at?.column ?? 0);
}

/** Collects what is wrong (problems) or doubtful (warnings) with a configuration. */
export class Findings {
  readonly problems: Finding[] = [];
  readonly warnings: Finding[] = [];
  readonly #source: Pick<Source, 'file' | 'root'>;

  constructor(source: Pick<Source, 'file' | 'root'>) {
    this.#source = source;
  }

  /** Reports a fault of the value at `path` (or what it says is below it); `place` when it stands elsewhere. */
  problem(path: Path, fault: Fault, place?: Place): void {
    const finding = this.#describe(path, fault);
    this.problems.push(place === undefined ? finding : { ...finding, at: this.#position(place) });
  }

  /** As {@link problem}, for something that works but is doubtful. */
  warning(path: Path, fault: Fault): void {
    this.warnings.push(this.#describe(path, fault));
  }

  /** Whether the configuration has anything at this path. */
  has(path: Path): boolean {
    return nodeAt(this.#source.root, path).exact;
  }

  /** Where the key (or else the value) at `path` stands, e.g. `line 3`; '' when it came from no file. */
  line(path: Path): string {
    const { node } = nodeAt(this.#source.root, path);
    const place = node.key ?? node.value;
    return place === null ? '' : `line ${place.line}`;
  }

  #describe(path: Path, fault: Fault): Finding {
    const full = [...path, ...(fault.below ?? [])];
    const { node, exact } = nodeAt(this.#source.root, full);
    const parts = [full.length === 0 ? fault.what : `${printPath(full)}: ${fault.what}`];
    if (exact && !fault.onKey && node.text !== '') parts.push(`got ${node.text}`);
    if (fault.wanted !== undefined) parts.push(`wanted ${fault.wanted}`);
    if (fault.didYouMean !== undefined && !node.secret) parts.push(`did you mean "${fault.didYouMean}"?`);
    const place = fault.onKey || !exact ? (node.key ?? node.value) : (node.value ?? node.key);
    return { message: parts.join('; '), at: this.#position(place), cure: fault.cure ?? null };
  }

  #position(place: Place | null): SourcePosition | null {
    const { file } = this.#source;
    return place === null || file === null ? null : { file, line: place.line, column: place.column };
  }
}
