import { describe, expect, test } from 'vitest';
import { Random } from '../../src/base/random.ts';
import { type Instant, START, seconds } from '../../src/base/time.ts';
import { board } from '../../src/bridge/registers.ts';
import { Bench, frameTo, onLine, PEER } from './card.ts';
import { LINE_UP, OWN_MAC, RAW } from './fake-bus.ts';

const seed = Number(process.env['SEED'] ?? 1);

describe('S102: a slot that is handed over by TX_START', () => {
  test('S103: goes from the buffer memory onto the board, with preamble, SFD and FCS', () => {
    const bench = Bench.on();
    bench.send(2, frameTo(PEER, 42));
    expect(bench.bus.sent()).toEqual([{ buffer: 0, bytes: onLine(frameTo(PEER, 42)) }]);
    expect([bench.read('TX_BUSY'), bench.outcome(2)]).toEqual([4, { state: 2, attempts: 1 }]);
    expect(bench.get('STATUS', 'txIdle')).toBe(0);
    expect(bench.of('frame')).toMatchObject([{ direction: 'out', raw: true, bytes: onLine(frameTo(PEER, 42)) }]);
  });

  test('S110: ends as sent, free again, with an interrupt', () => {
    const bench = Bench.on();
    bench.set('IRQ_ENABLE', { txDone: 1 });
    bench.send(2, frameTo(PEER, 42));
    bench.bus.transmitted(0, { sent: 1, deferred: 1 });
    bench.poll();
    expect([bench.read('TX_BUSY'), bench.outcome(2)]).toEqual([0, { state: 3, sent: 1, deferred: 1, attempts: 1 }]);
    expect([bench.read('TX_FRAMES'), bench.read('TX_OCTETS'), bench.read('TX_DEFERRED')]).toEqual([1, 64, 1]);
    expect([bench.causes(), bench.levels.at(-1)]).toEqual([['txDone'], true]);
    expect(bench.of('slot').map(({ state }) => state)).toEqual(['filled', 'sending', 'sent']);
  });

  test('is refused while it is busy, and so is one that does not exist', () => {
    const bench = Bench.on();
    bench.send(0, frameTo(PEER));
    bench.set('TX_START', { slot: 0, length: 60 });
    expect(bench.causes()).toEqual(['txError']);
    bench.set('TX_START', { slot: 16, length: 60 });
    expect([bench.bus.sent().length, bench.read('TX_BUSY')]).toEqual([1, 1]);
  });

  test.for([0, 13, 1519, 0xffff])('ends as aborted with a length of %i octets', (length) => {
    const bench = Bench.on();
    bench.set('TX_START', { slot: 1, length });
    expect([bench.outcome(1), bench.causes()]).toEqual([{ state: 3, aborted: 1 }, ['txDone', 'txError']]);
    expect([bench.bus.sent(), bench.read('TX_ABORTED'), bench.read('TX_BUSY')]).toEqual([[], 1, 0]);
  });

  test('waits while the transmitter is off', () => {
    const bench = Bench.on({ txEnable: 0 });
    bench.send(0, frameTo(PEER));
    bench.poll();
    expect([bench.bus.sent(), bench.outcome(0)]).toEqual([[], { state: 1 }]);
    bench.set('COMMAND', { txEnable: 1, fullDuplex: 1 });
    expect(bench.bus.sent().length).toBe(1);
  });

  test('waits until the board is told how to send', () => {
    const bench = Bench.on({ txEnable: 0 });
    bench.bus.room = 0;
    bench.set('COMMAND', { txEnable: 1, fullDuplex: 1 });
    bench.bus.room = Number.POSITIVE_INFINITY;
    bench.send(0, frameTo(PEER));
    expect(bench.bus.sent()).toEqual([]);
    bench.poll();
    const order = bench.bus.operations.map(({ register }) => register);
    expect(order).toEqual(['CONTROL', undefined, 'TX_GO']);
  });

  test('goes to a chip with its own MAC without preamble and FCS, and is traced so', () => {
    const bench = Bench.on({}, OWN_MAC);
    bench.send(0, frameTo(PEER, 100));
    expect(bench.bus.sent()[0]?.bytes).toEqual(frameTo(PEER, 100));
    expect(bench.of('frame')).toMatchObject([{ raw: false, bytes: frameTo(PEER, 100) }]);
    bench.bus.transmitted(0, { sent: 1 });
    bench.poll();
    expect(bench.read('TX_OCTETS')).toBe(104);
  });

  test('ends as aborted where the board takes no frame of this length', () => {
    const bench = new Bench();
    bench.bus.open(RAW, { txBuffers: 1, maxFrame: 100, rxKilobytes: 2 });
    bench.poll();
    bench.set('COMMAND', { txEnable: 1, fullDuplex: 1 });
    bench.send(0, frameTo(PEER, 200));
    bench.send(1, frameTo(PEER, 60));
    expect([bench.outcome(0), bench.bus.sent().length]).toEqual([{ state: 3, aborted: 1 }, 1]);
  });

  test.for([
    ['no link', { noLink: 1 }, { noLink: 1 }],
    ['underrun', { aborted: 1 }, { aborted: 1 }],
    ['a status that says nothing', {}, { aborted: 1 }],
  ] as const)('ends as failed on the board’s %s', ([, how, outcome]) => {
    const bench = Bench.on();
    bench.send(0, frameTo(PEER));
    bench.bus.transmitted(0, how);
    bench.poll();
    expect(bench.outcome(0)).toEqual({ state: 3, attempts: 1, ...outcome });
    expect([bench.read('TX_ABORTED'), bench.causes()]).toEqual([1, ['txDone', 'txError']]);
  });
});

