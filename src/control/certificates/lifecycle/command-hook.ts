import { execFile } from 'node:child_process';
import type { Log } from '../../../model/log.ts';
import type { CertificateEvent } from './alarm.ts';
import { type CertificateFilesOf, eventEnvironment } from './event-facts.ts';

export interface CommandHookOptions {
  /** A program and its arguments; run without a shell. */
  readonly command: readonly string[];
  readonly files: CertificateFilesOf;
  readonly log: Log;
  /** Milliseconds; a minute when absent. */
  readonly timeout?: number;
}

/**
 * Runs the user's command for an event, facts in its environment. Resolves when it has ended, however it ended:
 * a failing command is logged and never stands in the way of a certificate.
 */
export function commandHook(options: CommandHookOptions): (event: CertificateEvent) => Promise<void> {
  const { command, files, log, timeout = 60_000 } = options;
  const [program = '', ...args] = command;
  return (event) =>
    new Promise((resolve) => {
      const env = { ...process.env, ...eventEnvironment(event, files) };
      execFile(program, args, { env, timeout, maxBuffer: 1024 * 1024 }, (error, _stdout, stderr) => {
        if (error) {
          const said = stderr.trim().split('\n').at(-1) ?? '';
          const ended = error.killed ? 'took too long' : `ended with ${error.code ?? error.signal}`;
          log.error('the certificate command failed', { program, event: event.event, name: event.name, ended, said });
        }
        resolve();
      });
    });
}
