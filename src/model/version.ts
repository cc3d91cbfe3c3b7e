import { readFileSync } from 'node:fs';
import { join } from 'node:path';

const manifest = readFileSync(join(import.meta.dirname, '../../package.json'), 'utf8');

/** This program's version, as `--version`, `status` and the control socket tell it. */
export const version = (JSON.parse(manifest) as { version: string }).version;
