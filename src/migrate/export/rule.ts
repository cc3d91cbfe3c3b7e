import type { Verdict } from '../verdict.ts';

/** The servers that a configuration can be written for. */
export const servers = ['nginx', 'apache', 'caddy', 'haproxy'] as const;
export type Server = (typeof servers)[number];

/** What becomes of a key of sallyport.yaml, unless the writer finds more to say about its value. */
export interface Rule {
  readonly verdict: Verdict;
  /** '' only for what is plainly carried. */
  readonly note: string;
}

/** The rule for every server. */
export type Row = Readonly<Record<Server, Rule>>;

export const carried = (note = ''): Rule => ({ verdict: 'carried', note });
export const approximated = (note: string): Rule => ({ verdict: 'approximated', note });
export const refused = (note: string): Rule => ({ verdict: 'refused', note });

/** One rule for all of them. */
export const all = (rule: Rule): Row => ({ nginx: rule, apache: rule, caddy: rule, haproxy: rule });
/** A rule for most of them, others for some. */
export const allBut = (rule: Rule, others: Partial<Row>): Row => ({ ...all(rule), ...others });
