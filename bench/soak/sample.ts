import { readdirSync, readFileSync } from 'node:fs';

/** What the processes of a gate hold together. */
export interface Sample {
  /** Seconds since the beginning. */
  readonly at: number;
  readonly rssMiB: number;
  readonly files: number;
}

/** null when one of them has just ended. */
export function sampleProcesses(pids: readonly number[], at: number): Sample | null {
  try {
    let rss = 0;
    let files = 0;
    for (const pid of pids) {
      rss += Number(/^VmRSS:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/status`, 'latin1'))?.[1] ?? 0);
      files += readdirSync(`/proc/${pid}/fd`).length;
    }
    return { at, rssMiB: rss / 1024, files };
  } catch {
    return null;
  }
}

/** What speaks for a leak: memory of the last quarter well above that of the second, or files that stay open when all clients have gone. */
export function findGrowth(samples: readonly Sample[], before: Sample, after: Sample): readonly string[] {
  const quarter = (index: number): readonly Sample[] => {
    const size = Math.floor(samples.length / 4);
    return samples.slice(index * size, (index + 1) * size);
  };
  const most = (some: readonly Sample[]): number => Math.max(0, ...some.map(({ rssMiB }) => rssMiB));
  const early = most(quarter(1));
  const late = most(quarter(3));
  const problems: string[] = [];
  if (late > early * 1.2 + 30) problems.push(`memory grew from ${early.toFixed(0)} to ${late.toFixed(0)} MiB`);
  if (after.files > before.files + 80) problems.push(`${after.files} files are open, ${before.files} before`);
  return problems;
}
