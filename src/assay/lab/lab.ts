import type { Socket } from 'node:net';
import { connect } from 'node:net';
import { pipeline } from 'node:stream';
import type { SubjectName } from '../../control/certificates/x509/names.ts';
import { bracketed } from '../../model/host.ts';
import { applies, type Case, type Service, type TurningService } from '../case.ts';
import { openPki, type Pki, type Root } from '../pki/pki.ts';
import { type Answer, type Listener, type ListenerOptions, openListener } from './serve.ts';
import { describeVisits, type Outcome, outcomeOf, type Visit } from './visit.ts';

/** A case that is being served. */
export interface Stand {
  readonly case: Case;
  /** Where the client is sent: a name, or an address for the cases about addresses. */
  readonly host: string;
  readonly port: number;
  readonly url: string;
  /** What came so far. */
  readonly visits: readonly Visit[];
  outcome(): Outcome;
  /** In a few words; '' as long as nobody came. */
  describe(): string;
  /** Resolves when no connection is open, or after `milliseconds`. */
  idle(milliseconds: number): Promise<void>;
}

export interface Lab {
  readonly stands: readonly Stand[];
  close(): Promise<void>;
}

export interface LabOptions {
  readonly root: Root;
  readonly cases: readonly Case[];
  readonly subject: SubjectName;
  /** Addresses to listen on, the first one that of the cases about addresses. */
  readonly hosts: readonly string[];
  /** Of the first case; the others have those after it. 0: free ones. */
  readonly port: number;
  /** Accepted connections are passed on to this TCP port of 127.0.0.1; else they get a short answer. */
  readonly to?: number;
  readonly now: number;
  /** Only this version of TLS, where the case has none of its own; 1.2 and 1.3 when absent. */
  readonly version?: 'TLSv1.2' | 'TLSv1.3';
  /** Called after each thing that a client did. */
  onChange?(stand: Stand): void;
}

function say(socket: Socket, status: string, fields: readonly string[], text: string): void {
  const head = [`HTTP/1.1 ${status}`, 'Content-Type: text/plain', `Content-Length: ${Buffer.byteLength(text)}`];
  socket.end([...head, ...fields, 'Connection: close', '', text].join('\r\n'));
}

function passOn(port: number): Answer {
  return (socket, request) => {
    const app = connect(port, '127.0.0.1');
    app.write(request);
    pipeline(socket, app, socket, () => {});
  };
}

/** Everything that serves one case. */
class OpenStand implements Stand {
  readonly case: Case;
  readonly host: string;
  readonly #entry: Listener;
  readonly #watched: Listener;

  constructor(each: Case, host: string, entry: Listener, watched: Listener) {
    this.case = each;
    this.host = host;
    this.#entry = entry;
    this.#watched = watched;
  }

  get port(): number {
    return this.#entry.port;
  }

  get url(): string {
    return `https://${bracketed(this.host)}:${this.port}/${this.case.name}`;
  }

  get visits(): readonly Visit[] {
    return this.#watched.visits;
  }

  outcome(): Outcome {
    return outcomeOf(this.visits);
  }

  describe(): string {
    const said = describeVisits(this.visits);
    if (said !== '' || this.#watched === this.#entry) return said;
    if (outcomeOf(this.#entry.visits) === 'accepted') return 'does not follow redirects';
    return describeVisits(this.#entry.visits);
  }

  async idle(milliseconds: number): Promise<void> {
    await this.#entry.idle(milliseconds);
    if (this.#watched !== this.#entry) await this.#watched.idle(milliseconds);
  }

  async close(): Promise<void> {
    await Promise.all([this.#entry.close(), this.#watched.close()]);
  }
}

async function openStand(each: Case, pki: Pki, options: LabOptions, port: number): Promise<OpenStand> {
  const service: Service = await each.serve(pki);
  const host = each.at === 'address' ? pki.address : pki.subject.value;
  const { hosts, to, version } = options;
  const text = `sallyport assay: this client took what "${each.name}" shows: ${each.shows}\n`;
  const answer: Answer = to === undefined ? (socket) => say(socket, '200 OK', [], text) : passOn(to);
  const onChange = (): void => {
    if (stand !== null) options.onChange?.(stand);
  };
  let stand: OpenStand | null = null;
  const common = { hosts, answer, onChange, ...(version && { version }) };
  if (service.kind === 'tls' || service.kind === 'plain') {
    const listener = await openListener({ ...common, port, service: () => service });
    stand = new OpenStand(each, host, listener, listener);
    return stand;
  }
  if (service.kind === 'turning') {
    stand = await openTurning(each, service, host, { ...common, port });
    return stand;
  }
  const watched = await openListener({ ...common, port: 0, service: () => service.to });
  const scheme = service.to.kind === 'plain' ? 'http' : 'https';
  const location = `Location: ${scheme}://${bracketed(host)}:${watched.port}/${each.name}`;
  const entry = await openListener({
    ...common,
    port,
    service: () => service.from,
    answer: (socket) => say(socket, '302 Found', [location], ''),
  });
  stand = new OpenStand(each, host, entry, watched);
  return stand;
}

/** Watched is what comes on connections that begin after the first request. */
async function openTurning(
  each: Case,
  { first, later }: TurningService,
  host: string,
  options: Omit<ListenerOptions, 'service'>,
): Promise<OpenStand> {
  let turnedAt: number | null = null;
  const entry = await openListener({
    ...options,
    service: () => (turnedAt === null ? first : later),
    answer: (socket, request) => {
      if (turnedAt !== null) {
        options.answer(socket, request);
        return;
      }
      turnedAt = entry.visits.length;
      say(socket, '302 Found', [`Location: https://${bracketed(host)}:${entry.port}/${each.name}/again`], '');
    },
  });
  const watched: Listener = {
    ...entry,
    get visits() {
      return turnedAt === null ? [] : entry.visits.slice(turnedAt);
    },
  };
  return new OpenStand(each, host, entry, watched);
}

/** Makes the certificates and opens a server for each case that applies. Throws a UserError when it cannot listen. */
export async function openLab(options: LabOptions): Promise<Lab> {
  const pki = await openPki(options.root, options.subject, options.hosts, options.now);
  const cases = options.cases.filter((each) => applies(each, options.subject));
  const opened = await Promise.allSettled(
    cases.map((each, index) => openStand(each, pki, options, options.port === 0 ? 0 : options.port + index)),
  );
  const stands = opened.flatMap((each) => (each.status === 'fulfilled' ? [each.value] : []));
  const close = async (): Promise<void> => void (await Promise.all(stands.map((stand) => stand.close())));
  const failed = opened.find((each) => each.status === 'rejected');
  if (failed !== undefined) {
    await close();
    throw failed.reason;
  }
  return { stands, close };
}
