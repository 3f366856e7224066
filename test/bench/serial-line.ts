/** A simulated serial line in virtual time: what share of its bytes are frames, and what a register read costs. */
import { Random } from '../../src/base/random.ts';
import { between, type Instant, microseconds, seconds } from '../../src/base/time.ts';
import type { BoardDevice } from '../../src/bridge/link/board-device.ts';
import type { BoardEvent } from '../../src/bridge/register-bus.ts';
import { BOARD_REGISTERS, BOARD_WINDOWS } from '../../src/bridge/registers.ts';
import { LinkLine } from '../contract/link-line.ts';

export const BAUD_RATES = [115_200, 921_600, 3_000_000] as const;

const FRAME = 1_500; // octets
const FRAMES_MEASURED = 200;
/** Sent before the measuring begins, so that the windows are open. */
const FRAMES_BEFORE = 20;
const BITS_PER_BYTE = 10;
/** On top of the bits, each way. */
export const LATENCY = microseconds(100);
const READS_MEASURED = 2_000;
const ONE_AFTER_THE_OTHER = 50;
const TX_BUFFER = BOARD_WINDOWS.TX_BUFFER.address;
const SCRATCH = BOARD_REGISTERS.SCRATCH.address;

/** Takes any number of frames, and has any number of them. */
class FrameBoard implements BoardDevice {
  readonly name = 'bench';
  taken = 0;
  /** Whether frames come from its line without end. */
  isBusy = false;
  readonly #frame: BoardEvent = { kind: 'received', bytes: new Uint8Array(FRAME), flags: 0, time: 0 };

  read(): number {
    return 0;
  }
  write(address: number): void {
    if (address === BOARD_REGISTERS.TX_GO.address) this.taken++;
  }
  readBlock(_address: number, into: Uint8Array): void {
    into.fill(0);
  }
  writeBlock(): void {}
  get hasEvent(): boolean {
    return this.isBusy;
  }
  takeEvent(): BoardEvent | undefined {
    return this.isBusy ? this.#frame : undefined;
  }
  reset(): void {}
  poll(): void {}
  nextDeadline(): undefined {}
}

export interface FrameShare {
  readonly baud: number;
  /** Octets of frames as a share of the bytes that the line could carry in the same time; undefined: that way was not used. */
  readonly toBoard: number | undefined;
  readonly fromBoard: number | undefined;
}

/** Goodput of 1,500-octet frames, one way alone or both ways full. */
export function frameShare(baud: number, ways: 'to board' | 'from board' | 'both'): FrameShare {
  const device = new FrameBoard();
  const line = new LinkLine({ random: new Random(1), device, baud, latency: LATENCY }).open();
  const frame = new Uint8Array(FRAME);
  let received = 0;
  line.host.attach({
    onOpen: () => {},
    onLost: () => {},
    onEvent: (event) => {
      if (event.kind === 'received') received++;
    },
  });
  const isSending = ways !== 'from board';
  device.isBusy = ways !== 'to board';
  line.onStep = () => {
    while (isSending && line.host.room > 4 * FRAME) {
      line.host.writeBlock(TX_BUFFER, frame);
      line.host.write(BOARD_REGISTERS.TX_GO.address, FRAME);
    }
  };
  const passed = (frames: number) => (): boolean =>
    (!isSending || device.taken >= frames) && (!device.isBusy || received >= frames);
  line.run(passed(FRAMES_BEFORE), seconds(600));
  const from: { readonly at: Instant; readonly taken: number; readonly received: number } = {
    at: line.clock.now(),
    taken: device.taken,
    received,
  };
  line.run(passed(FRAMES_MEASURED + FRAMES_BEFORE), seconds(600));
  const carried = (between(from.at, line.clock.now()) * baud) / BITS_PER_BYTE / seconds(1);
  const share = (frames: number): number => (frames * FRAME) / carried;
  return {
    baud,
    toBoard: isSending ? share(device.taken - from.taken) : undefined,
    fromBoard: device.isBusy ? share(received - from.received) : undefined,
  };
}

/** Register reads a second, as many under way as the link allows. */
export function readsPerSecond(baud: number): number {
  const line = new LinkLine({ random: new Random(1), device: new FrameBoard(), baud, latency: LATENCY }).open();
  const begun = line.clock.now();
  let done = 0;
  for (let i = 0; i < READS_MEASURED; i++) line.host.read(SCRATCH, () => done++);
  line.run(() => done === READS_MEASURED, seconds(600));
  return (READS_MEASURED * seconds(1)) / between(begun, line.clock.now());
}

/** From the call of one read, with nothing else under way, to its value: the mean, in µs. */
export function readRoundTrip(baud: number): number {
  const line = new LinkLine({ random: new Random(1), device: new FrameBoard(), baud, latency: LATENCY }).open();
  let total = 0;
  for (let i = 0; i < ONE_AFTER_THE_OTHER; i++) {
    // Each begins on an idle line: the acknowledgement of the last answer has gone.
    line.run(() => false, microseconds(20_000));
    const begun = line.clock.now();
    let isDone = false;
    line.host.read(SCRATCH, () => {
      isDone = true;
    });
    line.run(() => isDone, seconds(10));
    total += between(begun, line.clock.now());
  }
  return total / ONE_AFTER_THE_OTHER;
}
