import { join } from 'node:path';
import { createAcmeService } from '../control/certificates/acme-service.ts';
import type { Finding } from '../control/certificates/doctor/finding.ts';
import { loadPair } from '../control/certificates/files/load.ts';
import { statusOf } from '../control/certificates/lifecycle/certificate-status.ts';
import { newRecord } from '../control/certificates/lifecycle/state.ts';
import { VaultStore } from '../control/certificates/lifecycle/vault-store.ts';
import { systemDisk } from '../control/certificates/vault/disk.ts';
import { acquireLock } from '../control/certificates/vault/lock.ts';
import { openVault } from '../control/certificates/vault/vault.ts';
import { noLogins } from '../model/auth.ts';
import { systemClock } from '../model/clock.ts';
import { describeError, UserError } from '../model/errors.ts';
import type { Log } from '../model/log.ts';
import type { Settings } from '../model/settings.ts';
import type { CertificatePair, SiteSettings } from '../model/site.ts';
import type { CertificateFacts } from '../model/status.ts';
import { createListeners } from '../traffic/listen/listeners.ts';
import { Worker } from '../traffic/worker.ts';
import { acmeSettings } from './acme-settings.ts';
import { factsOfManaged, factsOfPair } from './certificate-facts.ts';
import { importedGeneration } from './imported-certificate.ts';
import { managedBy } from './public-certificates.ts';

/** What the state directory holds for the sites of `settings`, while no gate runs. */
export async function storedCertificates(settings: Settings, log: Log): Promise<CertificateFacts[]> {
  const store = new VaultStore({ state: settings.state, clock: systemClock, log });
  const stored = new Map((await store.loadAll()).map((one) => [one.name, one]));
  const leaves = openVault({
    directory: join(settings.state, 'authority', 'leaves'),
    clock: systemClock,
    log,
    disk: systemDisk,
  });
  const now = Date.now();
  const facts = async (site: SiteSettings): Promise<CertificateFacts> => {
    if (site.tls.mode === 'acme') {
      const { generation = null, progress } = stored.get(site.name) ?? {};
      const record = newRecord(site);
      return factsOfManaged(statusOf({ ...record, generation, progress: progress ?? record.progress }, now));
    }
    if (site.tls.mode === 'files') return factsOfPair(site, (await loadPair(site.tls.pairs[0]!)).pair, now);
    return factsOfPair(site, (await leaves.read(site.name))?.pair, now);
  };
  return Promise.all(settings.sites.filter((site) => site.tls.mode !== 'off').map(facts));
}

/** Stores a certificate that was got elsewhere for the site `name`, while no gate runs. */
export async function importStored(
  settings: Settings,
  name: string,
  pair: CertificatePair,
  log: Log,
): Promise<CertificateFacts> {
  const site = managedBy(settings).find((one) => one.name === name);
  if (!site) throw notManaged(name);
  const generation = importedGeneration(site.names, pair, Date.now());
  const lock = await acquireLock({ path: join(settings.state, 'lock'), purpose: 'import', disk: systemDisk });
  try {
    const store = new VaultStore({ state: settings.state, clock: systemClock, log });
    await store.saveGeneration(name, generation);
    return factsOfManaged(statusOf({ ...newRecord(site), generation }, Date.now()));
  } finally {
    await lock.release();
  }
}

/**
 * What the CAs would say to an order for the site `name`, while no gate runs: the configured ports are opened for as long
 * as it takes, with nothing behind them but the answers CAs look for.
 */
export async function examineWithoutGate(settings: Settings, name: string, log: Log): Promise<readonly Finding[]> {
  const site = managedBy(settings).find((one) => one.name === name);
  if (!site) throw notManaged(name);
  const store = new VaultStore({ state: settings.state, clock: systemClock, log });
  const service = createAcmeService(acmeSettings(settings), { clock: systemClock, log, store, onIssued: () => {} });
  const nothing = { sites: [], trustedProxies: [], http2: false, limits: settings.limits, logins: noLogins };
  const access = { enabled: false, dropped: 0, record() {} };
  const { http01Response: challengeResponse, challengeCertificate } = service;
  const worker = new Worker(nothing, null, { log, access, challengeResponse });
  const listeners = createListeners({ onConnection: (one) => worker.accept(one), challengeCertificate, log });
  try {
    const taken = await listeners.serve(nothing, settings.listen).then(() => null, describeError);
    const findings = await service.doctor(name, site.names);
    return taken === null ? findings : [portTaken(name, taken), ...findings];
  } finally {
    worker.kill();
    await listeners.close();
  }
}

function portTaken(subject: string, evidence: string): Finding {
  const cause = 'the ports could not be listened on, so proofs could not be looked for';
  const cure = 'stop what listens there, or ask while Sallyport runs';
  return { level: 'warning', code: 'not-listening', subject, cause, evidence, cure };
}

function notManaged(name: string): UserError {
  return new UserError(`no site named ${name} gets its certificate from a public CA`, {
    code: 'unknown-certificate',
    cure: '`sallyport cert list` names the sites; only those with `tls: auto` and a public name have one',
  });
}
