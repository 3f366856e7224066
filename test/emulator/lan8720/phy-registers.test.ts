/** The LAN8720A's registers as behaviour: its data sheet, IEEE 802.3 clauses 22 and 28. */
import { describe, expect, test } from 'vitest';
import type { LineState } from '../../../src/cable/plug.ts';
import { PhyRegisters } from '../../../src/emulator/lan8720/phy-registers.ts';
import { DOWN, UP } from './phy-lab.ts';

const NEGOTIATION = 50e6;
const RESET = 256e3;

/** The registers with a clock, and a partner from the start. */
class Bench {
  now = 0;
  changes = 0;
  readonly phy: PhyRegisters;
  constructor(partner: LineState = UP, mode = 7) {
    this.phy = new PhyRegisters({ address: 1, mode, negotiation: NEGOTIATION });
    this.phy.onChange = () => this.changes++;
    this.phy.start(partner, 0);
    this.pass(RESET);
  }
  pass(ns: number): void {
    const until = this.now + ns;
    while (this.phy.next <= until) {
      this.now = this.phy.next;
      this.phy.run(this.now);
    }
    this.now = until;
  }
  negotiate(): this {
    this.pass(NEGOTIATION);
    return this;
  }
  read(register: number): number {
    return this.phy.read(register);
  }
  write(register: number, value: number): void {
    this.phy.write(register, value, this.now);
  }
}
const line = (speed: 10 | 100, duplex: 'half' | 'full'): LineState => ({ up: true, speed, duplex });
const hex = (value: number): string => value.toString(16).padStart(4, '0');

describe('at power-on', () => {
  test.for([
    [0, '3000', '0.12 Auto-negotiation enable, 0.13 Speed select LSB'],
    [1, '7809', '1.14–1.11 the four modes, 1.3 Auto-negotiation ability, 1.0 Extended capability'],
    [2, '0007', '2 PHY identifier 1'],
    [3, 'c0f1', '3 PHY identifier 2'],
    [4, '01e1', '4.8–4.5 the four modes, 4.4:0 Selector'],
    [5, '0001', '5.4:0 Selector'],
    [6, '0000', '6 nothing known of a partner'],
    [17, '0000', '17 no energy'],
    [18, '40e1', '18 MODE 111, PHYAD 1'],
    [26, '0000', '26 no symbol errors'],
    [27, '0000', '27'],
    [29, '0000', '29 no interrupt'],
    [30, '0000', '30 none enabled'],
    [31, '0040', '31 no speed'],
    [9, '0000', 'a register that is not there'],
  ] as const)('register %i is %s without a partner: %s', ([register, value]) => {
    expect(hex(new Bench(DOWN).read(register))).toBe(value);
  });

  test('the registers that only the PHY writes keep their values', () => {
    const bench = new Bench().negotiate();
    const readOnly = [1, 2, 3, 5, 26, 31];
    bench.read(1);
    const before = readOnly.map((register) => bench.read(register));
    for (const register of readOnly) bench.write(register, 0xffff);
    expect(readOnly.map((register) => bench.read(register))).toEqual(before);
  });
});

