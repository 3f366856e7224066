/** Segments out: built in the place that IP gives, from the control block and the send queue (RFC 9293 §3.10.8 names what is in them). */
import { put16 } from '../../base/bytes.ts';
import type { Instant } from '../../base/time.ts';
import { PROTOCOL, type SendOptions } from '../../network/internet.ts';
import { checksumOf, pseudoHeaderSum, sum } from '../../wire/checksum.ts';
import { FLAG, TCP_HEADER, TcpView } from '../../wire/tcp.ts';
import {
  MAX_SACK_BLOCKS,
  putSackOption,
  putSynOptions,
  sackOptionLength,
  synOptionsLength,
} from '../../wire/tcp-options.ts';
import type { Endpoint } from '../ports.ts';
import type { ControlBlock } from './control-block.ts';
import { plus, type Seq } from './seq.ts';

// Filled for one ACK, and used up before the next.
const edges = new Uint32Array(2 * MAX_SACK_BLOCKS);

/** Ports, numbers and flags; the rest of a header's fields. The checksum comes last, when the payload is there. */
export function putHeader(
  bytes: Uint8Array,
  local: Endpoint,
  remote: Endpoint,
  headerLength: number,
  seq: Seq,
  ack: number,
  flags: number,
  window: number,
): void {
  const tcp = new TcpView(bytes);
  tcp.sourcePort = local.port;
  tcp.destinationPort = remote.port;
  tcp.seq = seq;
  tcp.ack = ack;
  tcp.headerLength = headerLength;
  tcp.flags = flags;
  tcp.window = window;
  tcp.checksum = 0;
  tcp.urgentPointer = 0;
}

export function putChecksum(bytes: Uint8Array, local: Endpoint, remote: Endpoint): void {
  const pseudo = pseudoHeaderSum(local.ip, remote.ip, PROTOCOL.tcp, bytes.length);
  put16(bytes, 16, checksumOf(sum(bytes, 0, bytes.length, pseudo)));
}

/** Sends everything that may go now; false when IP had no place for some of it. */
export function flush(block: ControlBlock, now: Instant): boolean {
  if (block.state === 'CLOSED') return true;
  const { sender, receiver } = block;
  // Out of order: a peer without SACK counts ACKs, one with it reads them. A segment with payload would not be counted (RFC 5681 §2).
  for (let owed = receiver.queue.islands > 0 ? receiver.owed : 0; owed > 0; owed--) {
    if (!sendAck(block, now)) return false;
    receiver.keepOwing(sender.sackPermitted ? 0 : owed - 1);
    if (sender.sackPermitted) break;
  }
  if (!sender.flush(now, (seq, length) => sendSequence(block, seq, length, now))) return false;
  if (block.state === 'SYN-SENT' || sender.nxt === sender.iss) return true;
  return (receiver.owed === 0 && !receiver.wantsUpdate) || sendAck(block, now);
}

function place(
  block: ControlBlock,
  length: number,
  options: SendOptions = block.settings.ip,
): Uint8Array | 'busy' | 'lost' {
  const { internet } = block.owner;
  const answer = internet.begin(PROTOCOL.tcp, block.local.ip, block.remote.ip, length, options);
  if (typeof answer !== 'string') return answer;
  if (answer === 'ip:busy') return 'busy';
  // As good as lost on the way: the timer will send it again, until R2.
  block.owner.drop('tcp:not-sent', block.owner.now);
  if (answer === 'ip:host-unreachable' || answer === 'ip:no-route') {
    const error = answer === 'ip:no-route' ? 'ENETUNREACH' : 'EHOSTUNREACH';
    // This is our own IP speaking, not a stranger's ICMP: an open need not wait.
    if (block.state === 'SYN-SENT') block.fail(error);
    else block.softError = error;
  }
  return 'lost';
}

function sendSequence(block: ControlBlock, seq: Seq, length: number, now: Instant): boolean {
  const { sender, receiver } = block;
  if (seq === sender.iss && !sender.synAcknowledged) return sendSyn(block, now);
  const from = sender.positionOf(seq);
  const data = Math.min(length, sender.queue.end - from);
  // Cut before the path's MTU shrank: routers may fragment it (RFC 1191 §3), since a segment keeps its length.
  const options = data > sender.mss ? { ...block.settings.ip, dontFragment: false } : block.settings.ip;
  const bytes = place(block, TCP_HEADER + data, options);
  if (typeof bytes === 'string') return bytes === 'lost';
  let flags: number = FLAG.ack;
  if (data > 0 && from + data === sender.queue.end) flags |= FLAG.psh; // MUST-61
  if (length > data && sender.isFin(plus(seq, data))) flags |= FLAG.fin;
  putHeader(bytes, block.local, block.remote, TCP_HEADER, seq, receiver.nxt, flags, receiver.announce(false));
  sender.queue.copy(from, data, bytes, TCP_HEADER);
  putChecksum(bytes, block.local, block.remote);
  block.owner.internet.end(now);
  return true;
}

function sendSyn(block: ControlBlock, now: Instant): boolean {
  const { sender, receiver } = block;
  const answering = block.state !== 'SYN-SENT';
  // Our SYN offers everything; an answer only what the other SYN carried.
  const scale = !answering || receiver.scale > 0 || sender.scale > 0 ? receiver.offeredScale : undefined;
  const sack = !answering || sender.sackPermitted;
  const header = TCP_HEADER + synOptionsLength(scale, sack);
  const bytes = place(block, header);
  if (typeof bytes === 'string') return bytes === 'lost';
  const flags = answering ? FLAG.syn | FLAG.ack : FLAG.syn;
  const ack = answering ? receiver.nxt : 0;
  putHeader(bytes, block.local, block.remote, header, sender.iss, ack, flags, receiver.announce(true));
  putSynOptions(bytes, TCP_HEADER, receiver.mss, scale, sack);
  putChecksum(bytes, block.local, block.remote);
  block.owner.internet.end(now);
  return true;
}

function sendAck(block: ControlBlock, now: Instant): boolean {
  const { sender, receiver } = block;
  const blocks = sender.sackPermitted ? receiver.sackBlocks(edges) : 0;
  const header = TCP_HEADER + sackOptionLength(blocks);
  const bytes = place(block, header);
  if (typeof bytes === 'string') return bytes === 'lost';
  putHeader(bytes, block.local, block.remote, header, sender.nxt, receiver.nxt, FLAG.ack, receiver.announce(false));
  if (blocks > 0) putSackOption(bytes, TCP_HEADER, edges, blocks);
  putChecksum(bytes, block.local, block.remote);
  block.owner.internet.end(now);
  return true;
}
