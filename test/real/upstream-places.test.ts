import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { before, test } from 'node:test';
import { makeCertificate, type TestCertificate } from '../support/certificates.ts';
import { needs, requirePart } from '../support/parts.ts';
import { startProcess } from '../support/process.ts';
import { sharedScope, temporaryDirectory } from '../support/scope.ts';
import { type Gate, openGate } from './gate.ts';

const app = `
from flask import Flask, request
app = Flask(__name__)
@app.get('/')
def index():
    return 'from ' + request.environ['wsgi.url_scheme'] + ' for ' + request.host
`;

const parts = needs('flask', 'gunicorn', 'curl');
const scope = sharedScope();
let gate: Gate;

before(async () => {
  if (parts.skip) return;
  const directory = await temporaryDirectory(scope);
  const other = await temporaryDirectory(scope);
  const certificate = await makeCertificate(directory, ['app.internal', '127.0.0.1']);
  const { rootFile: otherRoot } = await makeCertificate(other, ['app.internal']);
  await writeFile(join(directory, 'app.py'), app);
  const [secure] = await Promise.all([startSecure(directory, certificate), startOnSocket(directory)]);
  const url = `https://127.0.0.1:${secure}`;
  const caFile = certificate.rootFile;
  gate = await openGate(scope, {
    'verified.test': { to: { url, caFile } },
    'named.test': { to: { url, caFile, serverName: 'app.internal' } },
    'other-root.test': { to: { url, caFile: otherRoot } },
    'public-roots.test': { to: url },
    'other-name.test': { to: { url, caFile, serverName: 'elsewhere.internal' } },
    'socket.test': { to: `unix:${join(directory, 'app.sock')}` },
  });
});

/** gunicorn that speaks HTTPS itself; resolves with its port. */
async function startSecure(directory: string, { certificateFile, keyFile }: TestCertificate): Promise<number> {
  const args = ['--bind', '127.0.0.1:0', '--certfile', certificateFile, '--keyfile', keyFile];
  const [, port] = await startGunicorn(directory, args, /Listening at: https:\/\/127\.0\.0\.1:(\d+)/);
  return Number(port);
}

async function startOnSocket(directory: string): Promise<void> {
  await startGunicorn(directory, ['--bind', 'unix:app.sock'], /Listening at: unix:/);
}

function startGunicorn(directory: string, args: readonly string[], ready: RegExp): Promise<RegExpMatchArray> {
  const env = { PYTHONPATH: undefined, PYTHONHOME: undefined, VIRTUAL_ENV: undefined };
  const program = startProcess(requirePart('gunicorn'), [...args, 'app:app'], { cwd: directory, env });
  scope.after(async () => void (await program.stop()));
  return program.printed(ready);
}

for (const [name, why] of [
  ['verified.test', 'whose certificate its CA has signed'],
  ['named.test', 'whose certificate has the name that serverName gives'],
] as const) {
  test(`an https:// app ${why} is served`, parts, async () => {
    const { stdout, stderr } = await gate.curl(name, '/');
    assert.equal(stdout, `from https for ${name}:${gate.sallyport.https}`, stderr + gate.sallyport.output());
  });
}

for (const [name, why, reason] of [
  ['other-root.test', 'of another CA', /certificate/i],
  ['public-roots.test', 'of no public CA', /certificate/i],
  ['other-name.test', 'for another name', /elsewhere\.internal/],
] as const) {
  test(`an https:// app with a certificate ${why} is refused, and the log says why`, parts, async () => {
    const { stdout, stderr } = await gate.curl(name, '/', '-o', '/dev/null', '-w', '%{http_code}');
    assert.equal(stdout, '502', stderr);
    const lines = gate.sallyport.output().split('\n');
    const line = lines.find((each) => each.includes('upstream') && each.includes(name)) ?? '';
    assert.match(line, reason, lines.join('\n'));
  });
}

test('an app on a Unix socket is served', parts, async () => {
  const { stdout, stderr } = await gate.curl('socket.test', '/');
  assert.match(stdout, /^from https? for socket\.test/, stderr + gate.sallyport.output());
});
