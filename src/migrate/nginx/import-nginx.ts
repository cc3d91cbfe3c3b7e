import { resolve } from 'node:path';
import { UserError } from '../../model/errors.ts';
import { normaliseHostPattern } from '../../model/host.ts';
import { type FileTree, realFiles } from '../file-tree.ts';
import type { Imported, ImportRequest } from '../verdict.ts';
import { type LoadedFile, loadNginx } from './load.ts';
import { translate } from './translate.ts';

/** nginx's configuration as one of Sallyport's. Options: `prefix`, the directory that stands for /etc/nginx; `name`, the host name of servers that have none. */
export function importNginx({ files, directory, options }: ImportRequest, tree: FileTree = realFiles): Imported {
  const prefix = options.prefix === undefined ? undefined : resolve(directory, options.prefix);
  const place = { files: tree, directory, ...(prefix !== undefined && { prefix }) };
  const loaded = files.map((file): LoadedFile => loadNginx(file, place));
  return translate(loaded, { nameless: namelessOf(options.name) });
}

function namelessOf(text: string | undefined): string | null {
  if (text === undefined) return null;
  const name = normaliseHostPattern(text);
  if (name !== null) return name;
  throw new UserError(`--name ${JSON.stringify(text)} is not a host name`, {
    code: 'invalid-name',
    cure: 'Write the public name of the site, as in --name app.example.org.',
    exitCode: 2,
  });
}
