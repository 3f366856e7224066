/** Between a cable, which lives in its owner's time, and the PHY of an emulated board, which lives in the board's own. */
import { type Instant, START } from '../base/time.ts';
import type { LineState, Plug, Station, Transmission } from '../cable/plug.ts';

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
  /** Frames that found `WAITING_MAX` others. */
  lost = 0;

  constructor(plug: Plug) {
    this.#plug = plug;
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

  /** Hands over what came since the last call; `reach` brings the board to the time at which each came. */
  deliver(now: Instant, reach: (at: Instant) => void): void {
    this.#now = now;
    const arrivals = this.#arrivals;
    this.#arrivals = [];
    for (const arrival of arrivals) {
      reach(arrival.at);
      if (this.#station !== undefined) arrival.tell(this.#station);
    }
  }

  readonly #entry: Station = {
    receive: (octets: Uint8Array, aligned: boolean, at: Instant): void => {
      const copy = octets.slice();
      if (this.#arrivals.length < WAITING_MAX)
        this.#arrivals.push({ at, tell: (station) => station.receive(copy, aligned, at) });
      else this.lost++;
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
