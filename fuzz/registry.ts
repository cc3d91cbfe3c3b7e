import { isAbsolute } from 'node:path';
import type { FuzzTarget } from './target.ts';

type Load = () => Promise<{ readonly target: FuzzTarget }>;

/** Every reader under fuzzing, by name: a file in `targets/` and a line here. Loaded one by one, so that coverage counts only what a target uses. */
export const targets: Readonly<Record<string, Load>> = {
  'http1-request': () => import('./targets/http1-request.ts'),
  'http1-response': () => import('./targets/http1-response.ts'),
  'http1-chunked': () => import('./targets/http1-chunked.ts'),
  'http1-stream': () => import('./targets/http1-stream.ts'),
  'http2-server': () => import('./targets/http2-server.ts'),
  'http2-client': () => import('./targets/http2-client.ts'),
  hpack: () => import('./targets/hpack.ts'),
  'client-hello': () => import('./targets/client-hello.ts'),
  'proxy-header': () => import('./targets/proxy-header.ts'),
  'websocket-frames': () => import('./targets/websocket-frames.ts'),
  host: () => import('./targets/host.ts'),
  forwarding: () => import('./targets/forwarding.ts'),
  paths: () => import('./targets/paths.ts'),
  references: () => import('./targets/references.ts'),
  'log-fields': () => import('./targets/log-fields.ts'),
  'acme-fields': () => import('./targets/acme-fields.ts'),
  htpasswd: () => import('./targets/htpasswd.ts'),
  credentials: () => import('./targets/credentials.ts'),
  compose: () => import('./targets/compose.ts'),
  config: () => import('./targets/config.ts'),
  nginx: () => import('./targets/nginx.ts'),
  apache: () => import('./targets/apache.ts'),
};

/** A target by its name, or by the absolute path of a file that exports one. Throws when there is none. */
export async function loadTarget(name: string): Promise<FuzzTarget> {
  if (isAbsolute(name)) return ((await import(name)) as { readonly target: FuzzTarget }).target;
  const load = Object.hasOwn(targets, name) ? targets[name] : undefined;
  if (load === undefined) throw new Error(`'${name}' is none of: ${Object.keys(targets).join(', ')}`);
  return (await load()).target;
}
