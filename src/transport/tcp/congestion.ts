/** How much may be in the network at once: RFC 5681, with the initial window of RFC 6928. Who else comes (CUBIC) implements the same. */

export interface CongestionControl {
  /** cwnd, in octets. */
  readonly window: number;
  /** ssthresh, in octets; infinite until the first loss. */
  readonly threshold: number;
  /** New data were acknowledged outside of fast recovery; `flight` is what was outstanding before. */
  onAcknowledged(octets: number, flight: number): void;
  /** A loss was found by duplicate ACKs or SACK: fast recovery begins. */
  onLoss(flight: number): void;
  /** Everything that was outstanding when the loss was found has been acknowledged. */
  onRecovered(flight: number): void;
  /** The retransmission timer ran out; `first`: for the first time for this data. */
  onTimeout(flight: number, first: boolean): void;
  /** Nothing was sent for an RTO (RFC 5681 §4.1). */
  onIdle(): void;
  /** The connection is up: the segment size is known. `synLost` costs the larger initial window (RFC 6928 §2). */
  onOpen(mss: number, synLost: boolean): void;
}

/** Slow start and congestion avoidance; during recovery the sender counts what is in the pipe (RFC 6675 §5, RFC 6582 in that form). */
export class Reno implements CongestionControl {
  #mss = 536;
  #window = 536;
  #threshold = Number.POSITIVE_INFINITY;
  // Octets acknowledged since the window last grew, in congestion avoidance (RFC 5681 §3.1, the byte counting it recommends).
  #counted = 0;

  get window(): number {
    return this.#window;
  }
  get threshold(): number {
    return this.#threshold;
  }

  onOpen(mss: number, synLost: boolean): void {
    this.#mss = mss;
    // A lost SYN says nothing about the room for data: only the window starts smaller (RFC 5681 §3.1).
    this.#threshold = Number.POSITIVE_INFINITY;
    this.#window = synLost ? mss : this.#initial();
  }

  #initial(): number {
    return Math.min(10 * this.#mss, Math.max(2 * this.#mss, 14_600)); // RFC 6928 §2
  }

  onAcknowledged(octets: number, flight: number): void {
    // A window that is not used must not grow (RFC 7661 §3 names the reason).
    if (flight * 2 < this.#window) return;
    if (this.#window < this.#threshold) {
      this.#window += Math.min(octets, this.#mss); // RFC 5681 (2)
      return;
    }
    this.#counted += octets;
    if (this.#counted < this.#window) return;
    this.#counted -= this.#window;
    this.#window += this.#mss;
  }

  onLoss(flight: number): void {
    this.#threshold = Math.max(flight / 2, 2 * this.#mss); // RFC 5681 (4)
    this.#window = this.#threshold;
    this.#counted = 0;
  }

  onRecovered(flight: number): void {
    // RFC 6582 §3.2 (3), the first choice: no burst when little is outstanding.
    this.#window = Math.min(this.#threshold, Math.max(flight, this.#mss) + this.#mss);
    this.#counted = 0;
  }

  onTimeout(flight: number, first: boolean): void {
    if (first) this.#threshold = Math.max(flight / 2, 2 * this.#mss);
    this.#window = this.#mss;
    this.#counted = 0;
  }

  onIdle(): void {
    this.#window = Math.min(this.#window, this.#initial());
  }
}
