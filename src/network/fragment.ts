/** Cutting a datagram that is longer than the link's frames: RFC 791 section 3.2, "An Example Fragmentation Procedure". */
import { IPV4_HEADER, Ipv4View } from '../wire/ipv4.ts';

/** The pieces of a datagram that has no options, each at most `mtu` octets with its own header; `mtu` is at least 68 (RFC 791). */
export function fragment(datagram: Uint8Array, mtu: number): Uint8Array[] {
  const whole = new Ipv4View(datagram);
  const payload = whole.payload;
  const room = mtu - IPV4_HEADER;
  const most = room & ~7; // offsets count in units of 8 octets, so only the last piece may use all the room
  const pieces: Uint8Array[] = [];
  for (let offset = 0; offset < payload.length; ) {
    const rest = payload.length - offset;
    const part = payload.subarray(offset, offset + (rest <= room ? rest : most));
    const piece = new Uint8Array(IPV4_HEADER + part.length);
    const more = offset + part.length < payload.length;
    const word = Ipv4View.fragmentWord(false, more, offset);
    const { tos, identification, ttl, protocol, source, destination } = whole;
    Ipv4View.write(piece, 0, piece.length, tos, identification, word, ttl, protocol, source, destination);
    piece.set(part, IPV4_HEADER);
    pieces.push(piece);
    offset += part.length;
  }
  return pieces;
}
