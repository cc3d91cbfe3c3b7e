import type { Config } from '../../control/config/schema.ts';
import type { Comment, Imported } from '../verdict.ts';
import { usualVerdict } from './catalogue.ts';
import { judgeGlobal } from './global-directives.ts';
import { limitsOf, listenOf, trustedProxiesOf } from './globals.ts';
import { Ledger } from './ledger.ts';
import type { Included, LoadedFile } from './load.ts';
import type { Directive } from './parse.ts';
import { Scope } from './scope.ts';
import { buildSites } from './sites.ts';
import type { Named, Work } from './work.ts';

/** How a translation is done. */
export interface TranslateOptions {
  /** The host name of a server that has none; null: such a server is refused. */
  readonly nameless: string | null;
}

/** Joins what was loaded into one configuration, with a verdict for each directive. */
export function translate(loaded: readonly LoadedFile[], options: TranslateOptions): Imported {
  const ledger = new Ledger();
  const blocks = loaded.flatMap(httpBlocks);
  const work = startWork(blocks, ledger, options);
  for (const { directives, includes } of loaded) {
    for (const [directive, outcome] of includes) judgeInclude(directive, outcome, ledger);
    for (const one of directives) {
      if (one.name === 'stream') ledger.judgeAll(one, 'refused', 'TCP and UDP connections are not carried, HTTP alone');
      if (one.name === 'mail') ledger.judgeAll(one, 'refused', 'mail is not carried');
    }
  }
  const { sites, served, redirecting, needsHttp } = buildSites(blocks, work);
  const trustedProxies = trustedProxiesOf(
    served.map(({ scope }) => scope),
    work,
  );
  const listen = listenOf(served, redirecting, needsHttp, trustedProxies, work);
  const limits = limitsOf(served, work);
  const mains = loaded.map(({ directives, prefix }) => new Scope(directives, null, prefix));
  const global = judgeGlobal(mains, blocks, served, work);
  const all = loaded.flatMap(({ directives }) => directives);
  const judged = ledger.all(all, usualVerdict);
  const hasSites = Object.keys(sites).length > 0;
  const config: Config = {
    ...(listen && { listen }),
    ...global,
    ...(trustedProxies.length > 0 && { trustedProxies: [...trustedProxies] }),
    ...(Object.keys(limits).length > 0 && { limits }),
    sites,
  };
  return { config: hasSites ? config : null, judged, comments: work.comments };
}

function startWork(blocks: readonly Scope[], ledger: Ledger, { nameless }: TranslateOptions): Work {
  const named = (name: string, key: (directive: Directive) => string | undefined): Map<string, Named> =>
    new Map(
      blocks.flatMap((scope) => scope.own(name).map((directive) => [key(directive) ?? '', { directive, scope }])),
    );
  const zoneName = ({ args }: Directive) =>
    args
      .find((arg) => arg.startsWith('zone='))
      ?.slice('zone='.length)
      .split(':')[0];
  const plain = (zones: Map<string, Named>) => new Map([...zones].map(([name, { directive }]) => [name, directive]));
  const comments: Comment[] = [];
  return {
    ledger,
    comments,
    upstreams: named('upstream', ({ args }) => args[0]),
    rateZones: plain(named('limit_req_zone', zoneName)),
    connectionZones: plain(named('limit_conn_zone', zoneName)),
    upgradeVariables: upgradeVariables(blocks, ledger),
    nameless,
    usesResolver: false,
  };
}

/** The blocks where servers stand: `http` of a whole nginx.conf, or a file that is included there. */
function httpBlocks({ directives, prefix }: LoadedFile): readonly Scope[] {
  const main = new Scope(directives, null, prefix);
  const http = main.own('http').map((directive) => main.within(directive));
  return main.own('server').length > 0 || http.length === 0 ? [...http, main] : http;
}

/** `map $http_upgrade $connection_upgrade`, as nginx's own documentation has it for WebSockets. */
function upgradeVariables(blocks: readonly Scope[], ledger: Ledger): ReadonlySet<string> {
  const variables = new Set<string>();
  for (const directive of blocks.flatMap((scope) => scope.own('map'))) {
    const [from = '', to = ''] = directive.args;
    const values = (directive.block ?? []).map(({ args }) => args[0] ?? '');
    if (
      from !== '$http_upgrade' ||
      !values.every((value) => /^(?:upgrade|close|keep-alive|websocket|\$http_connection|)$/i.test(value))
    )
      continue;
    variables.add(to);
    ledger.judge(directive, 'carried', 'WebSockets need nothing');
  }
  return variables;
}

function judgeInclude(directive: Directive, outcome: Included, ledger: Ledger): void {
  if ('standIn' in outcome) ledger.judge(directive, 'carried', `not there; ${outcome.standIn}, whose content is known`);
  else if ('failure' in outcome)
    ledger.judge(directive, 'refused', `${outcome.failure}: import where it is, or name its place with --prefix`);
  else ledger.judge(directive, 'carried', outcome.files === 1 ? '' : `${outcome.files} files`);
}
