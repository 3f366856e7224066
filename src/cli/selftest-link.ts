/** `selftest`, step 1: the serial link, first cell by cell as hw/LINK.md 8.4 says it, then with a session's registers. */
import type { Duplex } from 'node:stream';
import { hex } from '../base/bytes.ts';
import { LanError } from '../base/errors.ts';
import type { Random } from '../base/random.ts';
import { Aligner } from '../bridge/link/aligner.ts';
import { CELL, CellView, WINDOW_MAX } from '../bridge/link/cell.ts';
import { PROTOCOL, tagOf, writeHello } from '../bridge/link/greeting.ts';
import { exact, linkVectors, matches } from '../bridge/link/vectors.ts';
import { BOARD_REGISTERS as R } from '../bridge/registers.ts';
import type { Transport } from '../bridge/transports/transport.ts';
import { type Finding, failed, ok, type Subject } from './selftest-step.ts';

/** hw/LINK.md 4.1. */
const HELLO_EVERY_MS = 100;
const HELLO_FOR_MS = 3_000;
/** hw/LINK.md 8.4. */
const ANSWER_WITHIN_MS = 1_000;
/** What an older session still says comes sooner. */
const QUIET_MS = 150;
/** A board repeats after 60 ms what nobody acknowledges: a computer that was busy for as long is not the board's fault. */
const ATTEMPTS = 3;
/** Cells that wait to be looked at; a board sends far fewer, and what comes then is dropped: it would fail the vectors anyway. */
const CELLS_MAX = 256;

const LINE_ADVICE =
  'bytes get lost or changed on the serial line, or the firmware is another one: try another USB cable and no hub, over UART a shorter wire or a lower baud rate, then flash the board again (glassnic flash)';

/** Runs the session of hw/LINK.md 8.4 on the bare line and leaves it closed. How many cells went right; else a finding that has failed. */
export async function talkVectors(
  transport: Transport,
  document: string,
  random: Random,
  signal: AbortSignal,
): Promise<number | Finding> {
  await transport.prepare?.();
  const line = new RawLine(await transport.open(), transport);
  try {
    let result: number | Finding = 0;
    for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
      await endOldSession(line, transport.name, random, signal);
      result = await talk(line, document, signal);
      if (typeof result === 'number') break;
    }
    return result;
  } finally {
    line.close();
  }
}

/** The vectors begin with a board without a session of their nonce: a HELLO with another nonce ends whatever there was. */
async function endOldSession(line: RawLine, name: string, random: Random, signal: AbortSignal): Promise<void> {
  const cell = new CellView();
  const nonce = (random.u32() | 1) >>> 0;
  cell.fill(writeHello(cell.space, nonce, false));
  cell.seal(CELL.hello, tagOf(nonce), false, 0, 0, WINDOW_MAX);
  for (let waited = 0; ; waited += HELLO_EVERY_MS) {
    signal.throwIfAborted();
    if (waited >= HELLO_FOR_MS || line.isClosed)
      throw new LanError('LINK_NO_ANSWER', `${name} ${line.isClosed ? 'closed' : 'did not answer'}`);
    line.write(cell.bytes);
    if ((await line.next(HELLO_EVERY_MS)) !== undefined) break;
  }
  for (let cells = 0; cells < CELLS_MAX && (await line.next(QUIET_MS)) !== undefined; cells++) signal.throwIfAborted();
}

async function talk(line: RawLine, document: string, signal: AbortSignal): Promise<number | Finding> {
  let cells = 0;
  // What follows each other goes out together: a board acknowledges after 5 ms what stays alone.
  let toSay: Uint8Array[] = [];
  for (const { kind, sentence, lines } of linkVectors(document)) {
    if (kind !== 'talk') continue;
    for (const said of lines) {
      signal.throwIfAborted();
      const rest = said.slice(2);
      if (said.startsWith('>')) {
        toSay.push(exact(rest));
        cells++;
        continue;
      }
      if (toSay.length > 0) line.write(Buffer.concat(toSay));
      toSay = [];
      const isSilence = said.startsWith('silence');
      const cell = await line.next(isSilence ? Number(said.split(' ')[1]) : ANSWER_WITHIN_MS);
      if (isSilence ? cell === undefined : cell !== undefined && matches(cell, rest)) {
        cells += isSilence ? 0 : 1;
        continue;
      }
      const came = cell === undefined ? 'nothing came' : `came ${hex(cell.subarray(0, 16))} …`;
      return failed(`vector of hw/LINK.md 8.4: “${sentence}”: ${came}`, LINE_ADVICE);
    }
  }
  return cells;
}

/** The bare line as cells. */
class RawLine {
  readonly #stream: Duplex;
  readonly #cells: Uint8Array[] = [];
  #onNews: () => void = () => {};

  constructor(stream: Duplex, transport: Transport) {
    this.#stream = stream;
    const aligner = new Aligner((cell) => {
      if (this.#cells.length < CELLS_MAX) this.#cells.push(cell.bytes.slice());
    });
    stream.on('data', (bytes: Uint8Array) => {
      aligner.push(bytes);
      transport.realign?.(aligner.held);
      this.#onNews();
    });
    stream.on('error', () => {});
    stream.on('close', () => this.#onNews());
  }

  get isClosed(): boolean {
    return this.#stream.destroyed;
  }

  write(bytes: Uint8Array): void {
    if (!this.isClosed) this.#stream.write(bytes.slice());
  }

  /** The next cell; undefined: none within `ms`, or the line has closed. */
  async next(ms: number): Promise<Uint8Array | undefined> {
    if (this.#cells.length === 0 && !this.isClosed)
      await new Promise<void>((resolve) => {
        const timer = setTimeout(over, ms);
        this.#onNews = () => {
          if (this.#cells.length > 0 || this.isClosed) over();
        };
        function over(): void {
          clearTimeout(timer);
          resolve();
        }
      });
    return this.#cells.shift();
  }

  close(): void {
    this.#stream.destroy();
  }
}

const ROUNDS = 200;
/** Written and read together: a good part of the 64 reads that may be unanswered (hw/LINK.md 5). */
const BATCH = 50;

/** SCRATCH holds what is written, whatever is written; `cells` is what the vectors found, undefined where there is no serial line. */
export async function trySession(
  { session, signal }: Subject,
  random: Random,
  cells: number | undefined,
): Promise<Finding> {
  let right = 0;
  for (let done = 0; done < ROUNDS; done += BATCH) {
    signal.throwIfAborted();
    const written = Array.from({ length: BATCH }, () => random.u32());
    const values = await session.writeAndRead(R.SCRATCH.address, written);
    right += values.filter((value, i) => value === written[i]).length;
  }
  const [bad = 0, resent = 0] = await session.readAll([R.LINK_BAD_CELLS.address, R.LINK_RESENT.address]);
  const line =
    cells === undefined
      ? 'no serial line'
      : `protocol ${PROTOCOL}, ${cells} cells as in hw/LINK.md 8.4, ${bad} bad stretches, ${resent} cells sent again`;
  const figures = `${right} of ${ROUNDS} values of SCRATCH right; ${line}`;
  if (right < ROUNDS)
    return failed(figures, 'the firmware mixes up what it is told: flash the board again (glassnic flash)');
  return ok(bad === 0 ? figures : `${figures}: the line changes bytes, which costs speed only`);
}
