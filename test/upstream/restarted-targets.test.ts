import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { Agent, request } from 'node:http';
import { join } from 'node:path';
import { test } from 'node:test';
import { anyPorts } from '../exchange/support.ts';
import { needs, requirePart } from '../support/parts.ts';
import { freePort } from '../support/ports.ts';
import { type RunningProcess, startProcess } from '../support/process.ts';
import { startSallyport } from '../support/sallyport.ts';
import { sharedScope, temporaryDirectory } from '../support/scope.ts';

const scope = sharedScope();
const directory = await temporaryDirectory(scope);
const nodeApp = `
const app = require('node:http').createServer((request, response) => {
  request.resume().on('end', () => setTimeout(() => response.end('node'), 3));
});
app.listen(Number(process.argv[1]), '127.0.0.1', () => console.log('listening'));
`;
await writeFile(
  join(directory, 'app.py'),
  `def app(environ, start_response):
    environ['wsgi.input'].read()
    start_response('200 OK', [('Content-Length', '6')])
    return [b'python']
`,
);
const [nodePort, pythonPort] = [await freePort(), await freePort()];

async function startNode(): Promise<RunningProcess> {
  const program = startProcess(process.execPath, ['-e', nodeApp, String(nodePort)]);
  scope.after(async () => {
    await program.stop();
  });
  await program.printed(/listening/);
  return program;
}

async function startGunicorn(): Promise<RunningProcess> {
  const args = ['--bind', `127.0.0.1:${pythonPort}`, '--threads', '4', '--keep-alive', '30', 'app:app'];
  const program = startProcess(requirePart('gunicorn'), args, { cwd: directory });
  scope.after(async () => {
    await program.stop();
  });
  await program.printed(/Booting worker/);
  return program;
}

interface Traffic {
  /** Answers by what they say: a status, or the name of the app for 200. */
  readonly answers: Map<string, number>;
  /** Resolves when this many more answers have come. */
  more(count: number): Promise<void>;
  stop(): Promise<void>;
}

/** Keeps `clients` requests under way until it is stopped. */
function traffic(port: number, method: string, clients: number): Traffic {
  const agent = new Agent({ keepAlive: true, maxSockets: clients });
  const answers = new Map<string, number>();
  let total = 0;
  let stopped = false;
  let look = (): void => {};
  const ask = (): Promise<string> =>
    new Promise((resolve) => {
      const outgoing = request(
        { port, method, agent, host: '127.0.0.1', headers: { host: 'app.test' } },
        (response) => {
          let text = '';
          response.setEncoding('latin1').on('data', (chunk: string) => {
            text += chunk;
          });
          response.on('end', () => resolve(response.statusCode === 200 ? text : String(response.statusCode)));
          response.on('error', () => resolve('cut'));
        },
      );
      outgoing.on('error', (error) => resolve(error.message));
      outgoing.end(method === 'POST' ? 'hello' : undefined);
    });
  const loops = Array.from({ length: clients }, async () => {
    while (!stopped) {
      const answer = await ask();
      answers.set(answer, (answers.get(answer) ?? 0) + 1);
      total++;
      look();
    }
  });
  return {
    answers,
    more: (count) => {
      const wanted = total + count;
      return new Promise((resolve) => {
        look = () => {
          if (total >= wanted) resolve();
        };
      });
    },
    async stop() {
      stopped = true;
      await Promise.all(loops);
      agent.destroy();
    },
  };
}

test('apps that are killed and started again in the middle of traffic cost no GET', needs('gunicorn'), async () => {
  let [node, python] = await Promise.all([startNode(), startGunicorn()]);
  const sallyport = await startSallyport(
    scope,
    `${anyPorts}sites:
  app.test: { tls: off, to: [${nodePort}, ${pythonPort}], health: { failTimeout: 500ms, slowStart: 500ms } }
`,
  );
  const gets = traffic(sallyport.http, 'GET', 8);
  const posts = traffic(sallyport.http, 'POST', 2);
  await gets.more(300);

  node.signal('SIGKILL');
  await node.exited;
  await gets.more(300);
  node = await startNode();
  gets.answers.delete('node');
  while (!gets.answers.has('node')) await gets.more(20);

  await python.stop();
  await gets.more(300);
  python = await startGunicorn();
  gets.answers.delete('python');
  while (!gets.answers.has('python')) await gets.more(20);

  await Promise.all([gets.stop(), posts.stop()]);
  assert.deepEqual([...gets.answers.keys()].sort(), ['node', 'python']);
  // A POST that an app had when it was killed may have been done: it is not sent again.
  const { node: _node, python: _python, '502': failed = 0, ...others } = Object.fromEntries(posts.answers);
  assert.deepEqual(others, {});
  assert.ok(failed <= 4, `${failed} POSTs failed`);
});
