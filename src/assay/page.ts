import { X509Certificate } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type ServerResponse } from 'node:http';
import { rootProfile } from '../control/certificates/authority/mobileconfig.ts';
import { UserError } from '../model/errors.ts';
import { bracketed } from '../model/host.ts';
import { readProgramFile } from '../model/program.ts';
import type { Stand } from './lab/lab.ts';

/** The page for people with a phone in their hand. */
export interface Page {
  readonly url: string;
  close(): Promise<void>;
}

export interface PageOptions {
  readonly host: string;
  /** 0: a free one. */
  readonly port: number;
  readonly stands: readonly Stand[];
  /** PEM. */
  readonly root: string;
}

const template = readProgramFile('assay/page.html');
const words = { control: 'must work', 'must-refuse': 'must refuse', informative: 'informative' } as const;

function escapeHtml(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;');
}

function row({ case: { name, group, shows, gain }, url }: Stand): string {
  const link = `<a href="${escapeHtml(url)}">${escapeHtml(url)}</a>`;
  return `<tr id="${name}"><td></td><td>${link}<br>${words[group]}: ${escapeHtml(shows)}<br><small>${escapeHtml(gain)}</small></td></tr>`;
}

/** How what came so far is to be taken. */
export function styleOf(stand: Stand): 'good' | 'bad' | 'other' {
  const { group } = stand.case;
  const outcome = stand.outcome();
  if (outcome === 'unreached' || group === 'informative') return 'other';
  return (outcome === 'accepted') === (group === 'control') ? 'good' : 'bad';
}

function stateOf(stands: readonly Stand[]): string {
  const state = stands.map((stand) => ({
    id: stand.case.name,
    outcome: stand.outcome() === 'unreached' ? '' : stand.outcome(),
    detail: stand.describe(),
    style: styleOf(stand),
  }));
  return JSON.stringify(state);
}

/** By path: type and body. */
function contents({ root, stands }: PageOptions): Record<string, () => readonly [string, string | Buffer]> {
  const { raw, fingerprint256 } = new X509Certificate(root);
  const html = template
    .replace('<!--fingerprint-->', () => fingerprint256)
    .replace('<!--cases-->', () => stands.map(row).join('\n'));
  return {
    '/': () => ['text/html; charset=utf-8', html],
    '/state.json': () => ['application/json', stateOf(stands)],
    '/root.pem': () => ['application/x-pem-file', root],
    '/root.crt': () => ['application/x-x509-ca-cert', raw],
    '/root.mobileconfig': () => ['application/x-apple-aspen-config', rootProfile([root])],
  };
}

function send(response: ServerResponse, status: number, type: string, body: string | Buffer): void {
  response.writeHead(status, {
    'Content-Type': type,
    'Content-Length': Buffer.byteLength(body),
    'X-Content-Type-Options': 'nosniff',
    'Cache-Control': 'no-store',
  });
  response.end(body);
}

/** Serves the page, in plain HTTP: nothing is trusted yet. Throws a UserError when it cannot listen. */
export async function openPage(options: PageOptions): Promise<Page> {
  const { host, port } = options;
  const pages = contents(options);
  const server = createServer((request, response) => {
    const page = Object.hasOwn(pages, request.url ?? '') ? pages[request.url ?? ''] : undefined;
    if (page !== undefined) send(response, 200, ...page());
    else send(response, 404, 'text/plain', 'not found\n');
  });
  server.listen(port, host);
  await once(server, 'listening').catch((error: unknown) => {
    throw new UserError(`The page of the lab cannot be served on ${bracketed(host)}:${port}`, {
      code: 'cannot-listen',
      cure: 'Name an address of this machine and a free port with --listen ADDRESS:PORT.',
      cause: error,
      exitCode: 2,
    });
  });
  const address = server.address();
  const bound = typeof address === 'object' && address !== null ? address.port : port;
  return {
    url: `http://${bracketed(host)}:${bound}/`,
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
