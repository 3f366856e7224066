/** A trace as text for people: one event a line, in columns. */
import { formatIp, formatMac } from '../base/address.ts';
import { hex, hex32 } from '../base/bytes.ts';
import type { RegisterMap, TraceEvent } from './event.ts';
import { summarize } from './frame-summary.ts';
import { partsOf } from './line-octets.ts';

/** Says what a register's value means (`rxEnable txEnable`); the tables are the caller's, this folder has none. */
export type Describe = (map: RegisterMap, register: string, value: number) => string;

/** Octets of a block or cell that a line shows. */
const SHOWN = 16;

const address = (at: number): string => `0x${at.toString(16).padStart(5, '0')}`;
const beginning = (octets: Uint8Array): string => hex(octets.subarray(0, SHOWN)) + (octets.length > SHOWN ? ' …' : '');

/** Seconds with six decimals, as tcpdump prints them. */
const formatTime = (at: number): string => (at / 1_000_000).toFixed(6).padStart(12);

/** `    0.001234  card    write COMMAND         0x00000006  rxEnable txEnable` */
export function formatEvent(event: TraceEvent, describe: Describe = () => ''): string {
  const [who, what, detail] = columns(event, describe);
  // What a file says goes to a terminal: no control characters.
  return `${formatTime(event.at)}  ${who.padEnd(6)}  ${what.padEnd(9)}  ${detail}`.replace(/\p{Cc}/gu, '·').trimEnd();
}

function columns(event: TraceEvent, describe: Describe): readonly [who: string, what: string, detail: string] {
  switch (event.kind) {
    case 'register': {
      const meaning = describe(event.map, event.register, event.value);
      return [event.map, event.op, `${event.register.padEnd(16)} ${hex32(event.value)}  ${meaning}`];
    }
    case 'block':
      return [
        event.map,
        `${event.op}s`,
        `${address(event.address)} ${event.bytes.length} bytes  ${beginning(event.bytes)}`,
      ];
    case 'interrupt': {
      const causes = describe(event.map, 'IRQ_STATUS', event.causes);
      return [event.map, event.level ? 'irq up' : 'irq down', `${hex32(event.causes)}  ${causes}`];
    }
    case 'slot': {
      const place = `${event.memory} ${event.slot}`.padEnd(12);
      return ['memory', event.state, `${place} ${event.length} bytes at ${address(event.offset)}`];
    }
    case 'mac':
      return ['mac', event.state, event.attempt > 1 ? `attempt ${event.attempt}` : ''];
    case 'phy':
      return ['phy', event.link ? 'link up' : 'link down', `${event.speed} Mb/s, ${event.duplex} duplex`];
    case 'frame':
      return ['line', event.direction, frame(event)];
    case 'drop':
      return ['drop', '', event.bytes === undefined ? event.reason : `${event.reason}  ${beginning(event.bytes)}`];
    case 'cell':
      return ['serial', event.direction, `${event.again ? 'again ' : ''}${beginning(event.bytes)}`];
    case 'link':
      return ['serial', event.state, event.detail];
    case 'arp':
      return [
        'arp',
        event.state,
        event.mac === undefined ? formatIp(event.ip) : `${formatIp(event.ip)} at ${formatMac(event.mac)}`,
      ];
    case 'socket':
      return [event.protocol, `socket ${event.descriptor}`, `${event.state}  ${event.local} – ${event.remote}`];
    case 'call':
      return ['call', `socket ${event.descriptor}`, `${event.call} ${event.detail}`];
  }
}

function frame(event: Extract<TraceEvent, { kind: 'frame' }>): string {
  const parts = partsOf(event);
  const what = parts === undefined ? beginning(event.bytes) : summarize(parts.frame);
  const dropped = event.drop === undefined ? '' : `  dropped: ${event.drop}`;
  return `${String(event.bytes.length).padStart(4)} octets  ${what}${dropped}`;
}
