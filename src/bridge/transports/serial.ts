/** `serial:/dev/ttyACM0?baud=3000000`: a board on a serial port. The only file that imports serialport, and only when a port is used. */
import type { Duplex } from 'node:stream';
import { LanError } from '../../base/errors.ts';
import { CELL_SIZE } from '../link/cell.ts';
import { CellStream } from './cell-stream.ts';
import type { Transport } from './transport.ts';

const BITS_PER_BYTE = 10; // start, 8 data, stop
/** USB CDC-ACM has no baud rate of its own: its line is USB, which takes as much as it can. Linux and macOS tell it by the name. */
const USB_WITHOUT_UART = /ttyACM|usbmodem/;
const WINDOWS_PORT = /^COM\d+$/i;
/** Vendor and product of the Pico's firmware: firmware-bridge/boards/pico/usb-descriptors.c. */
export const PICO_USB = '1209:0001';

const load = async (): Promise<typeof import('serialport')> => {
  try {
    return await import('serialport');
  } catch (error) {
    throw new LanError('NO_SERIALPORT', 'the package serialport cannot be loaded; npm install serialport', {
      cause: error,
    });
  }
};

export class SerialTransport implements Transport {
  readonly name: string;
  #bytesPerSecond: number | undefined;
  readonly #path: string;
  readonly #baud: number;
  #stream: CellStream | undefined;

  constructor(path: string, baud: number) {
    this.name = `serial:${path}`;
    this.#bytesPerSecond = USB_WITHOUT_UART.test(path) ? undefined : baud / BITS_PER_BYTE;
    this.#path = path;
    this.#baud = baud;
  }

  get bytesPerSecond(): number | undefined {
    return this.#bytesPerSecond;
  }

  /** Rejects with PORT_NOT_FOUND, PORT_BUSY, PORT_DENIED or PORT_FAILED. */
  async open(): Promise<Duplex> {
    await this.close();
    if (WINDOWS_PORT.test(this.#path) && (await isPico(this.#path))) this.#bytesPerSecond = undefined;
    const { SerialPort } = await load();
    const { ByteLengthParser } = await import('@serialport/parser-byte-length');
    const port = new SerialPort({ path: this.#path, baudRate: this.#baud, autoOpen: false });
    await new Promise<void>((resolve, reject) => {
      port.open((error) => (error === null ? resolve() : reject(explain(this.#path, error))));
    });
    // Without readableObjectMode blocks that wait are joined into one.
    const parser = new ByteLengthParser({ length: CELL_SIZE, readableObjectMode: true });
    this.#stream = new CellStream(port, parser);
    return this.#stream;
  }

  async close(): Promise<void> {
    const stream = this.#stream;
    this.#stream = undefined;
    if (stream === undefined || stream.closed) return;
    // The path stays locked until the port has closed.
    await new Promise<void>((resolve) => {
      stream.once('close', resolve);
      stream.destroy();
    });
  }

  realign(held: number): void {
    this.#stream?.realign(held);
  }
}

function explain(path: string, error: Error): LanError {
  const options = { cause: error };
  if (/no such file|cannot find|file not found/i.test(error.message)) {
    return new LanError('PORT_NOT_FOUND', `there is no port ${path}; glassnic ports lists what is plugged in`, options);
  }
  if (/cannot lock|busy|access denied/i.test(error.message)) {
    return new LanError('PORT_BUSY', `port ${path} is in use by another program; close that first`, options);
  }
  if (/permission denied/i.test(error.message)) {
    return new LanError(
      'PORT_DENIED',
      `port ${path} may not be opened by you; join its group (on Linux: dialout)`,
      options,
    );
  }
  return new LanError('PORT_FAILED', `port ${path} cannot be opened: ${error.message}`, options);
}

/** Where the ports cannot be listed the line is taken for one with a baud rate: slower, not wrong. */
async function isPico(path: string): Promise<boolean> {
  const ports = await listPorts().catch(() => []);
  return ports.some((port) => port.path.toUpperCase() === path.toUpperCase() && port.usb === PICO_USB);
}

/**
 * Opens the port at 1200 baud and lets go of it, DTR first: what many boards on USB take for the wish to enter their boot loader.
 * Rejects as `open` does.
 */
export async function touch(path: string): Promise<void> {
  const { SerialPort } = await load();
  const port = new SerialPort({ path, baudRate: 1_200, autoOpen: false });
  port.on('error', () => {});
  await new Promise<void>((resolve, reject) => {
    port.open((error) => (error === null ? resolve() : reject(explain(path, error))));
  });
  // A board that has gone already fails both, which is what was wanted.
  await new Promise<void>((resolve) => port.set({ dtr: false }, () => resolve()));
  await new Promise<void>((resolve) => port.close(() => resolve()));
}

/** One serial port of this machine. */
export interface PortInfo {
  readonly path: string;
  /** Who made it, as the system tells: `Raspberry Pi`; or empty. */
  readonly maker: string;
  /** USB vendor and product, four hex digits each; empty where it is not on USB. */
  readonly usb: string;
}

/** Empty, too, where the system has no way to list them (Linux without udevadm); a path can be opened all the same. */
export async function listPorts(): Promise<readonly PortInfo[]> {
  const { SerialPort } = await load();
  try {
    return (await SerialPort.list()).map(({ path, manufacturer = '', vendorId, productId }) => ({
      path,
      maker: manufacturer,
      usb: vendorId === undefined ? '' : `${vendorId}:${productId ?? ''}`,
    }));
  } catch (error) {
    if (/udevadm/.test(String(error))) return [];
    throw new LanError('PORT_LIST_FAILED', `the serial ports cannot be listed: ${String(error)}`, { cause: error });
  }
}
