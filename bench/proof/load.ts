import { connect, type TLSSocket } from 'node:tls';
import { AnswerReader, Tally } from './answers.ts';

export interface LoadSetting {
  readonly port: number;
  readonly name: string;
  /** New TLS connections a second, with one request each. */
  readonly connections: number;
  /** Requests a second over connections that are kept. */
  readonly requests: number;
}

/** A constant load, whatever the answers take. */
export interface Load {
  readonly fresh: Tally;
  readonly kept: Tally;
  /** Sends nothing more; resolves when all is answered. */
  stop(): Promise<void>;
}

const tick = 5;
const keptClients = 50;
/** An answer that takes longer has failed, milliseconds. */
const patience = 15_000;

/** Nothing is ever sent twice: a connection that is closed under a request counts as a failure, even where a browser would try again. */
export function startLoad(setting: LoadSetting): Load {
  const fresh = new Tally();
  const kept = new Tally();
  const clients = Array.from({ length: keptClients }, () => new KeptClient(setting, kept));
  const waiting = new Set<Promise<void>>();
  const began = performance.now();
  let freshDue = 0;
  let keptDue = 0;
  let turn = 0;
  const timer = setInterval(() => {
    const seconds = (performance.now() - began) / 1000;
    for (; freshDue < seconds * setting.connections; freshDue++) {
      const one = askOnce(setting, fresh).finally(() => waiting.delete(one));
      waiting.add(one);
    }
    for (; keptDue < seconds * setting.requests; keptDue++) clients[turn++ % keptClients]!.ask();
  }, tick);
  return {
    fresh,
    kept,
    async stop() {
      clearInterval(timer);
      await Promise.all([...waiting, ...clients.map((client) => client.end())]);
    },
  };
}

function open({ port, name }: LoadSetting): TLSSocket {
  const socket = connect({ port, host: '127.0.0.1', servername: name, rejectUnauthorized: false });
  socket.setEncoding('latin1');
  return socket;
}

function request({ name }: LoadSetting, fields: string): string {
  return `GET / HTTP/1.1\r\nHost: ${name}\r\n${fields}\r\n`;
}

/** A connection of its own for one request. Never rejects. */
function askOnce(setting: LoadSetting, tally: Tally): Promise<void> {
  return new Promise((resolve) => {
    const at = tally.began();
    const socket = open(setting);
    const reader = new AnswerReader();
    let isDone = false;
    const end = (failure: string | null): void => {
      if (isDone) return;
      isDone = true;
      clearTimeout(timer);
      if (failure === null) tally.ended(at);
      else tally.broke(failure);
      socket.destroy();
      resolve();
    };
    const timer = setTimeout(() => end('no answer in time'), patience);
    socket.on('secureConnect', () => socket.write(request(setting, 'Connection: close\r\n')));
    socket.on('data', (text: string) => {
      const answer = reader.push(text);
      if (answer) end(answer.status === 200 ? null : `status ${answer.status}`);
    });
    socket.on('error', (error: NodeJS.ErrnoException) => end(`new connection: ${error.code ?? error.message}`));
    socket.on('close', () => end('new connection: closed before the answer'));
  });
}

/** Sends one request after the other over one connection, and opens another when that one is closed between two. */
class KeptClient {
  readonly #setting: LoadSetting;
  readonly #tally: Tally;
  #socket: TLSSocket | null = null;
  #reader = new AnswerReader();
  /** Requests that wait for the one before. */
  #queue = 0;
  #askedAt = -1;
  #timer: NodeJS.Timeout | undefined;
  #emptied: (() => void) | null = null;

  constructor(setting: LoadSetting, tally: Tally) {
    this.#setting = setting;
    this.#tally = tally;
  }

  ask(): void {
    this.#queue++;
    this.#next();
  }

  async end(): Promise<void> {
    if (this.#askedAt >= 0 || this.#queue > 0) {
      await new Promise<void>((resolve) => {
        this.#emptied = resolve;
      });
    }
    this.#socket?.destroy();
  }

  #next(): void {
    if (this.#askedAt >= 0) return;
    if (this.#queue === 0) {
      this.#emptied?.();
      return;
    }
    this.#queue--;
    this.#askedAt = this.#tally.began();
    this.#timer = setTimeout(() => this.#broke('no answer in time'), patience);
    const socket = this.#socket ?? this.#open();
    socket.write(request(this.#setting, ''));
  }

  #open(): TLSSocket {
    const socket = open(this.#setting);
    this.#socket = socket;
    this.#reader = new AnswerReader();
    const lost = (reason: string): void => {
      if (this.#socket !== socket) return;
      this.#drop();
      if (this.#askedAt >= 0) this.#broke(reason);
    };
    socket.on('data', (text: string) => {
      const answer = this.#reader.push(text);
      if (answer === null || this.#socket !== socket) return;
      if (answer.isLast) this.#drop();
      if (answer.status !== 200) return this.#broke(`status ${answer.status}`);
      this.#tally.ended(this.#askedAt);
      this.#settled();
    });
    socket.on('error', (error: NodeJS.ErrnoException) => lost(`kept connection: ${error.code ?? error.message}`));
    socket.on('end', () => lost('kept connection: closed under a request'));
    socket.on('close', () => lost('kept connection: closed under a request'));
    return socket;
  }

  #drop(): void {
    this.#socket?.destroy();
    this.#socket = null;
  }

  #broke(reason: string): void {
    this.#tally.broke(reason);
    this.#drop();
    this.#settled();
  }

  #settled(): void {
    clearTimeout(this.#timer);
    this.#askedAt = -1;
    this.#next();
  }
}
