import { X509Certificate } from 'node:crypto';
import { networkInterfaces } from 'node:os';
import { isInternalHost } from '../../model/host.ts';
import type { ListenAddress } from '../../model/settings.ts';
import { duration } from '../duration.ts';
import type { Output, Terminal } from '../terminal.ts';
import { terminalQr } from './page.ts';
import { type RootForms, shareRoot } from './serve-root.ts';

export interface ShareOptions {
  readonly address: ListenAddress;
  /** Milliseconds. */
  readonly lasts: number;
  readonly json: boolean;
}

/** Shows where the root can be fetched, serves it, and resolves when the time is over or somebody stops it. */
export async function share(terminal: Terminal, forms: RootForms, options: ShareOptions): Promise<void> {
  const { out, err } = terminal;
  const { address, lasts, json } = options;
  const everywhere = address.host === '0.0.0.0' || address.host === '::';
  const host = everywhere ? (lanAddresses()[0] ?? '127.0.0.1') : address.host;
  const shared = await shareRoot(forms, address, host);
  const fingerprint = new X509Certificate(String(forms['root.pem'])).fingerprint256;
  try {
    const ended = untilStopped(lasts);
    out.line(json ? JSON.stringify({ url: shared.url, fingerprint }) : shared.url);
    explain(err, shared.url, host, fingerprint, lasts);
    await ended;
  } finally {
    shared.close();
  }
}

function explain(err: Output, url: string, host: string, fingerprint: string, lasts: number): void {
  err.line();
  for (const line of terminalQr(url)) err.line(err.paint(['whiteBright', 'bgBlack'], line));
  err.line();
  err.line('SHA-256 fingerprint, to compare with what the page and the device show:');
  err.line(`  ${fingerprint.slice(0, 47)}`);
  err.line(`  ${fingerprint.slice(48)}`);
  err.line('A device that trusts this root trusts every certificate the in-house CA makes, for any name.');
  if (isLoopback(host)) {
    const [lan = 'ADDRESS'] = lanAddresses();
    err.line(`Only this machine can open that address. For phones: sallyport ca share --listen ${lan}`);
  }
  err.line(`Ctrl-C ends it; else it ends in ${duration(lasts)}.`);
}

function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || host.startsWith('127.');
}

/** IPv4 addresses of this machine by which others can reach it, those of private networks first. */
function lanAddresses(): string[] {
  const all = Object.values(networkInterfaces()).flatMap((addresses) => addresses ?? []);
  const open = all.filter(({ family, internal }) => family === 'IPv4' && !internal).map(({ address }) => address);
  return [...open.filter(isInternalHost), ...open.filter((address) => !isInternalHost(address))];
}

/** Resolves after `lasts` milliseconds, or at SIGINT, SIGTERM or SIGHUP. */
function untilStopped(lasts: number): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;
  const timer = setTimeout(resolve, lasts);
  for (const signal of signals) process.once(signal, resolve);
  return promise.finally(() => {
    clearTimeout(timer);
    for (const signal of signals) process.off(signal, resolve);
  });
}
