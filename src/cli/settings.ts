import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { defaultState, processSurroundings, systemState } from '../control/config/paths.ts';
import { ConfigError, type Finding } from '../control/config/problems.ts';
import * as config from '../control/config/read-settings.ts';
import { systemClock } from '../model/clock.ts';
import { UserError } from '../model/errors.ts';
import { bracketed } from '../model/host.ts';
import type { Log } from '../model/log.ts';
import type { ListenAddress } from '../model/settings.ts';
import type { AuthorityPlace, Parts, ReadSettings } from './parts.ts';

/**
 * The program's real parts: the one place where the command line is joined to configuration, CA and gateway.
 * What only some verbs need is imported when they need it.
 */
export const realParts: Parts = {
  readSettings: async (file) => withWarnings(() => config.readSettings(file)),
  settingsForHosts: ({ hosts, target, tls, http, https, state, control }) =>
    withWarnings(
      () =>
        config.settingsForHosts({
          hosts,
          target,
          ...(tls && { tls }),
          ...(state && { state }),
          ...(control && { control }),
          listen: { ...(http && { http: listOf(http) }), ...(https && { https: listOf(https) }) },
        }),
      inOptions,
    ),
  rootCertificate: async (place) => {
    const authority = await openAuthority(place);
    return { pem: await authority.rootPem(), path: authority.rootPath };
  },
  hasAuthority: (state) => existsSync(join(state, 'authority')),
  systemState,
  storedCertificates: async (settings) => (await stored()).storedCertificates(settings, silentLog),
  importCertificate: async (settings, name, pair) => (await stored()).importStored(settings, name, pair, silentLog),
  examineMachine: async (settings, options) =>
    (await import('../gateway/examine/machine.ts')).examineMachine(settings, options),
  examineApps: async ({ apps }) => {
    const { examineApp } = await import('../control/apps/examine.ts');
    return Promise.all(apps.map(examineApp));
  },
  examineCertificate: async (settings, name) => (await stored()).examineWithoutGate(settings, name, silentLog),
  askTargets: async (settings) => (await import('../control/health/reach.ts')).askTargets(settings),
  issueCertificate: async (place, names, days) =>
    (await openAuthority(place)).issue({ names, ...(days !== undefined && { days }) }),
  issueClientCertificate: async (place, name, days) =>
    (await openAuthority(place)).issueClient({ name, ...(days !== undefined && { days }) }),
  exportRoot: async (place, form) => {
    const authority = await openAuthority(place);
    return { pem: authority.rootPem, der: authority.rootDer, mobileconfig: authority.mobileconfig }[form]();
  },
  defaultState: () => defaultState(processSurroundings()),
  defaultControl: (state) => join(state, 'control.sock'),
  startGateway: async (settings, options) => (await import('../gateway/gateway.ts')).startGateway(settings, options),
};

const stored = () => import('../gateway/stored-certificates.ts');

async function openAuthority(place: AuthorityPlace) {
  const { openSettingsAuthority } = await import('../gateway/site-certificates.ts');
  return openSettingsAuthority(place, systemClock, silentLog);
}

/** The CA is asked for its root alone; what it might log concerns those who serve. */
const silentLog: Log = { error() {}, warn() {}, info() {} };

function withWarnings(read: () => config.ReadSettings, wordCure = (cure: string) => cure): ReadSettings {
  const asUserError = ({ message, at, cure }: Finding): UserError =>
    new UserError(message, {
      code: 'invalid-config',
      exitCode: 2,
      ...(at && { at }),
      ...(cure !== null && { cure: wordCure(cure) }),
    });
  try {
    const { settings, warnings } = read();
    return { settings, warnings: warnings.map(asUserError) };
  } catch (error) {
    if (error instanceof ConfigError) throw new AggregateError(error.problems.map(asUserError), error.message);
    throw error;
  }
}

/** A cure that speaks of keys of a file, for somebody who has typed options. */
function inOptions(cure: string): string {
  return cure
    .replaceAll(/\btls: (internal|off)\b/g, '--tls $1')
    .replaceAll(/\blisten: (https?): (\d+)/g, '--$1 $2')
    .replaceAll(/\bcontrol: /g, '--control ');
}

function listOf(addresses: readonly ListenAddress[]): string[] | false {
  return addresses.length > 0 && addresses.map(({ host, port }) => `${bracketed(host)}:${port}`);
}
