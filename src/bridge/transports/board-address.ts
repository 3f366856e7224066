/** `--board`: which board, and how it is reached. */
import { LanError } from '../../base/errors.ts';

export type BoardAddress =
  | { readonly kind: 'mock' }
  | { readonly kind: 'serial'; readonly path: string; readonly baud: number }
  | { readonly kind: 'tcp'; readonly host: string; readonly port: number }
  | { readonly kind: 'emulator'; readonly name: string; readonly serial: EmulatedSerial | undefined };

/** How an emulated board's serial line comes out: QEMU's as a socket or a pty; of the Pico, which one. Default: the first that the board has. */
export type EmulatedSerial = 'socket' | 'pty' | 'usb' | 'uart';

/** SERIAL_BAUD of lm3s6965evb's config.h. The Pico's UART0 runs at 3,000,000, and its USB at none: there it means nothing. */
export const DEFAULT_BAUD = 921_600;
const SHAPES = 'mock, serial:/dev/ttyACM0?baud=921600, tcp:host:port or emulator:name[?serial=…]';

/** Throws UNKNOWN_BOARD for a kind that does not exist, BAD_ADDRESS for one that is not complete. */
export function parseBoard(text: string): BoardAddress {
  const colon = text.indexOf(':');
  const kind = colon < 0 ? text : text.slice(0, colon);
  const rest = colon < 0 ? '' : text.slice(colon + 1);
  switch (kind) {
    case 'mock':
      if (colon >= 0) throw bad(text, 'mock takes nothing behind it');
      return { kind };
    case 'serial':
      return parseSerial(text, rest);
    case 'tcp':
      return parseTcp(text, rest);
    case 'emulator':
      return parseEmulator(text, rest);
    default:
      throw new LanError('UNKNOWN_BOARD', `there is no board '${text}': it is ${SHAPES}`);
  }
}

function parseSerial(text: string, rest: string): BoardAddress {
  const [path = '', query, ...more] = rest.split('?');
  if (path === '') throw bad(text, 'the port is missing (serial:/dev/ttyACM0; glassnic ports lists them)');
  if (query === undefined) return { kind: 'serial', path, baud: DEFAULT_BAUD };
  const baud = /^baud=([1-9]\d{1,7})$/.exec(query)?.[1];
  if (baud === undefined || more.length > 0)
    throw bad(text, `'?${query}' is not understood (serial:${path}?baud=3000000)`);
  return { kind: 'serial', path, baud: Number(baud) };
}

function parseTcp(text: string, rest: string): BoardAddress {
  const [, bracketed, plain, digits] = /^(?:\[([0-9a-f:.]+)\]|([^:[\]]+)):(\d{1,5})$/i.exec(rest) ?? [];
  const host = bracketed ?? plain;
  const port = Number(digits);
  if (host === undefined || port < 1 || port > 65_535) throw bad(text, 'host and port are wanted (tcp:192.0.2.7:4000)');
  return { kind: 'tcp', host, port };
}

function parseEmulator(text: string, rest: string): BoardAddress {
  const [, name, serial] = /^([\w-]+)(?:\?serial=(socket|pty|usb|uart))?$/.exec(rest) ?? [];
  if (name === undefined)
    throw bad(
      text,
      `'${rest}' names no emulated board (emulator:pico, emulator:pico?serial=uart, emulator:lm3s6965evb?serial=pty)`,
    );
  return { kind: 'emulator', name, serial: serial as EmulatedSerial | undefined };
}

const bad = (text: string, why: string): LanError => new LanError('BAD_ADDRESS', `board '${text}': ${why}`);
