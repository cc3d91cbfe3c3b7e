// biome-ignore-all lint/suspicious/noTemplateCurlyInString: these are the forms that users write
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { applyEdits, loopbackEdit, type TextEdit, withEdits } from './loopback-edit.ts';
import { isLoopback, printPort } from './port-syntax.ts';
import type { ComposeProject, PortLine } from './project.ts';
import { readCompose } from './read-compose.ts';

const file = '/nowhere/compose.yaml';
const environment = { BIND: '0.0.0.0', LINE: '8080:80', PORT: '9000' };

function read(text: string): ComposeProject {
  return readCompose([file], environment, new Map([[file, text]]));
}

/** The text with every line on 127.0.0.1 that can be, and those that cannot. */
function fix(text: string): { text: string; left: string[] } {
  const project = read(text);
  const edits: TextEdit[] = [];
  const left: string[] = [];
  for (const line of project.services.flatMap((service) => service.ports)) {
    if (isLoopback(line.mapping.hostIp)) continue;
    const edit = loopbackEdit(line, text);
    if (edit === null) left.push(line.text);
    else edits.push(edit);
  }
  const texts = withEdits(project, [file], environment, edits);
  assert.ok(texts !== null, text);
  assert.equal(applyEdits(text, edits), texts.get(file) ?? text);
  return { text: texts.get(file) ?? text, left };
}

/** A port entry before and after. */
const entries: readonly (readonly [before: string, after: string])[] = [
  ['- 8080:80', '- 127.0.0.1:8080:80'],
  ['- "8080:80"   # the web', '- "127.0.0.1:8080:80"   # the web'],
  ["- '8080:80/tcp'", "- '127.0.0.1:8080:80/tcp'"],
  ['- 8080', '- 127.0.0.1::8080'],
  ['- "3000-3005"', '- "127.0.0.1::3000-3005"'],
  ['- 0.0.0.0:80:80', '- 127.0.0.1:80:80'],
  ['- "[::]:80:80"', '- "127.0.0.1:80:80"'],
  ['- :::80:80', '- 127.0.0.1:80:80'],
  ['- "192.168.1.5::80"', '- "127.0.0.1::80"'],
  ['- ":80"', '- "127.0.0.1::80"'],
  ['- "${PORT:-8080}:80"', '- "127.0.0.1:${PORT:-8080}:80"'],
  ['- "${BIND:-0.0.0.0}:${PORT}:80"', '- "127.0.0.1:${PORT}:80"'],
  ['- "${LINE}"', '- "127.0.0.1:${LINE}"'],
  ['- "127.0.0.1:1:1"', '- "127.0.0.1:1:1"'],
  ['- {target: 80, published: 8080}', '- {host_ip: 127.0.0.1, target: 80, published: 8080}'],
  ['- { target: 80, host_ip: "0.0.0.0" }', '- { target: 80, host_ip: "127.0.0.1" }'],
];

for (const [before, after] of entries) {
  test(`${before} becomes ${after}`, () => {
    const whole = (entry: string): string => `# top\nservices:\n  web:\n    ports:   \n      ${entry}\n    image: x\n`;
    assert.deepEqual(fix(whole(before)), { text: whole(after), left: [] });
  });
}

test('a long port line in the block form gets a line of its own for the address', () => {
  const text = 'services:\r\n  web:\r\n    ports:\r\n      -   target: 80 # inside\r\n          published: "8080"\r\n';
  assert.equal(
    fix(text).text,
    'services:\r\n  web:\r\n    ports:\r\n      -   host_ip: 127.0.0.1\r\n          target: 80 # inside\r\n          published: "8080"\r\n',
  );
});

test('what has escapes in it, or no line of its own, is left as it is and told', () => {
  const text = 'services:\n  web:\n    ports:\n      - "80\\x380:80"\n      - >-\n        81:81\n';
  assert.deepEqual(fix(text), { text, left: ['"80\\x380:80"', '>- 81:81'] });
});

