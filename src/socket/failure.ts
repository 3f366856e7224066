/** What a call throws when the network is to blame. */
import { LanError } from '../base/errors.ts';
import type { Endpoint } from '../transport/ports.ts';
import { formatOpen } from './area.ts';

const REASONS: Record<string, string> = {
  ECONNREFUSED: 'nobody listens there',
  ECONNRESET: 'the peer has reset the connection',
  ECONNABORTED: 'the connection was aborted here',
  ETIMEDOUT: 'the peer does not answer',
  EHOSTUNREACH: 'the peer cannot be reached',
  ENETUNREACH: 'no route leads there',
  ENETDOWN: 'the link is down',
  EMSGSIZE: 'the datagram is too long for the way',
  EPIPE: 'this side has ended',
};

/** `read(4), 192.0.2.2:80: the peer has reset the connection`. */
export const failed = (descriptor: number, call: string, code: string, remote: Endpoint | undefined): LanError =>
  new LanError(code, `${call}(${descriptor}), ${formatOpen(remote)}: ${REASONS[code] ?? code}`);
