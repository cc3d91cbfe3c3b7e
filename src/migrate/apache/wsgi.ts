import type { Directive } from './directive.ts';
import { keyAndValue } from './groups.ts';
import type { Ledger } from './ledger.ts';
import type { Scope } from './scopes.ts';

/** `app` of a route. */
export interface AppConfig {
  wsgi: string;
  user?: string;
  group?: string;
  threads?: number;
  processes?: number;
  home?: string;
  virtualenv?: string;
  environment?: Record<string, string>;
  reload?: boolean;
}

/** `WSGIDaemonProcess` by name, of all scopes: mod_wsgi has them in one table. */
export function daemonsOf(scopes: readonly Scope[]): ReadonlyMap<string, Directive> {
  const all = scopes.flatMap((scope) => scope.plain.filter((one) => one.key === 'wsgidaemonprocess'));
  return new Map(all.map((one) => [one.words[0] ?? '', one]));
}

export interface WsgiContext {
  readonly daemons: ReadonlyMap<string, Directive>;
  readonly user: string | undefined;
  readonly group: string | undefined;
  readonly ledger: Ledger;
}

/** The app of a script, with what directives around it, in order of merging, say about its process. */
export function wsgiApp(
  script: string,
  options: ReadonlyMap<string, string>,
  around: readonly Directive[],
  { daemons, user, group, ledger }: WsgiContext,
): AppConfig {
  const last = (key: string): string | undefined => around.findLast((one) => one.key === key)?.words[0];
  for (const one of around)
    if (/^wsgi(?:processgroup|applicationgroup|scriptreloading|passauthorization)$/.test(one.key)) ledger.carried(one);
  const name = options.get('process-group') ?? last('wsgiprocessgroup') ?? '';
  const daemon = daemons.get(name);
  const reload = (last('wsgiscriptreloading') ?? 'on').toLowerCase() !== 'off';
  if (!daemon) {
    // Embedded in Apache's own processes, as its user.
    return { wsgi: script, ...(user && { user }), ...(group && { group }), ...(reload && { reload }) };
  }
  const said = new Map(daemon.words.slice(1).map(keyAndValue));
  judgeDaemon(daemon, said, ledger);
  const count = (key: string): number | undefined => {
    const number = Number(said.get(key));
    return Number.isInteger(number) && number >= 1 && number <= 1000 ? number : undefined;
  };
  const paths =
    said
      .get('python-path')
      ?.split(':')
      .filter((one) => one !== '') ?? [];
  const site = paths
    .map((one) => /^(.*)\/lib\/python[\d.]+\/site-packages\/?$/.exec(one)?.[1])
    .find((one) => one !== undefined);
  const virtualenv = said.get('python-home') ?? site;
  const own = paths.filter((one) => !/\/lib\/python[\d.]+\/site-packages\/?$/.test(one));
  const [threads, processes] = [count('threads'), count('processes')];
  const home = said.get('home');
  const language = said.get('lang') ?? said.get('locale');
  const environment = { ...(own.length > 0 && { PYTHONPATH: own.join(':') }), ...(language && { LANG: language }) };
  const asked = { user: said.get('user') ?? user, group: said.get('group') ?? group };
  return {
    wsgi: script,
    ...(asked.user && { user: asked.user.replace(/^#/, '') }),
    ...(asked.group && { group: asked.group.replace(/^#/, '') }),
    ...(threads && { threads }),
    ...(processes && { processes }),
    ...(home && { home: home.replace(/(?<=.)\/+$/, '') }),
    ...(virtualenv && { virtualenv }),
    ...(Object.keys(environment).length > 0 && { environment }),
    ...(reload && { reload }),
  };
}

const known = /^(?:user|group|threads|processes|home|python-home|python-path|lang|locale|display-name|python-eggs)$/;

function judgeDaemon(daemon: Directive, said: ReadonlyMap<string, string>, ledger: Ledger): void {
  const left = [...said.keys()].filter((key) => !known.test(key));
  if (left.length === 0) ledger.carried(daemon);
  else ledger.approximated(daemon, `left out: ${left.join(', ')}`);
}
