import type { z } from 'zod';
import type { Fault } from './fault.ts';
import { configSchema } from './schema.ts';
import type { Path } from './source.ts';
import { suggest } from './suggest.ts';

/** What other programs call our keys. */
const synonyms: Readonly<Record<string, string>> = {
  alias: 'aliases',
  domains: 'aliases',
  serveralias: 'aliases',
  servername: 'aliases',
  backend: 'to',
  proxy: 'to',
  proxypass: 'to',
  target: 'to',
  upstream: 'to',
  location: 'routes',
  locations: 'routes',
  paths: 'routes',
  ssl: 'tls',
  https: 'tls',
  cert: 'certificate',
  hosts: 'sites',
  servers: 'sites',
  logging: 'logs',
  timeouts: 'limits',
};

/** The fault of a key that the mapping at `path` may not have. */
export function unknownKey(key: string, path: Path): Fault {
  const known = keysAt(path);
  const synonym = synonyms[key.toLowerCase().replace(/[_-]/g, '')];
  const didYouMean = suggest(key, known) ?? (synonym !== undefined && known.includes(synonym) ? synonym : undefined);
  const home = didYouMean === undefined ? homeOf(key) : undefined;
  const cure = home && `${key} belongs ${home}.`;
  return { what: 'unknown key', wanted: `one of ${known.join(', ')}`, didYouMean, cure, onKey: true };
}

/** Where a key that is known elsewhere belongs. */
function homeOf(key: string): string | undefined {
  const { shape } = configSchema;
  if (key in shape) return 'at the top of the file';
  for (const [name, schema] of Object.entries({
    listen: shape.listen,
    logs: shape.logs,
    limits: shape.limits,
    acme: shape.acme,
  })) {
    if (key in schema.unwrap().shape) return `under ${name}:`;
  }
  if (keysBelow(shape.sites, ['site']).includes(key)) return 'under a site';
  return undefined;
}

/** The keys a mapping at this path may have. */
function keysAt(path: Path): string[] {
  return keysBelow(configSchema, path);
}

function keysBelow(schema: z.core.$ZodType, path: Path): string[] {
  const definition = (schema as z.core.$ZodTypes)._zod.def;
  switch (definition.type) {
    case 'object': {
      const [key, ...rest] = path;
      if (key === undefined) return Object.keys(definition.shape);
      const inner = definition.shape[String(key)];
      return inner ? keysBelow(inner, rest) : [];
    }
    case 'record':
      return path.length > 0 ? keysBelow(definition.valueType, path.slice(1)) : [];
    case 'array':
      return path.length > 0 ? keysBelow(definition.element, path.slice(1)) : [];
    case 'union':
      return definition.options.flatMap((option) => keysBelow(option, path));
    case 'optional':
      return keysBelow(definition.innerType, path);
    case 'pipe':
      return keysBelow(definition.in, path);
    default:
      return [];
  }
}