test('two lines that say the same are both changed', () => {
  const text = 'services:\n  web:\n    ports:\n      - "80:80"\n      - 80:80/tcp\n';
  assert.equal(fix(text).text, text.replace('"80', '"127.0.0.1:80').replace('- 80', '- 127.0.0.1:80'));
});

test('lines that several services share are changed once, where they stand', () => {
  const text =
    'x-web: &web\n  ports: &ports ["8080:80"]\nservices:\n  a: { <<: *web, image: a }\n  b:\n    ports: *ports\n';
  assert.equal(fix(text).text, text.replace('"8080:80"', '"127.0.0.1:8080:80"'));
});

/** All text that stands outside of port lines is there still, in its order. */
function assertSameOutside(before: string, lines: readonly PortLine[], after: string): void {
  let end = 0;
  let found = 0;
  for (const { node } of lines.toSorted((a, b) => a.node.start - b.node.start)) {
    const piece = before.slice(end, node.start);
    const at = after.indexOf(piece, found);
    assert.ok(end === 0 ? at === 0 : at >= 0, `${JSON.stringify(piece)} is gone from\n${after}`);
    found = at + piece.length;
    end = node.end;
  }
  assert.ok(after.slice(found).endsWith(before.slice(end)), after);
}

const port = fc.integer({ min: 1, max: 65_535 }).map(String);
const host = fc.constantFrom('', '0.0.0.0:', '[::]:', '127.0.0.1:', '10.0.0.7:', '${BIND}:', '${NO:-0.0.0.0}:');
const short = fc
  .tuple(host, fc.constantFrom('', '${PORT:-80}', '8080', '100-110'), port, fc.constantFrom('', '/tcp', '/udp'))
  .map(([address, published, target, protocol]) =>
    published === '' && address === '' ? `${target}${protocol}` : `${address}${published}:${target}${protocol}`,
  );
const quoted = fc
  .tuple(short, fc.constantFrom('"', "'", ''))
  .map(([text, quote]) => (quote === '' && /^[[{]|^:/.test(text) ? `"${text}"` : `${quote}${text}${quote}`));
const long = fc
  .tuple(port, fc.boolean(), fc.option(fc.constantFrom('0.0.0.0', '"::"', "'127.0.0.1'"), { nil: null }))
  .map(([target, flow, hostIp]) => {
    const members = [`target: ${target}`, 'published: "${PORT}"', ...(hostIp === null ? [] : [`host_ip: ${hostIp}`])];
    return flow ? `{ ${members.join(', ')} }` : members.join('\n          ');
  });
const comment = fc.constantFrom('', ' # why', '   ');
const entry = fc.tuple(fc.oneof(quoted, long), comment).map(([text, after]) => `      -   ${text}${after}\n`);
const compose = fc
  .array(
    fc.tuple(fc.array(entry, { minLength: 1, maxLength: 4 }), fc.constantFrom('image: x', 'build: .', 'labels: [a=b]')),
    {
      minLength: 1,
      maxLength: 3,
    },
  )
  .map((services) => {
    const texts = services.map(
      ([lines, other], index) => `  s${index}: # one\n    ports:\n${lines.join('')}\n    ${other}\n`,
    );
    return `# head\n\nservices:\n${texts.join('\n')}# end`;
  });

test('a changed file means the same but for addresses, and all its other text is as it was', () => {
  fc.assert(
    fc.property(compose, (text) => {
      const fixed = fix(text);
      assert.deepEqual(fixed.left, []);
      const lines = (project: ComposeProject) => project.services.flatMap((service) => service.ports);
      for (const line of lines(read(fixed.text))) assert.ok(isLoopback(line.mapping.hostIp), fixed.text);
      const onLoopback = (project: ComposeProject): Set<string> =>
        new Set(
          lines(project).map(({ service, mapping }) => `${service} ${printPort({ ...mapping, hostIp: '127.0.0.1' })}`),
        );
      assert.deepEqual(onLoopback(read(fixed.text)), onLoopback(read(text)));
      assertSameOutside(text, lines(read(text)), fixed.text);
    }),
    { numRuns: 300 },
  );
});
