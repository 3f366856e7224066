/** Data: segments, windows, acknowledgements, retransmission. RFC 9293 §3.7, §3.8, RFC 5681, RFC 6298, RFC 6675. */
import { describe, expect, test } from 'vitest';
import { milliseconds, seconds } from '../../../src/base/time.ts';
import {
  build,
  connected,
  data,
  established,
  IRS,
  join,
  mssOption,
  type PeerOptions,
  Script,
  sackOption,
  sackPermittedOption,
  synReceived,
  synSent,
  windowScaleOption,
} from './script.ts';
import { CLIENT_IP, SERVER_IP } from './world.ts';

/** The peer acknowledges `octets` of what we sent. */
const ack = (t: Script, octets: number, window = 65_535, options?: Uint8Array): Script =>
  t.inject({ flags: 'A', seq: IRS + 1, ack: t.iss + 1 + octets, window, ...(options ? { options } : {}) });
const arrive = (t: Script, from: number, length: number): Script =>
  t.inject({ flags: 'A', seq: IRS + 1 + from, ack: t.iss + 1, payload: data(length, from) });
const withSack: PeerOptions = { options: join(mssOption(1460), sackPermittedOption) };
const write = (t: Script, length: number, from = 0): Script => {
  expect(t.connection.write(data(length, from))).toBe(length);
  return t.poll();
};

describe('segments', () => {
  test('S39: what is written waits in the send queue until the next poll', () => {
    const t = established();
    t.connection.write(data(100));
    t.expectSilence();
    expect(t.connection.snapshot().send.queued).toBe(100);
    t.poll().expect({ flags: 'PA', length: 100 });
  });

  test('S40 S41 S42 S46 SHLD-28 MUST-61: long data are cut from the front into full segments, PSH on the last', () => {
    const t = write(established({ noDelay: true }), 4_000);
    const parts = [
      t.expect({ flags: 'A', seq: t.iss + 1, ack: IRS + 1, length: 1460 }),
      t.expect({ flags: 'A', seq: t.iss + 1461, length: 1460 }),
      t.expect({ flags: 'PA', seq: t.iss + 2921, length: 1080 }),
    ];
    t.expectSilence();
    expect(join(...parts.map(({ payload }) => payload))).toEqual(data(4_000));
  });

  test('MUST-15: without an MSS option segments have 536 octets', () => {
    const t = established({ options: new Uint8Array(0) });
    write(t, 1_000).expect({ length: 536 });
  });

  test('MUST-16: a segment is no longer than the peer takes, nor than IP carries', () => {
    write(established({ options: mssOption(100) }), 1_000).expect({ length: 100 });
    write(established({ options: mssOption(9_000) }), 5_000).expect({ length: 1460 });
  });

  test('MUST-14 MUST-65 MUST-67: our SYN and SYN-ACK carry what we can take, other segments carry no MSS', () => {
    const t = write(established(), 5_000);
    for (const segment of t.all) expect(segment.mss).toBe(segment.flags.includes('S') ? 1460 : undefined);
    expect(synSent().all[0]).toMatchObject({ mss: 1460, windowScale: 3, sackPermitted: true });
  });

  test('MUST-48 MUST-49: TTL and TOS of a connection reach IP', () => {
    const t = established({ ttl: 7, tos: 0x28 });
    write(t, 1);
    expect([t.internet.lastTtl, t.internet.lastTos]).toEqual([7, 0x28]);
  });

  test('S51: what IP has no place for is kept, and goes out later, once', () => {
    const t = established({ noDelay: true });
    t.internet.room = 1;
    write(t, 4_000).expect({ length: 1460 });
    t.expectSilence();
    expect(t.tcp.nextDeadline()).toBeGreaterThan(t.now);
    t.internet.room = 100;
    t.poll().expect({ seq: t.iss + 1461, length: 1460 });
    t.expect({ length: 1080 });
    t.expectSilence();
  });
});

