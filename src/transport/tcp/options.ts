/** What an application may choose for a connection, and what a stack chooses for all of them. */
import { type Duration, milliseconds, seconds } from '../../base/time.ts';
import { checkedTtl } from '../../network/internet.ts';
import { MIN_RTO } from './rtt.ts';

/** A connection's choices; a listener's are those of each connection it accepts. */
export interface TcpOptions {
  /** Sends small segments at once instead of waiting for the acknowledgement of earlier ones (Nagle off, MUST-17). Default false. */
  readonly noDelay?: boolean;
  /** Octets that may wait to be sent and acknowledged: 4096 … 2²⁰. Default 262144. */
  readonly sendBuffer?: number;
  /** Octets that may wait to be read: 4096 … 2²⁰. Default 262144. */
  readonly receiveBuffer?: number;
  /** How long unacknowledged data are sent again before ETIMEDOUT: R2 of RFC 9293 §3.8.3 (MUST-21, SHLD-11). Default five minutes (§3.9.1.1). */
  readonly userTimeout?: Duration;
  /** Of every segment's IP header (MUST-49): 1 … 255. Default: IP's. */
  readonly ttl?: number;
  /** The DSCP and ECN octet of every segment's IP header (MUST-48). Default 0. */
  readonly tos?: number;
}

/** A stack's choices. */
export interface TcpTuning {
  /** Connections in any state, TIME-WAIT included. When full, the oldest in TIME-WAIT makes room; without one no more are opened. Default 16384. */
  readonly connections?: number;
  /** Maximum segment lifetime: TIME-WAIT lasts twice as long (MUST-13). Default 30 s, as Linux has it; RFC 9293 says two minutes and lets one choose. */
  readonly msl?: Duration;
  /** Shortest retransmission timeout. Default 1 s: RFC 6298 (2.4). */
  readonly minRto?: Duration;
  /** How long an acknowledgement may wait for company: below 0.5 s (MUST-40). Default 40 ms. */
  readonly delayedAck?: Duration;
}

const BUFFER = 262_144;
const SMALLEST_BUFFER = 4_096;
const LARGEST_BUFFER = 1_048_576;
const USER_TIMEOUT = seconds(300);
const SYN_TIMEOUT = seconds(180); // MUST-23: R2 of a SYN
const bounded = (octets: number): number => Math.min(Math.max(octets, SMALLEST_BUFFER), LARGEST_BUFFER);

/** Everything decided. */
export interface Settings {
  readonly noDelay: boolean;
  readonly sendBuffer: number;
  readonly receiveBuffer: number;
  readonly userTimeout: Duration;
  readonly synTimeout: Duration;
  readonly msl: Duration;
  readonly minRto: Duration;
  readonly delayedAck: Duration;
  readonly ip: { readonly ttl?: number; readonly tos?: number };
}

/** Throws BAD_TTL. */
export const settle = (options: TcpOptions, tuning: TcpTuning): Settings => ({
  noDelay: options.noDelay ?? false,
  sendBuffer: bounded(options.sendBuffer ?? BUFFER),
  receiveBuffer: bounded(options.receiveBuffer ?? BUFFER),
  userTimeout: options.userTimeout ?? USER_TIMEOUT,
  synTimeout: options.userTimeout ?? SYN_TIMEOUT,
  msl: tuning.msl ?? seconds(30),
  minRto: tuning.minRto ?? MIN_RTO,
  delayedAck: tuning.delayedAck ?? milliseconds(40),
  ip: {
    ...(options.ttl === undefined ? {} : { ttl: checkedTtl(options.ttl) }),
    ...(options.tos === undefined ? {} : { tos: options.tos }),
  },
});
