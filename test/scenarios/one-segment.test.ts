/** What a call becomes on the cable: each layer's header around the one above. */
import { expect, test } from 'vitest';
import { hex, u32le } from '../../src/base/bytes.ts';
import { crc32 } from '../../src/base/crc.ts';
import { seconds } from '../../src/base/time.ts';
import { PROTOCOL } from '../../src/network/internet.ts';
import { ETHER_TYPE, EthernetView } from '../../src/wire/ethernet.ts';
import { Ipv4View } from '../../src/wire/ipv4.ts';
import { FLAG, TcpView } from '../../src/wire/tcp.ts';
import { twoHosts } from './two-hosts.ts';

const seed = Number(process.env['SEED'] ?? 1);

test('S30 S45: the SYN of a connect lies in an IP packet, that in a frame, with preamble and SFD before it and the FCS behind', () => {
  const line: Uint8Array[] = [];
  const hosts = twoHosts(seed, {}, { observe: (octets, from) => from === 'a' && line.push(octets.slice()) });
  hosts.a.tcp.connect(undefined, { ip: hosts.ipOf.b, port: 80 });
  hosts.world.run(seconds(1));

  const frames = line.map((octets) => new EthernetView(octets.subarray(8, -4)));
  const at = frames.findIndex(({ type }) => type === ETHER_TYPE.ipv4);
  const [octets, frame] = [line[at] as Uint8Array, frames[at] as EthernetView];
  expect(hex(octets.subarray(0, 8))).toBe('55 55 55 55 55 55 55 d5');
  expect(u32le(octets, octets.length - 4)).toBe(crc32(frame.bytes));
  expect(frame).toMatchObject({ source: 0x0200_0000_000a, destination: 0x0200_0000_000b });
  const ip = Ipv4View.parse(frame.payload) as Ipv4View;
  expect(ip).toMatchObject({ source: hosts.ipOf.a, destination: hosts.ipOf.b, protocol: PROTOCOL.tcp });
  expect(TcpView.parse(ip.payload)).toMatchObject({ flags: FLAG.syn, destinationPort: 80, ack: 0 });
});
