/** A board that is cut off in mid-transfer: the card shows link down and loses nothing. DESIGN.md, "The serial link". */
import { expect, test } from 'vitest';
import { Adapter } from '../../src/adapter/adapter.ts';
import { CARD_REGISTERS, card } from '../../src/adapter/registers.ts';
import { put32, u32 } from '../../src/base/bytes.ts';
import { Random } from '../../src/base/random.ts';
import { earliest, milliseconds, seconds } from '../../src/base/time.ts';
import { MockBoard } from '../../src/bridge/mock/mock-board.ts';
import { Cable } from '../../src/cable/cable.ts';
import { Driver } from '../../src/driver/driver.ts';
import { LinkLine } from '../contract/link-line.ts';
import { Computer, frame, MAC_A, MAC_B } from './bench.ts';

const seed = Number(process.env['SEED'] ?? 1);
const FRAMES = 300;
const MARK = 20;

const numbered = (to: typeof MAC_A, from: typeof MAC_A, n: number): Uint8Array => {
  const octets = frame(to, from, 100 + ((n * 37) % 1_400));
  put32(octets, MARK, n);
  return octets;
};

/** A computer whose board is at the end of a serial line, and one with a board in process, on one cable. */
function overSerialLine() {
  const cable = new Cable();
  const link = new LinkLine({ random: new Random(seed), device: new MockBoard(cable.a), baud: 921_600 });
  const adapter = new Adapter({ bus: link.host, mac: MAC_A });
  const driver = new Driver({ adapter });
  const far = new Computer(cable.b, MAC_B);
  const engines = [cable, adapter, driver, far];
  const levels: boolean[] = [];
  const heard: number[] = [];
  driver.onFrame = (octets) => heard.push(u32(octets, MARK));
  let sent = 0;
  let said = 0;
  const turn = (): void => {
    if (driver.isUp !== levels.at(-1)) levels.push(driver.isUp);
    for (; sent < FRAMES; sent++) {
      const octets = numbered(MAC_B, MAC_A, sent);
      const place = driver.begin(octets.length);
      if (place === undefined) break;
      place.set(octets);
      driver.end();
    }
    // Slower than the serial line: the board's queue, which may drop, never fills.
    if (said < FRAMES && driver.isUp && said < heard.length + 8 && far.send(numbered(MAC_A, MAC_B, said))) said++;
  };
  link.onStep = (now) => {
    for (const engine of engines) engine.poll(now);
    turn();
  };
  // Not the adapter, which would ask at once for what a full line has no room for: whoever owns the line paces it.
  link.nextOther = () => earliest(cable.nextDeadline(), earliest(driver.nextDeadline(), far.nextDeadline()));
  const isUp = (): boolean => card.get('STATUS', 'linkUp', adapter.read(CARD_REGISTERS.STATUS.address)) === 1;
  return { link, adapter, driver, far, levels, heard, isUp };
}

test.for([
  ['the transport closes', true],
  ['the line goes silent', false],
] as const)(
  `while %s the card shows link down with a linkChange, keeps its slots, and goes on afterwards: every frame once (SEED=${seed})`,
  ([, isTold]) => {
    const { link, adapter, driver, far, levels, heard, isUp } = overSerialLine();
    link.open();
    for (const at of [30, 120, 200]) {
      expect(link.run(() => far.received.length > at && heard.length > at / 4)).toBe(true);
      expect([isUp(), driver.isUp]).toEqual([true, true]);
      const busy = adapter.read(CARD_REGISTERS.TX_BUSY.address);
      link.up.cut();
      link.down.cut();
      if (isTold) link.host.cut(link.clock.now());
      expect(link.run(() => !driver.isUp, seconds(isTold ? 0.1 : 3) as never)).toBe(true);
      expect(isUp()).toBe(false);
      expect(driver.begin(100)).toBeUndefined();
      // Longer than the card waits for a board that is there.
      link.run(() => false, seconds(8));
      expect(isUp()).toBe(false);
      expect(busy & ~adapter.read(CARD_REGISTERS.TX_BUSY.address)).toBe(0);
      link.up.isCut = link.down.isCut = false;
      if (isTold) link.host.reconnected(link.clock.now());
      expect(link.run(() => driver.isUp, seconds(2))).toBe(true);
      expect(isUp()).toBe(true);
    }
    const isDone = (): boolean => far.received.length >= FRAMES && heard.length >= FRAMES;
    expect(link.run(isDone, seconds(30))).toBe(true);
    link.run(() => false, milliseconds(500));
    const order = Array.from({ length: FRAMES }, (_, n) => n);
    expect(far.received.map((octets) => u32(octets, MARK))).toEqual(order);
    expect(heard).toEqual(order);
    expect(driver.statistics).toMatchObject({ txFrames: FRAMES, txErrors: 0, rxOverflows: 0 });
    expect(levels).toEqual([false, true, false, true, false, true, false, true]);
  },
);
