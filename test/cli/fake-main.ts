/** The real command line over {@link fakeParts}: what `src/cli/main.ts` is over the real ones. */
import { runCommandLine } from '../../src/cli/program.ts';
import { processTerminal } from '../../src/cli/terminal.ts';
import { fakeParts } from './fake-parts.ts';

process.exitCode = await runCommandLine(process.argv.slice(2), fakeParts(process.env), processTerminal());
