import { resolve } from 'node:path';
import { type FileTree, realFiles } from '../file-tree.ts';
import type { Imported, ImportRequest } from '../verdict.ts';
import { type LoadedFile, loadNginx } from './load.ts';
import { translate } from './translate.ts';

/** nginx's configuration as one of Sallyport's. Option `prefix`: the directory that stands for /etc/nginx. */
export function importNginx({ files, directory, options }: ImportRequest, tree: FileTree = realFiles): Imported {
  const prefix = options.prefix === undefined ? undefined : resolve(directory, options.prefix);
  const place = { files: tree, directory, ...(prefix !== undefined && { prefix }) };
  const loaded = files.map((file): LoadedFile => loadNginx(file, place));
  return translate(loaded);
}