describe('holding small data back', () => {
  test('S44 SHLD-7 SHLD-27: with Nagle small writes wait for the ACK and go as one segment', () => {
    const t = established();
    write(t, 10).expect({ flags: 'PA', length: 10 });
    write(t, 20, 10);
    write(t, 30, 30).expectSilence();
    ack(t, 10).expect({ flags: 'PA', seq: t.iss + 11, length: 50 });
  });

  test('S44 MUST-17: without Nagle each goes at once', () => {
    const t = established({ noDelay: true });
    write(t, 10).expect({ length: 10 });
    write(t, 20, 10).expect({ length: 20 });
  });

  test('MUST-17: switching Nagle off sends what waits', () => {
    const t = established();
    write(t, 10).skip();
    write(t, 20, 10).expectSilence();
    t.connection.noDelay = true;
    t.poll().expect({ length: 20 });
  });

  test('S43 MUST-38 MUST-60: a silly window is not filled until a timer says so', () => {
    const t = established({ window: 5_000 });
    write(t, 9_000).skip();
    ack(t, 4_380, 700).expectSilence();
    t.after(seconds(1)).expect({ seq: t.iss + 4_381, length: 700 });
  });
});

describe('the peer’s window', () => {
  test('S56 S57: no more is in flight than the peer announced', () => {
    const t = established({ window: 3_000 });
    write(t, 10_000);
    expect(t.sent.reduce((sum, { length }) => sum + length, 0)).toBe(2_920);
    t.skip();
    ack(t, 2_920, 3_000);
    expect(t.sent.at(-1)?.seq).toBeLessThanOrEqual(t.iss + 1 + 2_920 + 3_000);
  });

  test('X-WS-1 MUST-1: a scaled window is used as such, and the SYN’s own is not scaled', () => {
    const t = established({ options: join(mssOption(1460), windowScaleOption(4)), window: 65_535 });
    expect(t.connection.snapshot().send.window).toBe(65_535 * 16);
    expect(synReceived({ options: windowScaleOption(4), window: 1_000 }).connection.snapshot().send.window).toBe(1_000);
  });

  test('X-WS-1: without the option in the peer’s SYN nothing is scaled, and ours is not offered back', () => {
    const t = synReceived();
    expect(t.all[0]?.windowScale).toBeUndefined();
    t.inject({ flags: 'A', seq: IRS + 1, ack: t.iss + 1, window: 300 });
    expect(t.connection.snapshot().send.window).toBe(300);
  });

  test('MUST-36 SHLD-29 SHLD-30 MUST-37: a shut window is probed after an RTO, then at doubling intervals, for ever', () => {
    const t = established({ window: 1_000 });
    write(t, 3_000).expect({ length: 1_000 });
    ack(t, 1_000, 0).expectSilence();
    const closed = t.now;
    t.at(seconds(1));
    t.expect({ seq: t.iss + 1_001, length: 1, at: closed + seconds(1) } as never);
    ack(t, 1_000, 0);
    t.at(seconds(3)).expect({ seq: t.iss + 1_001, length: 1 });
    ack(t, 1_000, 0);
    t.at(milliseconds(6_999)).expectSilence();
    t.at(seconds(7)).expect({ seq: t.iss + 1_001, length: 1 });
    for (let i = 0; i < 60; i++) {
      ack(t, 1_000, 0);
      t.after(seconds(60));
    }
    expect(t.state).toBe('ESTABLISHED');
    t.skip();
    ack(t, 1_000, 5_000).expect({ seq: t.iss + 1_001, length: 1 });
    t.expect({ seq: t.iss + 1_002, length: 1_460 });
  });

  test('MUST-34 SHLD-15 SHLD-16: a window that shrinks stops new data, and what is in flight is still sent again', () => {
    const t = established({ window: 8_000 });
    write(t, 20_000).skip();
    ack(t, 1_460, 1_000).expectSilence();
    t.after(seconds(1)).expect({ seq: t.iss + 1_461 });
    ack(t, 7_300, 1_000);
    t.skip();
    t.after(seconds(10));
    for (const { seq, length } of t.sent) expect(seq + length).toBeLessThanOrEqual(t.iss + 1 + 8_300);
  });
});

