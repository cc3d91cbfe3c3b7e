import { readFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { parseDocument } from 'yaml';
import { z } from 'zod';
import { findConfigFile } from './config-file.ts';
import type { Context } from './context.ts';
import type { Parts } from './parts.ts';

export interface ControlOptions {
  readonly config?: string;
  readonly control?: string;
}

/** The control socket a verb talks to: the one named, the configuration's, or the default one. Absolute. */
export async function findControlPath({ parts, terminal }: Context, options: ControlOptions): Promise<string> {
  if (options.control !== undefined) return resolve(terminal.directory, options.control);
  const file = findConfigFile(terminal, options.config);
  if (!file) return parts.defaultControl(parts.defaultState());
  try {
    const { settings } = await parts.readSettings(file);
    return settings.control;
  } catch (error) {
    // A file in the middle of an edit must not keep anybody from stopping what runs.
    const path = readControlPath(parts, file);
    if (path === null) throw error;
    return path;
  }
}

const placesSchema = z.object({ control: z.string().optional(), state: z.string().optional() });

/** What an otherwise invalid file says about the socket's place; null when that cannot be told for sure. */
function readControlPath(parts: Parts, file: string): string | null {
  try {
    const { control, state } = placesSchema.parse(parseDocument(readFileSync(file, 'utf8')).toJS());
    const place = control ?? state;
    if (place?.includes('${')) return null;
    if (control !== undefined) return resolve(dirname(file), control);
    return parts.defaultControl(state === undefined ? parts.defaultState() : resolve(dirname(file), state));
  } catch {
    return null;
  }
}
