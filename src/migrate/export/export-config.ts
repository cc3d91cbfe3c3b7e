import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { readChain } from '../../control/config/certificate-files.ts';
import { directoryOf, processSurroundings } from '../../control/config/paths.ts';
import type { Source } from '../../control/config/source.ts';
import { readYaml } from '../../control/config/yaml-source.ts';
import type { Settings } from '../../model/settings.ts';
import type { Judged } from '../verdict.ts';
import { Ledger } from './ledger.ts';
import { type Plan, plan } from './plan.ts';
import type { Server } from './rule.ts';

export interface ExportRequest {
  readonly server: Server;
  /** The configuration as it was read from `file`. */
  readonly settings: Settings;
  /** Absolute. */
  readonly file: string;
  /** What the file is called in what is written. */
  readonly called: string;
  /** Where certificates are that no key names, in a directory for each site; absolute. */
  readonly certificates: string;
}

/** A configuration of another server for the same sites. */
export interface Exported {
  readonly text: string;
  /** Every key of the file, in its order. */
  readonly judged: readonly Judged[];
}

/**
 * Writes the configuration of another server for the sites of a valid sallyport.yaml. Throws a UserError for a path that cannot stand in the
 * other server's language.
 */
export async function exportConfig({ server, settings, file, called, certificates }: ExportRequest): Promise<Exported> {
  const surroundings = processSurroundings();
  const expansion = { environment: surroundings.environment, directory: directoryOf(file) };
  const { source } = readYaml(readFileSync(file, 'utf8'), called, expansion);
  const ledger = new Ledger(source, server);
  const names = namesOf(source);
  const made = plan({ settings, called, ledger, names, certificates, caFiles: caFilesOf(source) });
  judgeCertificates(made, server);
  const write = await writers[server]();
  return { text: write(made), judged: ledger.judged() };
}

const writers: Readonly<Record<Server, () => Promise<(plan: Plan) => string>>> = {
  nginx: async () => (await import('./nginx/write-nginx.ts')).writeNginx,
  apache: async () => (await import('./apache/write-apache.ts')).writeApache,
  caddy: async () => (await import('./caddy/write-caddy.ts')).writeCaddy,
  haproxy: async () => (await import('./haproxy/write-haproxy.ts')).writeHaproxy,
};

function namesOf({ root }: Source): string[] {
  return [...(root.entries.get('sites')?.entries.keys() ?? [])];
}

/** Certificates that Sallyport gets by itself are somebody else's business now, whether the file says tls: or not. */
function judgeCertificates({ sites, ledger }: Plan, server: Server): void {
  for (const { site, key, pairs } of sites) {
    const [pair] = pairs;
    if (pair === undefined || site.tls.mode === 'files') continue;
    const own = ledger.has([...key, 'tls']) ? [...key, 'tls'] : key;
    if (server === 'caddy' && site.tls.mode === 'acme') ledger.judge(own, 'carried', 'automatic HTTPS');
    else if (server === 'caddy') {
      const root = '/var/lib/caddy/.local/share/caddy/pki/authorities/local/root.crt';
      ledger.judge(own, 'approximated', `tls internal: by another CA, whose root clients must trust anew: ${root}`);
    } else {
      const cure = site.tls.mode === 'acme' ? 'certbot' : '`sallyport ca issue`, every 90 days';
      ledger.judge(
        own,
        'approximated',
        `the certificate is ${pair.certificate}: got by ${cure}, see the head of the file`,
      );
    }
  }
}

/** The files of CAs that a configuration names, by the certificates in them as the settings have them. */
function caFilesOf({ value, directory }: Source): ReadonlyMap<string, string> {
  const files = new Map<string, string>();
  const visit = (one: unknown): void => {
    if (typeof one !== 'object' || one === null) return;
    for (const [key, member] of Object.entries(one)) {
      if (key === 'caFile' && typeof member === 'string') {
        const path = resolve(directory, member);
        const chain = readChain(path);
        if (!chain.faults) files.set(chain.value.map((certificate) => certificate.toString()).join(''), path);
      } else visit(member);
    }
  };
  visit(value);
  return files;
}