describe('our window', () => {
  test('S48 S49: 1460 octets from number 1 are acknowledged as 1461', () => {
    const t = arrive(arrive(established(), 0, 1460), 1460, 1460);
    t.expect({ flags: 'A', ack: IRS + 1 + 2_920 });
  });

  test('S56 S58 S59 MUST-39: the window shrinks by what is unread, and opens when two segments’ worth were read', () => {
    const t = established({ receiveBuffer: 8_192 });
    for (let i = 0; i < 5; i++) arrive(t, i * 1_460, 1_460);
    expect(t.sent.at(-1)).toMatchObject({ ack: IRS + 1 + 5_840, window: 8_192 - 5_840 });
    t.skip();
    t.connection.read(new Uint8Array(1_000));
    t.poll().expectSilence();
    t.connection.read(new Uint8Array(5_000));
    t.poll().expect({ flags: 'A', ack: IRS + 1 + 7_300, window: 8_192 - 1_300 });
  });

  test('MUST-39: room that a window without scale cannot announce is no reason for an ACK', () => {
    const t = arrive(established({ receiveBuffer: 262_144 }), 0, 100);
    t.connection.read(new Uint8Array(100));
    t.poll().expectSilence();
  });

  test('SHLD-14: the right edge of our window never moves left', () => {
    const t = established({ receiveBuffer: 10_000, options: join(mssOption(1460), windowScaleOption(2)) });
    let edge = 0;
    for (let i = 0; i < 60; i++) {
      arrive(t, t.connection.snapshot().receive.nxt - IRS - 1, 1 + ((i * 397) % 1_460));
      if (i % 3 === 0) t.connection.read(new Uint8Array((i * 211) % 3_000));
      t.poll();
    }
    for (const { ack: acked, window, flags } of t.all.slice(1)) {
      if (!flags.includes('A')) continue;
      expect(acked + window).toBeGreaterThanOrEqual(edge);
      edge = acked + window;
    }
    expect(edge).toBeGreaterThan(IRS + 10_000);
  });

  test('S59 RFC 7323 §2.4: rounding a scaled window never promises more than the buffer holds, and what was promised is taken', () => {
    const options = join(mssOption(1460), windowScaleOption(7));
    const t = established({ receiveBuffer: 262_144, options });
    const shift = t.all[0]?.windowScale ?? 0;
    expect(shift).toBe(3);
    let sent = 0;
    let edge = 65_535;
    for (let empty = 0; empty < 3; ) {
      const length = Math.min(333, edge - sent);
      empty = length === 0 ? empty + 1 : 0;
      arrive(t, sent, length).after(milliseconds(40));
      sent += length;
      for (const { ack: acked, window } of t.sent) edge = Math.max(edge, acked - IRS - 1 + window * 2 ** shift);
      t.skip();
    }
    expect(sent).toBeGreaterThan(262_144 - 8);
    expect(sent).toBeLessThanOrEqual(262_144);
    const got = new Uint8Array(300_000);
    expect(t.connection.read(got)).toBe(sent);
    expect(Buffer.compare(got.subarray(0, sent), data(sent))).toBe(0);
  });

  test('X-SEG-1: what lies outside the window is answered with an ACK and dropped', () => {
    const t = established({ receiveBuffer: 4_096 });
    t.inject({ flags: 'A', seq: IRS + 1 + 5_000, ack: t.iss + 1, length: 10 }).expect({ flags: 'A', ack: IRS + 1 });
    t.inject({ flags: 'A', seq: IRS - 9, ack: t.iss + 1, length: 10 }).expect({ flags: 'A', ack: IRS + 1 });
    expect(t.connection.readable).toBe(0);
  });

  test('MUST-66 X-SEG-2: with our window shut a RST and an ACK are still taken', () => {
    const t = established({ receiveBuffer: 4_096 });
    write(t, 10).skip();
    arrive(t, 0, 1_460);
    arrive(t, 1_460, 1_460);
    arrive(t, 2_920, 1_176);
    t.skip();
    t.inject({ flags: 'A', seq: IRS + 4_097, ack: t.iss + 11, length: 1 }).expect({ ack: IRS + 4_097, window: 0 });
    expect(t.connection.snapshot().send.outstanding).toBe(0);
    t.inject({ flags: 'R', seq: IRS + 4_097 });
    expect(t.connection.error).toBe('ECONNRESET');
  });
});

