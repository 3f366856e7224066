/** The emulated Pico in virtual time: what its firmware moves over each of its serial lines, as a share of what the line could. */
import { put32le } from '../../src/base/bytes.ts';
import { between, seconds } from '../../src/base/time.ts';
import { board, BOARD_REGISTERS as R, TX_BUFFER_SIZE } from '../../src/bridge/registers.ts';
import type { PicoLine } from '../../src/emulator/pico-board.ts';
import { rawFrame } from '../contract/tap-plug.ts';
import { PicoLab } from '../emulator/pico-lab.ts';

/** Bytes a second that each line can carry: full-speed bulk has room for 19 packets of 64 bytes a millisecond (USB 2.0, table 5-9), a UART for a byte in 10 bits. */
export const POSSIBLE: Readonly<Record<PicoLine, number>> = { usb: 19 * 64 * 1_000, uart: 300_000 };

const FRAME = 1_518; // octets with FCS
const FRAMES = 150;
const SECOND = seconds(1);

function lab(line: PicoLine): PicoLab {
  const it = new PicoLab(line, 1);
  it.lineIsUp();
  it.bus.write(R.CONTROL.address, board.mask('CONTROL', 'rxEnable', 'txEnable', 'fullDuplex'));
  it.read(R.CONTROL.address);
  return it;
}

const frame = (number: number): Uint8Array => {
  const octets = new Uint8Array(FRAME - 4).fill(0xff, 0, 6);
  put32le(octets, 14, number);
  return octets;
};

/** Frames from the computer onto the cable; bytes a second of what the board was given. */
export function toCable(line: PicoLine): number {
  const it = lab(line);
  const octets = rawFrame(frame(0));
  const buffers = board.get('BUFFERS', 'txBuffers', it.bus.identity?.buffers ?? 0);
  let posted = 0;
  const begin = it.clock.now();
  it.until(() => {
    const done = it.events.length;
    for (; posted < FRAMES && posted - done < buffers && it.bus.room > 2 * octets.length; posted++) {
      it.bus.writeBlock(0x4000 + (posted % buffers) * TX_BUFFER_SIZE, octets);
      it.bus.write(R.TX_GO.address, board.pack('TX_GO', { length: octets.length, buffer: posted % buffers }));
    }
    return done === FRAMES;
  }, seconds(60));
  return (FRAMES * octets.length * SECOND) / between(begin, it.clock.now());
}

/** A cable that is full, and what of it comes to the computer. */
export function fromCable(line: PicoLine): number {
  const it = lab(line);
  it.plug.begin(10 * FRAMES, frame);
  it.until(() => it.received.length > 0);
  const begin = it.clock.now();
  const before = it.received.length;
  it.until(() => it.received.length >= before + FRAMES, seconds(60));
  const octets = it.received.slice(before).reduce((sum, { bytes }) => sum + bytes.length, 0);
  return (octets * SECOND) / between(begin, it.clock.now());
}
