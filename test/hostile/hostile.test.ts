/** Hostile requests at the real gate: what becomes of each, and what the app behind it got. */
import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { anyPorts, secureExchange, statuses, whole } from '../exchange/support.ts';
import { judge, type SplitMessage } from '../support/message-split.ts';
import { type RawBackend, rawBackend } from '../support/raw-backend.ts';
import { rawExchange } from '../support/raw-exchange.ts';
import { startSallyport } from '../support/sallyport.ts';
import { sharedScope } from '../support/scope.ts';
import type { HostileCase, Passed } from './case.ts';
import { chunking, clCl, clTe, clZero, teCl, teTe, trailers } from './cases/framing.ts';
import { excess, fields, forwarding, hopByHop, hosts, injection, requestLines, upgrades } from './cases/heads.ts';
import { paths } from './cases/paths.ts';

const families: Readonly<Record<string, readonly HostileCase[]>> = {
  'CL.TE': clTe,
  'TE.CL': teCl,
  'TE.TE': teTe,
  'CL.CL': clCl,
  'CL.0 and 0.CL': clZero,
  chunks: chunking,
  trailers,
  'request lines': requestLines,
  hosts,
  fields,
  'Connection options': hopByHop,
  'forged forwarding fields': forwarding,
  'cookies and logs': injection,
  excess,
  upgrades,
  paths,
};

const scope = sharedScope();
const backend = await rawBackend(scope);
const sallyport = await startSallyport(
  scope,
  `${anyPorts}sites:
  plain.test: { tls: off, to: ${backend.port} }
  routed.test:
    tls: off
    routes:
      /api: { to: ${backend.port}, stripPrefix: true }
      /sync: ${backend.port}
      /old: { redirect: "https://elsewhere.test/" }
  localhost: ${backend.port}
`,
);

const victim = 'GET /sync/victim HTTP/1.1\r\nHost: NAME\r\nConnection: close\r\n\r\n';
const victimPassed: Passed = { line: 'GET /sync/victim HTTP/1.1' };
let next = 0;
let forwarded = 0;
let ambiguous = 0;

/** Requests that the app got since, each connection read by several readers, all of which must agree. */
function received(mark: ReturnType<RawBackend['mark']>): { messages: SplitMessage[]; rest: number } {
  const messages: SplitMessage[] = [];
  let rest = 0;
  for (const { bytes } of backend.since(mark)) {
    const read = judge(bytes);
    if (read.ambiguity !== '') ambiguous++;
    assert.equal(read.ambiguity, '', `the app got what can be read in two ways:\n${bytes.toString('latin1')}`);
    messages.push(...read.messages);
    rest += read.rest;
  }
  forwarded += messages.length;
  return { messages, rest };
}

function assertPassed(message: SplitMessage | undefined, wanted: Passed): void {
  assert.ok(message, `the app did not get ${wanted.line}`);
  assert.equal(message.line, wanted.line);
  assert.equal(message.body, wanted.body?.replaceAll('NAME', 'plain.test') ?? '');
  for (const field of wanted.has ?? [])
    assert.ok(message.fields.includes(field), `${field} is missing in\n${message.fields.join('\n')}`);
  for (const field of message.fields) if (wanted.hasNot !== undefined) assert.doesNotMatch(field, wanted.hasNot);
}

type Send = (bytes: string, count: number) => Promise<{ text: string; end: string }>;

async function run({ bytes, expected }: HostileCase, send: Send): Promise<void> {
  const mark = backend.mark();
  const count = expected.kind === 'passes' ? expected.requests.length + 1 : 2;
  const { text, end } = await send(bytes + victim, count);
  const codes = statuses(text).filter((code) => code >= 200);
  const { messages, rest } = received(mark);
  if (expected.kind === 'passes') {
    for (const [index, request] of [...expected.requests, victimPassed].entries())
      assertPassed(messages[index], request);
    assert.equal(messages.length, expected.requests.length + 1);
    assert.deepEqual([...new Set(codes)], [200]);
  } else if (expected.kind === 'answered') {
    assert.equal(codes[0], expected.status);
    assert.deepEqual(
      messages.map(({ line }) => line),
      codes.length === 2 ? [victimPassed.line] : [],
    );
  } else {
    assert.deepEqual(codes, [expected.status]);
    assert.match(text, /\r\nConnection: close\r\n/);
    assert.equal(end, 'closed');
    assert.deepEqual(messages, []);
    if (expected.kind === 'refused') assert.equal(rest, 0);
  }
}

/** Somebody else’s request right behind, on another connection: its answer must be its own. */
async function assertUnpoisoned(): Promise<void> {
  const path = `/next-${next++}`;
  const { text } = await rawExchange(
    sallyport.http,
    `GET ${path} HTTP/1.1\r\nHost: plain.test\r\nConnection: close\r\n\r\n`,
  );
  assert.deepEqual(statuses(text), [200]);
  assert.ok(text.endsWith(`\r\n\r\nGET ${path}`), text);
}

const overHttp =
  (site: string): Send =>
  (bytes, count) =>
    rawExchange(sallyport.http, bytes.replaceAll('NAME', site), { until: whole(count + 5) });
const overTls: Send = (bytes) => secureExchange(sallyport, 'localhost', bytes.replaceAll('NAME', 'localhost'));

for (const [family, cases] of Object.entries(families)) {
  for (const hostile of cases) {
    test(`${family}: ${hostile.name} (${hostile.section}): ${hostile.expected.kind}`, async () => {
      await run(hostile, overHttp(hostile.routed ? 'routed.test' : 'plain.test'));
      await assertUnpoisoned();
    });
  }
}

for (const { name, section, bytes } of [...clTe, ...teCl, ...teTe, ...clCl].filter(
  ({ expected }) => expected.kind === 'refused',
)) {
  test(`over TLS: ${name} (${section}): refused`, async () => {
    const mark = backend.mark();
    const { text } = await overTls(bytes + victim, 1);
    assert.equal(statuses(text).length, 1);
    assert.deepEqual(received(mark), { messages: [], rest: 0 });
    await assertUnpoisoned();
  });
}

after(() => {
  const all = Object.values(families).flat();
  for (const [family, cases] of Object.entries(families)) console.log(`${String(cases.length).padStart(4)}  ${family}`);
  const kinds = Object.entries(Object.groupBy(all, ({ expected }) => expected.kind)).map(
    ([kind, list]) => `${list?.length} ${kind}`,
  );
  console.log(
    `${all.length} hostile cases: ${kinds.join(', ')}; ${forwarded} requests reached the app, ${ambiguous} ambiguous`,
  );
});

test('there are two hundred of them, each with a name of its own and the section of its standard', () => {
  const all = Object.entries(families).flatMap(([family, cases]) => cases.map((one) => ({ family, ...one })));
  assert.ok(all.length >= 200, String(all.length));
  assert.equal(new Set(all.map(({ family, name }) => `${family}: ${name}`)).size, all.length);
  for (const { section } of all) assert.match(section, /^RFC \d+ §[\d.]+$/);
});
