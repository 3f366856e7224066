/** Two computers without a stack: driver → card → mock board → cable → mock board → card → driver, in virtual time. */
import { Adapter } from '../../src/adapter/adapter.ts';
import { type Mac, parseMac } from '../../src/base/address.ts';
import { put16, put48 } from '../../src/base/bytes.ts';
import type { Engine } from '../../src/base/engine.ts';
import { type Duration, earliest, ManualClock } from '../../src/base/time.ts';
import { MockBoard } from '../../src/bridge/mock/mock-board.ts';
import { MockBus } from '../../src/bridge/mock/mock-bus.ts';
import { Cable, type CableOptions } from '../../src/cable/cable.ts';
import type { Plug } from '../../src/cable/plug.ts';
import { Driver } from '../../src/driver/driver.ts';
import type { TraceEvent } from '../../src/trace/event.ts';

export const MAC_A = parseMac('02:00:00:00:00:0a');
export const MAC_B = parseMac('02:00:00:00:00:0b');

export class Computer implements Engine {
  readonly events: TraceEvent[] = [];
  readonly received: Uint8Array[] = [];
  readonly bus: MockBus;
  readonly adapter: Adapter;
  readonly driver: Driver;

  constructor(plug: Plug, mac: Mac) {
    this.bus = new MockBus(new MockBoard(plug));
    const trace = (event: TraceEvent): void => {
      this.events.push('bytes' in event && event.bytes ? { ...event, bytes: event.bytes.slice() } : { ...event });
    };
    this.adapter = new Adapter({ bus: this.bus, mac, trace });
    this.driver = new Driver({ adapter: this.adapter });
    this.driver.onFrame = (frame) => this.received.push(frame.slice());
  }

  poll(now: Parameters<Engine['poll']>[0]): void {
    this.adapter.poll(now);
    this.driver.poll(now);
  }

  nextDeadline(): ReturnType<Engine['nextDeadline']> {
    return earliest(this.adapter.nextDeadline(), this.driver.nextDeadline());
  }

  /** Sends a frame; false when the card has no room for it. */
  send(frame: Uint8Array): boolean {
    const place = this.driver.begin(frame.length);
    if (place === undefined) return false;
    place.set(frame);
    this.driver.end();
    return true;
  }

  of<Kind extends TraceEvent['kind']>(kind: Kind): Extract<TraceEvent, { kind: Kind }>[] {
    return this.events.filter((event): event is Extract<TraceEvent, { kind: Kind }> => event.kind === kind);
  }
}

export class TwoComputers {
  readonly clock = new ManualClock();
  readonly cable: Cable;
  readonly a: Computer;
  readonly b: Computer;

  constructor(options: CableOptions = {}) {
    this.cable = new Cable(options);
    this.a = new Computer(this.cable.a, MAC_A);
    this.b = new Computer(this.cable.b, MAC_B);
  }

  /** Polls everything at each deadline until nothing is left to do within `time`. */
  run(time: Duration): void {
    const engines: Engine[] = [this.cable, this.a, this.b];
    const end = this.clock.now() + time;
    for (const engine of engines) engine.poll(this.clock.now());
    for (let rounds = 0; ; rounds++) {
      if (rounds > 1_000_000) throw new Error('the computers never come to rest');
      let next: ReturnType<Engine['nextDeadline']>;
      for (const engine of engines) next = earliest(next, engine.nextDeadline());
      if (next === undefined || next > end) break;
      this.clock.moveTo(next);
      for (const engine of engines) engine.poll(this.clock.now());
    }
    this.clock.moveTo(end as ReturnType<ManualClock['now']>);
  }
}

/** A frame to `to` with `payload` octets of a pattern that depends on `mark`. */
export function frame(to: Mac, from: Mac, payload: number, mark = 0): Uint8Array {
  const octets = Uint8Array.from({ length: 14 + payload }, (_, i) => (i * 7 + mark) & 255);
  put48(octets, 0, to);
  put48(octets, 6, from);
  put16(octets, 12, 0x88b5); // local experimental EtherType 1
  return octets;
}
