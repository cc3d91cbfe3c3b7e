import assert from 'node:assert/strict';
import { chmod, mkdir, readFile, symlink, writeFile } from 'node:fs/promises';
import { userInfo } from 'node:os';
import { delimiter, dirname, join, resolve } from 'node:path';
import { type Finished, type RunningProcess, runProcess, startProcess } from '../support/process.ts';
import { readyPorts } from '../support/sallyport.ts';
import { type Scope, temporaryDirectory } from '../support/scope.ts';
import { type Block, blocksOf, isAsShown } from './blocks.ts';

const root = resolve(import.meta.dirname, '../..');

/** Only root can run an app as another user. */
const appUser = process.geteuid?.() === 0 ? 'www-data' : userInfo().username;

/** By the port a guide names, the one that takes its place. */
export type Ports = Readonly<Record<number, number>>;

export interface GuideOptions {
  readonly ports?: Ports;
  /** Lines for the `acme` of a `sallyport.yaml`: the CA of the test instead of a public one. */
  readonly acme?: string;
  /** Likewise for its `dns`. */
  readonly dns?: string;
  /** PEM file of roots that stand for those every client has. */
  readonly roots?: string;
  /** Brings what the guide takes for granted into the directory it is followed in. */
  prepare?(directory: string): Promise<unknown>;
}

/**
 * Does what a guide says, block by block (see blocks.ts), in an empty directory: each command must succeed and print what
 * the guide shows. The machine differs from a reader's in this only:
 *
 * - Sallyport listens on free ports of 127.0.0.1 and keeps its state in the directory: two lines are added to a
 *   `sallyport.yaml`, and where there is none, options to `up` and `ca root`. What is printed is compared as if the ports were 443 and 80.
 * - Names lead to those ports: a `.curlrc` says so to curl. Ports of apps (`ports`) are others, in files and commands alike.
 * - The CA and the DNS service are the test's own: lines are added to `acme` and its `dns`, and curl is told the CA's root.
 * - Packages of npm are those of this checkout, `/etc/ssl` is the directory's own `ssl`, and `/var/www` its own, too.
 * - Where the tests do not run as root, `www-data` is the user who runs them.
 */
export async function followGuide(scope: Scope, file: string, options: GuideOptions = {}): Promise<void> {
  const directory = await temporaryDirectory(scope);
  const reader = new Reader(scope, directory, options);
  await reader.settle();
  await options.prepare?.(directory);
  const blocks = blocksOf(await readFile(join(root, file), 'utf8'));
  assert.ok(blocks.length > 0, `${file} has nothing to follow`);
  for (const block of blocks) await reader.follow(block, `${file}:${block.line}`);
}

class Reader {
  readonly #scope: Scope;
  readonly #directory: string;
  readonly #ports: Ports;
  readonly #acme: string;
  readonly #dns: string;
  readonly #roots: string | undefined;
  readonly #env: Record<string, string | undefined>;
  readonly #programs: RunningProcess[] = [];
  /** What Sallyport listens on, once it does. */
  #listening: { readonly https: number; readonly http: number } | null = null;
  #printed = '';

  constructor(scope: Scope, directory: string, { ports = {}, acme = '', dns = '', roots }: GuideOptions) {
    this.#scope = scope;
    this.#directory = directory;
    this.#ports = ports;
    this.#acme = acme;
    this.#dns = dns;
    this.#roots = roots;
    const path = [join(directory, '.bin'), join(root, 'node_modules/.bin'), process.env.PATH].join(delimiter);
    this.#env = { PATH: path, HOME: directory, CURL_HOME: directory };
    for (const proxy of ['http_proxy', 'https_proxy', 'all_proxy', 'no_proxy']) this.#env[proxy] = undefined;
  }

