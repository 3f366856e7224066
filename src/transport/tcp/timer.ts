/** The one timer of a connection's sending half and end; the delayed ACK has its own in the receiver. */
import type { Duration, Instant } from '../../base/time.ts';

export type Timer =
  | { readonly kind: 'idle' }
  /** RFC 6298: something is outstanding. */
  | { readonly kind: 'retransmit'; readonly at: Instant }
  /** RFC 9293 §3.8.6.1: something waits and the window is shut, or too small to be worth it. */
  | { readonly kind: 'zero-window'; readonly at: Instant; readonly delay: Duration };

export const IDLE: Timer = { kind: 'idle' };
export const deadline = (timer: Timer): Instant | undefined => (timer.kind === 'idle' ? undefined : timer.at);
