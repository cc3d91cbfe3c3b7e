import { createInterface } from 'node:readline';
import { Writable } from 'node:stream';
import { UserError } from '../model/errors.ts';

/** Longest password read; longer ones are a file somebody has sent by mistake. Characters. */
const longest = 4096;

/**
 * A password from the terminal, asked for without showing it and `twice` if it is a new one, or else the first line of the standard
 * input. Never from the arguments, which every user of the machine can see.
 */
export async function askPassword(name: string, twice: boolean): Promise<string> {
  if (!process.stdin.isTTY) return readLine();
  const prompt = new SilentPrompt();
  try {
    const password = await prompt.ask(`Password for ${name}: `);
    if (twice && (await prompt.ask('The same again: ')) !== password) {
      throw new UserError('the two passwords differ', { code: 'passwords-differ', cure: 'Try again.' });
    }
    return password;
  } finally {
    prompt.close();
  }
}

async function readLine(): Promise<string> {
  let text = '';
  process.stdin.setEncoding('utf8');
  for await (const piece of process.stdin) {
    text += String(piece);
    if (text.includes('\n') || text.length > longest) break;
  }
  const line = text.split('\n', 1)[0]!.replace(/\r$/, '');
  if (line !== '' && line.length <= longest) return line;
  throw new UserError(line === '' ? 'no password on the standard input' : 'a password that is far too long', {
    code: 'no-password',
    cure: 'Run it in a terminal and be asked, or pipe the password in as one line.',
    exitCode: 2,
  });
}

/** Reads lines from the terminal and shows none of them. */
class SilentPrompt {
  readonly #lines = createInterface({
    input: process.stdin,
    output: new Writable({ write: (_piece, _encoding, done) => done() }),
    terminal: true,
  });
  /** Lines that came before they were asked for. */
  readonly #early: string[] = [];
  #ended = false;
  #waiting: { take(line: string): void; giveUp(): void } | null = null;

  constructor() {
    this.#lines.on('line', (line) => {
      const waiting = this.#waiting;
      this.#waiting = null;
      if (waiting === null) this.#early.push(line);
      else waiting.take(line);
    });
    this.#lines.on('SIGINT', () => this.#lines.close());
    this.#lines.on('close', () => {
      this.#ended = true;
      this.#waiting?.giveUp();
    });
  }

  async ask(question: string): Promise<string> {
    process.stderr.write(question);
    try {
      const early = this.#early.shift();
      if (early !== undefined) return early;
      return await new Promise<string>((take, reject) => {
        const giveUp = (): void => reject(new UserError('no password was given', { code: 'no-password' }));
        this.#waiting = { take, giveUp };
        if (this.#ended) giveUp();
      });
    } finally {
      this.#waiting = null;
      process.stderr.write('\n');
    }
  }

  close(): void {
    this.#lines.close();
  }
}
