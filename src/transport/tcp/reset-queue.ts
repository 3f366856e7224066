/** RSTs that wait for the next poll: answers to segments that belong to no connection, and ends of connections that are gone (RFC 9293 §3.5.2). */
import type { Instant } from '../../base/time.ts';
import { PROTOCOL } from '../../network/internet.ts';
import { FLAG, TCP_HEADER } from '../../wire/tcp.ts';
import type { Endpoint } from '../ports.ts';
import type { Owner } from './control-block.ts';
import { putChecksum, putHeader } from './output.ts';
import type { Seq } from './seq.ts';

// When it is full the new one is dropped: the peer will ask again, or time out.
const LIMIT = 256;

interface Reset {
  readonly local: Endpoint;
  readonly remote: Endpoint;
  readonly seq: Seq;
  readonly ack: Seq | undefined;
}

export class ResetQueue {
  #waiting: Reset[] = [];

  get isEmpty(): boolean {
    return this.#waiting.length === 0;
  }

  /** False: full, and dropped. */
  add(local: Endpoint, remote: Endpoint, seq: Seq, ack: Seq | undefined): boolean {
    if (this.#waiting.length >= LIMIT) return false;
    this.#waiting.push({ local, remote, seq, ack });
    return true;
  }

  /** Sends them; false when IP had no place for one. */
  flush(owner: Owner, now: Instant): boolean {
    const { internet } = owner;
    let sent = 0;
    for (const { local, remote, seq, ack } of this.#waiting) {
      const bytes = internet.begin(PROTOCOL.tcp, local.ip, remote.ip, TCP_HEADER);
      if (bytes === 'ip:busy') break;
      sent++;
      if (typeof bytes === 'string') {
        owner.drop('tcp:not-sent', now);
        continue;
      }
      const flags = ack === undefined ? FLAG.rst : FLAG.rst | FLAG.ack;
      putHeader(bytes, local, remote, TCP_HEADER, seq, ack ?? 0, flags, 0);
      putChecksum(bytes, local, remote);
      internet.end(now);
    }
    if (sent === this.#waiting.length) this.#waiting.length = 0;
    else this.#waiting = this.#waiting.slice(sent);
    return this.isEmpty;
  }
}
