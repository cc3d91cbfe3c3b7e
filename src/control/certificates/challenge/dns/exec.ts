import { execFile } from 'node:child_process';
import { systemErrorCode } from '../../../../model/errors.ts';
import { ChallengeError } from '../solver.ts';
import type { DnsProvider } from './provider.ts';

export interface ExecSettings {
  /** A program and its first arguments; run without a shell. */
  readonly command: readonly string[];
  /** Milliseconds; two minutes when absent. */
  readonly timeout?: number;
}

/**
 * Any command: it is called as `COMMAND… set NAME VALUE` and `COMMAND… clear NAME VALUE` and must exit with 0 when the
 * record was written. The same facts are in `SALLYPORT_DNS_ACTION`, `SALLYPORT_DNS_NAME` and `SALLYPORT_DNS_VALUE`.
 */
export function execProvider(settings: ExecSettings): DnsProvider {
  const [program = '', ...first] = settings.command;
  const run = (action: 'set' | 'clear', name: string, value: string, signal?: AbortSignal): Promise<void> =>
    new Promise((resolve, reject) => {
      const env = {
        ...process.env,
        SALLYPORT_DNS_ACTION: action,
        SALLYPORT_DNS_NAME: name,
        SALLYPORT_DNS_VALUE: value,
      };
      const options = {
        env,
        timeout: settings.timeout ?? 120_000,
        maxBuffer: 1024 * 1024,
        ...(signal ? { signal } : {}),
      };
      execFile(program, [...first, action, name, value], options, (error, _stdout, stderr) => {
        if (!error) return resolve();
        const missing = systemErrorCode(error) === 'ENOENT' || systemErrorCode(error) === 'EACCES';
        const how = error.killed ? 'took too long' : `ended with ${error.code ?? error.signal}`;
        const said = stderr.trim().split('\n').at(-1) ?? '';
        const text = missing ? `${program} cannot be run` : `${program} ${action} ${how}${said ? `: ${said}` : ''}`;
        reject(new ChallengeError(text, { reason: missing ? 'setup' : 'trouble', cause: error }));
      });
    });
  return {
    name: program,
    oneValue: false,
    setTxt: (name, value, signal) => run('set', name, value, signal),
    clearTxt: (name, value, signal) => run('clear', name, value, signal),
  };
}
