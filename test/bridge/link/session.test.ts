import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { put8 } from '../../../src/base/bytes.ts';
import { Random } from '../../../src/base/random.ts';
import { after, milliseconds, START, seconds } from '../../../src/base/time.ts';
import { BoardLink } from '../../../src/bridge/link/board-link.ts';
import { CELL, CellView } from '../../../src/bridge/link/cell.ts';
import { HostLink } from '../../../src/bridge/link/host-link.ts';
import type { TraceEvent } from '../../../src/trace/event.ts';
import { LinkLine } from '../../contract/link-line.ts';
import { CountingBoard } from './counting-board.ts';

const seed = Number(process.env['SEED'] ?? 1);

function line(baud = 921_600): { link: LinkLine; device: CountingBoard; states: string[] } {
  const device = new CountingBoard();
  const states: string[] = [];
  const trace = (event: TraceEvent): void => {
    if (event.kind === 'link') states.push(event.state);
  };
  return { device, states, link: new LinkLine({ random: new Random(seed), device, baud, trace }) };
}

/** Writes 1 … `count`, as fast as there is room. */
function writeAll(link: LinkLine, count: number): void {
  let written = 0;
  link.onStep = () => {
    while (written < count && link.host.room > 100) link.host.write(0x20, ++written);
  };
}

function unplug(link: LinkLine): void {
  link.up.cut();
  link.down.cut();
}
function plug(link: LinkLine): void {
  link.up.isCut = link.down.isCut = false;
}

describe(`a session (SEED=${seed})`, () => {
  test('goes on after the transport was closed in mid-transfer: every operation once, no client told', () => {
    const { link, device, states } = line();
    const lost: string[] = [];
    link.host.attach({ onOpen: () => {}, onEvent: () => {}, onLost: (reason) => lost.push(reason) });
    link.open();
    writeAll(link, 20_000);
    for (const at of [3_000, 9_000, 15_000]) {
      expect(link.run(() => device.last > at)).toBe(true);
      unplug(link);
      link.host.cut(link.clock.now());
      link.run(() => false, milliseconds(700));
      plug(link);
      link.host.reconnected(link.clock.now());
    }
    expect(link.run(() => device.last === 20_000)).toBe(true);
    expect(device.wrong).toEqual([]);
    expect(device.resets).toBe(1);
    expect(lost).toEqual([]);
    expect(states.filter((state) => state === 'resumed').length).toBe(3);
  });

  test('goes on after a silence that nobody announced: the heartbeat finds it', () => {
    const { link, device, states } = line();
    link.open();
    writeAll(link, 10_000);
    link.run(() => device.last > 5_000);
    unplug(link);
    link.run(() => false, seconds(5));
    plug(link);
    expect(link.run(() => device.last === 10_000, seconds(10))).toBe(true);
    expect(device.wrong).toEqual([]);
    expect(states).toEqual(['connecting', 'open', 'connecting', 'resumed']);
  });

  test('is lost when the board has started anew: reads complete with undefined, the client is told and begins again', () => {
    const { link, device } = line();
    const told: string[] = [];
    link.host.attach({ onOpen: () => told.push('open'), onEvent: () => {}, onLost: () => told.push('lost') });
    link.open();
    unplug(link);
    const answers: unknown[] = [];
    link.host.read(0x20, (value) => answers.push(value));
    link.run(() => false, seconds(3));
    // Another board in its place, one that has never heard of the session.
    link.board = new BoardLink(device);
    plug(link);
    expect(link.run(() => told.length === 3)).toBe(true);
    expect(told).toEqual(['open', 'lost', 'open']);
    expect(answers).toEqual([undefined]);
    writeAll(link, 100);
    expect(link.run(() => device.last === 100)).toBe(true);
    expect(device.wrong).toEqual([]);
  });

  test('on a line that takes nothing more has no deadline that only a cell could meet: its owner would spin', () => {
    const { link } = line();
    link.open();
    unplug(link);
    let now = link.clock.now();
    const end = after(now, seconds(40));
    for (let polls = 0; now < end; polls++) {
      expect(polls).toBeLessThan(20);
      link.host.poll(now);
      now = Math.max(now, link.host.sessionDeadline() ?? end) as typeof now;
    }
  });

  test('is not kept for longer than 30 s: then a new one is tried until it is answered', () => {
    const { link, states, device } = line();
    link.open();
    unplug(link);
    link.run(() => false, seconds(40));
    expect(link.host.isOpen).toBe(false);
    plug(link);
    expect(link.run(() => link.host.isOpen, seconds(1))).toBe(true);
    expect(states).toEqual(['connecting', 'open', 'connecting', 'lost', 'connecting', 'open']);
    expect(device.resets).toBe(2);
  });

  test('stays open on an idle line, by heartbeat alone', () => {
    const { link, states } = line();
    link.open();
    link.run(() => false, seconds(60));
    expect(states).toEqual(['connecting', 'open']);
    // A cell each way every 500 ms, and not many more.
    expect(link.up.carried / 64).toBeLessThan(130);
  });

  test('a board that never answers is an error after 3 s, which names it', () => {
    const { link } = line();
    unplug(link);
    link.host.open(link.clock.now());
    expect(link.run(() => link.host.failure !== undefined, seconds(4))).toBe(true);
    expect(link.clock.now()).toBeLessThan(seconds(4));
    expect(link.host.failure).toMatchObject({ code: 'LINK_NO_ANSWER', message: expect.stringMatching(/^test /) });
    expect(link.up.carried / 64).toBe(30);
  });

  test.for([
    ['REFUSE', CELL.refuse],
    ['WELCOME', CELL.welcome],
  ] as const)(
    'a board of another protocol that answers with %s is an error at once, which names both versions',
    ([, type]) => {
      const { link } = line();
      const hello: Uint8Array[] = [];
      link.host.open(START);
      for (let cell = link.host.pull(START); cell !== undefined; cell = link.host.pull(START)) hello.push(cell.slice());
      const answer = new CellView(hello[0]);
      put8(answer.bytes, 6 + 4, 7);
      answer.seal(type, answer.tag, false, 0, 0, 0);
      link.host.receive(answer.bytes, START);
      expect(link.host.failure).toMatchObject({
        code: 'LINK_PROTOCOL',
        message: expect.stringMatching(/protocol 7.*1/),
      });
    },
  );

  test('a bus that is asked for more than its room throws BUS_OVERFLOW and has done nothing', () => {
    const { link, device } = line();
    link.open();
    const { room } = link.host;
    link.host.writeBlock(0x4000, new Uint8Array(room - 5 - 7));
    expect(link.host.room).toBe(7);
    expect(() => link.host.writeBlock(0x4000, new Uint8Array(3))).toThrow(
      expect.objectContaining({ code: 'BUS_OVERFLOW' }),
    );
    link.host.write(0x20, 2);
    expect(() => link.host.read(0x20, () => {})).toThrow(expect.objectContaining({ code: 'BUS_OVERFLOW' }));
    expect(link.run(() => device.last === 2)).toBe(true);
    expect(device.wrong).toEqual([]);
  });

  test('without a session, writes are dropped and reads complete with undefined', () => {
    const host = new HostLink({ random: new Random(seed) });
    const answers: unknown[] = [];
    host.write(0x20, 1);
    host.read(0x20, (value) => answers.push(value));
    host.readBlock(0x4000, 5_000, (bytes) => answers.push(bytes));
    expect(answers).toEqual([undefined, undefined]);
  });
});

