import { homedir } from 'node:os';
import { join } from 'node:path';
import { UserError } from '../model/errors.ts';
import type { Parts } from './parts.ts';

/**
 * The program's real parts: the one place where the command line is joined to configuration, CA and gateway.
 * What only some verbs need is imported when they need it.
 */
export const realParts: Parts = {
  readSettings: () => Promise.reject(underConstruction('reading a configuration')),
  settingsForHosts: () => {
    throw underConstruction('serving without a file');
  },
  rootCertificate: () => Promise.reject(underConstruction('the in-house CA')),
  defaultState: () => (process.getuid?.() === 0 ? '/var/lib/sallyport' : userState()),
  defaultControl: (state) => join(state, 'control.sock'),
  startGateway: async (settings) => (await import('../gateway/gateway.ts')).startGateway(settings),
};

function userState(): string {
  const base = process.env.XDG_STATE_HOME;
  return base?.startsWith('/') ? join(base, 'sallyport') : join(homedir(), '.local/state/sallyport');
}

function underConstruction(what: string): UserError {
  return new UserError(`${what} is not possible yet; this part is under construction`, { code: 'under-construction' });
}
