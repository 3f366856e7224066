/** An emulated Pico on the bench, in virtual time: its bus, what it tells, and a cable that can be filled to the last bit time. */
import { after, type Duration, earliest, type Instant, ManualClock, seconds } from '../../src/base/time.ts';
import type { BoardEvent } from '../../src/bridge/register-bus.ts';
import { board, BOARD_REGISTERS as R, TX_BUFFER_SIZE } from '../../src/bridge/registers.ts';
import type { LineState, Plug, Station } from '../../src/cable/plug.ts';
import type { Lan8720Options } from '../../src/emulator/lan8720/lan8720.ts';
import type { PicoLine } from '../../src/emulator/pico-board.ts';
import { rawFrame } from '../contract/tap-plug.ts';
import { PicoBus } from './pico-bus.ts';

/** interPacketGap, clause 4.4.2: 96 bit times, in octets. */
const GAP = 12;

/** ns: nobody waits for it here. */
const NEGOTIATION = 1e6;

/** A cable at line rate: the next frame's last bit comes as soon as 10 Mb/s allows. */
export class LineRate implements Plug {
  readonly state: LineState;
  #station: Station | undefined;
  #next = 0 as Instant;
  #now = 0 as Instant;
  #left = 0;
  #make: (number: number) => Uint8Array = () => new Uint8Array(0);
  #endsAt: Instant | undefined;
  sent = 0;
  /** What came from the board. */
  readonly taken: Uint8Array[] = [];

  constructor(duplex: LineState['duplex'] = 'full') {
    this.state = { up: true, speed: 10, duplex };
  }

  attach(station: Station | undefined): void {
    this.#station = station;
  }
  transmit(octets: Uint8Array, now: Instant): void {
    this.taken.push(octets.slice());
    this.#endsAt = after(now, (octets.length * 0.8) as Duration);
  }
  /** From now on, `count` frames without a pause. */
  begin(count: number, make: (number: number) => Uint8Array): void {
    this.#left = count;
    this.#make = make;
    this.#next = this.#now;
  }
  /** These octets as they are, now. */
  inject(octets: Uint8Array, aligned = true): void {
    this.#station?.receive(octets, aligned, this.#now);
  }
  /** Frames are still to come. */
  get isBusy(): boolean {
    return this.#left > 0;
  }
  poll(now: Instant): void {
    this.#now = now;
    if (this.#endsAt !== undefined && now >= this.#endsAt) {
      this.#endsAt = undefined;
      this.#station?.transmitted({ kind: 'sent', deferred: false }, now);
    }
    while (this.#left > 0 && now >= this.#next) {
      const octets = rawFrame(this.#make(this.sent));
      this.#station?.receive(octets, true, this.#next);
      this.#next = after(this.#next, ((octets.length + GAP) * 0.8) as Duration);
      this.#left--;
      this.sent++;
    }
  }
  nextDeadline(): Instant | undefined {
    return earliest(this.#endsAt, this.#left > 0 ? this.#next : undefined);
  }
}

export interface PicoLabOptions {
  /** Default full: the module negotiates what the plug is. */
  readonly duplex?: LineState['duplex'];
  readonly phy?: Partial<Lan8720Options>;
}

export class PicoLab {
  readonly clock = new ManualClock();
  readonly plug: LineRate;
  readonly bus: PicoBus;
  events: BoardEvent[] = [];
  sessions = 0;

  constructor(line: PicoLine, seed: number, { duplex, phy = {} }: PicoLabOptions = {}) {
    this.plug = new LineRate(duplex);
    this.bus = new PicoBus({ plug: this.plug, line, seed, phy: { negotiation: NEGOTIATION, ...phy } });
    this.bus.attach({
      onOpen: () => {
        this.sessions++;
      },
      onEvent: (event) =>
        this.events.push(event.kind === 'received' ? { ...event, bytes: event.bytes.slice() } : event),
      onLost: () => {},
    });
    this.until(() => this.bus.isOpen && this.sessions === 1);
  }

  pass(isDone: () => boolean, within: Duration): boolean {
    const end = after(this.clock.now(), within);
    for (;;) {
      this.plug.poll(this.clock.now());
      this.bus.poll(this.clock.now());
      if (isDone()) return true;
      const next = earliest(this.bus.nextDeadline(), this.plug.nextDeadline());
      if (next === undefined || next > end) {
        this.clock.moveTo(end);
        return false;
      }
      this.clock.moveTo(next);
    }
  }
  until(isDone: () => boolean, within = seconds(5)): void {
    if (!this.pass(isDone, within)) throw new Error(`not within ${within / 1e6} s: ${isDone}`);
  }
  read(address: number): number {
    let answer: number | undefined;
    this.bus.read(address, (value) => {
      answer = value ?? -1;
    });
    this.until(() => answer !== undefined);
    return answer as number;
  }
  lineIsUp(): void {
    this.until(() => (this.read(R.STATUS.address) & board.mask('STATUS', 'linkUp')) !== 0);
  }
  status(field: 'linkUp' | 'fullDuplex' | 'refClock'): boolean {
    return (this.read(R.STATUS.address) & board.mask('STATUS', field)) !== 0;
  }
  /** The line is up, and both directions are on; in full duplex where the plug is. */
  start(): void {
    this.lineIsUp();
    const isFull = this.plug.state.duplex === 'full';
    this.bus.write(
      R.CONTROL.address,
      board.mask('CONTROL', 'rxEnable', 'txEnable') | (isFull ? board.mask('CONTROL', 'fullDuplex') : 0),
    );
    this.read(R.CONTROL.address);
  }
  /** Into a transmit buffer, and onto the line. */
  send(octets: Uint8Array, buffer = 0): void {
    this.bus.writeBlock(0x4000 + buffer * TX_BUFFER_SIZE, octets);
    this.bus.write(R.TX_GO.address, board.pack('TX_GO', { length: octets.length, buffer }));
  }
  /** Sends, and returns TX_STATUS when it is told. */
  outcomeOf(octets: Uint8Array): number {
    const before = this.outcomes.length;
    this.send(octets);
    this.until(() => this.outcomes.length > before);
    return this.outcomes[before] as number;
  }
  get received(): (BoardEvent & { kind: 'received' })[] {
    return this.events.filter((event) => event.kind === 'received');
  }
  /** TX_STATUS of each frame that is done. */
  get outcomes(): number[] {
    return this.events.filter((event) => event.kind === 'transmitted').map(({ status }) => status);
  }
}
