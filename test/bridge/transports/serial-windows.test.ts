/** Ports as Windows names them: all alike, whatever is behind them. */
import { expect, test, vi } from 'vitest';
import { SerialTransport } from '../../../src/bridge/transports/serial.ts';

vi.mock('serialport', async () => {
  const { PassThrough } = await import('node:stream');
  class SerialPort extends PassThrough {
    static async list(): Promise<object[]> {
      return [
        { path: 'COM3', vendorId: '1209', productId: '0001' },
        { path: 'COM4', vendorId: '0403', productId: '6014' },
      ];
    }
    isOpen = true;
    open(done: (error: Error | null) => void): void {
      done(null);
    }
    flush(done: (error: Error | null) => void): void {
      done(null);
    }
    close(done: (error: Error | null) => void): void {
      done(null);
    }
  }
  return { SerialPort };
});

test.for([
  ['COM3', undefined, 'the Pico on USB, which has no baud rate'],
  ['com3', undefined, 'the same'],
  ['COM4', 92_160, 'a UART, which is given no more than it sends'],
  ['COM5', 92_160, 'one that nobody lists'],
] as const)('%s is given %s bytes a second: it is %s', async ([path, rate]) => {
  const transport = new SerialTransport(path, 921_600);
  await transport.open();
  expect(transport.bytesPerSecond).toBe(rate);
  await transport.close();
});
