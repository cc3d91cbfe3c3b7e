import assert from 'node:assert/strict';
import { test } from 'node:test';
import { figuresOf } from '../../bench/load/h2load.ts';
import type { LoadWorkload } from '../../bench/workloads.ts';

const workload = { kind: 'load', path: '/102', connections: 1, streams: 2 } as LoadWorkload;

function printed({
  counts = '2 succeeded, 0 failed, 0 errored, 0 timeout',
  statuses = '2 2xx, 0 3xx, 0 4xx',
  bytes = 204,
}) {
  return `requests: 2 total, 4 started, 2 done, ${counts}
status codes: ${statuses}, 0 5xx
traffic: 1.00KB (1000) total, 102B (102) headers (space savings 93.21%), 204B (${bytes}) data
`;
}

const log = '1795315842463788\t200\t300\n1795315842463789\t200\t100\n';

test('figures of h2load are taken when every stream succeeded', () => {
  const seen = figuresOf(printed({}), log, workload, 1);
  assert.deepEqual(seen, { requests: 2, microseconds: 1e6, p50: 100, p99: 100 });
});

const failures = {
  'a failed stream': [printed({ counts: '2 succeeded, 1 failed, 0 errored, 0 timeout' }), log],
  'a stream with an error': [printed({ counts: '2 succeeded, 0 failed, 1 errored, 0 timeout' }), log],
  'a stream that did not succeed': [printed({ counts: '1 succeeded, 0 failed, 0 errored, 0 timeout' }), log],
  'another status': [printed({ statuses: '1 2xx, 0 3xx, 1 4xx' }), log],
  'a short body': [printed({ bytes: 203 }), log],
  'a stream that is logged as reset': [printed({}), `${log}1795315842463789\t-1\t100\n`],
  'no figures': ['', log],
} as const;

for (const [what, [text, lines]] of Object.entries(failures)) {
  test(`${what} fails the run`, () => {
    assert.throws(() => figuresOf(text, lines, workload, 1), /h2load/);
  });
}
