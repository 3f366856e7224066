import { describe, expect, test } from 'vitest';
import { type Instant, microseconds, milliseconds, START, seconds } from '../../src/base/time.ts';
import { Cable, type End } from '../../src/cable/cable.ts';
import type { TraceEvent } from '../../src/trace/event.ts';
import { lineFrame, run, Witness } from './station.ts';

const at = (us: number): Instant => us as Instant;

describe('a cable', () => {
  test.for([
    [10, 46, 57.6],
    [100, 46, 5.76],
    [10, 1500, 1220.8],
    [100, 1500, 122.08],
  ] as const)(
    'S81 brings the last bit at %i Mb/s for a payload of %i after %f µs and the propagation delay',
    ([speed, payload, time]) => {
      const cable = new Cable({ speed, length: 100 });
      const [a, b] = [new Witness(cable.a), new Witness(cable.b)];
      cable.poll(START);
      const frame = lineFrame(payload, 0x5a);
      a.plug.transmit(frame, at(7));
      cable.poll(at(7 + time + 0.555));
      expect(a.ended).toEqual([{ outcome: { kind: 'sent', deferred: false }, at: expect.closeTo(7 + time, 9) }]);
      expect(b.received).toEqual([]);
      cable.poll(at(7 + time + 0.557));
      expect(b.received).toEqual([{ octets: frame, at: expect.closeTo(7 + time + 0.556, 9) }]);
      expect(a.received).toEqual([]);
    },
  );

  test.for([
    [10, 46, 14_881],
    [100, 46, 148_810],
    [100, 1500, 8_127],
  ] as const)(
    'keeps 96 bit times between frames: at %i Mb/s, payload %i, %i frames a second',
    ([speed, payload, perSecond]) => {
      const cable = new Cable({ speed });
      const [a, b] = [new Witness(cable.a), new Witness(cable.b)];
      const share = speed === 100 ? 10 : 1;
      for (let n = 1; n <= perSecond / share; n++) a.queue.push(lineFrame(payload));
      cable.poll(START);
      a.plug.transmit(lineFrame(payload), START);
      run([cable], microseconds(seconds(1) / share));
      // Of one more, the gap before it is not over when the second is.
      expect(b.received).toHaveLength(Math.floor(perSecond / share));
      const [first, second] = b.received;
      expect((second?.at ?? 0) - (first?.at ?? 0)).toBeCloseTo((8 * (lineFrame(payload).length + 12)) / speed, 6);
    },
  );

  test('a late poll does not slow the line: every frame still has its own time', () => {
    const cable = new Cable({ speed: 100, delay: microseconds(0) });
    const [a, b] = [new Witness(cable.a), new Witness(cable.b)];
    cable.poll(START);
    a.queue.push(lineFrame(46), lineFrame(46));
    a.plug.transmit(lineFrame(46), START);
    cable.poll(at(1000));
    expect(b.received.map((frame) => frame.at)).toEqual([5.76, 12.48, 19.2].map((time) => expect.closeTo(time, 9)));
  });

  test('S113 full duplex: both ends send at once, neither defers nor collides', () => {
    const cable = new Cable({ speed: 10 });
    const [a, b] = [new Witness(cable.a), new Witness(cable.b)];
    cable.poll(START);
    a.plug.transmit(lineFrame(46, 1), START);
    b.plug.transmit(lineFrame(46, 2), START);
    run([cable], milliseconds(1));
    expect([a.received[0]?.octets, b.received[0]?.octets]).toEqual([lineFrame(46, 2), lineFrame(46, 1)]);
    expect([...a.ended, ...b.ended]).toEqual(
      [57.6, 57.6].map((time) => ({ outcome: { kind: 'sent', deferred: false }, at: expect.closeTo(time, 9) })),
    );
  });

  test.for(['unthrottled', 100] as const)('delivers nothing within the call, at speed %s', (speed) => {
    const cable = new Cable({ speed });
    const [a, b] = [new Witness(cable.a), new Witness(cable.b)];
    cable.poll(START);
    a.plug.transmit(lineFrame(46), START);
    expect([a.ended, b.received]).toEqual([[], []]);
    run([cable], milliseconds(1));
    expect([a.ended.length, b.received.length]).toEqual([1, 1]);
  });

  test('unthrottled takes no time, and two stations that answer each other for ever do not hold the loop', () => {
    const cable = new Cable({ speed: 'unthrottled' });
    const [a, b] = [new Witness(cable.a), new Witness(cable.b)];
    // Each sends back what it gets as soon as its own last one has ended.
    for (const end of [a, b]) {
      let isSending = end === a;
      const next = (now: Instant): void => {
        const frame = isSending ? undefined : end.queue.shift();
        if (frame === undefined) return;
        isSending = true;
        end.plug.transmit(frame, now);
      };
      end.receive = (octets, _, now) => {
        end.received.push({ octets: octets.slice(), at: now });
        end.queue.push(octets.slice());
        next(now);
      };
      end.transmitted = (_, now) => {
        isSending = false;
        next(now);
      };
    }
    cable.poll(START);
    a.plug.transmit(lineFrame(46), at(5));
    cable.poll(at(5));
    expect(cable.nextDeadline()).toBe(5);
    expect(a.received.length + b.received.length).toBeGreaterThan(100);
    expect(b.received.every((frame) => frame.at === 5)).toBe(true);
  });

  test('is up when it is whole and both ends are taken, and tells each station what changes', () => {
    const cable = new Cable({ speed: 10 });
    const a = new Witness(cable.a);
    expect(cable.a.state).toEqual({ up: false, speed: 10, duplex: 'full' });
    const b = new Witness(cable.b);
    expect(cable.nextDeadline()).toBe(0);
    cable.poll(START);
    cable.cut();
    expect(cable.a.state.up).toBe(false);
    cable.poll(at(1));
    cable.mend();
    cable.poll(at(2));
    cable.b.attach(undefined);
    cable.poll(at(3));
    expect(a.states.map((state) => state.up)).toEqual([true, false, true, false]);
    expect(b.states.map((state) => state.up)).toEqual([false, true]);
    expect(cable.nextDeadline()).toBeUndefined();
  });

  test('a cut loses what is on its way and ends the transmission without link; a mended one carries again', () => {
    const drops: TraceEvent[] = [];
    const cable = new Cable({ speed: 100, delay: milliseconds(10), trace: (event) => drops.push(event) });
    const [a, b] = [new Witness(cable.a), new Witness(cable.b)];
    cable.poll(START);
    a.queue.push(lineFrame(1500), lineFrame(1500));
    a.plug.transmit(lineFrame(1500), START);
    run([cable], microseconds(200));
    cable.cut();
    run([cable], milliseconds(100), 200);
    expect(b.received).toEqual([]);
    expect(a.ended.map(({ outcome }) => outcome.kind)).toEqual(['sent', 'no-link', 'no-link']);
    expect(cable.counters).toEqual({ delivered: 0, cut: 2, full: 0 });
    expect(drops.map((event) => event.kind === 'drop' && event.reason)).toEqual(['cable:cut', 'cable:cut']);
    cable.mend();
    cable.poll(at(200_000));
    a.plug.transmit(lineFrame(46), at(200_000));
    run([cable], seconds(1), 200_000);
    expect(b.received).toHaveLength(1);
  });

  test('a frame beyond the capacity is lost and counted; the sender does not learn of it', () => {
    const cable = new Cable({ speed: 100, delay: seconds(1), capacity: 4096 });
    const [a, b] = [new Witness(cable.a), new Witness(cable.b)];
    cable.poll(START);
    for (let n = 0; n < 9; n++) a.queue.push(lineFrame(1500, n + 1));
    a.plug.transmit(lineFrame(1500, 0), START);
    run([cable], seconds(2));
    expect(a.ended.every(({ outcome }) => outcome.kind === 'sent')).toBe(true);
    expect(b.received.map(({ octets }) => octets[30])).toEqual([0, 1]);
    expect(cable.counters).toEqual({ delivered: 2, cut: 0, full: 8 });
  });

  test('shows an observer every frame with its end and the time of its first bit', () => {
    const seen: [number, End, number][] = [];
    const cable = new Cable({ speed: 10, observe: (octets, from, time) => seen.push([octets.length, from, time]) });
    const [a, b] = [new Witness(cable.a), new Witness(cable.b)];
    cable.poll(START);
    a.queue.push(lineFrame(50));
    a.plug.transmit(lineFrame(46), at(10));
    b.plug.transmit(lineFrame(100), at(20));
    run([cable], milliseconds(1), 20);
    expect(seen).toEqual([
      [72, 'a', 10],
      [126, 'b', 20],
      [76, 'a', expect.closeTo(10 + 57.6 + 9.6, 9)],
    ]);
  });
});