describe('many slots', () => {
  test('fill the board’s buffers and follow in order as these become free', () => {
    const bench = Bench.on();
    for (let slot = 0; slot < 16; slot++) bench.send(slot, frameTo(PEER, 60, slot));
    expect(bench.bus.sent().map(({ buffer }) => buffer)).toEqual([0, 1, 2, 3]);
    expect(bench.read('TX_BUSY')).toBe(0xffff);
    for (let i = 0; i < 16; i++) {
      bench.bus.transmitted(bench.bus.sent()[i]?.buffer as number, { sent: 1 });
      bench.poll();
    }
    expect(bench.bus.sent().map(({ bytes }) => bytes)).toEqual(
      Array.from({ length: 16 }, (_, slot) => onLine(frameTo(PEER, 60, slot))),
    );
    expect([bench.read('TX_BUSY'), bench.read('TX_FRAMES')]).toEqual([0, 16]);
  });

  test('show each frame on the line when the one before it has ended, not when it is handed to the board', () => {
    const bench = Bench.on();
    for (let slot = 0; slot < 2; slot++) bench.send(slot, frameTo(PEER, 60, slot));
    expect(bench.of('frame').length).toBe(1);
    bench.bus.transmitted(0, { sent: 1 });
    bench.poll();
    expect(bench.of('frame').at(-1)).toMatchObject({ at: bench.clock.now(), bytes: onLine(frameTo(PEER, 60, 1)) });
  });

  test('of which the board passes one over end all the same', () => {
    const bench = Bench.on();
    for (let slot = 0; slot < 3; slot++) bench.send(slot, frameTo(PEER));
    bench.bus.transmitted(2, { sent: 1 });
    bench.bus.transmitted(7, { sent: 1 }); // a buffer that nobody filled
    bench.poll();
    expect([0, 1, 2].map((slot) => bench.outcome(slot)['sent'] ?? 0)).toEqual([0, 0, 1]);
    expect([bench.outcome(0)['aborted'], bench.read('TX_BUSY')]).toEqual([1, 0]);
  });

  test(`never go over the room that the bus has, and all get out in order (SEED=${seed})`, () => {
    const random = new Random(seed);
    const bench = Bench.on();
    const sent: Uint8Array[] = [];
    let ended = 0;
    bench.bus.room = 0;
    for (let round = 0; ended < 500; round++) {
      expect(round).toBeLessThan(20_000);
      // FakeBus throws where an operation goes over its room.
      bench.bus.room = Math.min(bench.bus.room + random.below(600), 4_000);
      const free = Array.from({ length: 16 }, (_, n) => n).find((n) => ((bench.read('TX_BUSY') >> n) & 1) === 0);
      if (free !== undefined && sent.length < 500) {
        sent.push(frameTo(PEER, 60 + random.below(1454), sent.length));
        bench.send(free, sent.at(-1) as Uint8Array);
      }
      if (random.chance(0.1)) bench.set('COMMAND', { txEnable: 1, rxEnable: random.below(2), fullDuplex: 1 });
      const out = bench.bus.sent();
      if (ended < out.length && random.chance(0.5)) bench.bus.transmitted(out[ended++]?.buffer as number, { sent: 1 });
      bench.poll();
    }
    expect(bench.bus.sent().map(({ bytes }) => bytes)).toEqual(sent.map(onLine));
    expect(bench.read('TX_FRAMES')).toBe(500);
  }, 60_000);
});

