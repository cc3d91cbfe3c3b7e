import assert from 'node:assert/strict';
import { once } from 'node:events';
import { type ClientHttp2Session, connect } from 'node:http2';
import { TLSSocket } from 'node:tls';
import { bodyOf, reflectionPath } from './backend.ts';
import type { VerifyTarget } from './verify.ts';
import { bodies } from './workloads.ts';

/** As `verifyPeer` for HTTP/2: every body whole, on one connection, with the suite of the measurement. */
export async function verifyHttp2({ port, name, root }: VerifyTarget): Promise<void> {
  const tls = { servername: name, ca: root, minVersion: 'TLSv1.3', ciphers: 'TLS_AES_128_GCM_SHA256' } as const;
  const session = connect(`https://127.0.0.1:${port}`, { ...tls, ALPNProtocols: ['h2'] });
  try {
    await once(session, 'connect');
    assert.equal(session.alpnProtocol, 'h2');
    assert.ok(session.socket instanceof TLSSocket);
    for (const path of Object.keys(bodies) as (keyof typeof bodies)[]) {
      const body = await get(session, name, path);
      assert.equal(body.length, bodies[path], `length of the body of ${path} over HTTP/2`);
      assert.ok(body.equals(bodyOf(path)), `content of the body of ${path} over HTTP/2`);
    }
    const reflected = String(await get(session, name, reflectionPath));
    assert.equal(reflected, `127.0.0.1 https ${name}`, 'what the backend was told about an HTTP/2 client');
  } finally {
    session.destroy();
  }
}

async function get(session: ClientHttp2Session, name: string, path: string): Promise<Buffer> {
  const stream = session.request({ ':path': path, ':authority': name });
  stream.setTimeout(10_000, () => stream.destroy(new Error(`no answer to ${path} within ten seconds`)));
  const [head] = await once(stream, 'response');
  assert.equal(head[':status'], 200, `status of ${path} over HTTP/2`);
  const chunks: Buffer[] = [];
  for await (const chunk of stream) chunks.push(chunk);
  assert.equal(stream.rstCode, 0, `how the stream of ${path} ended`);
  return Buffer.concat(chunks);
}
