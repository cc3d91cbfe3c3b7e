import { basename, dirname, resolve } from 'node:path';
import { UserError } from '../../model/errors.ts';
import { type FileTree, readFailure } from '../file-tree.ts';
import { expandGlob, isGlob } from '../glob.ts';
import { type Directive, parseNginx } from './parse.ts';
import { standInFor } from './stand-ins.ts';
import { syntaxError } from './syntax-error.ts';

/** Where a file and its includes are looked for. */
export interface Place {
  readonly files: FileTree;
  /** Absolute; what relative names on the command line start from. */
  readonly directory: string;
  /** What stands for /etc/nginx where includes are looked for; absolute. Absent: as the file's own place suggests. */
  readonly prefix?: string;
}

/** What an `include` led to. `standIn`: a well-known file that is not there, whose content is known all the same. */
export type Included = { readonly files: number } | { readonly standIn: string } | { readonly failure: string };

/** A file with all that it includes in place of the includes, which stand before it. */
export interface LoadedFile {
  readonly directives: readonly Directive[];
  readonly includes: ReadonlyMap<Directive, Included>;
  /** What relative paths in it are relative to. */
  readonly prefix: string;
}

const deepestInclude = 16;
const mostFiles = 1000;
const mostDirectives = 100_000;

/** Reads one file the user named. Throws a UserError when it cannot be read, or when it or a file it includes is not nginx's language. */
export function loadNginx(name: string, place: Place): LoadedFile {
  const path = resolve(place.directory, name);
  const prefix = place.prefix ?? prefixOf(path);
  const loading = new Loading(place, prefix);
  const content = place.files.read(path);
  if ('error' in content) {
    throw new UserError(`cannot read ${name}; ${readFailure(content.error)}`, {
      code: 'import-unreadable',
      cure: 'Correct the path, or run this as the user who may read it.',
      exitCode: 2,
    });
  }
  const directives = loading.splice(parseNginx(name, content.text), [path]);
  // Other paths stay those of the machine that the copy is from.
  return { directives, includes: loading.includes, prefix: place.prefix === undefined ? prefix : '/etc/nginx' };
}

/** The directory of nginx.conf, for one of the files that it usually includes. */
function prefixOf(path: string): string {
  const standard = /^(.*\/etc\/nginx)\//.exec(path)?.[1];
  if (standard !== undefined) return standard;
  const directory = dirname(path);
  const usual = ['sites-enabled', 'sites-available', 'conf.d', 'snippets', 'proxy_host', 'http.d', 'vhosts.d'];
  return usual.includes(basename(directory)) ? dirname(directory) : directory;
}

class Loading {
  readonly includes = new Map<Directive, Included>();
  readonly #place: Place;
  readonly #prefix: string;
  #filesRead = 0;
  #directives = 0;

  constructor(place: Place, prefix: string) {
    this.#place = place;
    this.#prefix = prefix;
  }

  /** `within` are the files that lead here, outermost first. */
  splice(directives: readonly Directive[], within: readonly string[]): Directive[] {
    return directives.flatMap((directive) => {
      if (++this.#directives > mostDirectives)
        throw syntaxError(directive.at, `more than ${mostDirectives} directives`, 'Import the files one by one.');
      if (directive.block !== null) return [{ ...directive, block: this.splice(directive.block, within) }];
      if (directive.name !== 'include' || directive.args.length !== 1) return [directive];
      return [directive, ...this.#include(directive, within)];
    });
  }

  #include(directive: Directive, within: readonly string[]): Directive[] {
    const pattern = this.#absolute(directive.args[0] ?? '');
    const paths = isGlob(pattern) ? expandGlob(pattern, this.#place.files) : [pattern];
    const found: Directive[] = [];
    for (const path of paths) {
      const content = this.#place.files.read(path);
      if ('error' in content) {
        const standIn = standInFor(directive.args[0] ?? '');
        if (standIn === null) {
          this.includes.set(directive, { failure: `${path}: ${readFailure(content.error)}` });
          continue;
        }
        this.includes.set(directive, { standIn: standIn.what });
        found.push(...parseNginx(path, standIn.text));
        continue;
      }
      this.#guard(directive, path, within);
      found.push(...this.splice(parseNginx(path, content.text), [...within, path]));
    }
    if (!this.includes.has(directive)) this.includes.set(directive, { files: paths.length });
    return found;
  }

  #absolute(name: string): string {
    const path = resolve(this.#prefix, name);
    if (this.#place.prefix === undefined || !path.startsWith('/etc/nginx/')) return path;
    return resolve(this.#place.prefix, path.slice('/etc/nginx/'.length));
  }

  #guard({ at }: Directive, path: string, within: readonly string[]): void {
    if (within.includes(path)) throw syntaxError(at, `${path} includes itself`, 'Take this include out.');
    if (within.length > deepestInclude)
      throw syntaxError(at, `includes more than ${deepestInclude} deep`, 'Put the content here instead.');
    if (++this.#filesRead > mostFiles)
      throw syntaxError(at, `more than ${mostFiles} included files`, 'Import the files one by one.');
  }
}