describe('S94: a collision', () => {
  test('makes the MAC circuit send the frame again, before any other', () => {
    const bench = Bench.on({ fullDuplex: 0 });
    bench.send(0, frameTo(PEER, 60, 1));
    bench.send(1, frameTo(PEER, 60, 2));
    expect(bench.bus.sent().length).toBe(1);
    bench.bus.transmitted(0, { collision: 1, bit: 96 });
    bench.poll();
    expect(bench.bus.sent().length).toBe(2);
    expect(bench.outcome(0)).toEqual({ state: 2, attempts: 2, collisionBit: 96 });
    bench.bus.transmitted(0, { sent: 1 });
    bench.poll();
    expect(bench.outcome(0)).toEqual({ state: 3, sent: 1, attempts: 2, collisionBit: 96 });
    expect(bench.read('TX_SINGLE_COLLISION')).toBe(1);
    const line = [1, 1, 2].map((mark) => onLine(frameTo(PEER, 60, mark)));
    expect(bench.bus.sent().map(({ bytes }) => bytes)).toEqual(line);
  });

  test('is the end after sixteen attempts', () => {
    const bench = Bench.on({ fullDuplex: 0 });
    bench.send(0, frameTo(PEER));
    for (let attempt = 1; attempt <= 16; attempt++) {
      expect(bench.bus.sent().length).toBe(attempt);
      bench.bus.transmitted(0, { collision: 1, bit: 64 + attempt });
      bench.poll();
    }
    expect(bench.bus.sent().length).toBe(16);
    expect(bench.outcome(0)).toEqual({ state: 3, attempts: 16, excessiveCollisions: 1, collisionBit: 80 });
    expect([bench.read('TX_EXCESSIVE_COLLISION'), bench.read('TX_FRAMES'), bench.causes()]).toEqual([
      1,
      0,
      ['txDone', 'txError'],
    ]);
  });

  test.for([
    [511, undefined],
    [512, 1],
  ] as const)('at bit %i: late is %s', ([bit, late]) => {
    const bench = Bench.on({ fullDuplex: 0 });
    bench.send(0, frameTo(PEER, 200));
    for (let i = 0; i < 2; i++) bench.bus.transmitted(0, { collision: 1, bit });
    bench.bus.transmitted(0, { sent: 1 });
    bench.poll();
    expect(bench.outcome(0)['lateCollision']).toBe(late);
    expect([bench.read('TX_LATE_COLLISION'), bench.read('TX_MULTIPLE_COLLISION')]).toEqual([late ?? 0, 1]);
  });
});

describe('a slot never stays busy for ever', () => {
  test('frames of which the board tells nothing for 5 s fail as aborted, and its line side is reset', () => {
    const bench = Bench.on();
    for (let slot = 0; slot < 5; slot++) bench.send(slot, frameTo(PEER));
    bench.clock.advance(seconds(60)); // nobody polled: no time in which the board could have told
    bench.poll();
    bench.bus.transmitted(0, { sent: 1 });
    bench.poll();
    expect(bench.read('TX_BUSY')).toBe(0b11110);
    const deadline = bench.adapter.nextDeadline() ?? START;
    expect(deadline - bench.clock.now()).toBe(seconds(5));
    bench.bus.raise({ kind: 'interrupt', causes: board.mask('IRQ_STATUS', 'txError'), status: LINE_UP });
    bench.adapter.poll((deadline - 1) as Instant);
    expect(bench.read('TX_BUSY')).toBe(0b11110);
    bench.bus.operations.length = 0;
    bench.adapter.poll(deadline);
    expect(bench.outcome(1)).toEqual({ state: 3, attempts: 1, aborted: 1 });
    expect(bench.causes()).toEqual(['txDone', 'txError']);
    expect(bench.bus.written('CONTROL')[0]).toBe(board.pack('CONTROL', { reset: 1 }));
    expect(bench.read('TX_BUSY')).toBe(0);
    bench.send(0, frameTo(PEER));
    expect(bench.bus.sent().length).toBe(1);
  });

  test('but while the board cannot be reached the card waits', () => {
    const bench = Bench.on();
    bench.send(0, frameTo(PEER));
    bench.bus.suspend();
    bench.poll();
    expect([bench.get('STATUS', 'linkUp'), bench.get('STATUS', 'boardPresent')]).toEqual([0, 1]);
    expect(bench.causes()).toEqual(['linkChange']);
    expect(bench.adapter.nextDeadline()).toBeUndefined();
    bench.clock.advance(seconds(60));
    bench.poll();
    expect(bench.read('TX_BUSY')).toBe(1);
    bench.bus.slowReads = true;
    bench.bus.resume();
    bench.poll();
    expect(bench.get('STATUS', 'linkUp')).toBe(0); // until the board has said so
    bench.bus.answer();
    bench.bus.transmitted(0, { sent: 1 });
    bench.poll();
    expect(bench.get('STATUS', 'linkUp')).toBe(1);
    expect(bench.outcome(0)).toEqual({ state: 3, attempts: 1, sent: 1 });
  });
});
