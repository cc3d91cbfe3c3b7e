import { X509Certificate } from 'node:crypto';
import type { Case } from '../assay/case.ts';
import { resultOf } from '../assay/experiment.ts';
import { type Lab, openLab, type Stand } from '../assay/lab/lab.ts';
import { openPage, styleOf } from '../assay/page.ts';
import type { KeptRoot } from '../assay/pki/keep-root.ts';
import type { CaseResult } from '../assay/verdict.ts';
import { type AssayOptions, labOptions, placeOf } from './assay-options.ts';
import { terminalQr } from './share/page.ts';
import { printTable } from './table.ts';
import type { Terminal } from './terminal.ts';

const words = { control: 'must work', 'must-refuse': 'must refuse', informative: 'informative' } as const;
const colours = { good: 'green', bad: 'red', other: 'yellow' } as const;

/**
 * Serves every case until SIGINT or SIGTERM, for clients that are no command: apps on a phone, browsers, programs with windows. Tells live
 * what each did. With a port, the page has it and the cases those after it.
 */
export async function assayLive(
  terminal: Terminal,
  options: AssayOptions,
  cases: readonly Case[],
  kept: KeptRoot,
  now: number,
): Promise<readonly CaseResult[]> {
  const place = placeOf(options);
  const said = new Map<string, string>();
  const lab = await openLab({
    ...place,
    ...labOptions(options),
    root: kept.root,
    cases,
    port: place.port === 0 ? 0 : place.port + 1,
    now,
    onChange: (stand) => tellOnce(terminal, said, stand),
  });
  try {
    const stopped = untilStopped();
    await serveLive(terminal, options, lab, kept, stopped);
    return lab.stands.map((stand) => resultOf(stand, null));
  } finally {
    await lab.close();
  }
}

async function serveLive(
  terminal: Terminal,
  options: AssayOptions,
  { stands }: Lab,
  { root, path }: KeptRoot,
  stopped: Promise<void>,
): Promise<void> {
  const { hosts, port } = placeOf(options);
  const page = await openPage({ host: hosts[0] ?? '', port, stands, root: root.certificate });
  try {
    const { err } = terminal;
    const steps = [
      `1. Let the client trust ${path}, or fetch it from ${page.url}root.pem`,
      `   SHA-256 ${new X509Certificate(root.certificate).fingerprint256}`,
      '2. Send the client to each of these addresses; what follows the port does not matter:',
      ...addresses(stands),
      '3. Ctrl-C prints the verdict. Then take the root off every device again.',
    ];
    for (const step of steps) err.line(step);
    const [host = ''] = hosts;
    if (!host.startsWith('127.') && host !== '::1') for (const line of terminalQr(page.url)) err.line(line);
    err.line(`ready ${page.url}`);
    await stopped;
  } finally {
    await page.close();
  }
}

function addresses(stands: readonly Stand[]): string[] {
  const rows = stands.map(({ url, case: { group, shows } }) => [
    { text: `   ${url}` },
    { text: words[group] },
    { text: shows },
  ]);
  return printTable(rows, (_, text) => text);
}

function tellOnce({ err }: Terminal, said: Map<string, string>, stand: Stand): void {
  const outcome = stand.outcome();
  const open = stand.visits.some((visit) => visit.open);
  // While a connection is open, a client that has sent nothing may still do so.
  if (outcome === 'unreached' || (outcome === 'refused' && open)) return;
  const line = `${outcome}: ${stand.describe()}`;
  if (said.get(stand.case.name) === line) return;
  said.set(stand.case.name, line);
  const { group, name, shows } = stand.case;
  const alarm = err.paint(
    colours[styleOf(stand)],
    outcome === 'accepted' && group === 'must-refuse' ? 'ACCEPTED' : outcome,
  );
  err.line(`${alarm} ${name} (${words[group]}): ${stand.describe()}; it was shown ${shows}`);
}

function untilStopped(): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  // They stay: npm sends the second SIGINT of one key press, and the verdict has yet to be printed.
  for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => resolve());
  return promise;
}
