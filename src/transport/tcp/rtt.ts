/** The retransmission timeout, RFC 6298. */
import { type Duration, milliseconds, seconds } from '../../base/time.ts';

const INITIAL_RTO = seconds(1); // RFC 6298 (2.1)
/** RFC 6298 (2.4), to the letter. With SACK most losses are mended without it; who knows his peer's delayed ACK may set it lower. */
export const MIN_RTO = seconds(1);
const MAX_RTO = seconds(60); // RFC 6298 (2.5): no less
const AFTER_LOST_SYN = seconds(3); // RFC 6298 (5.7)
const GRANULARITY = milliseconds(1);

export class RttEstimator {
  readonly #min: Duration;
  #smoothed: Duration | undefined;
  #variation = 0;
  #shortest = Number.POSITIVE_INFINITY;
  #base: Duration = INITIAL_RTO;
  #backoff = 0;

  constructor(min: Duration = MIN_RTO) {
    this.#min = min;
  }

  /** Undefined before the first measurement. */
  get smoothed(): Duration | undefined {
    return this.#smoothed;
  }
  get variation(): Duration {
    return this.#variation as Duration;
  }
  /** The shortest round trip ever seen; infinite before the first. */
  get shortest(): Duration {
    return this.#shortest as Duration;
  }
  /** Backed off as it is. */
  get rto(): Duration {
    return Math.min(this.#base * 2 ** this.#backoff, MAX_RTO) as Duration;
  }

  /** One round trip of a segment that was sent once only: Karn's rule is the caller's. Ends the back-off. */
  measured(r: Duration): void {
    if (this.#smoothed === undefined) {
      this.#smoothed = r;
      this.#variation = r / 2;
    } else {
      this.#variation += (Math.abs(this.#smoothed - r) - this.#variation) / 4;
      this.#smoothed = (this.#smoothed + (r - this.#smoothed) / 8) as Duration;
    }
    if (r < this.#shortest) this.#shortest = r;
    const rto = this.#smoothed + Math.max(GRANULARITY, 4 * this.#variation);
    this.#base = Math.min(Math.max(rto, this.#min), MAX_RTO) as Duration;
    this.#backoff = 0;
  }

  /** The timer ran out: RFC 6298 (5.5). */
  backOff(): void {
    if (this.rto < MAX_RTO) this.#backoff++;
  }

  /** Data start after a SYN that had to be sent again. */
  restartAfterLostSyn(): void {
    this.#base = AFTER_LOST_SYN;
    this.#backoff = 0;
  }
}
