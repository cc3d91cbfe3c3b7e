import { dirname, join } from 'node:path';
import { UserError } from '../../model/errors.ts';
import { nameFault } from '../../passwords/htpasswd.ts';
import { passwordFault } from '../../passwords/make-hash.ts';
import { askPassword } from '../ask-password.ts';
import type { AppChoice, Choices, UserChoice } from './choices.ts';
import { commandWords, comparableNames, emailFault, namesFault, pathsFault, targetFault, wordsOf } from './faults.ts';

/** What the command line can say. */
export interface InitOptions {
  readonly out?: string;
  readonly force?: true;
  readonly yes?: true;
  readonly host?: readonly string[];
  readonly to?: string;
  readonly wsgi?: string;
  readonly asgi?: string;
  readonly run?: string;
  readonly appUser?: string;
  readonly path?: readonly string[];
  readonly tls?: 'auto' | 'internal' | 'off';
  readonly email?: string;
  readonly user?: string;
  readonly json?: true;
}

/** The choices that the options say; throws a UserError for the first that is wrong or missing. Reads a password if one is needed. */
export async function choicesOfOptions(file: string, options: InitOptions): Promise<Choices> {
  const { host = [], path = [], tls = 'auto', email = '' } = options;
  const [written, paths] = [host.flatMap(wordsOf), path.flatMap(wordsOf)];
  refuse('--host', namesFault(written, []));
  if (path.length > 0) refuse('--path', pathsFault(paths));
  refuse('--email', emailFault(email));
  const app = appOf(options);
  if (app.kind !== 'target' && paths.length > 1)
    refuse('--path', 'an app that Sallyport runs has one path, or all of them');
  const guarded = options.user !== undefined;
  const user = options.user === undefined ? null : await userOf(file, options.user);
  return { sites: [{ names: comparableNames(written), tls, app, paths, guarded }], email, user };
}

function appOf({ to, wsgi, asgi, run, appUser: user = '' }: InitOptions): AppChoice {
  const given = Object.entries({ to, wsgi, asgi, run }).filter(([, value]) => value !== undefined);
  if (given.length !== 1) {
    const got =
      given.length === 0 ? 'none of them is there' : `${given.map(([name]) => `--${name}`).join(' and ')} are there`;
    refuse('--to, --wsgi, --asgi or --run', `one is wanted, ${got}`);
  }
  if (user !== '' && to !== undefined) refuse('--app-user', 'only for an app that Sallyport runs');
  if (wsgi !== undefined) return { kind: 'wsgi', entry: wsgi, user };
  if (asgi !== undefined) return { kind: 'asgi', entry: asgi, user };
  if (run !== undefined) return { kind: 'run', words: commandWords(run), user };
  refuse('--to', targetFault(to ?? ''));
  return { kind: 'target', to: to ?? '' };
}

async function userOf(file: string, name: string): Promise<UserChoice> {
  refuse('--user', nameFault(name)?.what ?? null);
  const password = await askPassword(name, true);
  refuse('the password', passwordFault(password, 'bcrypt')?.what ?? null);
  return { file: join(dirname(file), 'users.htpasswd'), name, password };
}

function refuse(option: string, fault: string | null): void {
  if (fault === null) return;
  throw new UserError(`${option}: ${fault}`, { code: 'usage', cure: 'See `sallyport init --help`.', exitCode: 2 });
}
