/** hw/LINK.md against the C core, cell by cell. */
import { readFileSync } from 'node:fs';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { hex } from '../../src/base/bytes.ts';
import { Random } from '../../src/base/random.ts';
import { exact, linkVectors, matches } from '../../src/bridge/link/vectors.ts';
import { BOARD_REGISTERS as R } from '../../src/bridge/registers.ts';
import { describeWith } from '../tools.ts';
import { seed } from './emulated.ts';
import { type Cell, PosixLine, TYPE } from './posix-line.ts';

const NONCE = [0x35, 0x12, 0x77, 0x09];
const TAG = 5;
const hello = (flags = 0, nonce = NONCE, more: Partial<Cell> = {}): Cell => ({
  type: TYPE.hello,
  tag: (nonce[0] as number) & 15,
  payload: [0x47, 0x4c, 0x4e, 0x4b, 1, flags, 0, 0, ...nonce],
  ...more,
});
const data = (seq: number, payload: readonly number[], more: Partial<Cell> = {}): Cell => ({
  type: TYPE.data,
  tag: TAG,
  seq,
  payload,
  ...more,
});
const ack = (more: Partial<Cell> = {}): Cell => ({ type: TYPE.ack, tag: TAG, ...more });
const write = (address: number, value: number): number[] => [1, address, 0, value, 0, 0, 0];
const read = (address: number): number[] => [2, address, 0];
const value = (address: number, value: number): Uint8Array => Uint8Array.of(0x81, address, 0, value, 0, 0, 0);
/** Refused, and counted in TX_ERRORS: shows how often it was done. */
const refused = write(R.TX_GO.address, 0);

