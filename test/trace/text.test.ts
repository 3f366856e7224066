import { expect, test } from 'vitest';
import { type Ip, type Mac, parseIp, parseMac } from '../../src/base/address.ts';
import { bytes } from '../../src/base/bytes.ts';
import type { Instant } from '../../src/base/time.ts';
import type { TraceEvent } from '../../src/trace/event.ts';
import { formatEvent } from '../../src/trace/text.ts';
import { arpReply, arpRequest, chipFrame, echoRequest, lineFrame } from './frames.ts';

const at = 1_234_567.8 as Instant;
const describe = (map: string, register: string, value: number): string => `<${map} ${register} ${value}>`;
const ip: Ip = parseIp('192.0.2.1');
const mac: Mac = parseMac('02:00:5e:10:00:01');

test.for(
  (
    [
      [
        { kind: 'register', at, map: 'card', op: 'write', register: 'COMMAND', address: 8, value: 6 },
        'card    write      COMMAND          0x00000006  <card COMMAND 6>',
      ],
      [
        { kind: 'block', at, map: 'board', op: 'read', address: 0x4000, bytes: bytes('55 55 d5') },
        'board   reads      0x04000 3 bytes  55 55 d5',
      ],
      [
        { kind: 'interrupt', at, map: 'card', level: true, causes: 3 },
        'card    irq up     0x00000003  <card IRQ_STATUS 3>',
      ],
      [
        { kind: 'slot', at, memory: 'transmit', slot: 2, offset: 0x1000, length: 98, state: 'sending' },
        'memory  sending    transmit 2   98 bytes at 0x01000',
      ],
      [{ kind: 'mac', at, state: 'transmit', attempt: 3 }, 'mac     transmit   attempt 3'],
      [{ kind: 'phy', at, link: true, speed: 100, duplex: 'full' }, 'phy     link up    100 Mb/s, full duplex'],
      [lineFrame(at, 'out', arpRequest()), 'line    out          72 octets  ARP who has 192.0.2.1? tell 192.0.2.2'],
      [chipFrame(at, 'in', arpReply()), 'line    in           60 octets  ARP 192.0.2.1 is at 02:00:5e:10:00:01'],
      [
        lineFrame(at, 'in', echoRequest(56)),
        'line    in          110 octets  192.0.2.2 → 192.0.2.1 ICMP echo request id 7 seq 1',
      ],
      [
        { ...lineFrame(at, 'in', echoRequest(56)), drop: 'mac:fcs-error' } as TraceEvent,
        'line    in          110 octets  192.0.2.2 → 192.0.2.1 ICMP echo request id 7 seq 1  dropped: mac:fcs-error',
      ],
      [
        { kind: 'frame', at, direction: 'in', raw: true, bytes: bytes('5555 1234') },
        'line    in            4 octets  55 55 12 34',
      ],
      [{ kind: 'drop', at, reason: 'udp:no-socket' }, 'drop               udp:no-socket'],
      [{ kind: 'cell', at, direction: 'out', again: true, bytes: bytes('a5 03') }, 'serial  out        again a5 03'],
      [{ kind: 'link', at, state: 'lost', detail: 'silent for 2 s' }, 'serial  lost       silent for 2 s'],
      [{ kind: 'arp', at, ip, mac, state: 'known' }, 'arp     known      192.0.2.1 at 02:00:5e:10:00:01'],
      [{ kind: 'arp', at, ip, mac: undefined, state: 'asking' }, 'arp     asking     192.0.2.1'],
      [
        {
          kind: 'socket',
          at,
          descriptor: 3,
          protocol: 'tcp',
          state: 'SYN-SENT',
          local: '192.0.2.2:49152',
          remote: '192.0.2.1:80',
        },
        'tcp     socket 3   SYN-SENT  192.0.2.2:49152 – 192.0.2.1:80',
      ],
      [{ kind: 'call', at, descriptor: 3, call: 'write', detail: '1460 bytes' }, 'call    socket 3   write 1460 bytes'],
    ] as const satisfies readonly (readonly [TraceEvent, string])[]
  ).map(([event, line]) => [event.kind, line, event] as const),
)('a %s is one line: %s', ([, line, event]) => {
  expect(formatEvent(event, describe)).toBe(`    1.234568  ${line}`);
});

test('a frame of anything at all is one line', () => {
  for (let length = 0; length < 80; length++) {
    const event = chipFrame(at, 'in', echoRequest(20).subarray(0, length));
    expect(formatEvent(event)).toMatch(/^ {4}1\.234568 {2}line {4}in {9}.*$/);
  }
});
