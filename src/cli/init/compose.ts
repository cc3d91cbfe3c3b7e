import { Document, isMap, isScalar, isSeq } from 'yaml';
import type { Config } from '../../control/config/schema.ts';
import { isInternalHost } from '../../model/host.ts';
import type { AppChoice, Choices, SiteChoice } from './choices.ts';

type SiteInput = NonNullable<Config['sites']>[string];
type RouteInput = NonNullable<Exclude<SiteInput, string | number | readonly unknown[]>>;

const top = ` What Sallyport serves. \`sallyport check\` looks whether all is as it should be;
 a running one takes changes up with \`sallyport reload\`.`;

/** The configuration of these choices, as the schema knows it. `usersFile` is how the file names that of the users. */
export function configOf({ sites, email }: Choices, usersFile: string): Config {
  const entries = sites.map((site): [string, SiteInput] => [site.names[0] ?? '', siteOf(site, usersFile)]);
  return { ...(email !== '' && { acme: { email } }), sites: Object.fromEntries(entries) };
}

function siteOf({ names, tls, app, paths, guarded }: SiteChoice, usersFile: string): SiteInput {
  const aliases = names.slice(1);
  return {
    ...(aliases.length > 0 && { aliases }),
    ...(tls !== 'auto' && { tls }),
    ...(paths.length === 0 ? targetOf(app) : { routes: Object.fromEntries(paths.map((path) => [path, routeOf(app)])) }),
    ...(guarded && { auth: { basic: usersFile } }),
  };
}

function routeOf(app: AppChoice): number | string | Pick<RouteInput, 'to' | 'app'> {
  const { to, ...rest } = targetOf(app);
  return typeof to === 'string' || typeof to === 'number' ? to : rest;
}

function targetOf(app: AppChoice): Pick<RouteInput, 'to' | 'app'> {
  if (app.kind === 'target') return { to: /^\d+$/.test(app.to) ? Number(app.to) : app.to };
  const user = app.user === '' ? {} : { user: app.user };
  return { app: app.kind === 'run' ? { run: [...app.words], ...user } : { [app.kind]: app.entry, ...user } };
}

/** The same as the text of a `sallyport.yaml`, with a comment on each site. */
export function renderConfig(choices: Choices, usersFile: string): string {
  const document = new Document(configOf(choices, usersFile));
  document.commentBefore = top;
  const sites: unknown = document.get('sites');
  if (isMap(sites)) {
    for (const [index, { key, value }] of sites.items.entries()) {
      const site = choices.sites[index];
      const aliases: unknown = isMap(value) && value.get('aliases');
      if (isSeq(aliases)) aliases.flow = true;
      if (!isScalar(key) || site === undefined) continue;
      key.commentBefore = ` ${certificateNote(site)}`;
      key.spaceBefore = index > 0;
    }
  }
  return document.toString({ lineWidth: 0, flowCollectionPadding: true });
}

/** One line on where a site's certificate comes from. */
export function certificateNote({ names, tls }: Pick<SiteChoice, 'names' | 'tls'>): string {
  if (tls === 'off') return 'Plain HTTP, on the HTTP port only.';
  if (typeof tls === 'object') return 'Certificate files of your own; taken up again when they change.';
  if (tls === 'internal' || isInternalHost(names[0] ?? ''))
    return 'Certificate from the in-house CA; devices must trust its root once: sallyport ca root.';
  if (names.some((name) => name.startsWith('*.')))
    return "Certificate from Let's Encrypt, renewed by itself; for a wildcard it wants acme: dns:.";
  return "Certificate from Let's Encrypt, renewed by itself; port 80 or 443 must be open to the internet (or set acme: dns:).";
}
