import { hash } from 'node:crypto';
import type { RateLimit } from '../../../model/access.ts';
import { clientNetwork } from '../../address.ts';
import { comparableName } from '../../filter/header-changes.ts';
import { type Guard, pass, type Verdict } from '../guard.ts';
import type { Visit } from '../visit.ts';
import type { RateTable } from './rate-tables.ts';
import type { Grant } from './token-buckets.ts';

/** Longer keys are hashed, so that each takes the same room at most. */
const longestKey = 64;

/** Lets a client pass as often as a limit says, and tells it how often that is (draft-ietf-httpapi-ratelimit-headers-10). */
export class RateGuard implements Guard {
  readonly ownedFields = [];
  readonly #limit: RateLimit;
  readonly #table: RateTable;
  readonly #policyLine: string;
  readonly #field: string;

  constructor(limit: RateLimit, table: RateTable) {
    this.#limit = limit;
    this.#table = table;
    this.#field = comparableName(limit.header);
    this.#policyLine = `RateLimit-Policy: "${limit.name}";q=${limit.requests};w=${Math.ceil(limit.per / 1000)}\r\n`;
  }

  check(visit: Visit): Verdict {
    const grant = this.#table.take(this.#keyOf(visit));
    visit.responseLines += this.#policyLine + this.#limitLine(grant);
    if (grant.granted) return pass;
    const seconds = Math.max(1, Math.ceil(grant.wait / 1000));
    const detail = `Try again in ${seconds} second${seconds === 1 ? '' : 's'}.`;
    return { status: 429, detail, lines: `Retry-After: ${seconds}\r\n` };
  }

  #limitLine({ left, fullIn, wait }: Grant): string {
    return `RateLimit: "${this.#limit.name}";r=${left};t=${Math.ceil((wait || fullIn) / 1000)}\r\n`;
  }

  /** Who has neither the field nor a name is told apart by address; the three kinds of keys never meet. */
  #keyOf(visit: Visit): string {
    const { key } = this.#limit;
    if (key === 'all') return '';
    if (key === 'user' && visit.user !== '') return `user ${short(visit.user)}`;
    const value = key === 'header' ? fieldValue(visit, this.#field) : '';
    if (value !== '') return `value ${short(value)}`;
    return `address ${clientNetwork(visit.clientAddress)}`;
  }
}

function short(text: string): string {
  return text.length <= longestKey ? text : hash('sha256', text, 'base64url');
}

/** Value of the first field of this name; ''. */
function fieldValue({ request: { fields } }: Visit, field: string): string {
  for (let i = 0; i < fields.count; i++) if (comparableName(fields.name(i)) === field) return fields.value(i);
  return '';
}
