import { z } from 'zod';
import { hstsKey, safeHeaderKeys } from './safe-headers-schema.ts';

/** The schema of header rules; names and values of fields are looked at when they are compiled. */

function changes(direction: 'request' | 'response') {
  const fields = z.record(z.string(), z.string({ error: 'text; put a number in quotes' }), {
    error: 'fields with their values, as in {X-Site: kms}',
  });
  const names = z.array(z.string({ error: 'a field name such as Server' }), {
    error: 'a list of field names, as in [Server]',
  });
  return z
    .strictObject(
      {
        set: fields.optional().meta({
          description: `Fields that replace whatever the ${direction} has under these names.`,
          examples: [{ 'X-Site': 'kms' }],
        }),
        add: fields.optional().meta({
          description: `Fields added to those the ${direction} has.`,
          examples: [{ 'X-Site': 'kms' }],
        }),
        remove: names.optional().meta({
          description: `Names of fields taken out of the ${direction}, before set and add.`,
          examples: [['Server']],
        }),
      },
      { error: 'a mapping with set, add and remove' },
    )
    .optional()
    .meta({
      description: `Changes to the fields of ${direction}s: remove first, then set, then add.`,
      examples: [{ set: { 'X-Site': 'kms' } }],
    });
}

const shape = { request: changes('request'), response: changes('response'), ...safeHeaderKeys };

/** Header rules of a route, and of a site. */
export const routeHeaders = z.strictObject(shape, { error: 'a mapping with request and response' }).optional();
export const siteHeaders = z
  .strictObject({ ...shape, hsts: hstsKey }, { error: 'a mapping with request and response' })
  .optional();

export type ParsedRouteHeaders = NonNullable<z.output<typeof routeHeaders>>;
export type ParsedSiteHeaders = NonNullable<z.output<typeof siteHeaders>>;
