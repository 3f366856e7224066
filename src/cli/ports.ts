/** `glassnic ports`: which serial ports there are, and which board answers at them. */
import { Command } from 'commander';
import { listPorts, type PortInfo } from '../bridge/transports/serial.ts';
import { withSession } from './board-session.ts';
import { freshSeed, interruptible } from './options.ts';
import { note, Progress, print, printJson } from './terminal.ts';

interface PortsOptions {
  readonly probe: boolean;
  readonly all?: boolean;
  readonly json?: boolean;
}

interface PortRow extends PortInfo {
  /** What answered there; undefined: nobody was asked. */
  readonly answer?: string;
}

export function portsCommand(): Command {
  return new Command('ports')
    .description('list the serial ports that something is plugged into, and which board answers there')
    .option('--no-probe', 'only list them: send nothing')
    .option('--all', 'ports of the machine itself (ttyS…), too')
    .option('--json', 'print JSON')
    .action(ports);
}

async function ports(options: PortsOptions): Promise<void> {
  const found = await listPorts();
  // A PC's own ports are there whether something is plugged in or not, and asking them takes three seconds each.
  const shown = found.filter(({ usb }) => options.all === true || usb !== '');
  const progress = new Progress();
  if (options.probe) progress.update(() => `asking ${shown.length} ports …`);
  const rows = await interruptible((signal) =>
    Promise.all(shown.map((port) => (options.probe ? probed(port, signal) : port))),
  ).finally(() => progress.clear());
  if (options.json === true) {
    printJson(rows);
    return;
  }
  for (const row of rows) print(describe(row));
  if (rows.length > 0) return;
  const hidden = found.length === 0 ? '' : ` (${found.length} of the machine itself: --all lists them)`;
  note(
    `glassnic: no serial port with something plugged in${hidden}; boards without hardware: --board mock, --board emulator:pico`,
  );
}

/** Opens a session at the port, without a card on it: whether the board's cable is in is not asked. */
async function probed(port: PortInfo, signal: AbortSignal): Promise<PortRow> {
  try {
    const asked = { board: `serial:${port.path}`, cable: 'lan', seed: freshSeed(), signal };
    const { name, firmware } = await withSession(asked, (session) => session.identity());
    return { ...port, answer: `${name}, firmware ${firmware}` };
  } catch (error) {
    signal.throwIfAborted();
    return { ...port, answer: error instanceof Error ? error.message : String(error) };
  }
}

const describe = ({ path, maker, usb, answer = '' }: PortRow): string =>
  [path.padEnd(16), usb.padEnd(9), maker.padEnd(24), answer].join(' ').trimEnd();
