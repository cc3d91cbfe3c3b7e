import { readFileSync } from 'node:fs';
import { chmod } from 'node:fs/promises';
import { runProcess } from '../support/process.ts';
import { type Scope, temporaryDirectory } from '../support/scope.ts';

/** The user that gates of these tests become. */
export const who = 'www-data';

/** The program must be where that user can read it, which a checkout in root's home is not. */
async function cannotBe(): Promise<string | false> {
  if (process.geteuid?.() !== 0) return 'only root can become another user';
  const { code } = await runProcess('setpriv', ['--reuid', who, '--clear-groups', 'test', '-r', process.execPath]);
  return code === 0 ? false : `${who} cannot read ${process.execPath}`;
}

export const asRoot = { skip: await cannotBe() };
export const [uid = '', gid = ''] = (await runProcess('sh', ['-c', `id -u ${who}; id -g ${who}`])).stdout.split('\n');

/** A line of /proc/PID/status, as in proc(5). */
export function statusLine(pid: number, name: string): string {
  return new RegExp(`^${name}:[\t ]*(.*?)[\t ]*$`, 'm').exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? '';
}

/** A directory that the user may pass through; its path, and a configuration with its state and logs there. */
export async function place(t: Scope): Promise<{ directory: string; yaml: string }> {
  const directory = await temporaryDirectory(t);
  await chmod(directory, 0o755);
  const yaml = `user: ${who}
listen: { http: false, https: "127.0.0.1:0" }
state: ${directory}/state
logs: { access: ${directory}/access.log }
sites: { a.internal: 8080 }
`;
  return { directory, yaml };
}
