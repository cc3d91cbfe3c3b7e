import type { Config } from '../../control/config/schema.ts';
import type { Comment, Imported } from '../verdict.ts';
import { Ledger } from './ledger.ts';
import type { LoadedFile } from './load.ts';
import type { Directive } from './parse.ts';

type Sites = Config['sites'];

/** The directives that say of themselves what Sallyport does anyway. */
const byItself = new Set([
  'proxy_http_version',
  'proxy_cache_bypass',
  'ssl_dhparam',
  'ssl_certificate',
  'ssl_certificate_key',
  'proxy_set_header',
  'server_name',
  'listen',
]);

/** Joins what was loaded into one configuration, with a verdict for each directive. */
export function translate(loaded: readonly LoadedFile[]): Imported {
  const ledger = new Ledger();
  const comments: Comment[] = [];
  const sites: Sites = {};
  for (const { directives, includes } of loaded) {
    for (const [directive, outcome] of includes) {
      if ('failure' in outcome) ledger.judge(directive, 'refused', outcome.failure);
      else ledger.judge(directive, 'carried', 'standIn' in outcome ? outcome.standIn : '');
    }
    for (const server of directives) {
      if (server.name !== 'server' || server.block === null) continue;
      ledger.judge(server, 'carried');
      if (isRedirect(server)) ledger.judgeAll(server, 'carried', 'Sallyport redirects port 80 to HTTPS by itself');
      else addSite(server, server.block, sites, ledger);
    }
  }
  const all = loaded.flatMap(({ directives }) => directives);
  const judged = ledger.all(all, ({ name }) => [byItself.has(name) ? 'carried' : 'refused', '']);
  const config = Object.keys(sites).length > 0 ? { sites } : null;
  return { config, judged, comments };
}

function isRedirect(server: Directive): boolean {
  const block = server.block ?? [];
  return block.some(({ name }) => name === 'return' || name === 'if') && !block.some(({ name }) => name === 'location');
}

function addSite(server: Directive, block: readonly Directive[], sites: Sites, ledger: Ledger): void {
  const names = block.filter(({ name }) => name === 'server_name').flatMap(({ args }) => args);
  const [first, ...aliases] = names;
  const location = block.find(({ name, args }) => name === 'location' && args.join(' ') === '/');
  const pass = location?.block?.find(({ name }) => name === 'proxy_pass');
  if (first === undefined || location === undefined || pass === undefined) {
    ledger.judge(server, 'refused', 'no name, or nothing to lead to');
    return;
  }
  ledger.judge(location, 'carried');
  ledger.judge(pass, 'carried');
  sites[first] = { ...(aliases.length > 0 && { aliases }), to: pass.args[0]?.replace(/^http:\/\//, '') ?? '' };
}
