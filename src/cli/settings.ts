import { homedir } from 'node:os';
import { join } from 'node:path';
import { startGateway } from '../gateway/gateway.ts';
import { UserError } from '../model/errors.ts';
import type { Parts } from './parts.ts';

/** The program's real parts: the one place where the command line is joined to configuration, CA and gateway. */
export const realParts: Parts = {
  readSettings: () => Promise.reject(underConstruction('reading a configuration')),
  settingsForHosts: () => {
    throw underConstruction('serving without a file');
  },
  rootCertificate: () => Promise.reject(underConstruction('the in-house CA')),
  defaultState: () => (process.getuid?.() === 0 ? '/var/lib/sallyport' : userState()),
  defaultControl: (state) => join(state, 'control.sock'),
  startGateway,
};

function userState(): string {
  const base = process.env.XDG_STATE_HOME;
  return base?.startsWith('/') ? join(base, 'sallyport') : join(homedir(), '.local/state/sallyport');
}

function underConstruction(what: string): UserError {
  return new UserError(`${what} is not possible yet; this part is under construction`, { code: 'under-construction' });
}
