import { readFileSync } from 'node:fs';
import { chmod, mkdir, writeFile } from 'node:fs/promises';
import { request } from 'node:http';
import { dirname, join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { Apps, type AppsOptions } from '../../src/control/apps/apps.ts';
import type { AppSettings } from '../../src/model/app.ts';
import { systemClock } from '../../src/model/clock.ts';
import type { Target } from '../../src/model/site.ts';
import { type MemoryLog, memoryLog } from '../support/memory-log.ts';
import { makeDirectory, removeDirectory, type Scope } from '../support/scope.ts';

/** Apps without a gate in front of them. */
export interface AppsAlone {
  readonly apps: Apps;
  readonly log: MemoryLog;
  /** Resolves once `holds` does; looked at whenever an app moves, and now and then besides. Rejects with the log after 20 seconds. */
  until(holds: () => boolean): Promise<void>;
}

export function appsAlone(scope: Scope, options: Partial<AppsOptions> = {}): AppsAlone {
  const log = memoryLog();
  const watchers = new Set<() => void>();
  const apps = new Apps({
    clock: systemClock,
    log,
    longestDrain: () => 10_000,
    onMoved: async () => {
      for (const watcher of [...watchers]) watcher();
    },
    ...options,
  });
  scope.after(() => apps.stop());
  return {
    apps,
    log,
    until: (holds) =>
      new Promise((resolve, reject) => {
        const end = (act: () => void): void => {
          watchers.delete(look);
          clearInterval(now);
          clearTimeout(deadline);
          act();
        };
        const look = (): void => {
          if (holds()) end(resolve);
        };
        const now = setInterval(look, 20);
        const said = () =>
          new Error(`it did not come to that:\n${JSON.stringify(apps.facts(), null, 1)}\n${log.lines.join('\n')}`);
        const deadline = setTimeout(() => end(() => reject(said())), 20_000);
        watchers.add(look);
        look();
      }),
  };
}

/** An app as the configuration compiles it; `program` and what else is given replace the rest. */
export function appSettings(directory: string, more: Partial<AppSettings> & Pick<AppSettings, 'program'>): AppSettings {
  return {
    name: 'app.example',
    user: null,
    group: null,
    groups: [],
    home: directory,
    environment: {},
    reload: [],
    readyPath: null,
    host: 'app.example',
    startTimeout: 20_000,
    stopSignal: null,
    stopTimeout: 5_000,
    ...more,
  };
}

/** A directory with files in it, which every user may read, as the directory of an app is. */
export async function appDirectory(scope: Scope, files: Readonly<Record<string, string>>): Promise<string> {
  const directory = await makeDirectory();
  scope.after(() => removeDirectory(directory));
  await chmod(directory, 0o755);
  for (const [name, text] of Object.entries(files)) {
    await mkdir(dirname(join(directory, name)), { recursive: true });
    await writeFile(join(directory, name), text);
  }
  return directory;
}

/** The body of the answer to a GET. */
export function ask(target: Target | undefined, path = '/', headers: Record<string, string> = {}): Promise<string> {
  if (target === undefined) return Promise.reject(new Error('the app is nowhere'));
  const place = target.kind === 'unix' ? { socketPath: target.path } : { host: target.host, port: target.port };
  return new Promise((resolve, reject) => {
    const asking = request({ ...place, path, headers: { host: 'app.example', ...headers }, agent: false });
    asking.on('error', reject);
    asking.on('response', (response) => {
      let body = '';
      response.setEncoding('utf8').on('data', (text: string) => {
        body += text;
      });
      response.on('end', () => resolve(body));
      response.on('error', reject);
    });
    asking.end();
  });
}

/** Whether a process runs: a zombie that nobody waits for does not. */
export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return !/^State:\s+Z/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'));
  } catch {
    return false;
  }
}

/** Resolves once `holds` does; rejects with what `said` gives after 20 seconds. */
export async function eventually(holds: () => boolean | Promise<boolean>, said: () => string): Promise<void> {
  for (const deadline = performance.now() + 20_000; !(await holds()); await delay(20)) {
    if (performance.now() > deadline) throw new Error(`it did not come to that:\n${said()}`);
  }
}
