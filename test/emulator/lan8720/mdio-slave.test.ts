/** MDC and MDIO at the PHY, bit by bit: IEEE 802.3 clause 22.2.4.5. */
import { describe, expect, test } from 'vitest';
import { Random } from '../../../src/base/random.ts';
import { MdioSlave } from '../../../src/emulator/lan8720/mdio-slave.ts';
import { PIN } from '../../../src/emulator/pins.ts';
import { PhyLab } from './phy-lab.ts';

const seed = Number(process.env['SEED'] ?? 1);
const ADDRESSES = Array.from({ length: 32 }, (_, address) => address);
/** What is read where nobody answers: the turn-around and 16 ones. */
const SILENCE = 0x1_ffff;

/** Registers that hold what was written, and the bits that go to them. */
class Bits {
  readonly words = new Uint16Array(32);
  readonly writes: [number, number][] = [];
  readonly slave: MdioSlave;
  constructor(address = 1) {
    this.slave = new MdioSlave({
      isAddressed: (each) => each === address,
      read: (register) => this.words[register] ?? 0,
      write: (register, value) => {
        this.words[register] = value;
        this.writes.push([register, value]);
      },
    });
  }
  /** Letters are bits; `z`: nobody but the slave drives. The answer: what was on the line, as in the frame. */
  line(bits: string): string {
    return [...bits.replaceAll(' ', '')]
      .map((bit) => {
        const level = bit === 'z' ? (this.slave.output ?? true) : bit === '1';
        this.slave.rise(level);
        return level ? '1' : '0';
      })
      .join('');
  }
}
const binary = (value: number, bits: number): string => value.toString(2).padStart(bits, '0');
const PREAMBLE = '1'.repeat(32);
const read = (address: number, register: number): string =>
  `${PREAMBLE} 01 10 ${binary(address, 5)} ${binary(register, 5)} zz ${'z'.repeat(16)}`;
const write = (address: number, register: number, value: number): string =>
  `${PREAMBLE} 01 01 ${binary(address, 5)} ${binary(register, 5)} 10 ${binary(value, 16)}`;

describe('a management frame (mdio frame)', () => {
  test.for(ADDRESSES)('for the PHY at address %i is answered by it, and for the 31 others by nobody', (address) => {
    const bits = new Bits(address);
    bits.words[2] = 0x1234;
    for (const asked of ADDRESSES) {
      const answer = bits.line(read(asked, 2)).slice(-17);
      expect(answer).toBe(asked === address ? `0${binary(0x1234, 16)}` : '1'.repeat(17));
      bits.line(write(asked, 5, asked));
    }
    expect(bits.writes).toEqual([[5, address]]);
    expect(bits.slave.malformed).toBe(0);
  });

  test(`reads what was written, in all 32 registers (SEED=${seed})`, () => {
    const bits = new Bits();
    const random = new Random(seed);
    const values = ADDRESSES.map(() => random.below(0x1_0000));
    values.forEach((value, register) => {
      bits.line(write(1, register, value));
    });
    expect(values.map((_, register) => Number.parseInt(bits.line(read(1, register)).slice(-16), 2))).toEqual(values);
  });

  test('is driven by the PHY from the second bit of the turn-around to the last of the data, not before and not behind', () => {
    const bits = new Bits();
    const driven = [...read(1, 0).replaceAll(' ', '')].map((bit) => {
      const isDriven = bits.slave.output !== undefined;
      bits.line(bit);
      return isDriven;
    });
    expect(driven.indexOf(true)).toBe(32 + 15);
    expect(driven.lastIndexOf(true)).toBe(32 + 31);
    expect(bits.slave.output).toBeUndefined();
  });

  test('may have a longer preamble, and ones before and behind', () => {
    const bits = new Bits();
    bits.line(`${'1'.repeat(100)} ${write(1, 4, 0x61)} ${'1'.repeat(7)} ${write(1, 0, 0x1200)}`);
    expect(bits.writes).toEqual([
      [4, 0x61],
      [0, 0x1200],
    ]);
    expect(bits.slave.malformed).toBe(0);
  });
});

