/** A LAN8720 with a test for a chip and a test for a cable. */
import type { Instant } from '../../../src/base/time.ts';
import type { LineState, Plug, Station, Transmission } from '../../../src/cable/plug.ts';
import { Lan8720, type Lan8720Options } from '../../../src/emulator/lan8720/lan8720.ts';
import type { TraceEvent } from '../../../src/trace/event.ts';
import { FakePins, Management } from './fake-pins.ts';

/** A cable that keeps what it is given, and ends a transmission when the test says so. */
export class HeldPlug implements Plug {
  state: LineState;
  station: Station | undefined;
  readonly taken: Uint8Array[] = [];
  isBusy = false;
  /** A transmission ends by itself, at once. */
  isFree = true;

  constructor(state: LineState) {
    this.state = state;
  }
  attach(station: Station | undefined): void {
    this.station = station;
  }
  transmit(octets: Uint8Array, now: Instant): void {
    if (this.isBusy) throw new Error('a second frame before the first has ended');
    this.taken.push(octets.slice());
    this.isBusy = true;
    if (this.isFree) this.end({ kind: 'sent', deferred: false }, now);
  }
  end(outcome: Transmission, now = 0 as Instant): void {
    this.isBusy = false;
    this.station?.transmitted(outcome, now);
  }
  become(state: LineState, now = 0 as Instant): void {
    this.state = state;
    this.station?.lineChanged(state, now);
  }
}

export const UP: LineState = { up: true, speed: 10, duplex: 'full' };
export const HALF: LineState = { up: true, speed: 10, duplex: 'half' };
export const DOWN: LineState = { up: false, speed: 10, duplex: 'full' };
/** ns until the link: shorter than the default, and longer than a reset. */
const NEGOTIATION = 1e6;

export class PhyLab {
  readonly pins = new FakePins();
  readonly plug: HeldPlug;
  readonly phy: Lan8720;
  readonly management: Management;
  readonly drops: { readonly reason: string; readonly bytes: Uint8Array | undefined }[] = [];

  constructor(options: Partial<Lan8720Options> & { readonly line?: LineState } = {}) {
    const { line = UP, ...rest } = options;
    this.plug = new HeldPlug(line);
    const trace = (event: TraceEvent): void => {
      if (event.kind === 'drop') this.drops.push({ reason: event.reason, bytes: event.bytes?.slice() });
    };
    this.phy = new Lan8720({ negotiation: NEGOTIATION, ...rest, pins: this.pins, plug: this.plug, trace });
    this.pins.add(this.phy);
    this.management = new Management(this.pins);
    this.pins.pass(2 * NEGOTIATION);
  }

  /** A frame whose last bit came now. */
  hear(octets: Uint8Array, aligned = true): void {
    this.plug.station?.receive(octets, aligned, (this.pins.now / 1_000) as Instant);
  }
  get reasons(): string[] {
    return this.drops.map(({ reason }) => reason);
  }
}
