import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { requirePart } from './parts.ts';
import type { Scope } from './scope.ts';

/** A program in a terminal of its own, answered as a person would: each answer after its question has been shown. */
export interface InTerminal {
  /** Waits until what was shown since the last answer matches, then types `keys`. Rejects when the program ends first. */
  answer(question: RegExp, keys: string): Promise<void>;
  /** Resolves with the exit code and all that was shown, without colours. */
  readonly ended: Promise<{ readonly code: number | null; readonly shown: string }>;
}

export const keys = { enter: '\r', down: '\x1b[B', interrupt: '\x03' } as const;

// biome-ignore lint/suspicious/noControlCharactersInRegex: what terminals are told begins with one
const controlSequence = /\x1b\[[\d;?]*[A-Za-z]/g;

/** Longest wait for a question; milliseconds. */
const patience = 10_000;

/** Starts a command in a new pseudo terminal, by script(1). */
export function startInTerminal(
  scope: Scope,
  command: readonly string[],
  { cwd, env = {} }: { readonly cwd: string; readonly env?: Readonly<Record<string, string>> },
): InTerminal {
  const line = command.map((word) => `'${word}'`).join(' ');
  const child = spawn(requirePart('script'), ['-qefc', `stty cols 120 rows 50; ${line}`, '/dev/null'], {
    cwd,
    env: { ...process.env, TERM: 'xterm', ...env },
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  scope.after(() => void child.kill('SIGKILL'));
  let shown = '';
  let answered = 0;
  let look = (): void => {};
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    shown = (shown + text).replace(controlSequence, '');
    look();
  });
  const ended = once(child, 'close').then(([code]) => ({ code: Number(code), shown }));
  return {
    ended,
    async answer(question, typed) {
      const { promise, resolve } = Promise.withResolvers<void>();
      look = () => {
        if (question.test(shown.slice(answered))) resolve();
      };
      look();
      const gone = ended.then(({ code }) => {
        throw new Error(`ended with ${code} before asking ${question}: ${shown}`);
      });
      const late = setTimeout(() => {
        child.kill('SIGKILL');
      }, patience);
      await Promise.race([promise, gone]);
      clearTimeout(late);
      answered = shown.length;
      child.stdin.write(typed);
    },
  };
}
