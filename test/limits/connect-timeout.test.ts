import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { test } from 'node:test';
import { anyPorts, statuses } from '../exchange/support.ts';
import { requirePart } from '../support/parts.ts';
import { startProcess } from '../support/process.ts';
import { rawExchange } from '../support/raw-exchange.ts';
import { startSallyport } from '../support/sallyport.ts';
import { sharedScope } from '../support/scope.ts';

const scope = sharedScope();

/** A listener that accepts nothing and whose queue is full: the kernel drops every further SYN. */
async function fullListener(): Promise<number> {
  const source = `
import socket, time
s = socket.socket()
s.bind(('127.0.0.1', 0))
s.listen(0)
print('port', s.getsockname()[1], flush=True)
time.sleep(600)
`;
  const program = startProcess(requirePart('python3'), ['-c', source]);
  scope.after(async () => void (await program.stop()));
  const [, port] = await program.printed(/^port (\d+)$/m);
  const fillers: Socket[] = [];
  scope.after(() => {
    for (const filler of fillers) filler.destroy();
  });
  for (;;) {
    const filler = connect(Number(port), '127.0.0.1');
    filler.on('error', () => {});
    fillers.push(filler);
    const stalled = new Promise<boolean>((resolve) => setTimeout(resolve, 300, true));
    if (await Promise.race([once(filler, 'connect').then(() => false), stalled])) return Number(port);
  }
}

test('an app that does not take the connection is 504, and soon', async () => {
  const port = await fullListener();
  const sallyport = await startSallyport(
    scope,
    `${anyPorts}limits: { connectTimeout: 1s }\nsites:\n  plain.test: { tls: off, to: ${port} }\n`,
  );
  const started = Date.now();
  const { text } = await rawExchange(
    sallyport.http,
    'POST / HTTP/1.1\r\nHost: plain.test\r\nContent-Length: 5\r\nConnection: close\r\n\r\nhello',
  );
  assert.deepEqual(statuses(text), [504]);
  assert.ok(Date.now() - started < 3_000);
  assert.match(sallyport.output(), new RegExp(`error upstream 127\\.0\\.0\\.1:${port}: .*connectTimeout`));
});