describe('whatever comes from the line', () => {
  /** Random bytes, and random cells that are valid, of the session and not. */
  const chunk = fc.oneof(
    fc.uint8Array({ maxLength: 300 }),
    fc
      .record({
        type: fc.nat(5),
        tag: fc.nat(15),
        poll: fc.boolean(),
        seq: fc.nat(255),
        ack: fc.nat(255),
        credit: fc.nat(255),
        payload: fc.uint8Array({ maxLength: 56 }),
        known: fc.boolean(),
      })
      .map((of) => ({ ...of })),
  );

  test('neither end ever throws, in a session or out of it, and both go on', () => {
    fc.assert(
      fc.property(fc.array(chunk, { maxLength: 40 }), fc.boolean(), (chunks, isOpen) => {
        const { link } = line();
        if (isOpen) link.open();
        else link.host.open(START);
        const cell = link.host.pull(link.clock.now());
        const tag = cell === undefined ? 0 : new CellView(cell).tag;
        for (const piece of chunks) {
          let bytes: Uint8Array = piece instanceof Uint8Array ? piece : new Uint8Array();
          if (!(piece instanceof Uint8Array)) {
            const view = new CellView();
            view.space.set(piece.payload);
            view.fill(piece.payload.length);
            view.seal(piece.type as 0, piece.known ? tag : piece.tag, piece.poll, piece.seq, piece.ack, piece.credit);
            bytes = view.bytes;
          }
          link.host.receive(bytes, link.clock.now());
          link.board.receive(bytes, link.clock.now());
          link.run(() => false, milliseconds(20));
        }
        // A host that has failed is opened again by its owner.
        if (link.host.failure !== undefined) link.host.open(link.clock.now());
        expect(link.run(() => link.host.isOpen, seconds(60))).toBe(true);
      }),
      { seed, numRuns: 150 },
    );
  });

  // At 3,000,000 baud, ten bits to a byte, a minute is 18,000,000 bytes.
  test('a minute of random bytes at 3 Mbaud (18 MB) opens no session and ends none', () => {
    const random = new Random(seed);
    const board = new BoardLink(new CountingBoard());
    const { link } = line();
    link.open();
    const noise = new Uint8Array(1_000);
    for (let n = 0; n < 18_000; n++) {
      random.fill(noise);
      board.receive(noise, link.clock.now());
      link.host.receive(noise, link.clock.now());
      link.board.receive(noise, link.clock.now());
    }
    expect(board.hasSession).toBe(false);
    expect(board.pull(link.clock.now())).toBeUndefined();
    expect(link.run(() => false, seconds(5))).toBe(false);
    expect(link.host.isOpen).toBe(true);
  }, 60_000);
});
