import { STATUS_CODES } from 'node:http';

/** A short answer of the gate's own. */
export interface AnswerPage {
  readonly status: number;
  readonly reason: string;
  readonly contentType: string;
  readonly body: string | Buffer;
}

interface TextPage extends AnswerPage {
  readonly body: string;
}

/** An answer without a body. */
export const noContent: AnswerPage = { status: 204, reason: reasonPhrase(204), contentType: '', body: '' };

const titles: Readonly<Record<number, string>> = {
  400: 'The request could not be understood',
  401: 'This asks for a name and a password',
  403: 'You may not pass here',
  404: 'There is nothing here',
  405: 'This method is not allowed here',
  408: 'The request took too long',
  414: 'The address is too long',
  421: 'This connection is for another site',
  429: 'Too many requests',
  431: 'The request head is too large',
  502: 'The app behind this gate cannot be reached',
  503: 'The gate is busy',
  504: 'The app behind this gate did not answer in time',
  505: 'This HTTP version is not spoken here',
  508: 'The request goes in circles',
};

/** What a reader may do about it, where the request at hand has nothing more exact to say. */
const hints: Readonly<Record<number, string>> = {
  404: 'No app answers at this address.',
  502: 'Try again in a moment. If you run this site: the log names the cause under the request id below.',
  503: 'Try again in a moment.',
  504: 'Try again in a moment. If you run this site: the log names the cause under the request id below.',
};

export function reasonPhrase(status: number): string {
  return STATUS_CODES[status] ?? 'Unknown';
}

/**
 * The page for an error, HTML unless the client would rather have JSON. It names the request's id, under which the log
 * says more, and nothing of what stands behind the gate. `detail` is a sentence of our own, never of a client's.
 */
export function errorPage(status: number, detail: string, requestId: string, accept: string): TextPage {
  const title = titles[status] ?? reasonPhrase(status);
  const reason = reasonPhrase(status);
  const hint = detail || hints[status] || '';
  if (prefersJson(accept)) {
    const body = `${JSON.stringify({ status, error: reason, message: detail || `${title}.`, requestId })}\n`;
    return { status, reason, contentType: 'application/json', body };
  }
  const notes = `${hint && `<p>${hint}</p>`}<p><small>${reason} &middot; request <code>${requestId}</code></small></p>`;
  return { status, reason, contentType: 'text/html; charset=utf-8', body: htmlPage(status, title, notes) };
}

/** The looks of every page of the gate's own. `title` and `notes` are HTML. */
export function htmlPage(status: number, title: string, notes: string): string {
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width,initial-scale=1">
<meta name="color-scheme" content="light dark"><title>${status} ${reasonPhrase(status)}</title>
<style>body{font:16px/1.5 system-ui,sans-serif;max-width:34em;margin:18vh auto 0;padding:0 1.5em}h1{font-size:1.5em;line-height:1.3;font-weight:600;margin:.2em 0 0;text-wrap:balance}b{font-size:3.5em;font-weight:700;opacity:.35;line-height:1}p{margin:.6em 0}small{opacity:.65}code{font-family:ui-monospace,monospace}</style></head>
<body><b>${status}</b><h1>${title}</h1>${notes}</body></html>
`;
}

export function redirectPage(status: number): AnswerPage {
  const reason = reasonPhrase(status);
  return { status, reason, contentType: 'text/plain; charset=utf-8', body: `${status} ${reason}\n` };
}

function prefersJson(accept: string): boolean {
  return /\bapplication\/(?:[\w.-]+\+)?json\b/i.test(accept) && !/\btext\/html\b/i.test(accept);
}
