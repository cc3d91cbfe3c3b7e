import { locationsOf } from './location.ts';
import { type Scope, substitute } from './scope.ts';

/** The addresses that a block and those within it pass requests to, as redirects of their apps would name them. */
export function routeTargets(scope: Scope): readonly string[] {
  const scopes = [scope, ...locationsOf(scope).map((location) => location.scope)];
  return scopes.flatMap((one) =>
    one.own('proxy_pass').map(({ args }) => substitute(args[0] ?? '', one).text.replace(/\/+$/, '')),
  );
}
