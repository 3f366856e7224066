/** The demo's one screen: each layer's part, from the application down to the line, out of the trace. */
import { TX_SLOT_SIZE } from '../adapter/registers.ts';
import { formatIp, formatMac } from '../base/address.ts';
import { hex, hex32 } from '../base/bytes.ts';
import type { TraceEvent, TraceKind } from '../trace/event.ts';
import { summarize } from '../trace/frame-summary.ts';
import { partsOf } from '../trace/line-octets.ts';
import { describeValue } from './register-text.ts';
import { formatBytes, formatRate, type Style } from './terminal.ts';

export interface DemoResult {
  readonly seed: number;
  /** Round trips, in ms. */
  readonly pings: readonly number[];
  /** The card's buffer memory after the pings. */
  readonly memory: Uint8Array;
  readonly bytes: number;
  readonly seconds: number;
  readonly sha256: string;
}

type Of<K extends TraceKind> = Extract<TraceEvent, { kind: K }>;
const only = <K extends TraceKind>(events: readonly TraceEvent[], kind: K): Of<K>[] =>
  events.filter((event): event is Of<K> => event.kind === kind);

/** Octets of one line of a hex dump. */
const ROW = 16;
/** Register accesses shown of a longer list. */
const ACCESSES = 14;

/** The lines of the screen. `events` is the whole trace. */
export function demoScreen(events: readonly TraceEvent[], result: DemoResult, style: Style): string[] {
  const echo = echoRequestIn(events);
  return [
    style.bold(`glassnic: mock board, simulated LAN, demo host (seed ${result.seed})`),
    ...section(style, 'application', applicationLines(result)),
    ...section(style, 'TCP', connectionLines(events)),
    ...section(style, 'ARP cache', arpLines(events)),
    ...section(style, 'driver → card registers, at the start', startLines(events)),
    ...section(style, 'driver → card registers, for one ping', echo === undefined ? [] : accessLines(events, echo)),
    ...section(style, 'card: buffer memory', echo === undefined ? [] : memoryLines(events, echo, result.memory)),
    ...section(style, 'MAC → line: the same frame', echo === undefined ? [] : frameLines(echo, style)),
    ...section(style, 'all in all', [totals(events)]),
  ];
}

function section(style: Style, title: string, lines: readonly string[]): string[] {
  return [style.cyan(title), ...(lines.length === 0 ? ['(nothing in the trace)'] : lines).map((line) => `  ${line}`)];
}

function applicationLines({ pings, bytes, seconds, sha256 }: DemoResult): string[] {
  return [
    `ping      ${pings.map((ms) => `${ms.toFixed(3)} ms`).join('  ')}`,
    `HTTP      ${bytes} bytes in ${seconds.toFixed(3)} s, ${formatRate(bytes, seconds)}, SHA-256 ${sha256.slice(0, 16)}… as the demo host has it`,
  ];
}

/** Every state that the connection to the demo host passed through, with the time since its first. */
function connectionLines(events: readonly TraceEvent[]): string[] {
  const states = only(events, 'socket').filter(({ protocol, remote }) => protocol === 'tcp' && /:80$/.test(remote));
  const [first] = states;
  if (first === undefined) return [];
  const shown = states.filter(({ state }, i) => state !== states[i - 1]?.state);
  return [
    `${first.local} – ${first.remote}`,
    shown.map(({ state, at }) => `${state} ${((at - first.at) / 1_000).toFixed(2)} ms`).join(' → '),
  ];
}

function arpLines(events: readonly TraceEvent[]): string[] {
  const cache = new Map(only(events, 'arp').map((entry) => [entry.ip, entry]));
  return [...cache.values()].map(
    ({ ip, mac, state }) => `${formatIp(ip)}  ${mac === undefined ? '–' : formatMac(mac)}  ${state}`,
  );
}

/** What the driver wrote before the first frame left. */
function startLines(events: readonly TraceEvent[]): string[] {
  const firstFrame = events.findIndex(({ kind }) => kind === 'frame');
  const writes = only(events.slice(0, Math.max(0, firstFrame)), 'register').filter(
    ({ map, op }) => map === 'card' && op === 'write',
  );
  return shortened(writes.map(access));
}

