/** The version whose manner is followed where a configuration asks. */
const version = [2, 4, 68];

/** Whether a section only says whether what is in it counts, decided while reading. */
export function isCondition(key: string): boolean {
  return (
    key === '<ifmodule' || key === '<ifdefine' || key === '<ifversion' || key === '<iffile' || key === '<ifdirective'
  );
}

/**
 * Whether the condition holds. Every module, file and directive that is asked for is taken to be there: a configuration that asks for one
 * is meant to have it.
 */
export function holds(key: string, words: readonly string[], isDefined: (name: string) => boolean): boolean {
  const [first = '', second = ''] = words;
  if (key === '<ifversion') return versionHolds(first, second);
  const negated = first.startsWith('!');
  const name = negated ? first.slice(1) : first;
  if (key === '<ifdefine') return isDefined(name) !== negated;
  return !negated;
}

function versionHolds(first: string, second: string): boolean {
  const [operator, wanted] = second === '' ? ['=', first] : [first.replace(/^!/, ''), second];
  const numbers = (wanted.match(/\d+/g) ?? []).map(Number);
  let order = 0;
  for (const [index, number] of numbers.entries()) order ||= Math.sign((version[index] ?? 0) - number);
  const result = {
    '=': order === 0,
    '==': order === 0,
    '>': order > 0,
    '>=': order >= 0,
    '<': order < 0,
    '<=': order <= 0,
  };
  const found = Object.entries(result).find(([name]) => name === operator)?.[1] ?? true;
  return first.startsWith('!') ? !found : found;
}
