import { isAbsolute, resolve } from 'node:path';
import { type SourcePosition, UserError } from '../../model/errors.ts';
import { type FileTree, readFailure } from '../file-tree.ts';
import { holds, isCondition } from './conditions.ts';
import { type Directive, syntaxError } from './directive.ts';
import { includedFiles, likelyPrefix } from './files.ts';
import { logicalLines } from './lines.ts';
import { readEnvvars, Variables } from './variables.ts';
import { splitWords } from './words.ts';

const deepest = 40;
const deepestInclude = 20;
const mostDirectives = 100_000;
const mostFiles = 2000;
const unreadable = 'unreadable-apache-config';

/** What was read. */
interface ReadApache {
  readonly directives: readonly Directive[];
  /** What relative paths start from, absolute. */
  readonly serverRoot: string;
}

type Draft = { -readonly [Key in keyof Directive]: Key extends 'children' ? Draft[] | null : Directive[Key] };

/** Where to read, and from where relative paths start until `ServerRoot` says something else. */
export interface ReadRequest {
  /** As the user named them. */
  readonly paths: readonly string[];
  /** What they are relative to; absolute. */
  readonly directory: string;
  readonly files: FileTree;
  readonly prefix?: string | undefined;
}

/**
 * Reads configurations of Apache as Apache does: `Include`, `<IfModule>` and `<IfDefine>` are followed while reading, `${…}` is put in
 * afterwards, so that the last `Define` of a name holds everywhere. Throws a {@link UserError} with the place of what is no
 * configuration, and nothing else.
 */
export function readApache({ paths, directory, files, prefix }: ReadRequest): ReadApache {
  const first = resolve(directory, paths[0] ?? '.');
  const reader = new Reader(files, prefix === undefined ? likelyPrefix(first) : resolve(directory, prefix));
  const around = { active: true, includes: 0, depth: 0 };
  const drafts = paths.flatMap((path) => reader.file(resolve(directory, path), path, around));
  reader.expand(drafts);
  return { directives: drafts, serverRoot: reader.serverRoot };
}

/** Where the reader is. */
interface Around {
  readonly active: boolean;
  /** How many files include this one. */
  readonly includes: number;
  /** How many sections and files are open. */
  readonly depth: number;
}

interface Open {
  readonly section: Draft;
  readonly active: boolean;
}

class Reader {
  serverRoot: string;
  readonly #files: FileTree;
  readonly #variables: Variables;
  #directives = 0;
  #read = 0;

  constructor(files: FileTree, prefix: string) {
    this.#files = files;
    this.serverRoot = prefix;
    this.#variables = new Variables(environmentBeside(prefix, files));
  }

