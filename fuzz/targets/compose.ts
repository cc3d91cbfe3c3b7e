// biome-ignore-all lint/suspicious/noTemplateCurlyInString: variables of compose files
import assert from 'node:assert/strict';
import { ConfigError } from '../../src/control/config/problems.ts';
import { loopbackEdit, withEdits } from '../../src/migrate/compose/loopback-edit.ts';
import { isLoopback } from '../../src/migrate/compose/port-syntax.ts';
import { readCompose } from '../../src/migrate/compose/read-compose.ts';
import type { FuzzTarget } from '../target.ts';

const file = '/nonexistent/compose.yaml';
const environment = { PORT: '9000', BIND: '0.0.0.0' };

export const target: FuzzTarget = {
  reads: 'compose files, their port lines, and port lines put on loopback',
  seeds: [
    'services:\n  web:\n    image: x\n    ports:\n      - "8080:80"   # web\n      - 127.0.0.1:1:1\n',
    'services: { a: { ports: ["${PORT:-80}:80", "[::]:1-2:3-4/udp", 22:22, 3000] } }\n',
    'services:\n  a:\n    ports:\n      - target: 80\n        published: "8080"\n      - { target: 1, host_ip: "0.0.0.0" }\n',
    'x: &x { ports: &p ["1:1"] }\nservices: { a: { <<: *x }, b: { ports: *p, extends: a } }\n',
    'include: [other.yaml]\nservices: { a: { network_mode: host, labels: [a=b] } }\nnetworks: { default: { driver: macvlan } }\n',
  ],
  dictionary: [
    ...[
      'services:',
      'ports:',
      'target: ',
      'published: ',
      'host_ip: ',
      'extends: ',
      'include: ',
      'network_mode: host',
      '!reset ',
      '!override ',
    ],
    ...['${PORT}', '${BIND:-', '$$', '}', '127.0.0.1:', '[::1]:', '::', '/udp', '0.0.0.0', 'localhost', '-', '65536'],
    ...[
      '\n  ',
      '\n',
      '\r\n',
      '- ',
      '{ ',
      ' }',
      '[',
      ']',
      ': ',
      ', ',
      '"',
      "'",
      '#',
      '|',
      '>',
      '&a ',
      '*a',
      '<<: *a',
      '? ',
      '\\x30',
      '\ufeff',
      '---\n',
    ],
  ],
  mostBytes: 1200,
  check(input) {
    const text = input.toString('utf8');
    try {
      const project = readCompose([file], environment, new Map([[file, text]]));
      const lines = project.services.flatMap(({ ports }) => ports);
      const open = lines.filter(({ mapping }) => !isLoopback(mapping.hostIp));
      const edits = open.flatMap((line) => loopbackEdit(line, text) ?? []);
      if (edits.length === 0) return lines.length > 0 ? 'read, ports' : 'read';
      const texts = withEdits(project, [file], environment, edits);
      if (texts === null) return 'read, cannot be changed';
      const after = readCompose([file], environment, texts).services.flatMap(({ ports }) => ports);
      assert.ok(after.filter(({ mapping }) => !isLoopback(mapping.hostIp)).length <= open.length - 1);
      return 'changed';
    } catch (error) {
      if (!(error instanceof ConfigError)) throw error;
      assert.ok(error.problems.length > 0);
      return `${Math.min(3, error.problems.length)} problems`;
    }
  },
};
