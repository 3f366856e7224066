#!/usr/bin/env node
/** The program `glassnic`. */
import { EXIT, messageOf } from './exit.ts';
import { run } from './program.ts';

// Whoever reads our output may stop reading: `glassnic trace show x | head`.
process.stdout.on('error', (error: NodeJS.ErrnoException) =>
  process.exit(error.code === 'EPIPE' ? EXIT.ok : EXIT.usage),
);
process.on('uncaughtException', (error) => {
  process.stderr.write(`${messageOf(error)}\n`);
  process.exit(EXIT.internal);
});
process.exitCode = await run(process.argv.slice(2));
