import type { Comment, Verdict } from '../verdict.ts';
import type { Ledger } from './ledger.ts';
import type { Directive } from './parse.ts';
import type { Scope } from './scope.ts';

/** An `upstream` block, or a zone, with where it stands. */
export interface Named {
  readonly directive: Directive;
  readonly scope: Scope;
}

/** What all parts of one translation share. */
export interface Work {
  readonly ledger: Ledger;
  readonly comments: Comment[];
  readonly upstreams: ReadonlyMap<string, Named>;
  /** `limit_req_zone` by the name of the zone. */
  readonly rateZones: ReadonlyMap<string, Directive>;
  /** `limit_conn_zone` by the name of the zone. */
  readonly connectionZones: ReadonlyMap<string, Directive>;
  /** Variables of a `map` that says nothing but that WebSockets are upgraded. */
  readonly upgradeVariables: ReadonlySet<string>;
  /** The host name to use for a server that has none. */
  readonly nameless: string | null;
  /** Names of targets have to be looked up with nginx's own `resolver`. */
  usesResolver: boolean;
}

/** The same verdict for several directives. */
export function judgeEach(work: Work, directives: readonly Directive[], verdict: Verdict, note = ''): void {
  for (const directive of directives) work.ledger.judge(directive, verdict, note);
}