describe('acknowledging', () => {
  test('SHLD-18 MUST-40: one segment is acknowledged after 40 ms', () => {
    const t = arrive(established(), 0, 100).expectSilence();
    t.at(milliseconds(39)).expectSilence();
    t.at(milliseconds(40)).expect({ flags: 'A', ack: IRS + 101, length: 0 });
  });

  test('SHLD-19: the second full segment is acknowledged at once', () => {
    const t = arrive(established(), 0, 1_460).expectSilence();
    arrive(t, 1_460, 1_460).expect({ flags: 'A', ack: IRS + 2_921 });
  });

  test('S60: an answer carries the acknowledgement', () => {
    const t = arrive(established(), 0, 100);
    t.connection.read(new Uint8Array(100));
    write(t, 50).expect({ flags: 'PA', ack: IRS + 101, length: 50 });
    t.after(seconds(0.5)).expectSilence();
  });

  test('SHLD-31 MUST-59 MAY-13: what comes too early waits, is reported at once, and one ACK covers all when the gap is filled', () => {
    const t = established();
    arrive(t, 1_000, 500).expect({ ack: IRS + 1 });
    arrive(t, 2_000, 500).expect({ ack: IRS + 1 });
    arrive(t, 1_500, 500).expect({ ack: IRS + 1 });
    arrive(t, 0, 1_000).expect({ ack: IRS + 2_501 });
    t.expectSilence();
    const got = new Uint8Array(3_000);
    expect(t.connection.read(got)).toBe(2_500);
    expect(got.subarray(0, 2_500)).toEqual(data(2_500));
  });

  test('RFC 5681 §4.2: of a burst out of order each segment is reported to a peer that counts, and one ACK tells a peer with SACK', () => {
    for (const [choices, acks] of [
      [{}, 2],
      [withSack, 1],
    ] as const) {
      const t = established(choices);
      for (const from of [1_000, 3_000]) {
        const segment = build({ flags: 'A', seq: IRS + 1 + from, ack: t.iss + 1, length: 10 });
        t.tcp.receive(CLIENT_IP, SERVER_IP, segment, t.now);
      }
      t.poll();
      expect(t.sent.map(({ ack: acked }) => acked)).toEqual(Array(acks).fill(IRS + 1));
    }
  });

  test('X-SACK-1: the first block is the newest island, the others follow', () => {
    const t = established(withSack);
    arrive(t, 1_000, 100).expect({ sack: [[IRS + 1_001, IRS + 1_101]] });
    arrive(t, 3_000, 100).expect({
      sack: [
        [IRS + 3_001, IRS + 3_101],
        [IRS + 1_001, IRS + 1_101],
      ],
    });
    arrive(t, 1_100, 100).expect({
      sack: [
        [IRS + 1_001, IRS + 1_201],
        [IRS + 3_001, IRS + 3_101],
      ],
    });
    arrive(t, 0, 1_000).expect({ ack: IRS + 1_201, sack: [[IRS + 3_001, IRS + 3_101]] });
  });

  test('X-ACK-1 MAY-12: an ACK of what was never sent, or of long ago, is challenged and changes nothing', () => {
    const t = established();
    write(t, 10).skip();
    ack(t, 11).expect({ flags: 'A', ack: IRS + 1 });
    t.inject({ flags: 'A', seq: IRS + 1, ack: t.iss - 70_000 }).expect({ flags: 'A' });
    expect(t.connection.snapshot().send.outstanding).toBe(10);
  });
});