  async settle(): Promise<void> {
    await mkdir(join(this.#directory, '.bin'));
    await mkdir(join(this.#directory, 'ssl'));
    // An app may run as another user.
    await chmod(this.#directory, 0o711);
    await symlink(join(root, 'node_modules'), join(this.#directory, 'node_modules'));
    const script = `#!/bin/sh
case $1 in
up) shift; set -- up --http 127.0.0.1:0 --https 127.0.0.1:0 --state state "$@" ;;
run) grep -q ^state: sallyport.yaml || printf '\\nlisten: { http: "127.0.0.1:0", https: "127.0.0.1:0" }\\nstate: state\\n' >> sallyport.yaml ;;
ca) [ -e sallyport.yaml ] || set -- "$@" --state state ;;
esac
exec ${root}/bin/sallyport "$@"
`;
    await writeFile(join(this.#directory, '.bin/sallyport'), script, { mode: 0o755 });
    this.#scope.after(async () => {
      for (const program of this.#programs.reverse()) await program.stop();
    });
  }

  async follow(block: Block, place: string): Promise<void> {
    if (block.kind === 'output') {
      const said = `${place}: the guide shows\n${block.text}\nbut what was printed is\n${this.#printed}`;
      assert.ok(isAsShown(this.#printed, block.text), said);
      return;
    }
    if (block.kind === 'interrupt') {
      this.#programs.at(-1)?.signal('SIGINT');
      assert.equal((await this.#programs.pop()?.exited)?.code, 0, `${place}: Ctrl-C\n${this.#said()}`);
      return;
    }
    const text = this.#asHere(block.text);
    if (block.kind === 'file') return this.#write(block.name, text);
    if (block.kind === 'start') return this.#start(text, block.until);
    const { code, stdout } = await this.#shell(text);
    this.#printed = this.#asInGuide(stdout);
    assert.equal(code, 0, `${place}: exit code ${code}\n${stdout}\n${this.#said()}`);
  }

  #shell(script: string): Promise<Finished> {
    return runProcess('sh', ['-ec', `exec 2>&1\n${script}`], this.#options());
  }

  #options(): { cwd: string; env: Record<string, string | undefined> } {
    return { cwd: this.#directory, env: this.#env };
  }

  async #write(name: string, text: string): Promise<void> {
    const more = '\nlisten: { http: "127.0.0.1:0", https: "127.0.0.1:0" }\nstate: state\n';
    const here = text
      .replace(/^acme:\n/m, `acme:\n${this.#acme}`)
      .replace(/^( +)provider: duckdns\n/m, `$&${this.#dns}`);
    await mkdir(dirname(join(this.#directory, name)), { recursive: true });
    await writeFile(join(this.#directory, name), name.endsWith('sallyport.yaml') ? here + more : text);
  }

  async #start(command: string, until: string): Promise<void> {
    const program = startProcess('sh', ['-c', `exec 2>&1\nexec ${command}`], this.#options());
    this.#programs.push(program);
    await program.printed(new RegExp(`^${until}.*$`, 'm'));
    const printed = program.stdout();
    const { https, http } = readyPorts(/^ready .*$/m.exec(printed)?.[0] ?? '');
    if (https[0] !== undefined && http[0] !== undefined) await this.#lead(https[0], http[0]);
    this.#printed = this.#asInGuide(printed);
  }

  /** Makes curl find the gate at its real ports, whatever the name. */
  async #lead(https: number, http: number): Promise<void> {
    this.#listening = { https, http };
    const curlrc = `connect-to = ":443:127.0.0.1:${https}"\nconnect-to = ":80:127.0.0.1:${http}"\nmax-time = 20\n`;
    const trust = this.#roots === undefined ? '' : `cacert = "${this.#roots}"\n`;
    await writeFile(join(this.#directory, '.curlrc'), curlrc + trust);
  }

  #asHere(text: string): string {
    let here = text.replaceAll('/etc/ssl/', `${this.#directory}/ssl/`).replaceAll('www-data', appUser);
    here = here.replaceAll(/(?<=[^\w])\/var\/www\b/g, `${this.#directory}/var/www`);
    for (const [theirs, ours] of Object.entries(this.#ports)) here = here.replaceAll(numberAlone(theirs), String(ours));
    return here;
  }

  #asInGuide(printed: string): string {
    let shown = printed.replaceAll(`${this.#directory}/ssl/`, '/etc/ssl/');
    shown = shown.replaceAll(`${this.#directory}/var/www/`, '/var/www/').replaceAll(`${this.#directory}/`, '');
    shown = shown.replaceAll(` as ${appUser}`, ' as www-data');
    for (const [theirs, ours] of Object.entries(this.#ports))
      shown = shown.replaceAll(numberAlone(String(ours)), theirs);
    if (this.#listening === null) return shown;
    const { https, http } = this.#listening;
    return shown.replaceAll(new RegExp(`:(?:${https}|${http})\\b`, 'g'), '');
  }

  #said(): string {
    return this.#programs.map((program) => program.stdout() + program.stderr()).join('\n---\n');
  }
}

function numberAlone(number: string): RegExp {
  return new RegExp(`(?<![\\d.])${number}(?!\\d)`, 'g');
}
