import { type FileTree, realFiles } from '../file-tree.ts';
import type { Imported, ImportRequest } from '../verdict.ts';
import { readApache } from './read.ts';
import { translate } from './translate.ts';

/** Apache's configuration as one of Sallyport's. Option `prefix`: the directory that stands for ServerRoot, such as /etc/apache2. */
export function importApache(
  { files: paths, directory, options }: ImportRequest,
  files: FileTree = realFiles,
): Imported {
  const { directives, serverRoot } = readApache({ paths, directory, files, prefix: options.prefix });
  return translate(directives, serverRoot);
}
