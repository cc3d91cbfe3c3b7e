import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { makePair, sClient, site, snapshot, startListeners } from './support.ts';

const alpha = site(['alpha.example'], makePair('ec', 'alpha.example'));
const beta = site(['beta.example'], makePair('ec', 'beta.example'));
const request = 'GET / HTTP/1.1\r\n\r\n';

function sessionFile(t: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), 'sallyport-test-'));
  t.after(() => rmSync(folder, { recursive: true }));
  return join(folder, 'session');
}

/** Connects with the session in `file`, or saves one there; says whether it was resumed. */
async function visit(
  port: number,
  version: string,
  name: string,
  use: '-sess_out' | '-sess_in',
  file: string,
): Promise<boolean> {
  const { output } = await sClient(port, [version, '-servername', name, use, file, '-ign_eof'], request);
  assert.match(output, /^HTTP\/1\.1 200 OK/m);
  return /^Reused, TLS/m.test(output);
}

for (const version of ['-tls1_2', '-tls1_3']) {
  test(`${version}: a session is resumed, also after its certificate was replaced, and the name is known then`, async (t) => {
    const { port, listeners, connections } = await startListeners(t, snapshot([alpha, beta]));
    const file = sessionFile(t);
    assert.equal(await visit(port, version, 'alpha.example', '-sess_out', file), false);
    assert.equal(await visit(port, version, 'alpha.example', '-sess_in', file), true);
    listeners.apply(snapshot([{ ...alpha, certificates: [makePair('ec', 'alpha.example')] }, beta]));
    assert.equal(await visit(port, version, 'alpha.example', '-sess_in', file), true);
    assert.deepEqual(
      connections.map(({ site, serverName }) => [site?.name, serverName]),
      [
        ['alpha.example', 'alpha.example'],
        ['alpha.example', 'alpha.example'],
        ['alpha.example', 'alpha.example'],
      ],
    );
  });

  test(`${version}: the session of one site is not resumed at another`, async (t) => {
    const { port } = await startListeners(t, snapshot([alpha, beta]));
    const file = sessionFile(t);
    await visit(port, version, 'alpha.example', '-sess_out', file);
    assert.equal(await visit(port, version, 'beta.example', '-sess_in', file), false);
  });

  test(`${version}: a ticket outlives one rotation of the keys, not two`, async (t) => {
    const clock = new SteppedClock();
    const { port } = await startListeners(t, snapshot([alpha]), { clock });
    const file = sessionFile(t);
    await visit(port, version, 'alpha.example', '-sess_out', file);
    clock.step();
    assert.equal(await visit(port, version, 'alpha.example', '-sess_in', file), true);
    clock.step();
    assert.equal(await visit(port, version, 'alpha.example', '-sess_in', file), false);
  });
}

/** A clock whose only timer runs when told to. */
class SteppedClock {
  #due: (() => void) | null = null;

  now(): number {
    return 0;
  }

  after(_milliseconds: number, callback: () => void): { cancel(): void } {
    this.#due = callback;
    return {
      cancel: () => {
        this.#due = null;
      },
    };
  }

  step(): void {
    this.#due?.();
  }
}
