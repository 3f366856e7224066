/** MAC and IPv4 addresses, as numbers: equal when `===`, usable as a Map's key. */
import { LanError } from './errors.ts';

/** 48 bits, first octet on top: 02:00:00:00:00:01 is 0x0200_0000_0001. */
export type Mac = number & { readonly __unit: 'mac' };
/** 32 bits unsigned, first octet on top: 192.0.2.1 is 0xc000_0201. */
export type Ip = number & { readonly __unit: 'ipv4' };

export const BROADCAST_MAC = 0xffff_ffff_ffff as Mac;
export const ANY_IP = 0 as Ip;
export const BROADCAST_IP = 0xffff_ffff as Ip;
export const LOOPBACK_IP = 0x7f00_0001 as Ip;

/** The group bit: the first bit on the line, the lowest of the first octet (IEEE 802.3 clause 3.2.3). */
export const isGroupMac = (mac: Mac): boolean => Math.floor(mac / 2 ** 40) % 2 === 1;
export const isMulticastIp = (ip: Ip): boolean => ip >>> 28 === 0xe;

/** `02:00:5e:10:00:01`. */
export const formatMac = (mac: Mac): string =>
  (mac as number)
    .toString(16)
    .padStart(12, '0')
    .replace(/..(?!$)/g, '$&:');
/** `192.0.2.1`. */
export const formatIp = (ip: Ip): string => [ip >>> 24, (ip >>> 16) & 255, (ip >>> 8) & 255, ip & 255].join('.');

/** Throws BAD_ADDRESS on anything but six pairs of hex digits with `:` or `-` between them. */
export function parseMac(text: string): Mac {
  if (!/^[0-9a-f]{2}([:-][0-9a-f]{2}){5}$/i.test(text))
    throw new LanError('BAD_ADDRESS', `'${text}' is no MAC address (six pairs of hex digits: 02:00:5e:10:00:01)`);
  return Number.parseInt(text.replace(/[:-]/g, ''), 16) as Mac;
}

/** Dotted decimal, four parts of 0–255 without leading zeros; undefined when it is something else. */
export function tryIp(text: string): Ip | undefined {
  const parts = text.split('.');
  if (parts.length !== 4 || !parts.every((part) => /^(0|[1-9]\d{0,2})$/.test(part) && Number(part) <= 255)) return;
  return parts.reduce((ip, part) => ip * 256 + Number(part), 0) as Ip;
}

/** As tryIp, but throws BAD_ADDRESS. */
export function parseIp(text: string): Ip {
  const ip = tryIp(text);
  if (ip === undefined) throw new LanError('BAD_ADDRESS', `'${text}' is no IPv4 address (four numbers: 192.0.2.1)`);
  return ip;
}

/** An address with the length of its network's prefix, as in 192.0.2.2/24. */
export interface Prefix {
  readonly ip: Ip;
  readonly length: number;
}

export const prefixMask = (length: number): number => (length === 0 ? 0 : (0xffff_ffff << (32 - length)) >>> 0);
export const inPrefix = (ip: Ip, prefix: Prefix): boolean => ((ip ^ prefix.ip) & prefixMask(prefix.length)) === 0;
/** The directed broadcast address of the prefix: all host bits set. */
export const broadcastOf = (prefix: Prefix): Ip => ((prefix.ip | ~prefixMask(prefix.length)) >>> 0) as Ip;

/** `192.0.2.2/24`; without a length, /24. Throws BAD_ADDRESS. */
export function parsePrefix(text: string): Prefix {
  const [address = '', length = '24', ...rest] = text.split('/');
  if (rest.length > 0 || !/^\d{1,2}$/.test(length) || Number(length) > 32)
    throw new LanError('BAD_ADDRESS', `'${text}' is no address with prefix (192.0.2.2/24)`);
  return { ip: parseIp(address), length: Number(length) };
}
export const formatPrefix = (prefix: Prefix): string => `${formatIp(prefix.ip)}/${prefix.length}`;
