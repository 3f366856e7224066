/** `npm run bench`: figures with the reference they stand beside, measured in the same run. `-- --json` prints one object a line. */
import { CELL_SIZE } from '../../src/bridge/link/cell.ts';
import { FrameBench, rawCopies, tcpHostToHost, tcpLoopback } from './memory.ts';
import { fromCable, POSSIBLE, toCable } from './pico.ts';
import { BAUD_RATES, frameShare, LATENCY, readRoundTrip, readsPerSecond } from './serial-line.ts';

interface Figure {
  /** Stays the same from version to version. */
  readonly name: string;
  readonly value: number;
  readonly unit: string;
  readonly reference: number;
  readonly ratio: number;
  /** What the reference is. */
  readonly against: string;
}

const json = process.argv.includes('--json');
const ROUNDS = 5;
const FRAMES = 20_000;
const TRANSFER = 32 << 20; // octets

const median = (values: readonly number[]): number => [...values].sort((a, b) => a - b)[values.length >> 1] as number;

function report(name: string, value: number, unit: string, reference: number, against: string): void {
  const figure: Figure = { name, value, unit, reference, ratio: value / reference, against };
  if (json) {
    const { against: _, ...object } = figure;
    console.log(JSON.stringify(object));
    return;
  }
  const number = (n: number): string => n.toLocaleString('en', { maximumSignificantDigits: 4 });
  console.log(
    `${name.padEnd(34)} ${number(value).padStart(10)} ${unit.padEnd(9)} ${number(figure.ratio).padStart(8)} of ${number(reference)} (${against})`,
  );
}

/** In virtual time: the same on every machine. */
function serial(): void {
  for (const baud of BAUD_RATES) {
    const bytes = baud / 10;
    const line = 'the line carrying these frames bare';
    report(`serial.${baud}.to-board`, (frameShare(baud, 'to board').toBoard as number) * bytes, 'B/s', bytes, line);
    report(
      `serial.${baud}.from-board`,
      (frameShare(baud, 'from board').fromBoard as number) * bytes,
      'B/s',
      bytes,
      line,
    );
    const both = frameShare(baud, 'both');
    report(`serial.${baud}.both.to-board`, (both.toBoard as number) * bytes, 'B/s', bytes, line);
    report(`serial.${baud}.both.from-board`, (both.fromBoard as number) * bytes, 'B/s', bytes, line);
    // A read is 3 bytes of questions and 7 of answers: the busier way bounds it.
    report(`serial.${baud}.reads`, readsPerSecond(baud), '1/s', bytes / 7, 'answers of 7 bytes, bare');
    const echo = 2 * ((1e6 * CELL_SIZE) / bytes + LATENCY);
    report(`serial.${baud}.read-round-trip`, readRoundTrip(baud), 'us', echo, 'a cell there and a cell back, bare');
  }
}

/** The firmware in its emulator, in virtual time: the same on every machine. */
function pico(): void {
  for (const line of ['usb', 'uart'] as const) {
    const possible = POSSIBLE[line];
    const against = line === 'usb' ? 'full-speed bulk, 19 packets a frame' : '3 Mbaud, 10 bits a byte';
    report(`pico.${line}.to-cable`, toCable(line), 'B/s', possible, against);
    report(`pico.${line}.from-cable`, fromCable(line), 'B/s', possible, against);
  }
}

/** In real time, so value and reference take turns and medians are compared. */
async function memory(): Promise<void> {
  const bench = new FrameBench();
  for (const octets of [60, 1_514]) {
    const frames: number[] = [];
    const copies: number[] = [];
    for (let round = 0; round < ROUNDS; round++) {
      frames.push(bench.run(octets, FRAMES));
      copies.push(rawCopies(octets, FRAMES));
    }
    report(`memory.frames.${octets}`, median(frames), 'frames/s', median(copies), 'one copy of each');
  }
  const hosts: number[] = [];
  const loopback: number[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    hosts.push(tcpHostToHost(TRANSFER));
    loopback.push(await tcpLoopback(TRANSFER));
  }
  report('memory.tcp.host-to-host', median(hosts), 'Mbit/s', median(loopback), "Node's TCP on loopback");
}

serial();
pico();
await memory();
