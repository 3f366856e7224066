/** What every part of the card shares: the time of this poll, and who is looking on. */
import type { Instant } from '../base/time.ts';
import type { Tracer } from '../trace/event.ts';

export interface Scope {
  /** Set by the adapter's poll; an access between two polls bears the time of the earlier one. */
  now: Instant;
  readonly trace: Tracer | undefined;
}
