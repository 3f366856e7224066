/** What the cables' tests have in common: a station that notes what it is told, and line octets. */
import { put32le } from '../../src/base/bytes.ts';
import { crc32 } from '../../src/base/crc.ts';
import type { Engine } from '../../src/base/engine.ts';
import { type Duration, type Instant, microseconds } from '../../src/base/time.ts';
import type { LineState, Plug, Station, Transmission } from '../../src/cable/plug.ts';

export class Witness implements Station {
  readonly plug: Plug;
  readonly received: { readonly octets: Uint8Array; readonly at: Instant }[] = [];
  readonly ended: { readonly outcome: Transmission; readonly at: Instant }[] = [];
  readonly states: LineState[] = [];
  /** Frames to send as soon as the one before has ended. */
  readonly queue: Uint8Array[] = [];

  constructor(plug: Plug) {
    this.plug = plug;
    plug.attach(this);
  }

  receive(octets: Uint8Array, _aligned: boolean, at: Instant): void {
    this.received.push({ octets: octets.slice(), at });
  }

  transmitted(outcome: Transmission, at: Instant): void {
    this.ended.push({ outcome, at });
    const next = this.queue.shift();
    if (next !== undefined) this.plug.transmit(next, at);
  }

  lineChanged(state: LineState): void {
    this.states.push(state);
  }
}

/** A frame of `payload` octets behind a header of 14, as it goes over the line. */
export function lineFrame(payload: number, fill = 0): Uint8Array {
  const frame = new Uint8Array(14 + payload).fill(fill, 14);
  frame.set([2, 0, 0, 0, 0, 2, 2, 0, 0, 0, 0, 1, 0x88, 0xb5]);
  return asLine(frame);
}

export function asLine(frame: Uint8Array): Uint8Array {
  const line = new Uint8Array(8 + frame.length + 4).fill(0x55, 0, 7);
  line[7] = 0xd5;
  line.set(frame, 8);
  put32le(line, line.length - 4, crc32(frame));
  return line;
}

/** Polls each engine at each deadline up to `until`. */
export function run(engines: readonly Engine[], until: Duration, from = 0): void {
  let now = from;
  for (;;) {
    for (const engine of engines) engine.poll(now as Instant);
    const due = engines.map((engine) => engine.nextDeadline()).filter((at) => at !== undefined);
    const next = Math.max(now, Math.min(...due));
    if (due.length === 0 || next > until) return;
    now = next;
  }
}

/** Polls a device in real time, whenever it asks; `done` says when to stop, and is asked after each poll. The device is started and stopped here. */
export async function drive(
  device: Engine & { start(wake: () => void): Promise<void>; stop(): Promise<void> },
  others: readonly Engine[],
  started: (wake: () => void) => void,
  done: () => boolean,
): Promise<void> {
  let wake: () => void = () => {};
  let woken = false;
  const onWake = (): void => {
    woken = true;
    wake();
  };
  await device.start(onWake);
  const engines = [device, ...others];
  try {
    started(onWake);
    for (;;) {
      woken = false;
      const now = microseconds(performance.now() * 1000) as number as Instant;
      for (const engine of engines) engine.poll(now);
      if (done()) return;
      const due = engines.map((engine) => engine.nextDeadline()).filter((at) => at !== undefined);
      // To the event loop in each turn, and to sleep where nothing is due.
      await new Promise<void>((resolve) => {
        wake = resolve;
        if (woken || due.some((at) => at <= now)) setImmediate(resolve);
        else if (due.length > 0) setTimeout(resolve, (Math.min(...due) - now) / 1000);
      });
    }
  } finally {
    await device.stop();
  }
}
