import { join } from 'node:path';
import type { z } from 'zod';
import { describeError } from '../../../model/errors.ts';
import type { Log } from '../../../model/log.ts';
import { type Disk, makeDirectories, replaceFile, storageError } from './disk.ts';
import { decodeName, encodeName } from './entry.ts';

export interface RecordOptions<T> {
  readonly directory: string;
  /** Every record is held against it when read. */
  readonly schema: z.ZodType<T>;
  readonly log: Log;
  readonly disk: Disk;
}

/** Small facts on disk by name, one JSON file each (0600), replaced atomically: progress of renewals, accounts. */
export interface Records<T> {
  /** Null when there is none, or when it was damaged: it is then set aside (`….damaged`) and named in the error log. */
  load(name: string): Promise<T | null>;
  loadAll(): Promise<ReadonlyMap<string, T>>;
  /** On disk when it resolves. Throws a UserError `state-not-writable` when it cannot be. */
  save(name: string, record: T): Promise<void>;
  remove(name: string): Promise<void>;
}

const extension = '.json';

export function openRecords<T>({ directory, schema, log, disk }: RecordOptions<T>): Records<T> {
  const pathOf = (name: string): string => join(directory, `${encodeName(name)}${extension}`);

  async function load(name: string): Promise<T | null> {
    const path = pathOf(name);
    const text = await disk.read(path);
    if (text === null) return null;
    try {
      return schema.parse(JSON.parse(text));
    } catch (error) {
      const kept = `${path}.damaged`;
      // A parser's message may quote the text, and the text may be secret.
      const reason = error instanceof SyntaxError ? 'not JSON' : 'not of the wanted form';
      log.error('A stored record is damaged; it was set aside', { record: name, reason, kept });
      await disk.rename(path, kept).catch((problem: unknown) => {
        log.warn('Cannot set the damaged record aside', { record: name, problem: describeError(problem) });
      });
      return null;
    }
  }

  return {
    load,
    async loadAll() {
      const records = new Map<string, T>();
      for (const entry of ((await disk.list(directory)) ?? []).sort()) {
        const name = entry.endsWith(extension) ? decodeName(entry.slice(0, -extension.length)) : null;
        const record = name === null ? null : await load(name);
        if (name !== null && record !== null) records.set(name, record);
      }
      return records;
    },
    async save(name, record) {
      try {
        await makeDirectories(disk, directory);
        await replaceFile(disk, pathOf(name), `${JSON.stringify(schema.parse(record), null, 2)}\n`);
      } catch (error) {
        throw storageError(error, directory);
      }
    },
    async remove(name) {
      await disk.remove(pathOf(name));
      await disk.syncDirectory(directory);
    },
  };
}
