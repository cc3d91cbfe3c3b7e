import type { RawAnswer, RawOptions } from '../support/raw-exchange.ts';
import { rawExchange } from '../support/raw-exchange.ts';
import type { RunningSallyport } from '../support/sallyport.ts';

/** Listeners on free ports of loopback, quiet access log. */
export const anyPorts = 'listen: { http: "127.0.0.1:0", https: "127.0.0.1:0" }\nlogs: { access: off }\n';

/** Sends bytes through TLS for the site `name` and reads until the gate closes, or `until` holds. */
export function secureExchange(
  sallyport: RunningSallyport,
  name: string,
  bytes: string | Uint8Array | readonly (string | Uint8Array)[],
  options: Omit<RawOptions, 'tls'> = {},
): Promise<RawAnswer> {
  return rawExchange(sallyport.https, bytes, { tls: { name }, ...options });
}

/** The status of each response head in `text`, in order. */
export function statuses(text: string): number[] {
  return [...text.matchAll(/HTTP\/1\.1 (\d{3}) /g)].map(([, status]) => Number(status));
}

/** What stands behind the first blank line. */
export function bodyOf(text: string): string {
  const end = text.indexOf('\r\n\r\n');
  return end < 0 ? '' : text.slice(end + 4);
}

/** A condition for `until`: `count` whole responses with Content-Length or none have come. */
export function whole(count: number): (text: string) => boolean {
  return (text) => {
    let at = 0;
    for (let seen = 0; seen < count; seen++) {
      const end = text.indexOf('\r\n\r\n', at);
      if (end < 0) return false;
      const length = Number(/^content-length:\s*(\d+)/im.exec(text.slice(at, end + 2))?.[1] ?? 0);
      at = end + 4 + length;
      if (at > text.length) return false;
    }
    return true;
  };
}
