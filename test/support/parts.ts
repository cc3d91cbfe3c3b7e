import { existsSync } from 'node:fs';
import { join } from 'node:path';

/** Real programs the tests talk to, and the Debian package that brings each. */
const packages = {
  apache2: 'apache2',
  argon2: 'argon2',
  caddy: 'caddy',
  certutil: 'libnss3-tools',
  chromium: 'chromium',
  curl: 'curl',
  django: 'python3-django',
  dh: 'debhelper',
  'dpkg-buildpackage': 'dpkg-dev',
  'fail2ban-regex': 'fail2ban',
  'fail2ban-server': 'fail2ban',
  flask: 'python3-flask',
  git: 'git',
  gunicorn: 'gunicorn',
  h2load: 'nghttp2-client',
  haproxy: 'haproxy',
  htpasswd: 'apache2-utils',
  lsof: 'lsof',
  man: 'man-db',
  named: 'bind9',
  nghttp: 'nghttp2-client',
  nghttpd: 'nghttp2-server',
  nginx: 'nginx-light',
  openssl: 'openssl',
  pebble: 'pebble',
  'pebble-challtestsrv': 'pebble',
  python3: 'python3',
  'systemd-analyze': 'systemd',
  'systemd-notify': 'systemd',
  'systemd-nspawn': 'systemd-container',
  'systemd-socket-activate': 'systemd',
  script: 'bsdutils',
  'systemd-sysusers': 'systemd',
  setpriv: 'util-linux',
  slowhttptest: 'slowhttptest',
  taskset: 'util-linux',
  uvicorn: 'python3-uvicorn',
  uwsgi: 'uwsgi-plugin-python3',
  waitress: 'python3-waitress',
  wget: 'wget',
  wrk: 'wrk',
  zbar: 'python3-zbar',
} as const;

export type Part = keyof typeof packages;

/** Only Debian's own places are searched: a version manager's shims in PATH are other programs of the same name. */
const places = ['/usr/bin', '/usr/sbin', '/bin', '/sbin'];

const pythonModule = (name: string): string => `/usr/lib/python3/dist-packages/${name}/__init__.py`;

/** Modules of Debian's Python rather than programs, and what else is told by a file of another name. */
const modules: Partial<Record<Part, string>> = {
  django: pythonModule('django'),
  flask: pythonModule('flask'),
  uvicorn: pythonModule('uvicorn'),
  uwsgi: '/usr/bin/uwsgi_python3',
  waitress: pythonModule('waitress'),
  zbar: '/usr/share/doc/python3-zbar',
};

/** The absolute path of a real program (for a Python module: of its file), or null when it is not installed. */
export function findPart(part: Part): string | null {
  const module = modules[part];
  const candidates = module === undefined ? places.map((place) => join(place, part)) : [module];
  return candidates.find((candidate) => existsSync(candidate)) ?? null;
}

/** The absolute path of a real program. Throws, naming the package to install, when it is missing. */
export function requirePart(part: Part): string {
  const path = findPart(part);
  if (path !== null) return path;
  throw new Error(`${part} is not installed; on Debian: apt-get install ${packages[part]}`);
}

/**
 * Test options for a test that talks to real programs: `test('…', needs('nginx', 'curl'), async (t) => …)`.
 * A missing one skips the test and names its package; where `CI` is set it throws instead, so nothing is skipped unseen.
 */
export function needs(...parts: readonly Part[]): { skip: string | false } {
  const missing = parts.filter((part) => findPart(part) === null);
  if (missing.length === 0) return { skip: false };
  const cure = missing.map((part) => packages[part]).join(' ');
  const reason = `not installed: ${missing.join(', ')}; on Debian: apt-get install ${cure}`;
  if (process.env.CI) throw new Error(reason);
  return { skip: reason };
}
