import { isIP } from 'node:net';
import { z } from 'zod';

/** RFC 8555 section 9.7.7; `ip` by RFC 8738. */
export interface Identifier {
  readonly type: 'dns' | 'ip';
  readonly value: string;
}

export const identifierSchema = z.object({ type: z.enum(['dns', 'ip']), value: z.string() });

/** The shortest text of an IPv6 address (RFC 5952), as RFC 8738 section 3 wants it. */
function canonicalIpv6(address: string): string {
  return new URL(`http://[${address}]/`).hostname.slice(1, -1);
}

/** `example.org`, `*.example.org`, `192.0.2.1` or `2001:db8::1` as ACME names it. */
export function identifierOf(name: string): Identifier {
  const family = isIP(name);
  if (family === 0) return { type: 'dns', value: name };
  return { type: 'ip', value: family === 6 ? canonicalIpv6(name) : name };
}
