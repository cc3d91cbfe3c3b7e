import type { Fault, Outcome } from '../../control/config/fault.ts';
import { oneLine } from '../../control/config/source.ts';
import { suggest } from '../../control/config/suggest.ts';
import { interpolate, type Variables } from './interpolate.ts';
import type { ComposeMap, ComposeNode } from './node.ts';
import { type PortMapping, parseShortPort, portMapping } from './port-syntax.ts';

/** A port entry as read, and the variables it names that are not set. */
export interface ReadPort {
  readonly mapping: PortMapping;
  readonly unset: readonly string[];
}

const longKeys = ['target', 'published', 'host_ip', 'protocol', 'mode', 'app_protocol', 'name'];

/** One entry of `ports`, short or long. `below` of a fault is the member of a long one. */
export function readPort(node: ComposeNode, variables: Variables): Outcome<ReadPort> {
  if (node.kind === 'map') return readLong(node, variables);
  if (node.kind === 'list') {
    return {
      faults: [{ what: 'a list within the ports', wanted: 'one port line an entry, as in - "127.0.0.1:8080:80"' }],
    };
  }
  const filled = interpolate(node.text, variables);
  if (filled.faults) return filled;
  const outcome = parseShortPort(filled.value.text.trim());
  if (outcome.faults) return { faults: outcome.faults.map((fault) => ({ ...fault, below: undefined })) };
  return { value: { mapping: outcome.value, unset: filled.value.unset } };
}

function readLong(node: ComposeMap, variables: Variables): Outcome<ReadPort> {
  const faults: Fault[] = [];
  const unset: string[] = [];
  const words: Record<string, string> = {};
  for (const [key, { value }] of node.entries) {
    if (!longKeys.includes(key) && !key.startsWith('x-')) {
      const near = suggest(key, longKeys);
      faults.push({
        what: 'an unknown key',
        wanted: `one of ${longKeys.join(', ')}`,
        didYouMean: near,
        below: [key],
        onKey: true,
      });
    } else if (value.kind !== 'scalar') {
      faults.push({ what: 'not a single value', below: [key] });
    } else {
      const filled = interpolate(value.text, variables);
      if (filled.faults) faults.push(...filled.faults.map((fault) => ({ ...fault, below: [key] })));
      else {
        words[key] = filled.value.text.trim();
        unset.push(...filled.value.unset);
      }
    }
  }
  if (faults.length > 0) return { faults };
  const { host_ip: hostIp = '', published = '', target = '', protocol = '' } = words;
  const outcome = portMapping({ hostIp, published, target, protocol: protocol || 'tcp' });
  return outcome.faults ? outcome : { value: { mapping: outcome.value, unset } };
}

/** A port entry as messages show it: on one line, as written. */
export function writtenPort(node: ComposeNode, text: string): string {
  return oneLine(text.slice(node.start, node.end), 80);
}
