import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { requirePart } from '../../test/support/parts.ts';
import { runProcess } from '../../test/support/process.ts';
import { makeDirectory, removeDirectory } from '../../test/support/scope.ts';
import { bodies, type LoadWorkload } from '../workloads.ts';
import type { LoadFigures, LoadTarget } from './load.ts';

const patterns = {
  counts:
    /^requests: \d+ total, \d+ started, (\d+) done, (\d+) succeeded, (\d+) failed, (\d+) errored, (\d+) timeout$/m,
  statuses: /^status codes: (\d+) 2xx, (\d+) 3xx, (\d+) 4xx, (\d+) 5xx$/m,
  data: /\(space savings [^)]*\), \S+ \((\d+)\) data$/m,
} as const;

/** Runs h2load with one thread. Rejects when a single stream failed, was reset or came up short. */
export async function runH2load(workload: LoadWorkload, target: LoadTarget): Promise<LoadFigures> {
  const directory = await makeDirectory();
  const log = join(directory, 'requests');
  try {
    const args = [
      ...['-t1', `-c${workload.connections}`, `-m${workload.streams}`, `-D${target.seconds}`, `--log-file=${log}`],
      ...['--npn-list=h2', '--tls13-ciphers=TLS_AES_128_GCM_SHA256', '--groups=X25519'],
      ...workload.headers.flatMap((header) => ['-H', header]),
      `--connect-to=127.0.0.1:${target.port}`,
      `https://${target.name}${workload.path}`,
    ];
    const env = { OPENSSL_CONF: target.opensslConfig };
    const milliseconds = (target.seconds + 20) * 1000;
    const { stdout, stderr } = await runProcess(requirePart('h2load'), args, { env, milliseconds });
    if (!/^Application protocol: h2$/m.test(stdout))
      throw new Error(`h2load did not speak HTTP/2:\n${stdout}${stderr}`);
    return figuresOf(stdout, await readFile(log, 'latin1'), workload, target.seconds);
  } finally {
    await removeDirectory(directory);
  }
}

/** `printed` is what h2load printed, `log` its line for each finished stream: start, status, microseconds. */
export function figuresOf(printed: string, log: string, workload: LoadWorkload, seconds: number): LoadFigures {
  const [done, succeeded, ...failures] = numbers(printed, 'counts');
  const [fine, ...others] = numbers(printed, 'statuses');
  const [bytes] = numbers(printed, 'data');
  const bad = [...failures, ...others].some((count) => count > 0);
  if (bad || done === 0 || done !== succeeded || fine! < done!) throw new Error(`h2load saw errors:\n${printed}`);
  const length = bodies[workload.path];
  if (bytes! < done! * length) throw new Error(`h2load read ${bytes} bytes in ${done} answers of ${length} bytes each`);
  const lines = log.trimEnd().split('\n');
  const fields = lines.map((line) => line.split('\t'));
  const failed = fields.filter(([, status]) => status !== '200').length;
  if (failed > 0) throw new Error(`h2load logged ${failed} streams that failed`);
  const times = Float64Array.from(fields, ([, , time]) => Number(time)).sort();
  const at = (share: number): number => times[Math.floor((times.length - 1) * share)] ?? Number.NaN;
  // Answers that were on their way when the time was over were work as well.
  const requests = bytes! / length;
  return { requests, microseconds: seconds * 1e6, p50: at(0.5), p99: at(0.99) };
}

function numbers(printed: string, what: keyof typeof patterns): number[] {
  const match = patterns[what].exec(printed);
  if (match === null) throw new Error(`h2load gave no figures:\n${printed}`);
  return match.slice(1).map(Number);
}
