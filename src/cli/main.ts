#!/usr/bin/env node
import { runCommandLine } from './program.ts';
import { realParts } from './settings.ts';
import { processTerminal } from './terminal.ts';

process.exitCode = await runCommandLine(process.argv.slice(2), realParts, processTerminal());
// Whatever is still open by now (an idle connection, a timer) has a second to end by itself.
setTimeout(() => process.exit(), 1_000).unref();
