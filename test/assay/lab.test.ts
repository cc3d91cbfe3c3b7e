import assert from 'node:assert/strict';
import { existsSync, readFileSync, statSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { test } from 'node:test';
import { finish } from '../cli/command-line.ts';
import { needs } from '../support/parts.ts';
import { runProcess, startProcess } from '../support/process.ts';
import { recordingBackend } from '../support/recording-backend.ts';
import { sallyportEntry } from '../support/sallyport.ts';
import { temporaryDirectory } from '../support/scope.ts';
import { assay, only } from './clients.ts';

const curl = ['curl', '-sS', '--cacert', '{ca}', '{url}'];

test('without a command it serves every case, tells live what came, and judges at Ctrl-C', needs('curl'), async (t) => {
  const directory = await temporaryDirectory(t);
  const lab = startProcess(process.execPath, [sallyportEntry, 'assay', '--case', 'unknown-ca', '--case', 'expired']);
  t.after(() => lab.stop());
  const [, page = ''] = await lab.printed(/^ready (http\S+)$/m);
  const root = join(directory, 'root.pem');
  await runProcess('curl', ['-s', '-o', root, `${page}root.pem`]);
  const urlOf = (name: string): string => new RegExp(`https://\\S+/${name}`).exec(lab.stderr())?.[0] ?? '';
  assert.equal((await runProcess('curl', ['-s', '--cacert', root, urlOf('good')])).code, 0);
  await lab.printed(/^accepted good \(must work\): sent GET \/good HTTP\/1\.1; /m);
  assert.equal((await runProcess('curl', ['-s', '--cacert', root, urlOf('unknown-ca')])).code, 60);
  await lab.printed(/^refused unknown-ca \(must refuse\): unknown_ca; /m);
  assert.equal((await runProcess('curl', ['-sk', urlOf('expired')])).code, 0);
  await lab.printed(/^ACCEPTED expired /m);
  const html = (await runProcess('curl', ['-s', page])).stdout;
  for (const name of ['good', 'unknown-ca', 'expired']) assert.ok(html.includes(`href="${urlOf(name)}"`), name);
  const state = (await runProcess('curl', ['-s', `${page}state.json`])).stdout;
  assert.deepEqual(JSON.parse(state)[2], {
    id: 'expired',
    outcome: 'accepted',
    detail: 'sent GET /expired HTTP/1.1',
    style: 'bad',
  });
  lab.signal('SIGINT');
  const { code, stdout } = await lab.exited;
  assert.equal(code, 1);
  assert.match(stdout, /^verifies certificates: partly: 1 bad certificate refused, but it accepts expired$/m);
});

test('Ctrl-C ends the command and what it started, and leaves no root behind', async (t) => {
  const directory = await temporaryDirectory(t);
  const script = 'echo {ca} > ca; sleep 1000 & echo $! > pid; touch begun; wait';
  const lab = startProcess(process.execPath, [sallyportEntry, 'assay', '--', 'sh', '-c', script], { cwd: directory });
  t.after(() => lab.stop());
  while (!existsSync(join(directory, 'begun'))) await new Promise((resolve) => setTimeout(resolve, 10));
  const read = (name: string): string => readFileSync(join(directory, name), 'utf8').trim();
  assert.equal(statSync(join(read('ca'), '..')).mode & 0o777, 0o700);
  lab.signal('SIGINT');
  const { code, stderr } = await lab.exited;
  assert.equal(code, 1, stderr);
  assert.equal(existsSync(join(read('ca'), '..')), false);
  const state = (await runProcess('ps', ['-o', 'stat=', '-p', read('pid')])).stdout.trim();
  assert.ok(state === '' || state.startsWith('Z'), state);
});

test('with --to the real app answers the client that trusts the lab', needs('curl'), async (t) => {
  const app = await recordingBackend(t);
  const found = await assay(t, [...only('expired'), '--to', String(app.port)], curl);
  assert.equal(found.verifies, 'yes');
  assert.deepEqual(
    app.requests.map(({ head }) => head.split('\r\n')[0]),
    ['GET /good HTTP/1.1', 'GET /good HTTP/1.1'],
  );
});

test('a lab whose name is an address shows what can be wrong with addresses', needs('curl'), async (t) => {
  const found = await assay(t, ['--name', '127.0.0.1'], curl);
  assert.equal(found.verifies, 'yes');
  const names = found.cases.map(({ name }) => name);
  assert.ok(names.includes('wrong-name') && names.includes('name-constraints'));
  assert.ok(!names.includes('wildcard-too-wide') && !names.includes('wrong-address'));
});

test('another name is shown to clients that are told where it is', needs('curl'), async (t) => {
  const at = ['--connect-to', '::{address}:{port}', '--cacert', '{ca}', 'https://{name}:{port}/'];
  const found = await assay(t, ['--name', 'app.home.test'], ['curl', '-sS', ...at]);
  assert.equal(found.verifies, 'yes');
  assert.equal(found.cases.find(({ name }) => name === 'wildcard-top')?.outcome, 'refused');
});

test(
  '--ca-dir keeps the root for the next time, its key for nobody else, and says to remove it',
  needs('curl'),
  async (t) => {
    const kept = join(await temporaryDirectory(t), 'ca');
    const first = await assay(t, [...only('expired'), '--ca-dir', kept], curl);
    const root = readFileSync(join(kept, 'root.pem'), 'utf8');
    assert.equal(statSync(join(kept, 'root.key')).mode & 0o777, 0o600);
    assert.match(first.stderr, /take it off every device and remove that directory/);
    const again = await assay(
      t,
      [...only('expired'), '--ca-dir', kept],
      ['curl', '-s', '--cacert', join(kept, 'root.pem'), '{url}'],
    );
    assert.equal(again.verifies, 'yes');
    assert.equal(readFileSync(join(kept, 'root.pem'), 'utf8'), root);
  },
);

test('a script may take everything from its environment', needs('curl'), async (t) => {
  const found = await assay(t, [...only('wrong-name'), '--trust-env'], ['sh', '-c', 'curl -sS "$SALLYPORT_ASSAY_URL"']);
  assert.equal(found.verifies, 'yes');
});

test('a client that sends nothing, never comes or hangs is told what is missing', needs('openssl'), async (t) => {
  const silent = 'openssl s_client -verify_return_error -CAfile {ca} -connect {host}:{port} </dev/null';
  const [sent, never, hangs] = await Promise.all([
    assay(t, [], ['sh', '-c', silent]),
    assay(t, [], ['true']),
    assay(t, ['--timeout', '1'], ['sleep', '100']),
  ]);
  assert.match(sent.problem!.why, /took the good certificate, but sent nothing/);
  assert.match(never.problem!.cure, /\{url\}/);
  assert.match(hangs.problem!.why, /never came/);
  for (const { code } of [sent, never, hangs]) assert.equal(code, 2);
});

test('what cannot be is wrong usage, with the cure', async (t) => {
  const directory = await temporaryDirectory(t);
  const taken = createServer().listen(0, '127.0.0.1');
  t.after(() => taken.close());
  await new Promise((resolve) => taken.once('listening', resolve));
  const address = taken.address();
  const port = typeof address === 'object' ? address?.port : 0;
  const tries: readonly [readonly string[], RegExp][] = [
    [['--case', 'expird', '--', 'true'], /no case "expird"\n {2}cure: .*--list/],
    [['--', 'no-such-client'], /no such program/],
    [['--name', '*.test', '--', 'true'], /cannot be sent to "\*\.test"/],
    [['--listen', '0.0.0.0:0', '--', 'true'], /needs one address of this machine; 0\.0\.0\.0 .*\n {2}cure: .*--listen/],
    [['--listen', `127.0.0.1:${port}`, '--', 'true'], /cannot listen on 127\.0\.0\.1, port \d+: EADDRINUSE\n {2}cure/],
  ];
  for (const [args, message] of tries) {
    const { code, stderr } = await finish(directory, ['assay', ...args], { PATH: process.env.PATH });
    assert.match(stderr, message);
    assert.equal(code, 2, args.join(' '));
  }
});

test('--list says of each case what an attacker gains and which RFC forbids it', async (t) => {
  const directory = await temporaryDirectory(t);
  const { code, stdout } = await finish(directory, ['assay', '--list', '--json']);
  assert.equal(code, 0);
  const cases: readonly { name: string; gain: string; rule: string; shows: string }[] = JSON.parse(stdout);
  assert.ok(cases.length > 30);
  assert.equal(new Set(cases.map(({ name }) => name)).size, cases.length);
  for (const { name, gain, rule, shows } of cases) {
    assert.match(gain, /^[A-Z].*\.$/, name);
    assert.match(rule, /RFC \d+/, name);
    assert.ok(shows, name);
  }
});
