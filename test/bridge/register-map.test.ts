import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { CARD_MAP, card } from '../../src/adapter/registers.ts';
import { asCHeader } from '../../src/bridge/print-c.ts';
import { asMarkdown } from '../../src/bridge/print-markdown.ts';
import { asSvd } from '../../src/bridge/print-svd.ts';
import { asVerilogHeader } from '../../src/bridge/print-verilog.ts';
import { BOARD_MAP, board } from '../../src/bridge/registers.ts';
import { describeWith } from '../tools.ts';

const MAPS = [BOARD_MAP, CARD_MAP];

describe('the printed register maps', () => {
  test.for([
    ['../../firmware-bridge/registers.h', asCHeader],
    ['../../hw/gateware/registers.vh', asVerilogHeader],
    ['../../hw/REGISTERS.md', asMarkdown],
    ['../../hw/glassnic.svd', asSvd],
  ] as const)('%s is what the tables say', async ([path, print]) => {
    await expect(print(MAPS)).toMatchFileSnapshot(path);
  });

  test.for([
    ['C', asCHeader, /^#define (\w+)/gm],
    ['Verilog', asVerilogHeader, /^`define (\w+)/gm],
  ] as const)('define each %s name once', ([, print, pattern]) => {
    const names = Array.from(print(MAPS).matchAll(pattern), ([, name]) => name);
    expect(names.length).toBeGreaterThan(200);
    expect(new Set(names).size).toBe(names.length);
  });

  test('give the C names that the firmware is written against', () => {
    const header = asCHeader(MAPS).split('\n');
    expect(header).toEqual(
      expect.arrayContaining([
        '#define GLN_BOARD_TX_GO 0x034u',
        '#define GLN_BOARD_TX_GO_BUFFER_MASK 0x00ff0000u',
        '#define GLN_BOARD_TX_GO_BUFFER_SHIFT 16u',
        '#define GLN_BOARD_TX_BUFFER_WINDOW 0x4000u',
        '#define GLN_BOARD_RX_FLAG_ALIGNMENT 2u',
        '#define GLN_BOARD_NUMBER_MPS2_AN385 4u',
        '#define GLN_CARD_BUFFER_MEMORY_WINDOW 0x20000u',
      ]),
    );
  });

  test('tell an SVD reader that a cause is cleared by writing 1, and that the numbers are little-endian', () => {
    const svd = asSvd(MAPS);
    expect(svd).toMatch(/<name>IRQ_STATUS<\/name>(?:(?!<\/register>)[\s\S])*<modifiedWriteValues>oneToClear</);
    expect(svd).toContain('<endian>little</endian>');
    expect(Array.from(svd).filter((character) => character > '\u00ff')).toEqual([]); // the schema's stringType
  });

  test('are an SVD whose elements are all closed in order', () => {
    const open: string[] = [];
    for (const [, close, name = ''] of asSvd(MAPS).matchAll(/<(\/?)([a-zA-Z]\w*)[^>]*>/g)) {
      if (close === '') open.push(name);
      else expect(open.pop()).toBe(name);
    }
    expect(open).toEqual([]);
  });
});

describeWith(['cc'], 'the C header in a compiler', () => {
  test('gives values that agree with the typed accessors', () => {
    const folder = mkdtempSync(join(tmpdir(), 'glassnic-registers-'));
    const checks = [
      `GLN_BOARD_TX_STATUS_COLLISION_MASK == ${board.mask('TX_STATUS', 'collision')}u`,
      `GLN_CARD_MDIO_BUSY_MASK == ${card.mask('MDIO', 'busy')}u`,
      `((3u << GLN_CARD_TX_START_SLOT_SHIFT) | 60u) == ${card.pack('TX_START', { slot: 3, length: 60 })}u`,
      `GLN_BOARD_ID_RESET == ${BOARD_MAP.registers.ID.reset}u`,
    ];
    const asserts = checks.map((check) => `_Static_assert(${check}, "");`).join('\n');
    const source = join(folder, 'check.c');
    try {
      writeFileSync(join(folder, 'registers.h'), asCHeader(MAPS));
      writeFileSync(source, `#include "registers.h"\n#include "registers.h"\n${asserts}\n`);
      execFileSync('cc', ['-std=c11', '-Wall', '-Wextra', '-Werror', '-pedantic', '-fsyntax-only', source]);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});

describe('the maps', () => {
  test.for(MAPS.map((map) => [map.name, map] as const))('of the %s put no two things at one place', ([, map]) => {
    const registers = Object.values(map.registers);
    const taken = [
      ...registers.map(({ address }) => [address, address + 4] as const),
      ...Object.values(map.windows).map(({ address, size }) => [address, address + size] as const),
    ].sort(([a], [b]) => a - b);
    for (const [i, [start]] of taken.entries()) expect(start).toBeGreaterThanOrEqual(taken[i - 1]?.[1] ?? 0);
    for (const { address } of registers) expect(address % 4).toBe(0);
    for (const { fields } of registers) {
      let used = 0n;
      for (const [bit, width] of Object.values(fields as Record<string, readonly [number, number]>)) {
        const mask = ((1n << BigInt(width)) - 1n) << BigInt(bit);
        expect(used & mask).toBe(0n);
        used |= mask;
      }
      expect(used < 1n << 32n).toBe(true);
    }
  });

  test('pack and get are each other’s reverse, to the top bit', () => {
    const value = card.pack('MDIO', { data: 0xffff, register: 31, phy: 17, write: true, busy: true });
    expect(value).toBe(0x87ff_ffff - ((31 - 17) << 21) + 0);
    expect(card.get('MDIO', 'busy', value)).toBe(1);
    expect(card.get('MDIO', 'phy', value)).toBe(17);
    expect(card.pack('TX_START', { slot: 0x1ff, length: 0x1_0002 })).toBe(0x00ff_0002);
  });

  test('a field of another register does not compile', () => {
    // Each line below would be an error of `npm run check` without the expectation, and is one if it compiles.
    // @ts-expect-error rxReady is a field of IRQ_STATUS
    const wrongMask = (): number => card.mask('COMMAND', 'rxReady');
    // @ts-expect-error collision is a field of TX_STATUS
    const wrongGet = (): number => board.get('TX_GO', 'collision', 0);
    // @ts-expect-error buffer is the board's; the card has slots
    const wrongPack = (): number => card.pack('TX_START', { buffer: 1 });
    // @ts-expect-error the board has no TX_START
    const wrongRegister = (): number => board.mask('TX_START');
    for (const wrong of [wrongMask, wrongGet, wrongPack]) expect(wrong).toThrow();
    expect(wrongRegister()).toBe(0);
  });
});
