import type { ForwardAuth } from '../../../model/access.ts';
import { fieldId } from '../../../wire/http1/field-names.ts';
import { HeadWriter } from '../../../wire/http1/head-writer.ts';
import { comparableName } from '../../filter/header-changes.ts';
import { type Guard, pass, pending, type Refusal, type Verdict } from '../guard.ts';
import type { GuardHome } from '../guard-home.ts';
import type { Visit } from '../visit.ts';
import { type ServiceAnswer, ServiceCall } from './call.ts';
import { composeQuestion, urlOf } from './question.ts';
import { type Consent, consentName, RememberedConsents } from './remembered.ts';

/** Of the service's answer these belong to its connection or its body, or are the gate's own to say (RFC 9110 section 7.6.1). */
const ownFields: ReadonlySet<string> = new Set([
  'cache-control',
  'connection',
  'content-encoding',
  'content-length',
  'content-type',
  'date',
  'keep-alive',
  'proxy-connection',
  'server',
  'strict-transport-security',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
  'via',
]);

const undecided = 'It cannot be found out now whether you may pass. Try again in a moment.';

/** Questions are composed and handed over without giving up control, so one writer serves all. */
const writer = new HeadWriter(64 * 1024);

/**
 * Asks another service (Authelia, oauth2-proxy, one's own) about each request. With 2xx it passes and the app is given the fields of the
 * answer that were chosen; any other answer is the client's. Without an answer nobody passes.
 */
export class ForwardAuthGuard implements Guard {
  readonly ownedFields: readonly string[];
  readonly #rules: ForwardAuth;
  readonly #home: GuardHome;
  readonly #owned: ReadonlySet<string>;
  readonly #remembered: RememberedConsents | null;

  constructor(rules: ForwardAuth, home: GuardHome) {
    this.#rules = rules;
    this.#home = home;
    this.ownedFields = rules.copy;
    this.#owned = new Set(rules.copy.map(comparableName));
    this.#remembered = rules.cache > 0 ? new RememberedConsents(rules.cache) : null;
  }

  check(visit: Visit): Verdict | typeof pending {
    const { clock } = this.#home;
    const name = this.#remembered === null ? '' : consentName(visit);
    const known = this.#remembered?.find(name, clock.now());
    if (known !== undefined) return admit(visit, known);
    const endpoint = this.#home.endpointOf(this.#rules.target);
    if (endpoint === null) return this.#failed(visit, 'there is no way to it');
    const { path, host, timeout } = this.#rules;
    const call = new ServiceCall(
      {
        endpoint,
        clock,
        timeout,
        isWanted: () => !visit.left,
        compose: () => {
          composeQuestion(writer, visit, { path, host, owned: this.#owned });
          return writer;
        },
      },
      {
        answered: (answer) => visit.settle(this.#judge(visit, answer, name)),
        failed: (reason) => visit.settle(this.#failed(visit, reason)),
      },
    );
    call.send();
    return pending;
  }

  #judge(visit: Visit, answer: ServiceAnswer, name: string): Verdict {
    const { status } = answer;
    if (status >= 200 && status < 300) return this.#consented(visit, answer, name);
    if (status < 300 || status === 304 || status > 599) return this.#failed(visit, `it answered with ${status}`);
    const { signIn } = this.#rules;
    if (status === 401 && signIn !== '' && isNavigation(visit)) return redirect(signIn, visit);
    const fields = answer.fields.filter(([field]) => !ownFields.has(field.toLowerCase()));
    const encoding = serviceField(answer, 'content-encoding');
    const lines = fields.map(([field, value]) => `${field}: ${value}\r\n`).join('');
    return {
      status,
      detail: `${this.#rules.target.name} says so`,
      lines: lines + (encoding === '' ? '' : `Content-Encoding: ${encoding}\r\n`) + (status < 400 ? noStore : ''),
      body: { contentType: serviceField(answer, 'content-type') || 'text/plain; charset=utf-8', bytes: answer.body },
    };
  }

  #consented(visit: Visit, answer: ServiceAnswer, name: string): Verdict {
    const { copy, copyToClient, user } = this.#rules;
    const consent = {
      requestLines: linesOf(answer, copy),
      user: user.map((field) => serviceField(answer, field)).find((value) => value !== '') ?? '',
    };
    const forClient = linesOf(answer, copyToClient);
    visit.responseLines += forClient;
    // A cookie is for one client, once.
    if (forClient === '') this.#remembered?.keep(name, consent, this.#home.clock.now());
    return admit(visit, consent);
  }

  #failed(visit: Visit, reason: string): Refusal {
    const { target } = this.#rules;
    if (!visit.left)
      this.#home.log.error(`forward auth ${target.name}: ${reason}; the request does not pass`, {
        client: visit.clientAddress,
        host: visit.host,
      });
    return { status: 503, detail: undecided, lines: '' };
  }
}

const noStore = 'Cache-Control: no-store\r\n';

function admit(visit: Visit, { requestLines, user }: Consent): Verdict {
  visit.requestLines += requestLines;
  if (user !== '') visit.user = user;
  return pass;
}

/** A browser that goes to a page, rather than a program that wants data. */
function isNavigation({ request }: Visit): boolean {
  const { method, fields } = request;
  return (method === 'GET' || method === 'HEAD') && /\btext\/html\b/i.test(fields.get(fieldId.accept) ?? '');
}

function redirect(signIn: string, visit: Visit): Refusal {
  const location = signIn.replaceAll('{url}', encodeURIComponent(urlOf(visit)));
  const body = { contentType: 'text/plain; charset=utf-8', bytes: Buffer.from('302 Found\n') };
  return { status: 302, detail: 'sign in first', lines: `Location: ${location}\r\n${noStore}`, body };
}

/** The fields of these names, as lines with the names as they were chosen. */
function linesOf({ fields }: ServiceAnswer, names: readonly string[]): string {
  return names
    .flatMap((name) =>
      fields
        .filter(([field]) => field.toLowerCase() === name.toLowerCase())
        .map(([, value]) => `${name}: ${value}\r\n`),
    )
    .join('');
}

function serviceField({ fields }: ServiceAnswer, name: string): string {
  return fields.find(([field]) => field.toLowerCase() === name.toLowerCase())?.[1] ?? '';
}
