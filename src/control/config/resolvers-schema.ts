import { isIP } from 'node:net';
import { z } from 'zod';
import { splitHostPort } from '../../model/host.ts';
import { fail, type Outcome, parsed } from './fault.ts';
import { parseCount } from './quantity.ts';

function parseResolver(value: string): Outcome<string> {
  const split = splitHostPort(value);
  const host = isIP(value) === 6 ? value : (split?.host.replace(/^\[|\]$/g, '') ?? '');
  const port = parseCount(split?.port ?? '53', 1, 65_535);
  if (isIP(host) === 0 || port.faults) return fail('not a DNS server', { wanted: 'address or address:port' });
  return { value };
}

/** DNS servers to ask. */
export const resolversSchema = z
  .array(parsed(z.string({ error: 'address or address:port' }), parseResolver), {
    error: 'a list of DNS servers, as in ["9.9.9.9:53"]',
  })
  .optional();
