/** The line side of the kept image: byte-exact both ways, at every phase of the PHY, and whatever its end or its preamble looks like. */
import { expect, test } from 'vitest';
import { Random } from '../../src/base/random.ts';
import { board } from '../../src/bridge/registers.ts';
import type { Lan8720Options } from '../../src/emulator/lan8720/lan8720.ts';
import { rawFrame } from '../contract/tap-plug.ts';
import { PicoLab } from './pico-lab.ts';

const seed = Number(process.env['SEED'] ?? 1);
const SENT = board.mask('TX_STATUS', 'sent');
const frames = (count: number, octets: number): Uint8Array[] =>
  Array.from({ length: count }, (_, i) => new Random(seed + i).fill(new Uint8Array(octets - 4)));

function goBothWays(all: readonly Uint8Array[], phy: Partial<Lan8720Options>): void {
  const lab = new PicoLab('usb', seed, { phy });
  lab.start();
  lab.plug.begin(all.length, (number) => all[number] as Uint8Array);
  lab.until(() => lab.received.length === all.length);
  expect(lab.received.map(({ bytes }) => bytes)).toEqual(all.map((frame) => rawFrame(frame)));
  expect(new Set(lab.received.map(({ flags }) => flags))).toEqual(new Set([0]));
  for (const frame of all) expect(lab.outcomeOf(rawFrame(frame))).toBe(SENT);
  expect(lab.plug.taken).toEqual(all.map((frame) => rawFrame(frame)));
  expect(lab.bus.board.phy.counters).toMatchObject({ oddDibits: 0, mdioContentions: 0 });
}

test.for([
  ...Array.from({ length: 10 }, (_, phase): [string, Partial<Lan8720Options>] => [`phase ${phase}`, { phase }]),
  ['no lead of 00', { lead: 0 }],
  ['a lead of 20 di-bits', { lead: 20 }],
  ['a carrier that ends with the data', { toggles: 0, gap: 12 }],
  ['a carrier that toggles for 5 nibbles, and gaps of 3 di-bits', { toggles: 5, gap: 3 }],
] as const)('frames of 64 octets go and come byte by byte with %s', ([, phy]) => goBothWays(frames(4, 64), phy));

// What phases differ in is when the pins are sampled: one long frame at the first and one at the last is enough.
test.for([0, 9])('and one of 1,518 at phase %i', (phase) => goBothWays(frames(1, 1_518), { phase }));

test.for([1, 2, 3, 27, 29, 30])('%i di-bits of lost preamble: the octets still begin where the SFD ends', (lost) => {
  const lab = new PicoLab('usb', seed, { phy: { lostPreamble: lost } });
  lab.start();
  const [frame] = frames(1, 64) as [Uint8Array];
  lab.plug.begin(1, () => frame);
  lab.until(() => lab.received.length === 1);
  expect(lab.received[0]?.bytes).toEqual(rawFrame(frame).subarray(lost >> 2));
});
