/** What a segment does to a connection: RFC 9293 §3.10.7.3 and §3.10.7.4, in the order of that text, with RFC 5961's checks. */
import type { Instant } from '../../base/time.ts';
import { FLAG, type TcpView } from '../../wire/tcp.ts';
import { TcpOptionFields } from '../../wire/tcp-options.ts';
import type { ControlBlock, TcpDrop } from './control-block.ts';
import { distance, isAfter, isBefore, plus, type Seq } from './seq.ts';

// Filled anew by each segment that has options, and used up before the next.
const options = new TcpOptionFields();

/** `tcp` is borrowed until return. The caller's poll sends what this leaves to send. */
export function segmentArrives(block: ControlBlock, tcp: TcpView, now: Instant): void {
  const dropped = block.state === 'SYN-SENT' ? inSynSent(block, tcp, now) : inOtherStates(block, tcp, now);
  if (dropped !== undefined) block.owner.drop(dropped, now, tcp.bytes);
  block.owner.touch(block);
}

/** Both SYNs' options, which hold for the connection's life. */
export function agree(block: ControlBlock, tcp: TcpView): void {
  options.parse(tcp);
  const { sender, receiver } = block;
  sender.agree(options, block.owner.internet.payloadLimit(block.remote.ip));
  // RFC 7323 §2.2: scaled only if both SYNs carry the option.
  if (options.windowScale === undefined) return;
  sender.scale = options.windowScale;
  receiver.scale = receiver.offeredScale;
}

/** The first SYN of a passive open. */
export function synArrives(block: ControlBlock, tcp: TcpView): void {
  block.receiver.start(tcp.seq as Seq);
  agree(block, tcp);
  block.sender.setWindow(tcp.seq as Seq, block.sender.una, tcp.window);
  block.owner.touch(block);
}

function inSynSent(block: ControlBlock, tcp: TcpView, now: Instant): TcpDrop | undefined {
  const { sender, receiver } = block;
  const ack = tcp.ack as Seq;
  const acknowledges = tcp.has(FLAG.ack);
  if (acknowledges && (!isAfter(ack, sender.iss) || isAfter(ack, sender.nxt))) {
    if (!tcp.has(FLAG.rst)) block.owner.reset(block.local, block.remote, ack, undefined);
    return 'tcp:bad-ack';
  }
  if (tcp.has(FLAG.rst)) {
    if (!acknowledges) return 'tcp:bad-reset';
    block.fail('ECONNREFUSED');
    return;
  }
  if (!tcp.has(FLAG.syn)) return 'tcp:no-ack';
  receiver.start(tcp.seq as Seq);
  agree(block, tcp);
  if (acknowledges) {
    sender.acknowledge(ack, false, undefined, now);
    sender.setWindow(tcp.seq as Seq, ack, tcp.window);
    receiver.acknowledgeNow();
    block.establish(now);
  } else {
    // RFC 9293 §3.5, figure 8: both open at the same time.
    sender.setWindow(tcp.seq as Seq, sender.una, tcp.window);
    block.enter('SYN-RECEIVED', now);
    sender.resendSyn();
    return;
  }
  takePayload(block, tcp, plus(tcp.seq as Seq, 1), now);
  return;
}

function inOtherStates(block: ControlBlock, tcp: TcpView, now: Instant): TcpDrop | undefined {
  const { receiver } = block;
  const start = tcp.seq as Seq;
  const flags = tcp.flags;
  if (!receiver.isAcceptable(start, tcp.sequenceLength) && !isAtShutWindow(block, tcp))
    return notAcceptable(block, tcp, now);
  if (flags & FLAG.rst) {
    if (start === receiver.nxt) {
      resetArrived(block);
      return;
    }
    block.challenge(now); // RFC 5961 §3.2
    return 'tcp:bad-reset';
  }
  if (flags & FLAG.syn) {
    // RFC 9293 §3.10.7.4, fourth: a passive open goes back to LISTEN; else RFC 5961 §4.2.
    if (block.state === 'SYN-RECEIVED' && block.passive) block.enter('CLOSED', now);
    else block.challenge(now);
    return 'tcp:unexpected-syn';
  }
  if ((flags & FLAG.ack) === 0) return 'tcp:no-ack';
  const refused = takeAck(block, tcp, now);
  if (refused !== undefined || block.state === 'CLOSED') return refused;
  return takePayload(block, tcp, start, now);
}