describe('auto-negotiation (anres priority)', () => {
  const ALL = '0x01e1';
  const TEN = '0x0061';
  const TEN_HALF = '0x0021';
  const FAST = '0x0181';
  // Partner, what is advertised, ANLPAR, the mode, register 31.
  test.for([
    [10, 'half', ALL, 0x4021, 10, 'half', 0x1044],
    [10, 'full', ALL, 0x4061, 10, 'full', 0x1054],
    [100, 'half', ALL, 0x40a1, 100, 'half', 0x1048],
    [100, 'full', ALL, 0x41e1, 100, 'full', 0x1058],
    [10, 'half', TEN, 0x4021, 10, 'half', 0x1044],
    [10, 'full', TEN, 0x4061, 10, 'full', 0x1054],
    [100, 'half', TEN, 0x40a1, 10, 'half', 0x1044],
    [100, 'full', TEN, 0x41e1, 10, 'full', 0x1054],
    [10, 'full', TEN_HALF, 0x4061, 10, 'half', 0x1044],
    [100, 'full', TEN_HALF, 0x41e1, 10, 'half', 0x1044],
    [100, 'half', FAST, 0x40a1, 100, 'half', 0x1048],
  ] as const)(
    'with a partner of %i Mb/s %s duplex and ANAR %s',
    ([speed, duplex, advertised, ability, s, d, status]) => {
      const bench = new Bench(line(speed, duplex));
      bench.write(4, Number(advertised));
      bench.write(0, 0x3200);
      expect(bench.phy.mode).toBeUndefined();
      bench.negotiate();
      expect(bench.phy.mode).toEqual({ speed: s, duplex: d });
      expect([5, 31].map((register) => hex(bench.read(register)))).toEqual([ability, status].map(hex));
      bench.read(1);
      expect(hex(bench.read(1))).toBe('782d');
      expect(hex(bench.read(6))).toBe('0003');
      expect(hex(bench.read(6))).toBe('0001');
      expect(bench.read(17) & 2).toBe(2);
    },
  );

  test('without a mode that both have, completes without a link', () => {
    const bench = new Bench(line(10, 'full'));
    bench.write(4, 0x0181);
    bench.write(0, 0x3200);
    bench.negotiate();
    expect(bench.phy.mode).toBeUndefined();
    expect(hex(bench.read(1))).toBe('7829');
  });

  test('takes its time from the restart, and 0.9 Restart auto-negotiation clears itself', () => {
    const bench = new Bench().negotiate();
    expect(bench.phy.mode).toBeDefined();
    bench.write(0, 0x3200);
    expect(hex(bench.read(0))).toBe('3000');
    expect(bench.phy.mode).toBeUndefined();
    bench.pass(NEGOTIATION - 1);
    expect(bench.phy.mode).toBeUndefined();
    bench.pass(1);
    expect(bench.phy.mode).toEqual({ speed: 10, duplex: 'full' });
  });

  test('what is written to ANAR counts from the next restart on', () => {
    const bench = new Bench(line(100, 'full')).negotiate();
    bench.write(4, 0x0061);
    bench.negotiate();
    expect(bench.phy.mode?.speed).toBe(100);
    bench.write(0, 0x1200);
    bench.negotiate();
    expect(bench.phy.mode?.speed).toBe(10);
  });
});

describe('without auto-negotiation', () => {
  test.for([
    ['0x0000', 10, 'half', 0x0044],
    ['0x0100', 10, 'full', 0x0054],
    ['0x2000', 100, 'half', 0x0048],
    ['0x2100', 100, 'full', 0x0058],
  ] as const)(
    'BMCR %s is %i Mb/s, %s duplex (0.8 Duplex mode, 0.13 Speed select LSB)',
    ([control, speed, duplex, status]) => {
      const bench = new Bench(line(100, 'full'));
      bench.write(0, Number(control));
      bench.negotiate();
      expect(bench.phy.mode).toEqual({ speed, duplex });
      expect(hex(bench.read(31))).toBe(hex(status));
      bench.read(1);
      expect(bench.read(1) & 0x24).toBe(0x04);
      expect(bench.read(6)).toBe(0);
    },
  );

  test('100 Mb/s forced against a partner of 10 is no link', () => {
    const bench = new Bench(line(10, 'full'));
    bench.write(0, 0x2100);
    bench.negotiate();
    expect(bench.phy.mode).toBeUndefined();
  });

  test('the restart bit does nothing', () => {
    const bench = new Bench();
    bench.write(0, 0x0100);
    bench.negotiate();
    bench.write(0, 0x0300);
    expect(bench.phy.mode).toBeDefined();
  });
});

describe('link status (1.2 Link status)', () => {
  const link = (bench: Bench): number => bench.read(1) & 4;

  test('is to be read twice: a drop is seen once, then the line as it is', () => {
    const bench = new Bench().negotiate();
    expect([link(bench), link(bench)]).toEqual([0, 4]);
    bench.phy.partnerChanged(DOWN, bench.now);
    bench.phy.partnerChanged(UP, bench.now);
    bench.negotiate();
    expect([link(bench), link(bench)]).toEqual([0, 4]);
  });

  test('is at once true where it was read while the link was down', () => {
    const bench = new Bench().negotiate();
    link(bench);
    bench.phy.partnerChanged(DOWN, bench.now);
    expect([link(bench), link(bench)]).toEqual([0, 0]);
    bench.phy.partnerChanged(UP, bench.now);
    bench.negotiate();
    expect(link(bench)).toBe(4);
  });

  test('and all that is known of the partner go with the partner', () => {
    const bench = new Bench().negotiate();
    bench.phy.partnerChanged(DOWN, bench.now);
    expect([1, 5, 6, 17, 31].map((register) => hex(bench.read(register)))).toEqual([
      '7809',
      '0001',
      '0000',
      '0000',
      '0040',
    ]);
  });
});