describe('a malformed management frame is counted, changes nothing, and the next one works', () => {
  test.for([
    ['a preamble of 31 ones', write(1, 4, 0xffff).slice(1)],
    ['no preamble', write(1, 4, 0x1234).slice(33)],
    ['a start of 00, clause 45', `${PREAMBLE} 00 01 00001 00100 10 ${binary(5, 16)}`],
    ['an operation of 00', `${PREAMBLE} 01 00 00001 00100 10 ${binary(5, 16)}`],
    ['an operation of 11', `${PREAMBLE} 01 11 00001 00100 10 ${binary(5, 16)}`],
    ['a turn-around of 11 where it writes', `${PREAMBLE} 01 01 00001 00100 11 ${binary(5, 16)}`],
    ['a turn-around of 00 where it writes', `${PREAMBLE} 01 01 00001 00100 00 ${binary(5, 16)}`],
  ] as const)('%s', ([, frame]) => {
    const bits = new Bits();
    bits.line(frame);
    expect(bits.writes).toEqual([]);
    expect(bits.slave.malformed).toBe(1);
    bits.line(write(1, 4, 0x61));
    expect(bits.writes).toEqual([[4, 0x61]]);
    expect(bits.slave.malformed).toBe(1);
  });

  test(`random bits neither throw nor keep the PHY from the next frame (SEED=${seed})`, () => {
    const bits = new Bits();
    const random = new Random(seed);
    for (let i = 0; i < 200; i++) {
      bits.line(binary(random.u32(), 32).repeat(1 + random.below(4)));
      // A frame that those bits may have begun ends within the first one.
      bits.line(read(1, 0));
      bits.line(write(1, 9, i));
      expect(bits.words[9]).toBe(i);
    }
  });
});

describe('MDC and MDIO at the pins', () => {
  test.for(ADDRESSES)('the PHY that is strapped to address %i is found there and nowhere else', (address) => {
    const lab = new PhyLab({ address });
    const found = ADDRESSES.filter((asked) => lab.management.read(asked, 2) === 0x0007);
    expect(found).toEqual([address]);
    expect(lab.management.read(address, 3)).toBe(0xc0f1);
    expect(lab.phy.counters.mdioContentions).toBe(0);
  });

  test.for([0, 100, 300])(
    'a level that comes %i ns behind MDC is read by who takes it before the next rise',
    (mdioDelay) => {
      const lab = new PhyLab({ mdioDelay });
      expect(lab.management.read(1, 2)).toBe(0x0007);
      lab.management.write(1, 4, 0x0061);
      expect(lab.management.read(1, 4)).toBe(0x0061);
    },
  );

  test('the pull-up is read while nobody drives', () => {
    const lab = new PhyLab();
    expect(lab.pins.level(PIN.mdio)).toBe(true);
    expect(lab.management.read(7, 2)).toBe(SILENCE);
    lab.management.read(1, 0);
    lab.pins.pass(400);
    expect(lab.pins.level(PIN.mdio)).toBe(true);
  });

  test('the pull-up can be the preamble', () => {
    const lab = new PhyLab();
    lab.management.read(1, 0);
    lab.management.take(32);
    lab.management.send((0b0110 << 10) | (1 << 5) | 2, 14);
    lab.management.take(1);
    expect(lab.management.take(17)).toBe(0x0007);
  });

  test('a chip that drives while the PHY answers is noticed', () => {
    const lab = new PhyLab();
    lab.management.preamble();
    lab.management.send((0b0110 << 10) | (1 << 5) | 2, 14);
    lab.management.send(0, 18);
    expect(lab.phy.counters.mdioContentions).toBe(17);
  });

  test('malformed frames are counted', () => {
    const lab = new PhyLab();
    lab.management.preamble(20);
    lab.management.send(0b0110 << 10, 14);
    expect(lab.phy.malformed).toBe(1);
  });
});
