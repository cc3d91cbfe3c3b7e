import { resolve } from 'node:path';
import { Command, Option } from 'commander';
import { UserError } from '../../model/errors.ts';
import type { TextFault } from '../../passwords/fault.ts';
import type { WrittenScheme } from '../../passwords/make-hash.ts';
import { askPassword } from '../ask-password.ts';
import type { Context } from '../context.ts';

/** Hashes are not loaded for the other verbs. */
const userFiles = () => import('../../control/users/user-file.ts');
const makeHashes = () => import('../../passwords/make-hash.ts');
const verifying = () => import('../../passwords/verify.ts');
const reading = () => import('../../passwords/htpasswd.ts');

interface UserOptions {
  readonly hash: WrittenScheme;
  readonly json?: true;
}

const help = `
FILE is an htpasswd file, as Apache and nginx use it; sites name it with auth: { basic: FILE }. A running Sallyport
takes up every change of it at once: who is removed, or gets another password, is logged out.
The password is asked for, or read as the first line of the standard input; it is never an argument.
verify exits with 0 when the password is right and with 1 when it is not.

Examples:
  sallyport user add /etc/sallyport/users.htpasswd alice
  sallyport user list /etc/sallyport/users.htpasswd
  pass show kms/alice | sallyport user verify /etc/sallyport/users.htpasswd alice`;

export function userVerb(context: Context): Command {
  const user = new Command('user')
    .usage('add|remove|list|verify FILE [NAME]')
    .description('htpasswd files')
    .helpCommand(false)
    .addHelpText('after', help);
  const verb = (name: string, description: string): Command =>
    user
      .command(name)
      .description(description)
      .argument('<file>', 'htpasswd file')
      .option('--json', 'print the facts as JSON')
      .addHelpText('after', help);
  const hash = new Option('--hash <kind>', 'how the password is kept').choices(['bcrypt', 'argon2id']);
  verb('add', 'add a user, or give one another password; makes the file if there is none')
    .argument('<name>', 'user name')
    .addOption(hash.default('bcrypt'))
    .action((file: string, name: string, options: UserOptions) => add(context, file, name, options));
  verb('remove', 'take a user out')
    .argument('<name>', 'user name')
    .action((file: string, name: string, options: UserOptions) => remove(context, file, name, options));
  verb('list', 'print who is in the file').action((file: string, options: UserOptions) => list(context, file, options));
  verb('verify', 'tell whether a password is right')
    .argument('<name>', 'user name')
    .action((file: string, name: string, options: UserOptions) => verify(context, file, name, options));
  return user;
}

async function add({ terminal }: Context, file: string, name: string, options: UserOptions): Promise<void> {
  const path = resolve(terminal.directory, file);
  const { putUser } = await userFiles();
  const { nameFault } = await reading();
  const { makeHash, passwordFault } = await makeHashes();
  refuse(nameFault(name), 'invalid-name');
  const password = await askPassword(name, true);
  refuse(passwordFault(password, options.hash), 'invalid-password');
  const done = await putUser(path, name, makeHash(password, options.hash));
  if (options.json) terminal.out.line(JSON.stringify({ file: path, name, done }, null, 2));
  else terminal.out.line(done === 'added' ? `added ${name} to ${path}` : `gave ${name} another password in ${path}`);
}

async function remove({ terminal }: Context, file: string, name: string, options: UserOptions): Promise<void> {
  const path = resolve(terminal.directory, file);
  const { removeUser } = await userFiles();
  await removeUser(path, name);
  if (options.json) terminal.out.line(JSON.stringify({ file: path, name, done: 'removed' }, null, 2));
  else terminal.out.line(`removed ${name} from ${path}`);
}

async function list({ terminal }: Context, file: string, options: UserOptions): Promise<void> {
  const { out, err } = terminal;
  const { readUserFile } = await userFiles();
  const { file: path, users, warnings, worldReadable } = await readUserFile(resolve(terminal.directory, file));
  const rows = [...users.values()].map(({ name, scheme, line }) => ({ name, hash: scheme, line }));
  if (options.json) out.line(JSON.stringify({ file: path, worldReadable, users: rows }, null, 2));
  else for (const { name, hash } of rows) out.line(`${name}  ${hash}`);
  const doubts = warnings.map(({ line, column, what }) => `${path}:${line}:${column}: ${what}`);
  if (worldReadable) doubts.push(`${path}: every user of this machine can read it; chmod o-rwx`);
  for (const doubt of doubts) err.line(`${err.paint('yellow', 'sallyport:')} warning: ${doubt}`);
}

async function verify(context: Context, file: string, name: string, options: UserOptions): Promise<void> {
  const { out } = context.terminal;
  const { readUserFile } = await userFiles();
  const { verifyPassword } = await verifying();
  const { file: path, users } = await readUserFile(resolve(context.terminal.directory, file));
  const user = users.get(name);
  const password = await askPassword(name, false);
  const matches = user !== undefined && verifyPassword(password, user.hash);
  if (options.json) out.line(JSON.stringify({ file: path, name, known: user !== undefined, matches }, null, 2));
  else if (user === undefined) out.line(`there is no user ${name} in ${path}`);
  else out.line(matches ? `the password of ${name} is right` : `the password of ${name} is wrong`);
  if (!matches) context.exitWith(1);
}

function refuse(fault: TextFault | null, code: string): void {
  if (fault === null) return;
  throw new UserError(fault.what, { code, exitCode: 2, ...(fault.cure !== undefined && { cure: fault.cure }) });
}