describe('sending again', () => {
  test('S52 S53 X-RTO-1 MUST-18: without an ACK a segment goes again after one second, then after two, four …', () => {
    const t = write(established(), 10);
    t.expect({ at: 0 as never });
    for (const at of [1, 3, 7, 15, 31]) {
      t.at((seconds(at) - 1) as typeof t.now & never).expectSilence();
      t.at(seconds(at)).expect({ flags: 'PA', seq: t.iss + 1, length: 10 });
    }
  });

  test('MUST-20 MUST-21 SHLD-11: after R2 the connection ends with ETIMEDOUT: after five minutes, or when the application said', () => {
    const t = write(established(), 10);
    t.at(seconds(299));
    expect(t.state).toBe('ESTABLISHED');
    t.at(seconds(310));
    expect([t.state, t.connection.error]).toEqual(['CLOSED', 'ETIMEDOUT']);
    const short = write(established({ userTimeout: seconds(5) }), 10);
    short.at(seconds(8));
    expect(short.connection.error).toBe('ETIMEDOUT');
  });

  test('MUST-22 MUST-23: a SYN is sent again for at least three minutes', () => {
    const t = synSent();
    t.at(seconds(179));
    expect(t.state).toBe('SYN-SENT');
    expect(t.sent.map(({ at }) => at)).toEqual([1, 3, 7, 15, 31, 63, 123].map(seconds));
    t.at(seconds(240));
    expect(t.connection.error).toBe('ETIMEDOUT');
  });

  test('RFC 5681 §3.1: a lost SYN makes the first window small, and takes nothing from slow start', () => {
    const t = synSent();
    t.at(seconds(1)).skip();
    t.inject({ flags: 'SA', seq: IRS, ack: t.iss + 1, options: mssOption(1460) });
    expect(t.connection.snapshot().send).toMatchObject({
      congestionWindow: 1_460,
      slowStartThreshold: Number.POSITIVE_INFINITY,
    });
    t.skip();
    write(t, 100_000).expect({ length: 1_460 });
    t.expectSilence();
    ack(t, 1_460);
    expect(t.sent.map(({ length }) => length)).toEqual([1_460, 1_460]);
  });

  test('a lost SYN-ACK is sent again after one second, and at once when the SYN comes again', () => {
    const t = synReceived();
    t.at(milliseconds(999)).expectSilence();
    t.at(seconds(1)).expect({ flags: 'SA', seq: t.iss, ack: IRS + 1, mss: 1460 });
    t.inject({ flags: 'S', seq: IRS }).expect({ flags: 'SA', seq: t.iss });
  });

  test('MUST-18: a round trip that may belong to either transmission is not measured (Karn)', () => {
    const t = write(established(), 10).skip();
    const { smoothedRtt } = t.connection.snapshot();
    t.at(seconds(1)).skip();
    t.at(milliseconds(1_500));
    ack(t, 10);
    expect(t.connection.snapshot()).toMatchObject({ smoothedRtt, rto: seconds(2) });
    write(t, 10, 10).skip().after(milliseconds(100));
    ack(t, 20);
    expect(t.connection.snapshot().rto).toBe(seconds(1));
  });

  test('RFC 6298 (5.7): data after a lost SYN start with three seconds', () => {
    const t = synSent();
    t.at(seconds(1)).skip();
    t.inject({ flags: 'SA', seq: IRS, ack: t.iss + 1 });
    expect(t.connection.snapshot().rto).toBe(seconds(3));
    expect(t.connection.snapshot().send.congestionWindow).toBe(536);
  });

  test('X-CC-1: the third duplicate ACK sends the missing segment at once and halves the window', () => {
    const t = write(established(), 14_600).skip();
    ack(t, 0).expectSilence();
    ack(t, 0).expectSilence();
    ack(t, 0).expect({ seq: t.iss + 1, length: 1_460 });
    expect(t.connection.snapshot().send.slowStartThreshold).toBe(7_300);
    ack(t, 14_600).expectSilence();
    expect(t.connection.snapshot().send.congestionWindow).toBeLessThanOrEqual(7_300);
  });

  test('X-CC-2: a partial ACK in recovery sends the next hole at once (NewReno)', () => {
    const t = write(established(), 14_600).skip();
    ack(t, 0);
    ack(t, 0);
    ack(t, 0).expect({ seq: t.iss + 1 });
    ack(t, 4_380).expect({ seq: t.iss + 4_381, length: 1_460 });
    t.expectSilence();
  });

  test('RFC 3042: the first two duplicate ACKs send new data each', () => {
    const t = write(established(), 30_000);
    expect(t.sent.length).toBe(10);
    t.skip();
    ack(t, 0).expect({ seq: t.iss + 14_601 });
    ack(t, 0).expect({ seq: t.iss + 16_061 });
  });

  test('RFC 6675: SACK names two holes, and both are filled in one round trip', () => {
    const t = write(established(withSack), 14_600).skip();
    const at = (n: number): number => t.iss + 1 + n * 1_460;
    ack(t, 0, 65_535, sackOption([at(1), at(2)])).expectSilence();
    ack(t, 0, 65_535, sackOption([at(3), at(5)]));
    t.expect({ seq: at(0) });
    ack(t, 0, 65_535, sackOption([at(3), at(10)]));
    t.expect({ seq: at(2) });
    t.expectSilence();
    ack(t, 14_600).expectSilence();
  });

  test('a retransmission that is lost, too, is found by what was sent after it, without the timer', () => {
    const t = write(established(withSack), 40_000).skip();
    const at = (n: number): number => t.iss + 1 + n * 1_460;
    ack(t, 0, 65_535, sackOption([at(1), at(10)]));
    t.expect({ seq: at(0) });
    const fresh = t.sent.length;
    expect(fresh).toBeGreaterThanOrEqual(3);
    t.skip();
    ack(t, 0, 65_535, sackOption([at(1), at(13)]));
    expect(t.sent.map(({ seq }) => seq)).toContain(at(0));
  });

  test('RFC 2018 §8: what was SACKed and thrown away is sent again after a second timeout', () => {
    const t = write(established(withSack), 2_920).skip();
    ack(t, 0, 65_535, sackOption([t.iss + 1_461, t.iss + 2_921]));
    t.at(seconds(1)).expect({ seq: t.iss + 1 });
    t.at(seconds(3)).expect({ seq: t.iss + 1 });
    ack(t, 1_460).expect({ seq: t.iss + 1_461 });
  });

  test('MUST-19 X-CC-3: slow start from ten segments, one more for each acknowledged', () => {
    const t = write(established(), 200_000);
    expect(t.sent.length).toBe(10);
    t.skip();
    ack(t, 2_920);
    expect(t.sent.length).toBe(3);
  });

  test('MUST-19: after a timeout the window is one segment, and grows by slow start', () => {
    const t = write(established(), 14_600).skip();
    t.at(seconds(1));
    t.expect({ seq: t.iss + 1 });
    t.expectSilence();
    ack(t, 1_460);
    expect(t.sent.map(({ seq }) => seq - t.iss)).toEqual([1_461, 2_921]);
  });

  test('RFC 5681 §3.1: a second timeout for the same data does not halve the threshold again', () => {
    const t = write(established(), 14_600);
    t.at(seconds(1));
    expect(t.connection.snapshot().send.slowStartThreshold).toBe(7_300);
    t.inject({ flags: 'A', seq: IRS + 1, ack: t.iss + 1 + 1_460 }).at(seconds(4));
    const { slowStartThreshold } = t.connection.snapshot().send;
    t.at(seconds(20));
    expect(t.connection.snapshot().send.slowStartThreshold).toBe(slowStartThreshold);
  });

  test('MUST-35: lost segments wait while the window is shut, but for the probe', () => {
    const t = write(established(), 14_600).skip();
    t.at(seconds(1)).expect({ seq: t.iss + 1 });
    ack(t, 1_460, 0).expectSilence();
    t.at(seconds(3)).expect({ seq: t.iss + 1_461 });
    t.expectSilence();
  });

  test('S54: stop and wait is what a window of one segment makes of it', () => {
    const t = established({ window: 1_460 });
    write(t, 4_380).expect({ length: 1_460 });
    t.expectSilence();
    ack(t, 1_460, 1_460).expect({ seq: t.iss + 1_461 });
    t.expectSilence();
  });
});

