import { htmlPage } from '../exchange/answer-page.ts';

const largestHead = 8 * 1024;

/**
 * The answer to HTTP on the HTTPS port: 400 with a page that says what to do. Null while the end of the request head is
 * still to come, which is waited for so that the page can name the host.
 */
export function plainHttpAnswer(received: Buffer, port: number): Buffer | null {
  const text = received.toString('latin1', 0, largestHead);
  if (received.length < largestHead && !text.includes('\r\n\r\n') && !text.includes('\n\n')) return null;
  const host = hostOf(text);
  const url = host === '' ? '' : `https://${host}${port === 443 ? '' : `:${port}`}/`;
  const cure = url === '' ? 'Use an address that begins with https://.' : `Use <a href="${url}">${url}</a> instead.`;
  const page = htmlPage(400, 'This port speaks HTTPS', `<p>The request came in plain HTTP. ${cure}</p>`);
  const head = [
    'HTTP/1.1 400 Bad Request',
    `Date: ${new Date().toUTCString()}`,
    'Content-Type: text/html; charset=utf-8',
    `Content-Length: ${page.length}`,
    'Cache-Control: no-store',
    'Connection: close',
  ];
  return Buffer.from(`${head.join('\r\n')}\r\n\r\n${text.startsWith('HEAD ') ? '' : page}`, 'latin1');
}

/** The host of the request if it is safe to print, without port; '' otherwise. */
function hostOf(head: string): string {
  const match = /\r?\nhost:[ \t]*([a-z0-9.-]{1,253}|\[[0-9a-f:.]{2,45}\])(?::\d{1,5})?[ \t]*\r?\n/i.exec(head);
  return match?.[1]?.toLowerCase() ?? '';
}
