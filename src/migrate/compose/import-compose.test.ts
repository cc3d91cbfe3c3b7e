// biome-ignore-all lint/suspicious/noTemplateCurlyInString: variables of compose files
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { settingsFromObject } from '../../control/config/read-settings.ts';
import type { Imported } from '../verdict.ts';
import { importCompose } from './import-compose.ts';

const directory = mkdtempSync(join(tmpdir(), 'sallyport-import-compose-'));
after(() => rmSync(directory, { recursive: true }));

function importText(text: string): Imported {
  writeFileSync(join(directory, 'compose.yaml'), text);
  const imported = importCompose({ files: ['compose.yaml'], directory, options: {} }, {});
  if (imported.config !== null) settingsFromObject(imported.config, directory);
  return imported;
}

/** What a compose file becomes: its sites, and for each line a verdict on each directive in it. */
interface Case {
  readonly title: string;
  readonly text: string;
  readonly sites: unknown;
  /** `LINE verdict`, in the order of the file; one for each port line and each label or variable for a proxy. */
  readonly verdicts: readonly string[];
}

const cases: readonly Case[] = [
  {
    title: 'services with published ports are sites under .internal, databases are not',
    text: `services:
  kms: { image: kms, ports: ["5001:5000"] }
  my_backend: { image: b, ports: ["127.0.0.1:5002:5000", "127.0.0.1:5003:9100", "[::1]:5004:9200/tcp", "[::1]:5005:9300"] }
  mongo: { image: "mongo:6", ports: ["27017:27017"] }
  cache: { image: "registry.example:5000/redis@sha256:ab", ports: ["6379:1234"] }
  store: { image: own, ports: ["5432:5432"] }
`,
    sites: { 'kms.internal': 5001, 'my-backend.internal': 5002, 'my-backend-9100.internal': 5003 },
    verdicts: [
      '2 approximated',
      '3 carried',
      '3 carried',
      '3 refused',
      '3 refused',
      '4 refused',
      '5 refused',
      '6 refused',
    ],
  },
  {
    title: 'what is no HTTP, or on no port that stays, is refused',
    text: `services:
  git: { image: gitea, ports: ["2222:22", "127.0.0.1:3000:3000"] }
  dns: { image: d, ports: ["53:53/udp", "53:53"] }
  any: { image: a, ports: [8080, "9000-9001:80-81", "9100-9110:80"] }
  web: { image: w, ports: ["127.0.0.1:80:80", "443:443"] }
  own: { image: o, ports: ["8443:8443"] }
  host: { image: h, network_mode: host, ports: ["1:1"] }
  proxy: { image: "nginxproxy/nginx-proxy:1.6", ports: ["80:80"] }
  worker: { image: w }
`,
    sites: { 'git.internal': 3000, 'web.internal': 8080 },
    verdicts: [
      ...[
        '2 refused',
        '2 carried',
        '3 refused',
        '3 refused',
        '4 refused',
        '4 refused',
        '4 refused',
        '5 approximated',
        '5 refused',
      ],
      ...['6 refused', '7 refused', '7 refused', '8 refused', '9 carried'],
    ],
  },
  {
    title: 'the variables of nginx-proxy give names, ports and paths',
    text: `services:
  blog:
    environment:
      VIRTUAL_HOST: blog.example.org, www.blog.example.org
      VIRTUAL_PORT: 2368
      LETSENCRYPT_HOST: blog.example.org
    ports: ["127.0.0.1:8001:2368"]
  api:
    environment: ["VIRTUAL_HOST=blog.example.org", "VIRTUAL_PATH=/api", "VIRTUAL_DEST=/", "OTHER=x"]
    ports: ["8002:80"]
  wild: { environment: ["VIRTUAL_HOST=~^x"] }
`,
    sites: {
      'blog.example.org': {
        aliases: ['www.blog.example.org'],
        routes: { '/': 8001, '/api': { to: 8002, stripPrefix: true } },
      },
    },
    verdicts: [
      '4 carried',
      '5 carried',
      '6 carried',
      '7 carried',
      '9 carried',
      '9 carried',
      '9 carried',
      '10 approximated',
      '11 refused',
    ],
  },
  {
    title: "Traefik's rules of hosts and paths are sites and routes, its middlewares are refused with the cure",
    text: `services:
  wiki:
    labels:
      - traefik.enable=true
      - traefik.http.routers.w.rule=Host(\`wiki.example.org\`) || Host(\`w.example.org\`)
      - traefik.http.routers.w.tls.certresolver=le
      - traefik.http.routers.w.middlewares=users
      - traefik.http.middlewares.users.basicauth.users=alice:$$apr1$$secret
      - traefik.http.services.w.loadbalancer.server.port=3000
  two:
    labels:
      traefik.http.routers.two.rule: (Host(\`wiki.example.org\`)) && PathPrefix(\`/two/\`)
      traefik.http.routers.odd.rule: HostRegexp(\`.+\`)
    ports: ["127.0.0.1:9000:9000"]
  off: { labels: { traefik.enable: "false" }, ports: ["127.0.0.1:9001:80"] }
`,
    sites: {
      'wiki.example.org': { aliases: ['w.example.org'], routes: { '/': 3000, '/two': 9000 } },
      'off.internal': 9001,
    },
    verdicts: [
      ...['2 approximated', '4 carried', '5 carried', '6 carried', '7 refused', '8 refused', '9 carried'],
      ...['12 carried', '13 refused', '14 carried', '15 carried', '15 carried'],
    ],
  },
  {
    title: 'labels of caddy-docker-proxy give names, upstreams and the in-house CA',
    text: `services:
  note:
    labels: { caddy: "https://note.example.org", caddy.reverse_proxy: "{{upstreams 8080}}", caddy.tls: internal }
    ports: [8080]
  path:
    labels: { caddy: path.example.org, caddy.reverse_proxy: "/api/* {{upstreams}}" }
`,
    sites: { 'note.example.org': { tls: 'internal', to: 8080 } },
    verdicts: ['3 carried', '3 carried', '3 carried', '4 approximated', '6 refused', '6 refused'],
  },
];

for (const { title, text, sites, verdicts } of cases) {
  test(title, () => {
    const { config, judged } = importText(text);
    assert.deepEqual(config?.sites, sites);
    assert.deepEqual(
      judged.map(({ line, verdict }) => `${line} ${verdict}`),
      verdicts,
    );
    for (const { verdict, note } of judged) assert.ok(verdict === 'carried' || note !== '');
  });
}

test('a comment names the line that must change, as it should be', () => {
  const { comments } = importText('services:\n  kms: { image: kms, ports: ["${PORT:-5001}:5000"] }\n');
  assert.deepEqual(
    comments?.map(({ path }) => path),
    [['sites', 'kms.internal']],
  );
  assert.match(comments?.[0]?.text ?? '', /^compose\.yaml:2 must become - "127\.0\.0\.1:\$\{PORT:-5001\}:5000": /);
});

test('hashes of passwords in labels are not printed', () => {
  const { judged } = importText(cases[3]?.text ?? '');
  assert.ok(!JSON.stringify(judged).includes('secret'));
});

test('without a service that speaks HTTP there is nothing to write', () => {
  assert.equal(importText('services: { db: { image: postgres, ports: ["5432:5432"] } }\n').config, null);
});
