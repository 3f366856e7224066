/** The group addresses that somebody on this computer listens to, and the hash filter that lets them in. */
import { multicastHash } from '../adapter/address-filter.ts';
import type { Mac } from '../base/address.ts';

export class MulticastGroups {
  /** How many want each group. */
  readonly #members = new Map<Mac, number>();

  join(group: Mac): void {
    this.#members.set(group, (this.#members.get(group) ?? 0) + 1);
  }

  /** Leaving a group that nobody joined does nothing. */
  leave(group: Mac): void {
    const left = (this.#members.get(group) ?? 0) - 1;
    if (left > 0) this.#members.set(group, left);
    else this.#members.delete(group);
  }

  /** MULTICAST_LOW and MULTICAST_HIGH. Made anew each time: two groups may share a bit. */
  filter(): { readonly low: number; readonly high: number } {
    let low = 0;
    let high = 0;
    for (const group of this.#members.keys()) {
      const bit = multicastHash(group);
      if (bit < 32) low |= 1 << bit;
      else high |= 1 << (bit - 32);
    }
    return { low: low >>> 0, high: high >>> 0 };
  }
}
