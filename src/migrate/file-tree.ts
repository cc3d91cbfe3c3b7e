import { readdirSync, readFileSync } from 'node:fs';
import { TextDecoder } from 'node:util';
import { systemErrorCode } from '../model/errors.ts';

/** A file's text, or the system's code for why there is none: `ENOENT`, `EACCES`, `EISDIR`, … or `TOOLARGE`. */
type FileContent = { readonly text: string } | { readonly error: string };

/** Where importers read from; tests put a tree of their own in its place. */
export interface FileTree {
  /** `path` is absolute. */
  read(path: string): FileContent;
  /** The names in a directory, none when it cannot be read; `path` is absolute. */
  list(path: string): readonly string[];
}

const largestFile = 4 * 1024 * 1024;

/** The machine's own files. Text that is not UTF-8 is read as Latin-1. */
export const realFiles: FileTree = {
  read(path) {
    try {
      const bytes = readFileSync(path);
      return bytes.length > largestFile ? { error: 'TOOLARGE' } : { text: decode(bytes) };
    } catch (error) {
      return { error: systemErrorCode(error) || 'EINVAL' };
    }
  },
  list(path) {
    try {
      return readdirSync(path);
    } catch {
      return [];
    }
  },
};

function decode(bytes: Buffer): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    return bytes.toString('latin1');
  }
}

/** Why a file could not be read, in words. */
export function readFailure(code: string): string {
  const words: Readonly<Record<string, string>> = {
    ENOENT: 'there is no such file',
    ENOTDIR: 'there is no such file',
    EACCES: 'permission denied',
    EISDIR: 'it is a directory',
    TOOLARGE: 'it is larger than 4MiB',
  };
  return words[code] ?? code;
}
