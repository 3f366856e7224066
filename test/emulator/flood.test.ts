/** More from the cable than the serial line can carry, and resets in the middle of everything. */
import { describe, expect, test } from 'vitest';
import { put32le, u32le } from '../../src/base/bytes.ts';
import { crc32 } from '../../src/base/crc.ts';
import { Random } from '../../src/base/random.ts';
import { type Duration, milliseconds, seconds } from '../../src/base/time.ts';
import { board, BOARD_REGISTERS as R, TX_BUFFER_SIZE } from '../../src/bridge/registers.ts';
import { PIN } from '../../src/emulator/pins.ts';
import { frameIn, rawFrame } from '../contract/tap-plug.ts';
import { PicoLab } from './pico-lab.ts';

const seed = Number(process.env['SEED'] ?? 1);
const ON = board.mask('CONTROL', 'rxEnable', 'txEnable', 'fullDuplex');

/** `length` octets with FCS on the wire: to everybody, its number in it, the rest made of the number. */
function numbered(length: number): (number: number) => Uint8Array {
  return (number) => {
    const frame = new Random(seed + number).fill(new Uint8Array(length - 4));
    frame.fill(0xff, 0, 6);
    put32le(frame, 14, number);
    return frame;
  };
}

/** Short frames are more than the processor can take from the ring while it talks USB; long ones fill the receive queue of 128 KiB, for UART0 carries a fifth. The other two fit. */
describe.for([
  ['usb', 64, 1_488, R.RX_ERRORS],
  ['usb', 1_518, 80, undefined],
  ['uart', 64, 1_488, undefined],
  ['uart', 1_518, 140, R.RX_DROPPED],
] as const)(
  `a receive flood over %s with frames of %i octets, %i of them at line rate (SEED=${seed})`,
  ([line, length, count, loss]) => {
    test('loses only whole frames, counts each, and the link stays up', () => {
      const lab = new PicoLab(line, seed);
      lab.lineIsUp();
      lab.bus.write(R.CONTROL.address, ON);
      lab.read(R.CONTROL.address);
      const make = numbered(length);
      lab.plug.begin(count, make);
      lab.until(() => lab.plug.sent === count, seconds(20));
      lab.pass(() => false, milliseconds(600)); // until the queue is empty
      let last = -1;
      for (const { bytes, flags } of lab.received) {
        const frame = frameIn(bytes);
        const number = u32le(frame, 14);
        expect(flags).toBe(0);
        expect(frame).toEqual(make(number));
        expect(crc32(bytes.subarray(8, bytes.length - 4))).toBe(u32le(bytes, bytes.length - 4));
        expect(number).toBeGreaterThan(last);
        last = number;
      }
      const [frames, dropped, errors] = [R.RX_FRAMES, R.RX_DROPPED, R.RX_ERRORS].map(({ address }) =>
        lab.read(address),
      );
      expect({ sum: (frames ?? 0) + (dropped ?? 0) + (errors ?? 0) }).toEqual({ sum: count });
      expect(frames).toBe(lab.received.length);
      if (loss === undefined) expect(frames).toBe(count);
      else expect(lab.read(loss.address)).toBeGreaterThan(0);
      expect(frames).toBeGreaterThan(count / 2);
      expect(lab.bus.board.phy.counters.receiveDropped).toBe(0);
      expect(lab.sessions).toBe(1);
      expect(lab.bus.isOpen).toBe(true);
    });
  },
);

describe('CONTROL.reset in mid-frame', () => {
  const RESETS = 1_000;
  test(`${RESETS} times, while frames go and come, never hangs and never leaves half a frame behind (SEED=${seed})`, () => {
    const lab = new PicoLab('usb', seed);
    lab.lineIsUp();
    const random = new Random(seed);
    const make = numbered(64);
    // 0.4 ms on the line: the reset, which is some 0.1 ms on its way, finds it there.
    const out = rawFrame(numbered(512)(1_000_000));
    let [cutIn, cutOut] = [0, 0];
    for (let reset = 0; reset < RESETS; reset++) {
      lab.bus.write(R.CONTROL.address, ON);
      lab.bus.writeBlock(0x4000, out);
      lab.bus.write(R.TX_GO.address, board.pack('TX_GO', { length: out.length, buffer: 0 }));
      lab.until(() => lab.bus.board.machine.pins.output(PIN.txEn) === true);
      lab.plug.begin(8, make);
      lab.pass(() => false, (random.below(200) + 1) as Duration);
      lab.bus.write(R.CONTROL.address, board.mask('CONTROL', 'reset'));
      expect(lab.read(R.CONTROL.address)).toBe(0);
      if (lab.plug.isBusy) cutIn++;
      lab.pass(() => false, milliseconds(1));
      if (lab.plug.taken.every(({ length }) => length < out.length)) cutOut++;
      lab.plug.taken.length = 0;
    }
    expect(cutIn).toBeGreaterThan(RESETS / 10);
    expect(cutOut).toBeGreaterThan(RESETS / 10);
    lab.plug.begin(0, make);
    lab.pass(() => false, milliseconds(20));
    // Every frame that the board handed up was whole.
    for (const { bytes } of lab.received) expect(crc32(frameIn(bytes))).toBe(u32le(bytes, bytes.length - 4));
    // And it works as before.
    lab.events = [];
    lab.plug.taken.length = 0;
    lab.lineIsUp();
    lab.bus.write(R.CONTROL.address, ON);
    expect(lab.read(R.CONTROL.address)).toBe(ON);
    lab.bus.writeBlock(0x4000 + TX_BUFFER_SIZE, out);
    lab.bus.write(R.TX_GO.address, board.pack('TX_GO', { length: out.length, buffer: 1 }));
    lab.plug.begin(10, make);
    lab.until(() => lab.received.length === 10 && lab.plug.taken.length > 0);
    expect(lab.plug.taken).toEqual([out]);
    expect(lab.sessions).toBe(1);
  });
});
