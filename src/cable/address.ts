/** What `--cable` says: `lan`, `tap:<name>`, `udp:<local port>[:<remote host>]:<remote port>`, `user`. */
import { LanError } from '../base/errors.ts';

export interface UdpAddress {
  readonly kind: 'udp';
  /** 0: the system chooses one. */
  readonly localPort: number;
  readonly remoteHost: string;
  readonly remotePort: number;
}

export type CableAddress =
  /** A simulated LAN with a demo host. */
  | { readonly kind: 'lan' }
  /** A TAP of the Linux kernel. */
  | { readonly kind: 'tap'; readonly name: string }
  /** One datagram, one frame; the format of QEMU's `-netdev dgram`. */
  | UdpAddress
  /** QEMU's user networking: for emulated boards only. */
  | { readonly kind: 'user' };

const FORMS = 'lan, tap:<name>, udp:<local port>:<remote host>:<remote port>, user';
const bad = (text: string, why: string): LanError => new LanError('BAD_CABLE', `cable '${text}': ${why}`);

/** Throws BAD_CABLE, which names what is wrong. */
export function parseCable(text: string): CableAddress {
  const [kind = '', ...parts] = text.split(':');
  if ((kind === 'lan' || kind === 'user') && parts.length === 0) return { kind };
  if (kind === 'tap') return parseTap(text, parts);
  if (kind === 'udp') return parseUdp(text, parts);
  throw bad(text, `unknown; it is one of: ${FORMS}`);
}

function parseTap(text: string, parts: readonly string[]): CableAddress {
  const name = parts.join(':');
  // Linux: IFNAMSIZ is 16 with the zero at its end; '/', ':' and space are refused, and '%' would be a pattern.
  if (!/^[!-$&-.0-9;-~]{1,15}$/.test(name) || name === '.' || name === '..')
    throw bad(
      text,
      `'${name}' is no name of a network interface (1 to 15 characters without '/', ':', '%' or space: tap:tap0)`,
    );
  return { kind: 'tap', name };
}

function parseUdp(text: string, parts: readonly string[]): UdpAddress {
  const [local = '', ...remote] = parts;
  const remotePort = remote.pop() ?? '';
  const [remoteHost = '127.0.0.1', ...rest] = remote;
  if (rest.length > 0 || !/^[a-z0-9.-]{1,253}$/i.test(remoteHost))
    throw bad(text, `'${remote.join(':')}' is no host name or IPv4 address (udp:7001:127.0.0.1:7002)`);
  return { kind: 'udp', localPort: port(text, local, 0), remoteHost, remotePort: port(text, remotePort, 1) };
}

function port(text: string, digits: string, lowest: 0 | 1): number {
  const value = Number(digits);
  if (/^\d{1,5}$/.test(digits) && value >= lowest && value <= 65_535) return value;
  throw bad(text, `'${digits}' is no port (${lowest} to 65535), as in udp:7001:127.0.0.1:7002`);
}
