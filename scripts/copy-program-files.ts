/** Puts the files that the program reads when it runs beside its compiled code. */
import { cpSync } from 'node:fs';
import { join } from 'node:path';
import { programFiles, source } from './program-files.ts';

for (const file of programFiles()) cpSync(join(source, file), join(source, '../dist', file));
