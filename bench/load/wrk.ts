import { join } from 'node:path';
import { z } from 'zod';
import { requirePart } from '../../test/support/parts.ts';
import { runProcess } from '../../test/support/process.ts';
import { bodies, type LoadWorkload } from '../workloads.ts';
import type { LoadFigures, LoadTarget } from './load.ts';

const count = z.number().int().nonnegative();
const figures = z.object({
  requests: z.number().int().positive(),
  microseconds: z.number().int().positive(),
  bytes: count,
  p50: count,
  p99: count,
  connect: count,
  read: count,
  write: count,
  status: count,
  timeout: count,
});

/** Runs wrk with one thread. Rejects when a single request failed or a body came up short. */
export async function runWrk(workload: LoadWorkload, target: LoadTarget): Promise<LoadFigures> {
  const args = [
    ...['-t1', `-c${workload.connections}`, `-d${target.seconds}`, '--timeout', '10', '--latency'],
    ...['-s', join(import.meta.dirname, 'wrk.lua')],
    ...workload.headers.flatMap((header) => ['-H', header]),
    `https://${target.name}${workload.path}`,
  ];
  const env = { BENCH_PORT: String(target.port), OPENSSL_CONF: target.opensslConfig };
  const milliseconds = (target.seconds + 20) * 1000;
  const { stdout, stderr } = await runProcess(requirePart('wrk'), args, { env, milliseconds });
  const line = /^figures (.*)$/m.exec(stdout)?.[1];
  if (line === undefined) throw new Error(`wrk gave no figures:\n${stdout}${stderr}`);
  const seen = figures.parse(JSON.parse(line));
  const failures = (['connect', 'read', 'write', 'status', 'timeout'] as const).filter((kind) => seen[kind] > 0);
  if (failures.length > 0) {
    throw new Error(`wrk saw errors: ${failures.map((kind) => `${seen[kind]} ${kind}`).join(', ')}`);
  }
  if (seen.bytes < seen.requests * bodies[workload.path]) {
    throw new Error(`wrk read ${seen.bytes} bytes in ${seen.requests} answers of ${bodies[workload.path]} bytes each`);
  }
  return seen;
}
