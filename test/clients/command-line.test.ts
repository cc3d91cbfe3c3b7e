import assert from 'node:assert/strict';
import { before, test } from 'node:test';
import { openssl, pythonSsl, runCurl, wget } from '../support/clients.ts';
import { startNginxUpstream } from '../support/nginx.ts';
import { needs } from '../support/parts.ts';
import { sharedScope } from '../support/scope.ts';
import { type Gate, startGate } from './gate.ts';

const parts = ['nginx'] as const;
const scope = sharedScope();
let gate: Gate;
before(async () => {
  if (needs(...parts).skip) return;
  const nginx = await startNginxUpstream(
    scope,
    `location / { return 200 "$request_method $request_uri $http_host $http_x_forwarded_proto\\n"; }
     location = /upload { client_body_in_single_buffer on; client_body_buffer_size 8m; proxy_pass http://127.0.0.1:$server_port/length; }
     location = /length { return 200 "$http_content_length\\n"; }`,
  );
  gate = await startGate(scope, nginx.port);
});

/** curl's options that lead the site's name to the gate and trust its root. */
function toGate(): string[] {
  const { name, port, certificate } = gate;
  return ['--cacert', certificate.rootFile, '--resolve', `${name}:${port}:127.0.0.1`];
}

test('curl gets the page over verified TLS 1.3 and TLS 1.2', needs(...parts, 'curl'), async () => {
  for (const version of [['--tlsv1.3'], ['--tlsv1.2', '--tls-max', '1.2']]) {
    const { stdout, stderr } = await runCurl([...toGate(), ...version, `https://${gate.name}:${gate.port}/a?b=c`]);
    assert.equal(stdout, `GET /a?b=c ${gate.name}:${gate.port} https\n`, stderr + gate.sallyport.output());
  }
});

test('curl keeps one connection for several requests', needs(...parts, 'curl'), async () => {
  const url = `https://${gate.name}:${gate.port}/`;
  const { stdout } = await runCurl([
    ...toGate(),
    '-w',
    '%{num_connects} ',
    '-o',
    '/dev/null',
    url,
    '-o',
    '/dev/null',
    url,
  ]);
  assert.equal(stdout, '1 0 ');
});

test('curl uploads a body with Expect and a known length', needs(...parts, 'curl'), async () => {
  const body = 'x'.repeat(3 * 1024 * 1024);
  const args = [...toGate(), '-H', 'Expect: 100-continue', '--data-binary', '@-'];
  const { stdout, stderr } = await runCurl([...args, `https://${gate.name}:${gate.port}/upload`], { input: body });
  assert.equal(stdout, `${body.length}\n`, stderr + gate.sallyport.output());
});

test('port 80 sends curl to HTTPS, path and query kept', needs(...parts, 'curl'), async () => {
  const args = ['-o', '/dev/null', '-w', '%{http_code} %{redirect_url}', '-H', `Host: ${gate.name}`];
  const { stdout } = await runCurl([...args, `http://127.0.0.1:${gate.httpPort}/a?b=c`]);
  assert.match(stdout, new RegExp(`^301 https://${gate.name}(:${gate.port})?/a\\?b=c$`));
});

test('wget gets the page', needs(...parts, 'wget'), async () => {
  const args = ['-q', '-O', '-', '--ca-certificate', gate.certificate.rootFile];
  const { stdout, stderr } = await wget([...args, `https://localhost:${gate.port}/w`]);
  assert.equal(stdout, `GET /w localhost:${gate.port} https\n`, stderr);
});

test("Python's ssl verifies the gate and gets the page", needs(...parts, 'python3'), async () => {
  const { stdout, stderr } = await pythonSsl({
    ...{ port: gate.port, name: gate.name, path: '/p', rootFile: gate.certificate.rootFile },
  });
  assert.match(stdout, /^TLSv1\.3 200\nGET \/p app\.test(:\d+)? https\n$/, stderr);
});

test('openssl s_client verifies the gate by name and gets an answer', needs(...parts, 'openssl'), async () => {
  const { name, port, certificate } = gate;
  const args = ['s_client', '-connect', `127.0.0.1:${port}`, '-servername', name, '-verify_hostname', name];
  const { stdout, stderr } = await openssl(
    [...args, '-verify_return_error', '-brief', '-ign_eof', '-CAfile', certificate.rootFile],
    {
      input: `GET /o HTTP/1.1\r\nHost: ${name}\r\nConnection: close\r\n\r\n`,
    },
  );
  assert.match(stderr, /Verification: OK/);
  assert.match(stdout, /GET \/o app\.test https/);
});

test('openssl s_client is refused for a name that is not served', needs(...parts, 'openssl'), async () => {
  const args = ['s_client', '-connect', `127.0.0.1:${gate.port}`, '-servername', 'other.test', '-brief'];
  const { stdout, stderr } = await openssl(args);
  assert.match(stdout + stderr, /unrecognized name/);
});