describe('BMCR', () => {
  test('0.15 Reset clears itself within 0.5 s, and registers 18, 27 and 30 stay', () => {
    const bench = new Bench().negotiate();
    bench.write(4, 0x0061);
    bench.write(17, 0x2000);
    bench.write(27, 0x8000);
    bench.write(30, 0x0052);
    bench.write(0, 0x8000);
    expect(bench.read(0) & 0x8000).toBe(0x8000);
    expect(bench.phy.mode).toBeUndefined();
    bench.write(4, 0x0021);
    bench.pass(RESET - 1);
    expect(bench.read(0) & 0x8000).toBe(0x8000);
    bench.pass(1);
    expect([0, 4, 17, 18, 27, 30].map((register) => hex(bench.read(register)))).toEqual([
      '3000',
      '01e1',
      '0002',
      '40e1',
      '8000',
      '0052',
    ]);
    bench.negotiate();
    expect(bench.phy.mode).toBeDefined();
  });

  test.for([
    [0, 0x0000, 0x01e1],
    [1, 0x0100, 0x01e1],
    [2, 0x2000, 0x01e1],
    [3, 0x2100, 0x01e1],
    [4, 0x3000, 0x0081],
    [5, 0x3000, 0x0081],
    [6, 0x3800, 0x01e1],
    [7, 0x3000, 0x01e1],
  ] as const)(
    'starts as MODE %i says, from straps and from register 18 at the next reset',
    ([mode, control, advertised]) => {
      const strapped = new Bench(DOWN, mode);
      expect([strapped.read(0), strapped.read(4)].map(hex)).toEqual([control, advertised].map(hex));
      const bench = new Bench(DOWN);
      bench.write(18, (mode << 5) | 9);
      expect(bench.phy.address).toBe(9);
      bench.write(0, 0x8000);
      bench.pass(RESET);
      expect([bench.read(0), bench.read(4)].map(hex)).toEqual([control, advertised].map(hex));
    },
  );

  test.for([
    ['0.14 Loopback', 0x4000],
    ['0.11 Power down', 0x0800],
  ] as const)('%s takes the link away, and gives it back', ([, bit]) => {
    const bench = new Bench().negotiate();
    bench.write(0, 0x1000 | bit);
    bench.negotiate();
    expect(bench.phy.mode).toBeUndefined();
    bench.write(0, 0x1000);
    bench.negotiate();
    expect(bench.phy.mode).toBeDefined();
  });

  test('0.14 Loopback runs at the speed and duplex of bits 13 and 8', () => {
    const bench = new Bench();
    expect(bench.phy.loopback).toBeUndefined();
    bench.write(0, 0x4100);
    expect(bench.phy.loopback).toEqual({ speed: 10, duplex: 'full' });
    bench.write(0, 0x6000);
    expect(bench.phy.loopback).toEqual({ speed: 100, duplex: 'half' });
    bench.write(0, 0x4900);
    expect(bench.phy.loopback).toBeUndefined();
  });

  test('0.10 Isolate leaves the link as it is, and is told', () => {
    const bench = new Bench().negotiate();
    const { changes } = bench;
    bench.write(0, 0x3400);
    expect(bench.phy.isIsolated).toBe(true);
    expect(bench.phy.mode).toBeDefined();
    expect(bench.changes).toBe(changes + 1);
    // The same again, or what negotiation has decided, is no change.
    bench.write(0, 0x3500);
    expect(bench.phy.mode).toBeDefined();
  });
});

describe('interrupts, register 29', () => {
  test('tell of energy, of the end of a negotiation and of the loss of a link, until they are read', () => {
    const bench = new Bench(DOWN);
    bench.phy.partnerChanged(UP, bench.now);
    expect(hex(bench.read(29))).toBe('0080');
    bench.negotiate();
    expect(hex(bench.read(29))).toBe('004a');
    expect(hex(bench.read(29))).toBe('0000');
    bench.phy.partnerChanged(DOWN, bench.now);
    expect(hex(bench.read(29))).toBe('0010');
    expect(hex(bench.read(29))).toBe('0000');
  });
});