/** What the driver did with the card from handing over the echo request to the end of its reply, or to its next frame. */
function accessLines(events: readonly TraceEvent[], echo: Of<'frame'>): string[] {
  const from = events.findLastIndex(
    (event, i) => i < events.indexOf(echo) && event.kind === 'register' && event.register === 'TX_START',
  );
  const next = events.findIndex((event, i) => i > from && event.kind === 'register' && event.register === 'TX_START');
  const around = events.slice(from, next < 0 ? events.length : next);
  return shortened(
    around.flatMap((event) => {
      if (event.kind === 'interrupt' && event.map === 'card')
        return [
          `${'irq'.padEnd(5)} ${(event.level ? 'up' : 'down').padEnd(14)} ${hex32(event.causes)}  ${describeValue('card', 'IRQ_STATUS', event.causes)}`.trimEnd(),
        ];
      return event.kind === 'register' && event.map === 'card' ? [access(event)] : [];
    }),
  );
}

const access = ({ op, register, value, map }: Of<'register'>): string =>
  `${op.padEnd(5)} ${register.padEnd(14)} ${hex32(value)}  ${describeValue(map, register, value)}`.trimEnd();

const shortened = (lines: readonly string[]): string[] =>
  lines.length <= ACCESSES
    ? [...lines]
    : [...lines.slice(0, ACCESSES - 1), `… and ${lines.length - ACCESSES + 1} more`];

function echoRequestIn(events: readonly TraceEvent[]): Of<'frame'> | undefined {
  return only(events, 'frame').findLast((event) => {
    const parts = partsOf(event);
    return event.direction === 'out' && parts !== undefined && summarize(parts.frame).includes('ICMP echo request');
  });
}

/** The transmit slot that a frame came from: the last that was filled before it. */
const slotOf = (events: readonly TraceEvent[], frame: Of<'frame'>): Of<'slot'> | undefined =>
  only(events.slice(0, events.indexOf(frame) + 1), 'slot').findLast(
    ({ memory, state }) => memory === 'transmit' && state === 'filled',
  );

function memoryLines(events: readonly TraceEvent[], echo: Of<'frame'>, memory: Uint8Array): string[] {
  const slot = slotOf(events, echo);
  if (slot === undefined) return [];
  const octets = memory.subarray(slot.offset, slot.offset + slot.length);
  const place = `transmit slot ${slot.slot} (of ${TX_SLOT_SIZE} bytes) at 0x${slot.offset.toString(16).padStart(5, '0')}: ${slot.length} bytes`;
  return [place, ...rows(octets).map((row, i) => `${(slot.offset + i * ROW).toString(16).padStart(5, '0')}  ${row}`)];
}

function frameLines(echo: Of<'frame'>, style: Style): string[] {
  const parts = partsOf(echo);
  if (parts === undefined) return [];
  const { start, frame, fcs } = parts;
  const header = `${hex(frame.subarray(0, 6))} · ${hex(frame.subarray(6, 12))} · ${hex(frame.subarray(12, 14))}`;
  return [
    `${style.yellow(hex(start))}   preamble and SFD`,
    `${header}   destination · source · type`,
    ...rows(frame.subarray(14)).map((row, i) => (i === 0 ? `${row}   ${summarize(frame)}` : row)),
    `${style.green(hex(fcs))}   FCS`,
  ];
}

const rows = (octets: Uint8Array): string[] =>
  Array.from({ length: Math.ceil(octets.length / ROW) }, (_, i) => hex(octets.subarray(i * ROW, (i + 1) * ROW)));

function totals(events: readonly TraceEvent[]): string {
  const frames = only(events, 'frame');
  const out = frames.filter(({ direction }) => direction === 'out');
  const size = (some: readonly Of<'frame'>[]) => formatBytes(some.reduce((sum, { bytes }) => sum + bytes.length, 0));
  const accesses = only(events, 'register').length;
  const dropped = only(events, 'drop').length + frames.filter(({ drop }) => drop !== undefined).length;
  const inward = frames.filter(({ direction }) => direction === 'in');
  return `${out.length} frames out (${size(out)}), ${inward.length} in (${size(inward)}), ${accesses} register accesses, ${dropped} dropped, ${events.length} facts in the trace`;
}