  file(path: string, shown: string, around: Around): Draft[] {
    const text = this.#text(path, shown);
    const found: Draft[] = [];
    const open: Open[] = [];
    for (const { text: line, at } of logicalLines(text, shown)) {
      const inner = open.at(-1);
      const here = { ...around, active: inner?.active ?? around.active, depth: around.depth + open.length };
      if (line.startsWith('</')) {
        this.#close(line, at, open);
        continue;
      }
      const draft = this.#directive(line, at, here);
      (inner ? (inner.section.children ?? []) : found).push(draft);
      if (draft.key.startsWith('<')) open.push({ section: draft, active: here.active && this.#holds(draft) });
      else if (here.active) this.#heed(draft, here);
    }
    const unclosed = open.at(-1)?.section;
    if (unclosed) {
      const message = `<${unclosed.name}> is not closed in this file; wanted </${unclosed.name}>`;
      throw syntaxError(unclosed.at, message, `Write </${unclosed.name}> where the section ends.`);
    }
    return found;
  }

  /** Puts variables in, now that all of them are known. */
  expand(drafts: readonly Draft[]): void {
    const left = [...drafts];
    for (let draft = left.pop(); draft !== undefined; draft = left.pop()) {
      const missing = new Set<string>();
      draft.words = draft.words.map((word) => this.#variables.expand(word, (name) => missing.add(name)));
      draft.undefinedNames = [...missing];
      for (const child of draft.children ?? []) left.push(child);
    }
  }

  #text(path: string, shown: string): string {
    this.#read++;
    const content = this.#files.read(path);
    if ('error' in content) {
      throw new UserError(`cannot read ${shown}; ${readFailure(content.error)}`, {
        code: unreadable,
        exitCode: 2,
        cure: 'Name files that exist and that this user may read.',
      });
    }
    const { text } = content;
    const nul = text.indexOf('\0');
    if (nul < 0) return text;
    const line = text.slice(0, nul).split('\n').length;
    const at = { file: shown, line, column: nul - text.lastIndexOf('\n', nul) };
    throw syntaxError(at, 'a NUL in a configuration; wanted text', 'Name a configuration file of Apache.');
  }

  #directive(line: string, at: SourcePosition, here: Around): Draft {
    if (++this.#directives > mostDirectives)
      throw syntaxError(at, `more than ${mostDirectives} directives`, 'Look for files that include each other.');
    if (here.depth > deepest)
      throw syntaxError(at, `sections within sections, more than ${deepest} deep`, 'Look for a section not closed.');
    const section = line.startsWith('<');
    const [, name = '', rest = ''] = (section ? /^<\s*([^\s>]*)(.*)$/s : /^(\S+)(.*)$/s).exec(line) ?? [];
    if (section && !/^[A-Za-z]\w*$/.test(name))
      throw syntaxError(
        at,
        `${JSON.stringify(line.slice(0, 60))} is not a section`,
        'Sections look like <Location /path>.',
      );
    const end = section ? rest.lastIndexOf('>') : rest.length;
    if (end < 0)
      throw syntaxError(
        at,
        `<${name} without its closing bracket; wanted <${name} …>`,
        'Write > at the end of the line.',
      );
    const { words, unclosed } = splitWords(rest.slice(0, end));
    if (unclosed >= 0) {
      const place = { ...at, column: at.column + line.length - rest.length + unclosed };
      throw syntaxError(place, 'a quote that is not closed', `Close it on the same line, or end the line with \\.`);
    }
    return {
      at,
      name,
      key: `${section ? '<' : ''}${name.toLowerCase()}`,
      words,
      line: line.replace(/\s+/g, ' '),
      children: section ? [] : null,
      active: here.active,
      undefinedNames: [],
      absence: '',
    };
  }

  #close(line: string, at: SourcePosition, open: Open[]): void {
    const section = open.pop()?.section;
    const name = line
      .slice(2)
      .replace(/\s*>.*$/s, '')
      .trim();
    if (section === undefined)
      throw syntaxError(
        at,
        `</${name}> closes nothing`,
        'Take the line out, or write the line that opens the section.',
      );
    if (!line.includes('>') || section.key !== `<${name.toLowerCase()}`) {
      const message = `</${name}> where </${section.name}> is wanted, for line ${section.at.line} opened <${section.name}>`;
      throw syntaxError(at, message, `Close <${section.name}> first.`);
    }
  }

  #holds(section: Draft): boolean {
    if (!isCondition(section.key)) return true;
    return holds(
      section.key,
      section.words.map((word) => this.#now(word)),
      (name) => this.#variables.has(name),
    );
  }

  /** What changes how the rest is read. */
  #heed(draft: Draft, here: Around): void {
    const [first = '', second = ''] = draft.words;
    if (draft.key === 'define' && first !== '') this.#variables.define(first, this.#now(second));
    if (draft.key === 'undefine') this.#variables.undefine(first);
    if (draft.key === 'serverroot' && first !== '') this.serverRoot = resolve(this.serverRoot, this.#now(first));
    if (draft.key === 'include' || draft.key === 'includeoptional') this.#include(draft, here);
  }

  #include(draft: Draft, here: Around): void {
    const pattern = this.#now(draft.words[0] ?? '');
    if (pattern === '') return;
    if (here.includes >= deepestInclude)
      throw syntaxError(
        draft.at,
        `files that include files, more than ${deepestInclude} deep`,
        'Let no file include itself.',
      );
    const absolute = isAbsolute(pattern) ? pattern : resolve(this.serverRoot, pattern);
    const paths = includedFiles(absolute, this.#files);
    const within = { active: true, includes: here.includes + 1, depth: here.depth + 1 };
    draft.children = [];
    if (paths.length === 0) draft.absence = `no file matches ${absolute}`;
    for (const path of paths) {
      if (this.#read > mostFiles)
        throw syntaxError(draft.at, `more than ${mostFiles} files`, 'Look for files that include each other.');
      const content = this.#files.read(path);
      if ('error' in content && content.error === 'ENOENT') {
        draft.absence = `there is no ${path}`;
        continue;
      }
      try {
        draft.children.push(...this.file(path, path, within));
      } catch (error) {
        if (!(error instanceof UserError) || error.code !== unreadable) throw error;
        draft.absence = `${path} cannot be read here`;
      }
    }
  }

  #now(word: string): string {
    return this.#variables.expand(word, () => {});
  }
}

function environmentBeside(prefix: string, files: FileTree): ReadonlyMap<string, string> {
  const content = files.read(resolve(prefix, 'envvars'));
  return 'text' in content ? readEnvvars(content.text) : new Map();
}
