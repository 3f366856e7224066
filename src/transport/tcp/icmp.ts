/** What an ICMP error does to the connection it is about: RFC 9293 §3.9.2.2, with RFC 5927's check of the quoted sequence number. */
import type { IcmpError } from '../../network/internet.ts';
import type { ControlBlock, TcpError } from './control-block.ts';
import { inWindow, type Seq } from './seq.ts';

const SMALLEST_MTU = 576; // what every host takes: RFC 1122 3.3.2
const HEADERS = 40;

/** `quoted`: the sequence number of the segment that the error is about. */
export function errorArrives(block: ControlBlock, error: IcmpError, quoted: Seq): void {
  const { sender } = block;
  if (!inWindow(quoted, sender.una, sender.outstanding)) return; // RFC 5927 §4.1: nothing of ours on its way
  switch (error.kind) {
    case 'source-quench':
      return; // MUST-55
    case 'fragmentation-needed':
      sender.limitSegments(Math.max(error.mtu, SMALLEST_MTU) - HEADERS);
      block.owner.touch(block);
      return;
    case 'protocol-unreachable':
    case 'port-unreachable':
      // SHLD-26: hard, but only where no peer has spoken yet (RFC 5927 §5.2).
      if (block.state === 'SYN-SENT') block.fail('ECONNREFUSED');
      else soften(block, 'ECONNREFUSED');
      return;
    case 'net-unreachable':
      soften(block, 'ENETUNREACH');
      return;
    default:
      // Was it our own ARP? IP says so when the SYN goes again, once, and then the open need not wait; a stranger's ICMP ends nothing.
      if (error.kind === 'host-unreachable' && block.state === 'SYN-SENT' && block.softError === undefined)
        sender.resendSyn();
      soften(block, 'EHOSTUNREACH');
  }
}

/** SHLD-25, MUST-56: told, and no reason to give up. */
function soften(block: ControlBlock, error: TcpError): void {
  block.softError = error;
  block.change();
}
