let line = Buffer.alloc(0);
let madeAt = 0;

/** A complete Date field line (RFC 9110 §6.6.1), made at most once a second. */
export function dateField(): Buffer {
  const now = Date.now();
  if (now - madeAt >= 1000 || now < madeAt) {
    madeAt = now - (now % 1000);
    line = Buffer.from(`Date: ${new Date(now).toUTCString()}\r\n`, 'latin1');
  }
  return line;
}
