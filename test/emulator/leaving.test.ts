/** The ways out of the bridge: the boot loader on request, and a reset after a fault. The kept image. */
import { expect, test } from 'vitest';
import { milliseconds, seconds } from '../../src/base/time.ts';
import { CELL, CELL_SIZE, CellView } from '../../src/bridge/link/cell.ts';
import { BOOT_MAGIC, BOARD_REGISTERS as R } from '../../src/bridge/registers.ts';
import { PicoLab } from './pico-lab.ts';

const seed = Number(process.env['SEED'] ?? 1);

test.for(['usb', 'uart'] as const)(
  'BOOT_LOADER over %s is acknowledged before it is followed, and another value is not followed',
  (line) => {
    const lab = new PicoLab(line, seed);
    const board = lab.bus.board;
    lab.bus.write(R.BOOT_LOADER.address, BOOT_MAGIC ^ 1);
    lab.read(R.SCRATCH.address);
    expect(board.isInBootLoader).toBe(false);
    // The last DATA cell of the host, and all that the board says after it.
    let number = 0;
    const said: number[] = [];
    const { serial } = board;
    const write = serial.write.bind(serial);
    serial.write = (cell) => {
      const view = new CellView(cell);
      if (view.type === CELL.data) number = view.seq;
      write(cell);
    };
    const take = serial.onBytes;
    serial.onBytes = (bytes) => {
      said.push(...bytes);
      take(bytes);
    };
    lab.bus.write(R.BOOT_LOADER.address, BOOT_MAGIC);
    lab.until(() => board.isInBootLoader, milliseconds(50));
    lab.pass(() => false, milliseconds(2));
    const last = new CellView(Uint8Array.from(said.slice(-CELL_SIZE)));
    expect(last.ack).toBe((number + 1) & 255);
  },
);

test.for(['usb', 'uart'] as const)('a fault resets the board, and the host finds a new session on %s', (line) => {
  const lab = new PicoLab(line, seed);
  const { core } = lab.bus.board.machine.chip;
  lab.bus.write(R.SCRATCH.address, 0x1234_5678);
  expect(lab.read(R.SCRATCH.address)).toBe(0x1234_5678);
  const IRQ_RTC = 25; // nobody's
  core.enabledInterrupts |= 1 << IRQ_RTC;
  core.setInterrupt(IRQ_RTC, true);
  lab.until(() => lab.sessions === 2, seconds(6));
  expect(lab.read(R.SCRATCH.address)).toBe(0);
});