describeWith(['cc', 'make'], 'the C core, cell by cell,', () => {
  let line: PosixLine;
  const greeted = async (): Promise<void> => {
    await line.send(hello());
    expect(await line.next()).toMatchObject({ type: TYPE.welcome, tag: TAG, seq: 0, ack: 0 });
  };

  beforeEach(() => {
    line = new PosixLine();
  });
  afterEach(async () => {
    const { ended } = line;
    await line.end();
    expect(ended).toBeUndefined();
  });

  test('says what the vectors of LINK.md 8 say, word by word', async () => {
    const talks = linkVectors(readFileSync('hw/LINK.md', 'utf8')).filter(({ kind }) => kind === 'talk');
    expect(talks.length).toBeGreaterThan(2);
    for (const { sentence, lines } of talks) {
      for (const said of lines) {
        const [word, rest] = [said.slice(0, 2).trim(), said.slice(2)];
        if (word === '>') await line.write(exact(rest));
        else if (word === '<') {
          const cell = await line.nextBytes(1_000);
          expect(cell && matches(cell, rest), `${sentence}\n${said}\n${cell && hex(cell)}`).toBe(true);
        } else expect(await line.nextBytes(Number(said.split(' ')[1])), sentence).toBeUndefined();
      }
    }
  });

  test('ignores all before its first HELLO', async () => {
    await line.send(ack({ poll: true }), data(0, read(0)), ack({ tag: 0, poll: true }));
    expect(await line.all()).toEqual([]);
  });

  test('refuses a protocol that it does not speak, with its own', async () => {
    await line.send({ type: TYPE.hello, tag: 9, payload: [0x47, 0x4c, 0x4e, 0x4b, 2] });
    const answer = await line.next();
    expect(answer).toMatchObject({ type: TYPE.refuse, tag: 9 });
    expect(answer?.payload).toEqual(Uint8Array.of(0x47, 0x4c, 0x4e, 0x4b, 1, 1, 0, 0));
  });

  test('repeats WELCOME for a repeated HELLO and changes nothing', async () => {
    await greeted();
    await line.send(data(0, write(R.SCRATCH.address, 7)));
    await line.all();
    await line.send(hello());
    expect((await line.next())?.type).toBe(TYPE.welcome);
    await line.send(data(1, read(R.SCRATCH.address)));
    expect((await line.next())?.payload).toEqual(value(R.SCRATCH.address, 7));
  });

  test('acknowledges within 5 ms what it has nothing to answer to, and at once where it is polled', async () => {
    await greeted();
    await line.send(data(0, write(R.SCRATCH.address, 1)));
    expect(await line.next()).toMatchObject({ type: TYPE.ack, ack: 1, seq: 0 });
    await line.send(ack({ seq: 1, poll: true }));
    expect(await line.next()).toMatchObject({ type: TYPE.ack, ack: 1 });
  });

  test('says with the bitmap of a NAK what came after a gap, and does it in order when the gap is closed', async () => {
    await greeted();
    await line.send(data(0, read(R.ID.address)));
    expect((await line.next())?.payload).toHaveLength(7);
    await line.send(data(2, read(R.SCRATCH.address), { ack: 1 }), data(4, write(R.SCRATCH.address, 5), { ack: 1 }));
    const naks = await line.all();
    expect(naks.every(({ type, ack }) => type === TYPE.nak && ack === 1)).toBe(true);
    expect(naks.at(-1)?.payload).toEqual(Uint8Array.of(0b101));
    await line.send(data(1, write(R.SCRATCH.address, 9), { ack: 1 }), data(3, read(R.SCRATCH.address), { ack: 1 }));
    const answers = await line.all();
    expect(
      Buffer.concat(answers.filter(({ type, seq }) => type === TYPE.data && seq < 3).map((c) => c.payload)),
    ).toEqual(Buffer.concat([value(R.SCRATCH.address, 9), value(R.SCRATCH.address, 9)]));
    expect(answers.at(-1)?.ack).toBe(5);
  });

  test('answers a repetition and does it once', async () => {
    await greeted();
    await line.send(data(0, refused), data(0, refused), data(0, refused));
    expect(await line.next()).toMatchObject({ type: TYPE.ack, ack: 1 });
    await line.all();
    await line.send(data(1, read(R.TX_ERRORS.address)));
    expect((await line.next())?.payload).toEqual(value(R.TX_ERRORS.address, 1));
  });

  test('tells once of a lost last cell, with a NAK without a bit', async () => {
    await greeted();
    await line.send(ack({ seq: 2 }), ack({ seq: 2 }));
    const answers = await line.all();
    expect(answers).toHaveLength(1);
    expect(answers[0]).toMatchObject({ type: TYPE.nak, ack: 0, payload: Uint8Array.of(0) });
  });

  test('sends again exactly the cell that a bitmap shows as lost', async () => {
    await greeted();
    for (const seq of [0, 1, 2]) {
      await line.send(data(seq, read(R.ID.address)));
      expect(await line.next()).toMatchObject({ type: TYPE.data, seq });
    }
    await line.send({ type: TYPE.nak, tag: TAG, seq: 3, ack: 0, payload: [0b11] });
    expect(await line.all(20)).toMatchObject([{ type: TYPE.data, seq: 0, poll: false }]);
    await line.send(ack({ seq: 3, ack: 3 }), data(3, read(R.LINK_RESENT.address), { ack: 3 }));
    expect((await line.next())?.payload).toEqual(value(R.LINK_RESENT.address, 1));
  });

  test('sends the oldest again with poll after its time-out, and waits twice as long each time', async () => {
    await greeted();
    const begun = performance.now();
    await line.send(data(0, read(R.ID.address)), data(1, read(R.ID.address)));
    await line.next();
    const times: number[] = [];
    for (let cell = await line.next(); times.length < 3; cell = await line.next()) {
      if (cell?.poll !== true) continue;
      expect(cell).toMatchObject({ type: TYPE.data, seq: 0 });
      times.push(performance.now() - begun);
    }
    expect(times[0]).toBeGreaterThanOrEqual(59);
    expect(times[1]).toBeGreaterThanOrEqual(179);
    expect(times[2]).toBeGreaterThanOrEqual(419);
  });

  test('sends nothing new beyond the credit', async () => {
    await line.send(hello(0, NONCE, { credit: 1 }));
    await line.next();
    await line.send(data(0, read(R.ID.address), { credit: 1 }));
    expect(await line.next()).toMatchObject({ type: TYPE.data, seq: 0 });
    await line.send(data(1, read(R.ID.address), { credit: 1 }));
    expect((await line.all(20)).some(({ type, seq }) => type === TYPE.data && seq > 0)).toBe(false);
    await line.send(ack({ seq: 2, ack: 1, credit: 1 }));
    expect(await line.next()).toMatchObject({ type: TYPE.data, seq: 1 });
  });

  test('goes on with its session after a cut, and sends all that is unacknowledged again', async () => {
    await greeted();
    await line.send(data(0, [...write(R.SCRATCH.address, 3), ...read(R.SCRATCH.address)]));
    await line.next();
    await line.send(hello(1, NONCE, { seq: 1 }));
    const answers = await line.all(20);
    expect(answers[0]).toMatchObject({ type: TYPE.welcome, ack: 1, seq: 1 });
    expect(answers[0]?.payload[5]).toBe(1);
    expect(answers[1]).toMatchObject({ type: TYPE.data, seq: 0, payload: value(R.SCRATCH.address, 3) });
    await line.send(hello(0, [0x45, 1, 1, 1]));
    expect((await line.next())?.payload[5]).toBe(0);
    await line.send(data(0, read(R.SCRATCH.address)));
    expect((await line.next())?.payload).toEqual(value(R.SCRATCH.address, 0));
  });

  test('begins a session that it does not know anew, and does not resume one whose WELCOME may have been lost', async () => {
    for (let i = 0; i < 3; i++) {
      await line.send(hello(1));
      const welcome = await line.next();
      expect([welcome?.type, welcome?.payload[5]]).toEqual([TYPE.welcome, 0]);
    }
    await line.send(ack({ poll: true }), hello(1));
    expect((await line.all()).find(({ type }) => type === TYPE.welcome)?.payload[5]).toBe(1);
  });

  test('ends the session at a code that is not in the table, and is silent until a HELLO', async () => {
    for (const bad of [[0x55], [4, 0, 0x40, 0, 0], [4, 0, 0x40, 1, 4]]) {
      await greeted();
      await line.send(data(0, [...bad, ...read(R.ID.address)]), ack({ seq: 1, poll: true }));
      expect(await line.all()).toEqual([]);
      await line.send(hello(1));
      expect((await line.next())?.payload[5]).toBe(0);
      await line.send(hello(0, [0x15, 9, 9, 9]));
      await line.next();
    }
  });

  test('counts one stretch of bytes that are no cell once, and loses no cell behind it', async () => {
    await greeted();
    const rubbish = Uint8Array.from({ length: 150 }, (_, i) => (i % 3 === 0 ? 0xa5 : i));
    await line.write(rubbish);
    await line.send(data(0, read(R.LINK_BAD_CELLS.address)), data(1, read(R.ID.address)));
    expect((await line.next())?.payload.subarray(0, 7)).toEqual(value(R.LINK_BAD_CELLS.address, 1));
  });

  test(`is not brought down by as many random bytes and cells as a minute of 3 Mbaud carries (SEED=${seed})`, async () => {
    const random = new Random(seed);
    const chunk = new Uint8Array(64 * 1024);
    for (let sent = 0; sent < 18_000_000; sent += chunk.length) {
      if (random.chance(0.5)) await line.write(random.fill(chunk));
      else await line.send(...Array.from({ length: 512 }, () => randomCell(random)));
      await line.all(0);
      expect(line.ended).toBeUndefined();
    }
    await line.write(new Uint8Array(128));
    await line.all(50);
    await line.send(hello(0, [0x75, 7, 7, 7]));
    const cells = await line.all(100);
    expect(cells.some(({ type, tag }) => type === TYPE.welcome && tag === TAG)).toBe(true);
  }, 120_000);
});

/** Right by its CRC, and otherwise anything: mostly of the session, so that what lies behind the checks is reached. */
function randomCell(random: Random): Cell {
  const type = random.chance(0.02) ? random.below(6) : TYPE.data + random.below(3);
  if (random.chance(0.02)) return hello(random.below(2), NONCE, { ack: random.below(4), credit: random.below(129) });
  const codes = () => [1, 2, 3, 4, random.below(256)][random.below(random.chance(0.02) ? 5 : 4)] as number;
  const payload = Array.from({ length: 1 + random.below(56) }, (_, i) => (i === 0 ? codes() : random.below(256)));
  const near = random.chance(0.5) ? 256 : 8;
  return {
    type,
    tag: random.chance(0.9) ? TAG : random.below(16),
    poll: random.chance(0.2),
    seq: random.below(near),
    ack: random.below(near),
    credit: random.below(256),
    payload: type === TYPE.nak ? payload.slice(0, 16) : type === TYPE.ack ? [] : payload,
  };
}
