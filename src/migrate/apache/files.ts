import { basename, dirname, join } from 'node:path';
import type { FileTree } from '../file-tree.ts';
import { expandGlob } from '../glob.ts';

const deepestDirectory = 8;

/** The files that an absolute path or pattern of `Include` names, in order: those of a directory with all that is below it. */
export function includedFiles(pattern: string, files: FileTree): string[] {
  return expandGlob(pattern, files)
    .flatMap((path) => filesBelow(path, files, 0))
    .slice(0, 10_000);
}

function filesBelow(path: string, files: FileTree, depth: number): string[] {
  const content = files.read(path);
  if ('text' in content || content.error !== 'EISDIR' || depth > deepestDirectory) return [path];
  const names = [...files.list(path)].sort();
  return names.flatMap((name) => filesBelow(join(path, name), files, depth + 1));
}

/** What relative paths in `file` (absolute) most likely start from: Apache's ServerRoot, one up from the folders that hold parts of it. */
export function likelyPrefix(file: string): string {
  const directory = dirname(file);
  const parts = /^(?:sites|conf|mods|vhosts)(?:[-.].*)?$|^(?:extra|other)$/;
  return parts.test(basename(directory)) ? dirname(directory) : directory;
}
