import { readProgramFile } from './program.ts';

/** This program's version, as `--version`, `status` and the control socket tell it. */
export const version = (JSON.parse(readProgramFile('../package.json')) as { version: string }).version;
