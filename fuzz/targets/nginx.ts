// biome-ignore-all lint/suspicious/noTemplateCurlyInString: these are the strings that users write
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { importNginx } from '../../src/migrate/nginx/import-nginx.ts';
import { writeYaml } from '../../src/migrate/write-yaml.ts';
import { UserError } from '../../src/model/errors.ts';
import { assertServable } from '../../test/support/imported.ts';
import type { FuzzTarget } from '../target.ts';

const corpus = new URL('../../src/migrate/nginx/corpus/', import.meta.url);
const cases = readdirSync(corpus).flatMap((name) => readFileSync(new URL(name, corpus), 'utf8').split(/^=== .*\n/m));
const seeds = cases.map((text) => text.split(/^(?:>>>|\+\+\+ .*)\n/m)[0] ?? '').filter((text) => text.length > 0);
const shortest = seeds.sort((a, b) => a.length - b.length).slice(0, 12);

/** A file that includes itself, and one that does not. */
const more: Readonly<Record<string, string>> = {
  '/etc/nginx/self.conf': 'include self.conf;',
  '/etc/nginx/a.conf': 'proxy_set_header Host $host;',
};

export const target: FuzzTarget = {
  reads: "nginx's configuration language, and what becomes of it",
  seeds: [...shortest, 'include self.conf;', 'server { location / { include *.conf; } }'],
  dictionary: [
    ...[
      'server {',
      'location / {',
      'location ~ ^/a {',
      'location = /a {',
      'upstream u {',
      'http {',
      'map ',
      'if (',
      '}',
      ';',
    ],
    ...['listen 443 ssl;', 'listen [::1]:80;', 'server_name a.internal;', 'server_name *.a.example;', 'server_name _;'],
    ...[
      'proxy_pass http://127.0.0.1:8000;',
      'proxy_pass http://u/;',
      'proxy_set_header ',
      'add_header ',
      'return 301 ',
    ],
    ...[
      'https://$host$request_uri',
      'allow 10.0.0.0/8;',
      'deny all;',
      'auth_basic ',
      'auth_request /a;',
      'satisfy any;',
    ],
    ...[
      'limit_req zone=one burst=5;',
      'rewrite ^ ',
      'set $a ',
      'include ',
      'weight=2',
      'max_fails=1',
      '1h',
      '64k',
      '0',
    ],
    ...['"', "'", '\\', '$', '${', '#', '\n', '\t', '\0', '\ufeff', '%', '/', '//', '..', '~', '@', '@a', '*', '|'],
  ],
  mostBytes: 1200,
  check(input) {
    const text = input.toString('utf8');
    const tree = {
      read: (path: string) => {
        const found = path === '/etc/nginx/nginx.conf' ? text : more[path];
        return found === undefined ? { error: 'ENOENT' } : { text: found };
      },
      list: (path: string) => (path === '/etc/nginx' ? ['self.conf', 'a.conf'] : []),
    };
    try {
      const { config, judged, comments } = importNginx(
        { files: ['nginx.conf'], directory: '/etc/nginx', options: {} },
        tree,
      );
      for (const { note, verdict } of judged) assert.ok(verdict !== 'refused' || note !== '');
      if (config === null) return 'nothing carried';
      assertServable(config, writeYaml(config, comments));
      return `${Math.min(3, Object.keys(config.sites).length)} sites`;
    } catch (error) {
      if (!(error instanceof UserError) || error.code !== 'nginx-syntax') throw error;
      assert.equal(error.exitCode, 2);
      assert.ok(error.at !== undefined && error.cure !== undefined);
      return 'not the language';
    }
  },
};
