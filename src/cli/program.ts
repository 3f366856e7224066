/** The command line as a whole: which commands there are, and how every run ends. */
import { readFileSync } from 'node:fs';
import { Command, CommanderError } from 'commander';
import { demoCommand } from './demo.ts';
import { EXIT, EXIT_HELP, exitCodeOf, messageOf } from './exit.ts';
import { flashCommand } from './flash.ts';
import { getCommand } from './get.ts';
import { pingCommand } from './ping.ts';
import { portsCommand } from './ports.ts';
import { registersCommand } from './registers.ts';
import { selftestCommand } from './selftest.ts';
import { serveCommand } from './serve.ts';
import { note } from './terminal.ts';
import { traceCommand } from './trace.ts';

const version = (): string =>
  (JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')) as { version: string }).version;

function program(): Command {
  const glassnic = new Command('glassnic')
    .description('A LAN adapter made of glass: a network card in TypeScript, with real hardware in the loop.')
    .version(version())
    .addHelpText('after', EXIT_HELP);
  const commands = [
    demoCommand(),
    pingCommand(),
    getCommand(),
    serveCommand(),
    registersCommand(),
    portsCommand(),
    flashCommand(),
    selftestCommand(),
    traceCommand(),
  ];
  for (const command of commands) glassnic.addCommand(command);
  tame(glassnic);
  return glassnic;
}

/** No command ends the process by itself, and all complain in the same form. */
function tame(command: Command): void {
  command.exitOverride().configureOutput({
    outputError: (text, write) => write(`glassnic: ${text.replace(/^error: /, '').replace(/\n(?=.)/g, ' ')}`),
  });
  for (const child of command.commands) tame(child);
}

/** Runs the command that `args` name; resolves with the exit code. */
export async function run(args: readonly string[]): Promise<number> {
  try {
    process.exitCode = EXIT.ok;
    await program().parseAsync(args, { from: 'user' });
    return Number(process.exitCode);
  } catch (error) {
    // commander has printed its message or the help.
    if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.ok : EXIT.usage;
    const message = messageOf(error);
    if (message !== undefined) note(message);
    return exitCodeOf(error);
  }
}
