import assert from 'node:assert/strict';
import { once } from 'node:events';
import { type TestContext, test } from 'node:test';
import { WebSocket } from 'ws';
import { startDemoApp } from '../../src/demo/app.ts';

async function startApp(t: TestContext): Promise<string> {
  const app = await startDemoApp();
  t.after(() => app.close());
  return `127.0.0.1:${app.port}`;
}

test('the page shows the request as the app saw it, escaped, and loads nothing from elsewhere', async (t) => {
  const host = await startApp(t);
  const response = await fetch(`http://${host}/?x=<b>`, { headers: { 'X-Probe': '<script>alert(1)</script>&$&' } });
  const page = await response.text();
  assert.equal(response.headers.get('content-type'), 'text/html; charset=utf-8');
  assert.match(page, /<td>x-probe<\/td><td>&lt;script&gt;alert\(1\)&lt;\/script&gt;&amp;\$&amp;<\/td>/i);
  assert.ok(!page.includes('<!--request-->'));
  assert.doesNotMatch(page, /(?:src|href)="(?!data:)/);
});

test('/api/echo gives back method, path, headers and body', async (t) => {
  const host = await startApp(t);
  const response = await fetch(`http://${host}/api/echo?a=1`, {
    method: 'PUT',
    headers: { 'X-Probe': '7' },
    body: 'hé',
  });
  const { method, path, headers, body }: Record<string, unknown> = JSON.parse(await response.text());
  assert.deepEqual([method, path, body], ['PUT', '/api/echo?a=1', 'hé']);
  assert.equal((headers as Record<string, unknown>)['x-probe'], '7');
});

test('/api/echo refuses a body that is too long', async (t) => {
  const host = await startApp(t);
  const response = await fetch(`http://${host}/api/echo`, { method: 'POST', body: 'x'.repeat(1024 * 1024 + 1) });
  assert.equal(response.status, 413);
});

test('/ws echoes text and bytes', async (t) => {
  const host = await startApp(t);
  const socket = new WebSocket(`ws://${host}/ws`);
  await once(socket, 'open');
  socket.send('hello');
  assert.deepEqual(await once(socket, 'message'), [Buffer.from('hello'), false]);
  socket.send(Buffer.from([0, 255]));
  assert.deepEqual(await once(socket, 'message'), [Buffer.from([0, 255]), true]);
  socket.close();
  await once(socket, 'close');
});

test('/events sends the time at once', async (t) => {
  const host = await startApp(t);
  const response = await fetch(`http://${host}/events`);
  assert.equal(response.headers.get('content-type'), 'text/event-stream');
  const reader = response.body?.getReader();
  const { value } = (await reader?.read()) ?? {};
  assert.match(Buffer.from(value ?? []).toString(), /^data: \d{4}-\d\d-\d\dT[\d:.]+Z\n\n$/);
  await reader?.cancel();
});

test('closing does not wait for open WebSockets and event streams', async () => {
  const app = await startDemoApp();
  const socket = new WebSocket(`ws://127.0.0.1:${app.port}/ws`);
  await once(socket, 'open');
  const events = await fetch(`http://127.0.0.1:${app.port}/events`);
  const ended = assert.rejects(events.text());
  await app.close();
  await once(socket, 'close');
  await ended;
});
