let line = '';
let madeAt = 0;

/** A complete Date field line (RFC 9110 §6.6.1), made at most once a second. */
export function dateField(): string {
  const now = Date.now();
  if (now - madeAt >= 1000 || now < madeAt) {
    madeAt = now - (now % 1000);
    line = `Date: ${new Date(now).toUTCString()}\r\n`;
  }
  return line;
}
