/** Between a cable, which lives in its owner's time, and the PHY of an emulated board, which lives in the board's own. */
import { type Instant, START } from '../base/time.ts';
import type { LineState, Plug, Station, Transmission } from '../cable/plug.ts';
import type { Tracer } from '../trace/event.ts';

/** Told to the PHY when the board has come to `at`. */
interface Arrival {
  readonly at: Instant;
  tell(station: Station): void;
}

/** Frames and news that wait for the board's next poll. More are lost, and counted: a cable cannot wait. */
const WAITING_MAX = 256;

export class PlugGate implements Plug {
  readonly #plug: Plug;
  #station: Station | undefined;
  #arrivals: Arrival[] = [];
  #now: Instant = START;
  readonly #trace: Tracer | undefined;
  /** Frames that found `WAITING_MAX` others: `emulator:late`. */
  lost = 0;

  constructor(plug: Plug, trace?: Tracer) {
    this.#plug = plug;
    this.#trace = trace;
  }

  get state(): LineState {
    return this.#plug.state;
  }
  get isWaiting(): boolean {
    return this.#arrivals.length > 0;
  }

  attach(station: Station | undefined): void {
    this.#station = station;
    this.#arrivals = [];
    this.#plug.attach(station && this.#entry);
  }

  /** Whatever time the PHY has, on the cable it is now. */
  transmit(octets: Uint8Array): void {
    this.#plug.transmit(octets, this.#now);
  }

  /** Hands over what came since the last call; `reach` brings the board to the time at which each came. What it does not get to (false) waits on. */
  deliver(now: Instant, reach: (at: Instant) => boolean): void {
    this.#now = now;
    let told = 0;
    for (const arrival of this.#arrivals) {
      if (!reach(arrival.at)) break;
      told++;
      if (this.#station !== undefined) arrival.tell(this.#station);
    }
    this.#arrivals.splice(0, told);
  }

  readonly #entry: Station = {
    receive: (octets: Uint8Array, aligned: boolean, at: Instant): void => {
      if (this.#arrivals.length >= WAITING_MAX) {
        this.lost++;
        this.#trace?.({ kind: 'drop', at, reason: 'emulator:late', bytes: octets });
        return;
      }
      const copy = octets.slice();
      this.#arrivals.push({ at, tell: (station) => station.receive(copy, aligned, at) });
    },
    // One transmission at a time, and few changes of the line: these need no bound of their own.
    transmitted: (outcome: Transmission, at: Instant): void => {
      this.#arrivals.push({ at, tell: (station) => station.transmitted(outcome, at) });
    },
    lineChanged: (state: LineState, at: Instant): void => {
      this.#arrivals.push({ at, tell: (station) => station.lineChanged(state, at) });
    },
  };
}
