// biome-ignore-all lint/suspicious/noTemplateCurlyInString: variables of compose files
import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { after, test } from 'node:test';
import { ConfigError } from '../../control/config/problems.ts';
import { readDotEnv } from './dot-env.ts';
import { printPort } from './port-syntax.ts';
import { composeProjects, type Environment, readCompose, standardComposeFiles } from './read-compose.ts';

const made: string[] = [];
after(() => {
  for (const directory of made) rmSync(directory, { recursive: true });
});

/** A directory with these files. */
function lay(files: Readonly<Record<string, string>>): string {
  const directory = mkdtempSync(join(tmpdir(), 'sallyport-compose-'));
  made.push(directory);
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(dirname(join(directory, name)), { recursive: true });
    writeFileSync(join(directory, name), text);
  }
  return directory;
}

/** The ports of each service of the files, as Docker reads them. */
function portsOf(files: Readonly<Record<string, string>>, environment: Environment = {}, names?: string[]): unknown {
  const directory = lay(files);
  const paths = names?.map((name) => join(directory, name)) ?? standardComposeFiles(directory);
  const { services } = readCompose(paths, environment);
  return Object.fromEntries(
    services.map(({ name, ports }) => [name, [...new Set(ports.map(({ mapping }) => printPort(mapping)))]]),
  );
}

function problemsOf(files: Readonly<Record<string, string>>): string[] {
  try {
    portsOf(files);
  } catch (error) {
    assert.ok(error instanceof ConfigError, String(error));
    return error.problems.map(({ message, at }) => `${at?.line ?? 0}:${at?.column ?? 0} ${message}`);
  }
  return [];
}

test('variables come from the environment first, then from .env', () => {
  const files = {
    'compose.yaml': 'services:\n  a: { ports: ["${A}:1", "${B}:2", "${C:-30}:3"] }\n',
    '.env': 'A=10\nexport B="20" # two\nC=\n',
  };
  assert.deepEqual(portsOf(files, { A: '11' }), { a: ['11:1', '20:2', '30:3'] });
});

test('.env is read with quotes, comments and variables of its own', () => {
  const text = '# top\nA=1\nB=\'$A # x\'\nC="$A # x" # c\nD=${A}2 # d\n E = 5 \nF\nG=\n1X=3\nH: 8\n';
  assert.deepEqual(
    [...readDotEnv(text, new Map([['A', '9']]))],
    [
      ['A', '1'],
      ['B', '$A # x'],
      ['C', '9 # x'],
      ['D', '92'],
      ['E', '5'],
      ['G', ''],
      ['H', '8'],
    ],
  );
});

test('an override file beside a standard one is read with it, and adds port lines instead of replacing them', () => {
  const files = {
    'docker-compose.yml': 'services: { a: { image: x, ports: ["80:80", "81:81"] } }\n',
    'docker-compose.override.yml': 'services: { a: { ports: ["127.0.0.1:80:80", "81:81"] } }\n',
  };
  assert.deepEqual(portsOf(files), { a: ['80:80', '81:81', '127.0.0.1:80:80'] });
});

test('!reset takes port lines away and !override replaces them', () => {
  const base = 'services: { a: { ports: ["80:80"] }, b: { ports: ["81:81"] }, c: { image: c } }\n';
  const over = 'services: { a: { ports: !reset [] }, b: { ports: !override ["127.0.0.1:81:81"] }, c: !reset {} }\n';
  assert.deepEqual(portsOf({ 'a.yml': base, 'b.yml': over }, {}, ['a.yml', 'b.yml']), {
    a: [],
    b: ['127.0.0.1:81:81'],
  });
});

test('a service has the ports of those it extends, from its own file or another', () => {
  const files = {
    'compose.yml': `services:
  base: { ports: ["1:1"] }
  a: { extends: base, ports: ["2:2"] }
  b: { extends: { service: c, file: "\${DIR:-other}/common.yml" } }
`,
    'other/common.yml': 'services: { c: { extends: { service: d }, ports: ["3:3"] }, d: { ports: ["4:4"] } }\n',
  };
  assert.deepEqual(portsOf(files), { base: ['1:1'], a: ['1:1', '2:2'], b: ['4:4', '3:3'] });
});

test('included files are read with the .env beside them', () => {
  const files = {
    'compose.yaml':
      'include:\n  - sub/compose.yaml\n  - { path: [two/a.yaml, two/b.yaml] }\nservices: { a: { ports: ["1:1"] } }\n',
    'sub/compose.yaml': 'services: { b: { ports: ["$PORT:2"] } }\n',
    'sub/.env': 'PORT=22\n',
    'two/a.yaml': 'services: { c: { ports: ["3:3"] } }\n',
    'two/b.yaml': 'services: { c: { ports: ["4:4"] } }\n',
  };
  assert.deepEqual(portsOf(files), { b: ['22:2'], c: ['3:3', '4:4'], a: ['1:1'] });
});

