import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { type BrowserContext, chromium } from 'playwright-core';
import { requirePart } from './parts.ts';
import { runProcess } from './process.ts';
import { makeDirectory, removeDirectory, type Scope } from './scope.ts';

export interface ChromiumOptions {
  /** Roots this browser trusts, besides those it ships with: paths of PEM files. Nothing else is relaxed. */
  readonly roots?: readonly string[];
  /** Names that lead to 127.0.0.1; every port of them does. */
  readonly names?: readonly string[];
}

/** Starts Debian's Chromium, headless, with a fresh profile and home; it is gone when the scope ends. */
export async function startChromium(scope: Scope, options: ChromiumOptions = {}): Promise<BrowserContext> {
  const executablePath = requirePart('chromium');
  const home = await makeDirectory();
  let context: BrowserContext | null = null;
  scope.after(async () => {
    await context?.close();
    await removeDirectory(home);
  });
  await trust(home, options.roots ?? []);
  const rules = (options.names ?? []).map((name) => `MAP ${name} 127.0.0.1`);
  const { CHROME_CONFIG_HOME: _, XDG_CONFIG_HOME: __, XDG_DATA_HOME: ___, ...env } = process.env;
  context = await chromium.launchPersistentContext(join(home, 'profile'), {
    executablePath,
    headless: true,
    chromiumSandbox: false,
    env: { ...env, HOME: home },
    args: [
      '--headless',
      '--no-sandbox',
      '--disable-gpu',
      '--disable-quic',
      '--disable-dev-shm-usage',
      '--no-first-run',
      '--no-proxy-server',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
      ...(rules.length > 0 ? [`--host-resolver-rules=${rules.join(', ')}`] : []),
    ],
  });
  return context;
}

/** Chromium on Linux takes user roots from the NSS database below HOME. */
async function trust(home: string, roots: readonly string[]): Promise<void> {
  const certutil = requirePart('certutil');
  const directory = join(home, '.pki/nssdb');
  await mkdir(directory, { recursive: true, mode: 0o700 });
  await nss(certutil, ['-N', '-d', `sql:${directory}`, '--empty-password']);
  for (const [index, file] of roots.entries()) {
    await nss(certutil, ['-A', '-d', `sql:${directory}`, '-t', 'C,,', '-n', `root ${index}`, '-i', file]);
  }
}

async function nss(certutil: string, args: readonly string[]): Promise<void> {
  const { code, stderr } = await runProcess(certutil, args);
  if (code !== 0) throw new Error(`certutil ${args.join(' ')} failed: ${stderr}`);
}
