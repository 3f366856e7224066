/** `glassnic registers`: look into the card and the board, and change them. */
import { Command, Option } from 'commander';
import { hex32 } from '../base/bytes.ts';
import { LanError } from '../base/errors.ts';
import type { RegisterMap } from '../trace/event.ts';
import { usage } from './exit.ts';
import type { RunningHost } from './open-host.ts';
import { type CommonOptions, hostCommand, withHost } from './options.ts';
import {
  describeValue,
  fieldValue,
  findRegister,
  parseValue,
  type RegisterPlace,
  TABLES,
  withField,
} from './register-text.ts';
import { print, printJson, Style } from './terminal.ts';

interface RegistersOptions extends CommonOptions {
  readonly map?: RegisterMap;
  readonly json?: boolean;
}

export function registersCommand(): Command {
  const registers = new Command('registers').description('read and write the registers of the card and of the board');
  const command = (name: string): Command =>
    hostCommand(name, 3)
      .addOption(new Option('--map <map>', 'whose registers').choices(['card', 'board']))
      .option('--json', 'print JSON');
  registers.addCommand(command('dump').description('print all registers, of both maps or of one').action(dump));
  registers.addCommand(
    command('read')
      .description('print one register, or one field of it')
      .argument('<name>', 'NAME or NAME.field')
      .action((name: string, options: RegistersOptions) => read(name, options)),
  );
  registers.addCommand(
    command('write')
      .description('write one register, or one field of it, and print what it holds then')
      .argument('<name>', 'NAME or NAME.field')
      .argument('<value>', 'decimal, 0x… or 0b…')
      .action((name: string, value: string, options: RegistersOptions) => write(name, value, options)),
  );
  return registers;
}

/** One register's value; rejects where the session ends or `timeout` seconds pass before it comes. */
async function valueAt(host: RunningHost, map: RegisterMap, address: number, timeout: number): Promise<number> {
  if (map === 'card') return host.adapter.read(address);
  return new Promise((resolve, reject) => {
    const failed = () => reject(new LanError('LINK_LOST', 'the board did not answer: check its cable and power'));
    const timer = setTimeout(failed, timeout * 1_000);
    host.bus.read(address, (value) => {
      clearTimeout(timer);
      if (value === undefined) failed();
      else resolve(value);
    });
  });
}

function change(host: RunningHost, map: RegisterMap, address: number, value: number): void {
  if (map === 'card') host.adapter.write(address, value);
  else host.bus.write(address, value);
}

async function dump(options: RegistersOptions): Promise<void> {
  const maps: readonly RegisterMap[] = options.map === undefined ? ['card', 'board'] : [options.map];
  await withHost(options, async (host) => {
    const style = new Style(process.stdout);
    const all: Record<string, Record<string, object>> = {};
    for (const map of maps) {
      const rows: Record<string, object> = {};
      if (options.json !== true)
        print(style.bold(map === 'card' ? 'The card' : `The board: ${host.identity?.name ?? 'none'}`));
      for (const [name, register] of Object.entries(TABLES[map])) {
        if (register.access === 'wo') continue;
        const value = await valueAt(host, map, register.address, options.timeout);
        rows[name] = asJson(map, name, value);
        if (options.json !== true) print(line(map, name, register.access, value, style));
      }
      all[map] = rows;
    }
    if (options.json === true) printJson(all);
  });
}

async function read(text: string, options: RegistersOptions): Promise<void> {
  const map = options.map ?? 'card';
  const place = findRegister(map, text);
  if (place.register.access === 'wo') throw usage(`register ${place.name} can only be written`);
  await withHost(options, async (host) => show(host, map, place, options));
}

async function write(text: string, valueText: string, options: RegistersOptions): Promise<void> {
  const map = options.map ?? 'card';
  const place = findRegister(map, text);
  const { register, field } = place;
  if (register.access === 'ro') throw usage(`register ${place.name} can only be read`);
  const value = parseValue(valueText, field);
  await withHost(options, async (host) => {
    // Writing back what was read would acknowledge every cause of a w1c register: there, only the field itself is written.
    const isKept = field !== undefined && register.access === 'rw';
    const before = isKept ? await valueAt(host, map, register.address, options.timeout) : 0;
    change(host, map, register.address, field === undefined ? value : withField(field, before, value));
    if (register.access !== 'wo') await show(host, map, place, options);
  });
}

async function show(
  host: RunningHost,
  map: RegisterMap,
  place: RegisterPlace,
  options: RegistersOptions,
): Promise<void> {
  const { name, register, field, fieldName } = place;
  const value = await valueAt(host, map, register.address, options.timeout);
  const shown = field === undefined ? value : fieldValue(field, value);
  if (options.json === true) printJson(field === undefined ? asJson(map, name, value) : { value: shown });
  else if (field === undefined) print(line(map, name, register.access, value, new Style(process.stdout)));
  else print(`${name}.${fieldName} ${shown}`);
}

const line = (map: RegisterMap, name: string, access: string, value: number, style: Style): string =>
  `  ${name.padEnd(22)} ${style.dim(access.padEnd(4))} ${hex32(value)}  ${style.cyan(describeValue(map, name, value))}`.trimEnd();

function asJson(map: RegisterMap, name: string, value: number): object {
  const fields = Object.entries(TABLES[map][name]?.fields ?? {});
  return { value, fields: Object.fromEntries(fields.map(([field, place]) => [field, fieldValue(place, value)])) };
}
