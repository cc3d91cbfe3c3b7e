import assert from 'node:assert/strict';
import { once } from 'node:events';
import { Agent, request } from 'node:https';
import { TLSSocket } from 'node:tls';
import { bodyOf, reflectionPath } from './backend.ts';
import { bodies } from './workloads.ts';

export interface VerifyTarget {
  readonly port: number;
  readonly name: string;
  readonly root: string;
}

/**
 * Proves that a proxy does the work before it is measured: TLS 1.3 with the suite of the measurement, the right bodies, keep-alive, and
 * the client's address, scheme and Host passed on. Rejects with what was wrong.
 */
export async function verifyPeer(target: VerifyTarget): Promise<void> {
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  try {
    for (const path of Object.keys(bodies) as (keyof typeof bodies)[]) {
      const body = await get(target, agent, path);
      assert.equal(body.length, bodies[path], `length of the body of ${path}`);
      assert.ok(body.equals(bodyOf(path)), `content of the body of ${path}`);
    }
    const reflected = String(await get(target, agent, reflectionPath));
    assert.equal(reflected, `127.0.0.1 https ${target.name}`, 'what the backend was told about the client');
    assert.equal(connectionsOf(agent), 1, 'connections used for sequential requests');
  } finally {
    agent.destroy();
  }
}

const used = new WeakMap<Agent, Set<TLSSocket>>();
function connectionsOf(agent: Agent): number {
  return used.get(agent)?.size ?? 0;
}

async function get({ port, name, root }: VerifyTarget, agent: Agent, path: string): Promise<Buffer> {
  const sent = request({
    ...{ agent, port, host: '127.0.0.1', servername: name, ca: root, path, headers: { Host: name } },
    ...{ minVersion: 'TLSv1.3', ciphers: 'TLS_AES_128_GCM_SHA256' },
  });
  sent.setTimeout(10_000, () => sent.destroy(new Error(`no answer to ${path} within ten seconds`)));
  sent.end();
  const [response] = await once(sent, 'response');
  const { socket } = response;
  assert.ok(socket instanceof TLSSocket);
  assert.equal(socket.getProtocol(), 'TLSv1.3');
  assert.equal(socket.getCipher().name, 'TLS_AES_128_GCM_SHA256');
  used.set(agent, (used.get(agent) ?? new Set()).add(socket));
  assert.equal(response.statusCode, 200, `status of ${path}`);
  const chunks: Buffer[] = [];
  for await (const chunk of response) chunks.push(chunk);
  return Buffer.concat(chunks);
}