function resetArrived(block: ControlBlock): void {
  const { state } = block;
  if (state === 'SYN-RECEIVED') block.fail('ECONNREFUSED');
  // Both sides have closed already: nothing of value is lost.
  else if (state === 'CLOSING' || state === 'LAST-ACK' || state === 'TIME-WAIT') block.enter('CLOSED');
  else block.fail('ECONNRESET');
}

/** MUST-66, X-SEG-2: a shut window still takes ACK and RST of a segment that stands where the next octet is expected. */
function isAtShutWindow(block: ControlBlock, tcp: TcpView): boolean {
  return block.receiver.window === 0 && tcp.seq === block.receiver.nxt;
}

function notAcceptable(block: ControlBlock, tcp: TcpView, now: Instant): TcpDrop {
  const { sender, receiver } = block;
  if (tcp.has(FLAG.rst)) return 'tcp:bad-reset';
  if (block.state === 'TIME-WAIT' && tcp.has(FLAG.fin)) block.restartTimeWait(now);
  // The peer's SYN again: it has not seen ours.
  if (block.state === 'SYN-RECEIVED' && tcp.has(FLAG.syn) && !tcp.has(FLAG.ack) && tcp.seq === receiver.irs)
    sender.resendSyn();
  else receiver.acknowledgeNow();
  return 'tcp:out-of-window';
}

function takeAck(block: ControlBlock, tcp: TcpView, now: Instant): TcpDrop | undefined {
  const { sender } = block;
  const ack = tcp.ack as Seq;
  const state = block.state;
  if (state === 'SYN-RECEIVED') {
    if (!isAfter(ack, sender.una) || isAfter(ack, sender.nxt)) {
      block.owner.reset(block.local, block.remote, ack, undefined);
      return 'tcp:bad-ack';
    }
    sender.acknowledge(ack, false, undefined, now);
    sender.setWindow(tcp.seq as Seq, ack, tcp.window * 2 ** sender.scale);
    block.establish(now);
    return;
  }
  // RFC 5961 §5.2: older than any window the peer ever gave, or from the future.
  if (isAfter(ack, sender.nxt) || distance(sender.una, ack) > sender.maxWindow) {
    block.challenge(now);
    return 'tcp:bad-ack';
  }
  if (isBefore(ack, sender.una)) return; // a duplicate: its payload may still be new
  const window = tcp.window * 2 ** sender.scale;
  const moved = sender.updateWindow(tcp.seq as Seq, ack, window);
  const bare = !moved && tcp.sequenceLength === 0;
  const acknowledged = sender.acknowledge(ack, bare, tcp.hasOptions ? options.parse(tcp) : undefined, now);
  if (acknowledged > 0) block.change();
  if (sender.finAcknowledged) finAcknowledged(block, now);
  return;
}

function finAcknowledged(block: ControlBlock, now: Instant): void {
  if (block.state === 'FIN-WAIT-1') block.enter('FIN-WAIT-2', now);
  else if (block.state === 'CLOSING') block.enter('TIME-WAIT', now);
  else if (block.state === 'LAST-ACK') block.enter('CLOSED', now);
}

function takePayload(block: ControlBlock, tcp: TcpView, start: Seq, now: Instant): TcpDrop | undefined {
  const { receiver } = block;
  const length = tcp.payloadLength;
  if (length > 0 && block.receives) {
    if (block.released && isAfter(plus(start, length), receiver.nxt)) {
      // RFC 9293 §3.6.1 (SHLD-3): nobody will read it, and the peer had better know.
      block.abort('ECONNABORTED');
      return 'tcp:after-close';
    }
    const before = receiver.nxt;
    if (!receiver.accept(start, tcp.payload, now)) return 'tcp:too-many-gaps';
    if (receiver.nxt !== before) block.change();
  }
  if (tcp.has(FLAG.fin)) receiver.noteFin(plus(start, length));
  if (receiver.takeFin()) finArrived(block, now);
  else if (tcp.has(FLAG.fin)) receiver.acknowledgeNow();
  return;
}

function finArrived(block: ControlBlock, now: Instant): void {
  if (block.state === 'ESTABLISHED') block.enter('CLOSE-WAIT', now);
  else if (block.state === 'FIN-WAIT-1') block.enter('CLOSING', now);
  else if (block.state === 'FIN-WAIT-2') block.enter('TIME-WAIT', now);
}