test('anchors, aliases and merge keys are followed', () => {
  const text = `x-a: &a { image: x, ports: &p ["1:1"] }
x-b: &b { ports: ["9:9"], profiles: [debug] }
services:
  one: { <<: *a }
  two: { <<: [*a, *b] }
  three: { <<: *a, ports: ["3:3"] }
  four: { ports: *p }
`;
  assert.deepEqual(portsOf({ 'compose.yaml': text }), { one: ['1:1'], two: ['1:1'], three: ['3:3'], four: ['1:1'] });
});

test('networks tell of addresses of their own and of the address ports are published on', () => {
  const directory = lay({
    'compose.yaml': `services:
  a: { ports: ["1:1"] }
  b: { ports: ["2:2"], networks: [lan] }
networks:
  default: { driver_opts: { com.docker.network.bridge.host_binding_ipv4: 127.0.0.1 } }
  lan: { driver: macvlan }
`,
  });
  const { services } = readCompose(standardComposeFiles(directory), {});
  assert.deepEqual(
    services.map(({ defaultHostIp, ownAddress }) => [defaultHostIp, ownAddress]),
    [
      ['127.0.0.1', []],
      ['', ['lan']],
    ],
  );
});

test('what is hardly meant is told: base 60, variables that are not set, ports beside the host network', () => {
  const directory = lay({
    'compose.yaml':
      'include: ["oci://a/b"]\nservices:\n  a: { ports: [22:22, "$NO:80"] }\n  b: { network_mode: host, ports: ["1:1"] }\n',
  });
  const { doubts } = readCompose(standardComposeFiles(directory), {});
  assert.deepEqual(
    doubts.map(({ code, at }) => `${at.line}:${at.column} ${code}`),
    ['3:16 sexagesimal', '3:23 unset-variable', '4:36 ports-of-host-network', '1:11 not-read'],
  );
});

test('files of one directory are one project, others each their own', () => {
  const directory = lay({ 'a.yml': '', 'b.yml': '', 'c/compose.yaml': '', 'c/compose.override.yml': '' });
  const at = (name: string): string => join(directory, name);
  assert.deepEqual(composeProjects([at('a.yml'), at('c/compose.yaml'), at('b.yml')]), [
    [at('a.yml'), at('b.yml')],
    [at('c/compose.yaml'), at('c/compose.override.yml')],
  ]);
});

const broken: readonly (readonly [text: string, problem: RegExp])[] = [
  [
    'services:\n  a:\n    ports:\n      - "localhost:1:1"\n',
    /^4:9 services\.a\.ports\.0: localhost is no address to Docker/,
  ],
  ['services:\n  a:\n    ports: "80:80"\n', /^3:12 services\.a\.ports: not a list/],
  [
    'services:\n  a:\n    ports:\n      - target: 80\n        publish: 1\n',
    /^5:9 services\.a\.ports\.0\.publish: an unknown key; .*did you mean "published"/,
  ],
  [
    'services:\n  a:\n    ports:\n      - target: 80\n        host_ip: eth0\n',
    /^5:18 services\.a\.ports\.0\.host_ip: not an address/,
  ],
  ['services: [a]\n', /^1:11 services that are no mapping/],
  ['web:\n  image: x\n', /^1:1 no services/],
  ['', /^1:1 no services/],
  ['services:\n  a: x\n', /^2:6 services\.a: not a service/],
  ['services:\n  a:\n\t- x\n', /^\d:\d not YAML: /],
  ['services:\n  a: *b\n', /^2:6 an alias without its anchor: \*b/],
  ['services: &s\n  a: { <<: *s }\n', /^2:12 an alias within the value it stands for/],
  ['services: { a: { image: x }, a: { image: y } }\n', /^1:30 key "a" is there twice/],
  ['services: { a: { extends: a } }\n', /extends: a service that extends itself/],
  ['services: { a: { extends: { service: z } } }\n', /there is no service z/],
  ['services: { a: { extends: { service: z, file: no.yml } } }\n', /no\.yml: there is no such compose file/],
  ['include: [compose.yaml]\n', /include: a file that includes itself/],
];

for (const [text, problem] of broken) {
  test(`${JSON.stringify(text)} is refused with its place`, () => {
    assert.match(problemsOf({ 'compose.yaml': text })[0] ?? 'nothing refused', problem);
  });
}