describe('initial sequence numbers', () => {
  test('S47 MUST-8 MUST-9 SHLD-1: they go with the clock for one pair of endpoints, and tell nothing about another', () => {
    const iss = (at: number, port: number, secret = 1): number => {
      const t = new Script({}, secret);
      t.tcp.listen({ ip: SERVER_IP, port: t.port });
      t.at(seconds(at)).peerPort = port;
      t.inject({ flags: 'S', seq: 1 });
      return t.expect({ flags: 'SA' }).seq;
    };
    expect((iss(8, 5_000) - iss(0, 5_000)) >>> 0).toBe(2_000_000);
    const otherPorts = Array.from({ length: 64 }, (_, i) => iss(0, 5_000 + i));
    expect(new Set(otherPorts.map((n) => n >>> 24)).size).toBeGreaterThan(32);
    const otherSecrets = Array.from({ length: 64 }, (_, i) => iss(0, 5_000, 1 + i));
    expect(new Set(otherSecrets.map((n) => n >>> 24)).size).toBeGreaterThan(32);
  });
});

test('S9 S10 S11 S12: the snapshot of a connection tells peer, ports, state, numbers, windows, queues and times', () => {
  const t = connected();
  write(t, 100).skip().after(milliseconds(250));
  arrive(t, 0, 30);
  expect(t.connection.snapshot()).toMatchObject({
    state: 'ESTABLISHED',
    remote: { port: 5_000 },
    send: { iss: t.iss, una: t.iss + 1, nxt: t.iss + 101, window: 65_535, queued: 100, outstanding: 100 },
    receive: { irs: IRS, nxt: IRS + 31, queued: 30, outOfOrder: 0 },
    rto: seconds(1),
    sinceLastSend: milliseconds(250),
  });
});
