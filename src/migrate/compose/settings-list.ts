import { interpolate, type Variables } from './interpolate.ts';
import { type ComposeNode, isNothing } from './node.ts';
import type { ComposeSetting } from './project.ts';

/** The labels or the environment of a service, a mapping or a list of `NAME=value`; of several for one name the last. */
export function readSettingsList(node: ComposeNode | null, variables: Variables): ComposeSetting[] {
  const found = new Map<string, ComposeSetting>();
  for (const setting of node === null ? [] : eachSetting(node, variables)) found.set(setting.name, setting);
  return [...found.values()];
}

function* eachSetting(node: ComposeNode, variables: Variables): Generator<ComposeSetting> {
  if (node.kind === 'map') {
    for (const [name, { key, value }] of node.entries) {
      if (value.kind !== 'scalar') continue;
      const inherited = isNothing(value) ? (variables.get(name) ?? '') : filled(value.text, variables);
      yield { name, value: inherited, at: key };
    }
    return;
  }
  for (const item of node.kind === 'list' ? node.items : []) {
    if (item.kind !== 'scalar') {
      yield* eachSetting(item, variables);
      continue;
    }
    const text = filled(item.text, variables);
    const equals = text.indexOf('=');
    const name = equals < 0 ? text : text.slice(0, equals);
    yield { name, value: equals < 0 ? (variables.get(name) ?? '') : text.slice(equals + 1), at: item.at };
  }
}

/** A value whose variables cannot be put in is no name of a site; it stays as written. */
function filled(text: string, variables: Variables): string {
  const outcome = interpolate(text, variables);
  return outcome.faults ? text : outcome.value.text;
}
