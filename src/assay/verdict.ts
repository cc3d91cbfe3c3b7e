import type { Case } from './case.ts';
import type { ClientRun } from './client/run.ts';
import type { Outcome, Visit } from './lab/visit.ts';

/** What one case came to. */
export interface CaseResult {
  readonly case: Case;
  readonly url: string;
  readonly outcome: Outcome;
  /** What the client sent, or how it left. */
  readonly detail: string;
  readonly visits: readonly Visit[];
  /** Null where the client is no command of ours. */
  readonly client: ClientRun | null;
}

/** `no`: it takes anybody's certificate. `partly`: some wrong ones. `unknown`: the experiment says nothing. */
type Verifies = 'yes' | 'partly' | 'no' | 'unknown';

export interface Verdict {
  readonly verifies: Verifies;
  /** The cases that must be refused and were not. */
  readonly accepts: readonly string[];
  readonly refused: readonly string[];
  /** Those that the client never came to, so that nothing is known. */
  readonly untried: readonly string[];
  /** Why nothing is known, and what to do; null when something is. */
  readonly problem: { readonly why: string; readonly cure: string } | null;
}

/** Taking one of these means that anybody at all can play the server. */
export const anybodys: readonly string[] = ['self-signed', 'unknown-ca', 'plain-http'];

/** Redirects that a client does not follow say nothing, and that is all right. */
const optional = ['redirect-to-bad', 'redirect-to-http', 'turns-bad'];

/** Judges by the controls first, then by what must be refused. With `whole` false cases may be left untried. */
export function judge(results: readonly CaseResult[], whole: boolean): Verdict {
  const must = results.filter((each) => each.case.group === 'must-refuse');
  const named = (outcome: Outcome): string[] =>
    must.filter((each) => each.outcome === outcome).map((each) => each.case.name);
  const [accepts, refused] = [named('accepted'), named('refused')];
  const untried = named('unreached').filter((name) => !optional.includes(name));
  const problem = controlProblem(results) ?? missing(untried, refused, accepts, whole);
  const verifies = problem ? 'unknown' : grade(accepts);
  return { verifies, accepts, refused, untried, problem };
}

function grade(accepts: readonly string[]): Verifies {
  if (accepts.length === 0) return 'yes';
  return anybodys.some((name) => accepts.includes(name)) ? 'no' : 'partly';
}

function missing(
  untried: readonly string[],
  refused: readonly string[],
  accepts: readonly string[],
  whole: boolean,
): Verdict['problem'] {
  if (accepts.length > 0) return null;
  if (whole && untried.length > 0) {
    const why = `the client never came to ${untried.join(', ')}, so nothing is known of these`;
    return { why, cure: 'Run it with --json to see what it printed there; give it more time with --timeout.' };
  }
  if (refused.length > 0) return null;
  return { why: 'no bad certificate was shown to the client', cure: 'Send it to more of the addresses.' };
}

/** Why the control says that nothing can be concluded; null when it was accepted each time. */
export function controlProblem(results: readonly CaseResult[]): Verdict['problem'] {
  const failed = results.find((each) => each.case.group === 'control' && each.outcome !== 'accepted');
  if (failed === undefined) return null;
  const { outcome, detail, visits, client } = failed;
  const said = client?.said ? `; it said: ${client.said}` : '';
  if (outcome === 'unreached') {
    const why = `the client never came to the good server${said}`;
    if (client === null) return { why, cure: 'Send it there first: a client that cannot come says nothing.' };
    return { why, cure: 'Give it the address: {url}, or {host} and {port}; or let it read SALLYPORT_ASSAY_URL.' };
  }
  if (visits.some(({ finished, alert }) => finished !== null && alert === null) && client?.exitCode === 0) {
    const why = `the client took the good certificate, but sent nothing${said}`;
    return { why, cure: 'Let it send a request: what it sends tells that it trusts the server.' };
  }
  const why = `the client refuses the good certificate, too (${detail})${said}`;
  if (client === null) return { why, cure: 'It must trust the root of the lab: install that first.' };
  return {
    why,
    cure: 'It must trust the root of the lab: give it the file {ca}, as in curl --cacert {ca}; or --trust-env.',
  };
}
