import type { Directive } from './parse.ts';

/** A block and what it inherits from. */
export class Scope {
  readonly directives: readonly Directive[];
  readonly parent: Scope | null;
  /** What relative paths are relative to. */
  readonly prefix: string;

  constructor(directives: readonly Directive[], parent: Scope | null, prefix: string) {
    this.directives = directives;
    this.parent = parent;
    this.prefix = prefix;
  }

  /** The block of a directive in this one. */
  within(directive: Directive): Scope {
    return new Scope(directive.block ?? [], this, this.prefix);
  }

  /** Of this block alone. */
  own(name: string): readonly Directive[] {
    return this.directives.filter((directive) => directive.name === name);
  }

  /** As nginx inherits: those of the nearest block that has any, and none of the blocks around it. */
  all(name: string): readonly Directive[] {
    const own = this.own(name);
    return own.length > 0 || this.parent === null ? own : this.parent.all(name);
  }

  /** The one in force; of several in one block the first. */
  one(name: string): Directive | undefined {
    return this.all(name)[0];
  }

  /** The constants of `set` that hold here, with the directive of each. */
  constants(): ReadonlyMap<string, Directive> {
    const found = new Map(this.parent?.constants() ?? []);
    for (const directive of this.own('set')) found.set((directive.args[0] ?? '').replace(/^\$/, ''), directive);
    return found;
  }
}

/** A text with the constants of `set` put in, and the `set` directives that were used. Other variables stay. */
export function substitute(text: string, scope: Scope): { readonly text: string; readonly used: readonly Directive[] } {
  if (!text.includes('$')) return { text, used: [] };
  const constants = scope.constants();
  const used: Directive[] = [];
  let result = text;
  for (let round = 0; round < 8; round++) {
    const before = result;
    result = before.replace(/\$(?:\{(\w+)\}|(\w+))/g, (whole, braced?: string, bare?: string) => {
      const constant = constants.get(braced ?? bare ?? '');
      const value = constant?.args[1];
      if (constant === undefined || value === undefined) return whole;
      used.push(constant);
      return value;
    });
    if (result === before || result.length > 4096) break;
  }
  return { text: result, used };
}
