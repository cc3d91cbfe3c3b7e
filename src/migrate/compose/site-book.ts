import type { Config } from '../../control/config/schema.ts';
import type { Comment } from '../verdict.ts';
import type { ProxyWish } from './proxy-wish.ts';

interface Entry {
  readonly aliases: string[];
  readonly routes: Map<string, { readonly to: string | number; readonly stripPrefix: boolean }>;
  tls: 'internal' | null;
  readonly remarks: string[];
}

/** The sites that services become: those of one name are one site with several routes. */
export class SiteBook {
  readonly #sites = new Map<string, Entry>();
  /** Each name, also of aliases, and the site it belongs to. */
  readonly #names = new Map<string, string>();

  /** Enters a route; '' when it could be, else why not. `remark` is for the user's eye. */
  enter({ names, path, stripPrefix, tls }: ProxyWish, to: string | number, remark: string): string {
    const [first = ''] = names;
    const name = this.#names.get(first) ?? first;
    const taken = names.find((one) => this.#names.has(one) && this.#names.get(one) !== name);
    if (taken !== undefined) return `${taken} is a name of another site already`;
    const entry: Entry = this.#sites.get(name) ?? { aliases: [], routes: new Map(), tls: null, remarks: [] };
    if (entry.routes.has(path)) return `${name}${path} leads to another service already`;
    entry.routes.set(path, { to, stripPrefix });
    for (const one of names) {
      if (!this.#names.has(one) && one !== name) entry.aliases.push(one);
      this.#names.set(one, name);
    }
    entry.tls ??= tls;
    if (remark !== '') entry.remarks.push(remark);
    this.#sites.set(name, entry);
    return '';
  }

  /** null when there is not one site. */
  config(email: string): Config | null {
    if (this.#sites.size === 0) return null;
    const sites = Object.fromEntries([...this.#sites].map(([name, entry]) => [name, siteOf(entry)]));
    return { ...(email !== '' && { acme: { email } }), sites };
  }

  comments(): Comment[] {
    return [...this.#sites].flatMap(([name, { remarks }]) =>
      [...new Set(remarks)].map((text) => ({ path: ['sites', name], text })),
    );
  }
}

function siteOf({ aliases, routes, tls }: Entry): Config['sites'][string] {
  const rest = { ...(aliases.length > 0 && { aliases }), ...(tls !== null && { tls }) };
  const only = routes.size === 1 ? routes.get('/') : undefined;
  if (only !== undefined) return Object.keys(rest).length === 0 ? only.to : { ...rest, to: only.to };
  const written = [...routes].map(([path, { to, stripPrefix }]) => [path, stripPrefix ? { to, stripPrefix } : to]);
  return { ...rest, routes: Object.fromEntries(written) };
}
