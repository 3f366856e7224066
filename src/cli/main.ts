#!/usr/bin/env node
/** The program `glassnic`. */
import { EXIT, messageOf } from './exit.ts';
import { run } from './program.ts';
import { note } from './terminal.ts';

// Whoever reads our output may stop reading: `glassnic trace show x | head`.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code === 'EPIPE') process.exit(EXIT.ok);
  note(`glassnic: cannot write the output: ${error.message}`);
  process.exit(EXIT.usage);
});
// Nobody hears us: the exit code still tells.
process.stderr.on('error', () => {});
process.on('uncaughtException', (error) => {
  note(messageOf(error) ?? '');
  process.exit(EXIT.internal);
});
process.exitCode = await run(process.argv.slice(2));
// What a reader that has stopped has not taken would hold the process.
if (process.exitCode === EXIT.interrupted) process.exit();
