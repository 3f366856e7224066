/** What a cell costs the Pico's processor: the core, compiled as for the Pico, in rp2040js, whose instructions take the cycles of a Cortex-M0+. */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { RP2040 } from 'rp2040js';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { put16le, put32le, u32le } from '../../src/base/bytes.ts';
import { BOARD_WINDOWS, board, BOARD_REGISTERS as R } from '../../src/bridge/registers.ts';
import { describeWith } from '../tools.ts';
import { encode, TYPE } from './posix-line.ts';

/** At 50 MHz: 25,000 cells a second, more than USB full speed carries. A processor that does both directions at once needs half of it for each. */
const BUDGET = 2_000;
const TAG = 5;
const RAM = 0x2000_0000;
/** Of the mailbox in cell-cost.c. */
const at = { inCount: 0, outCount: 4, frames: 8, frameLength: 12, in: 16 } as const;

describeWith(['arm-none-eabi-gcc'], "a cell on the Pico's processor", () => {
  const folder = mkdtempSync(join(tmpdir(), 'glassnic-cost-'));
  afterAll(() => rmSync(folder, { recursive: true, force: true }));
  let image: Buffer;
  let mailbox: number;
  let core: Core;

  beforeAll(() => {
    [image, mailbox] = build(folder);
  });

  beforeEach(() => {
    core = new Core(image, mailbox);
    core.tell(encode({ type: TYPE.hello, tag: TAG, credit: 128, payload: hello }));
    core.turn();
    expect(core.out).toBe(1); // WELCOME
    core.say(write(R.CONTROL.address, board.mask('CONTROL', 'rxEnable', 'txEnable', 'fullDuplex')));
    core.turn();
  });

  test(`costs at most ${BUDGET} cycles to the host, with all that a frame of 1,526 octets takes`, () => {
    core.receive(2, 1_526);
    const { cycles, cells } = core.turns(1);
    expect(cells).toBe(Math.ceil((2 * (1_526 + 9)) / 56));
    expect(cycles / cells).toBeLessThan(BUDGET);
    expect(cycles / cells).toBeGreaterThan(500); // counted at all
  });

  test('costs at most a quarter more where each turn of the loop brings but one cell from the host', () => {
    const cells = core.say(
      writeBlock(1_526),
      write(R.TX_GO.address, board.pack('TX_GO', { buffer: 0, length: 1_526 })),
    );
    const { cycles } = core.turns(cells);
    expect(cells).toBe(28);
    expect(cycles / cells).toBeLessThan(1.25 * BUDGET);
    expect(cycles / cells).toBeGreaterThan(500);
  });

  test(`costs at most ${BUDGET} cycles where both directions are full`, () => {
    core.receive(1, 1_526);
    const sent = core.say(writeBlock(1_526), write(R.TX_GO.address, board.pack('TX_GO', { buffer: 0, length: 1_526 })));
    const { cycles, cells } = core.turns(sent);
    expect(cells).toBeGreaterThanOrEqual(28);
    expect(cycles / (sent + cells)).toBeLessThan(BUDGET);
  });
});

const hello = [0x47, 0x4c, 0x4e, 0x4b, 1, 0, 0, 0, TAG, 1, 1, 1];
const write = (address: number, value: number): Uint8Array => {
  const bytes = Uint8Array.of(1, 0, 0, 0, 0, 0, 0);
  put16le(bytes, 1, address);
  put32le(bytes, 3, value);
  return bytes;
};
const writeBlock = (length: number): Uint8Array => {
  const bytes = Uint8Array.from({ length: 5 + length }, (_, i) => i & 0xff).fill(3, 0, 1);
  put16le(bytes, 1, BOARD_WINDOWS.TX_BUFFER.address);
  put16le(bytes, 3, length);
  return bytes;
};

/** The image, and where in RAM the mailbox lies. */
function build(folder: string): [Buffer, number] {
  const bridge = 'firmware-bridge';
  const core = readdirSync(`${bridge}/core`).filter((name) => name.endsWith('.c'));
  const sources = [
    ...core.map((name) => `${bridge}/core/${name}`),
    `${bridge}/cortex-m/memory.c`,
    `${bridge}/boards/pico/memcpy.S`,
    'test/firmware/cell-cost.c',
  ];
  const flags =
    '-std=c11 -mcpu=cortex-m0plus -mthumb -O2 -ffreestanding -nostdlib -ffunction-sections -fno-tree-loop-distribute-patterns -Wl,--gc-sections -Wl,--no-warn-rwx-segments';
  const includes = [
    `-I${bridge}/boards/pico`,
    `-I${bridge}/core`,
    `-I${bridge}/cortex-m`,
    `-I${bridge}`,
    '-Ttest/firmware/cell-cost.ld',
  ];
  const [elf, bin] = [join(folder, 'cost.elf'), join(folder, 'cost.bin')];
  execFileSync('arm-none-eabi-gcc', [...flags.split(' '), ...includes, ...sources, '-lgcc', '-o', elf]);
  execFileSync('arm-none-eabi-objcopy', ['-O', 'binary', elf, bin]);
  const symbols = execFileSync('arm-none-eabi-nm', [elf], { encoding: 'utf8' });
  return [readFileSync(bin), Number.parseInt(/^(\w+) . mailbox$/m.exec(symbols)?.[1] ?? '', 16) - RAM];
}

/** The processor alone: no peripheral is touched. */
class Core {
  readonly #chip = new RP2040();
  readonly #mailbox: Uint8Array;
  #stopped = false;
  #seq = 0;

  constructor(image: Uint8Array, mailbox: number) {
    const { sram, core } = this.#chip;
    sram.set(image);
    this.#mailbox = sram.subarray(mailbox);
    core.SP = u32le(sram, 0);
    core.PC = u32le(sram, 4) & ~1;
    this.#chip.onBreak = () => {
      this.#stopped = true;
    };
    this.#run();
  }

  /** Cells that the core has sent. */
  get out(): number {
    return u32le(this.#mailbox, at.outCount);
  }

  tell(cell: Uint8Array): void {
    const have = u32le(this.#mailbox, at.inCount);
    this.#mailbox.set(cell, at.in + have);
    put32le(this.#mailbox, at.inCount, have + cell.length);
  }

  /** Operations in DATA cells; how many cells. */
  say(...operations: Uint8Array[]): number {
    const stream = Buffer.concat(operations);
    const cells = Math.ceil(stream.length / 56);
    for (let i = 0; i < cells; i++)
      this.tell(
        encode({
          type: TYPE.data,
          tag: TAG,
          seq: this.#seq++,
          credit: 128,
          payload: stream.subarray(56 * i, 56 * (i + 1)),
        }),
      );
    return cells;
  }

  receive(frames: number, length: number): void {
    put32le(this.#mailbox, at.frames, frames);
    put32le(this.#mailbox, at.frameLength, length);
  }

  /** So many turns of the loop: their cycles, and the cells that went out. */
  turns(count: number): { cycles: number; cells: number } {
    const before = this.out;
    let cycles = 0;
    for (let i = 0; i < count; i++) cycles += this.turn();
    return { cycles, cells: this.out - before };
  }

  turn(): number {
    const before = this.#chip.core.cycles;
    this.#run();
    return this.#chip.core.cycles - before;
  }

  #run(): void {
    this.#stopped = false;
    for (let left = 1_000_000; !this.#stopped; left--) {
      if (left === 0) throw new Error('the core does not come to the end of its turn');
      this.#chip.core.executeInstruction();
    }
  }
}
