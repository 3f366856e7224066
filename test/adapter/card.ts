/** A card on a fake bus, with the programmer's view by register name. */
import { Adapter, type AdapterConfig } from '../../src/adapter/adapter.ts';
import { LineFrame } from '../../src/adapter/encapsulation.ts';
import { CARD_REGISTERS, type CardRegister, card, TX_SLOT_SIZE } from '../../src/adapter/registers.ts';
import { type Mac, parseMac } from '../../src/base/address.ts';
import { put48 } from '../../src/base/bytes.ts';
import { ManualClock, milliseconds } from '../../src/base/time.ts';
import type { FieldOf } from '../../src/bridge/register-map.ts';
import type { TraceEvent } from '../../src/trace/event.ts';
import { FakeBus } from './fake-bus.ts';

export const OWN = parseMac('02:00:00:00:00:01');
export const PEER = parseMac('02:00:00:00:00:02');

type Field<R extends CardRegister> = FieldOf<typeof CARD_REGISTERS, R>;

export class Bench {
  readonly bus = new FakeBus();
  readonly clock = new ManualClock();
  readonly events: TraceEvent[] = [];
  readonly levels: boolean[] = [];
  readonly adapter: Adapter;

  constructor(config: Partial<AdapterConfig> = {}) {
    const trace = (event: TraceEvent): void => {
      this.events.push('bytes' in event && event.bytes ? { ...event, bytes: event.bytes.slice() } : { ...event });
    };
    this.adapter = new Adapter({ bus: this.bus, mac: OWN, trace, ...config });
    this.adapter.onInterrupt = (level) => this.levels.push(level);
  }

  /** A card that a driver has switched on. */
  static on(command: Partial<Record<Field<'COMMAND'>, number>> = {}, caps?: number): Bench {
    const bench = new Bench();
    bench.bus.open(caps);
    bench.poll();
    bench.write('STATION_LOW', 0x0000_0002);
    bench.write('STATION_HIGH', 0x0100);
    bench.set('COMMAND', { rxEnable: 1, txEnable: 1, fullDuplex: 1, ...command });
    bench.write('IRQ_STATUS', 0xffff_ffff);
    bench.bus.operations.length = 0;
    return bench;
  }

  poll(): void {
    this.adapter.poll(this.clock.advance(milliseconds(1)));
  }

  read(register: CardRegister): number {
    return this.adapter.read(CARD_REGISTERS[register].address);
  }

  get<R extends CardRegister>(register: R, field: Field<R>): number {
    return card.get(register, field, this.read(register));
  }

  write(register: CardRegister, value: number): void {
    this.adapter.write(CARD_REGISTERS[register].address, value);
  }

  set<R extends CardRegister>(register: R, fields: Partial<Record<Field<R>, number>>): void {
    this.write(register, card.pack(register, fields));
  }

  /** The names of the pending causes. */
  causes(): string[] {
    const status = this.read('IRQ_STATUS');
    const fields = Object.keys(CARD_REGISTERS.IRQ_STATUS.fields) as Field<'IRQ_STATUS'>[];
    return fields.filter((field) => card.get('IRQ_STATUS', field, status) === 1);
  }

  /** Puts a frame into a slot and starts it. */
  send(slot: number, frame: Uint8Array): void {
    this.adapter.memory.set(frame, slot * TX_SLOT_SIZE);
    this.set('TX_START', { slot, length: frame.length });
  }

  /** How slot n's transmission went, without the fields that are 0. */
  outcome(slot: number): Record<string, number> {
    const register = `TX_STATUS_${slot}` as 'TX_STATUS_0';
    const fields = Object.keys(CARD_REGISTERS.TX_STATUS_0.fields) as Field<'TX_STATUS_0'>[];
    const all = fields.map((field) => [field, this.get(register, field)] as const);
    return Object.fromEntries(all.filter(([, value]) => value !== 0));
  }

  of<Kind extends TraceEvent['kind']>(kind: Kind): Extract<TraceEvent, { kind: Kind }>[] {
    return this.events.filter((event): event is Extract<TraceEvent, { kind: Kind }> => event.kind === kind);
  }
}

/** Destination address … payload, `length` octets. */
export function frameTo(to: Mac, length = 60, mark = 0): Uint8Array {
  const frame = Uint8Array.from({ length }, (_, i) => (i + mark) & 255);
  put48(frame, 0, to);
  put48(frame, 6, PEER);
  frame[12] = 0x08;
  frame[13] = 0x00;
  return frame;
}

export const onLine = (frame: Uint8Array): Uint8Array => new LineFrame().encapsulate(frame, true).slice();
