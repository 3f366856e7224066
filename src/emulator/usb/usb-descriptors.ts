/** What a CDC-ACM device says of itself (USB 2.0, 9.6; CDC 1.2, 5; PSTN 1.2, 5.3), read as a host reads it. */
import { u16le } from '../../base/bytes.ts';

export const DESCRIPTOR = { device: 1, configuration: 2, string: 3, qualifier: 6, bos: 15 } as const;
const INTERFACE = 4;
const ENDPOINT = 5;
const ASSOCIATION = 11;
const FUNCTIONAL = 0x24;
const UNION = 6;
const HEADER = 0;
const ACM = 2;
const CLASS = { communication: 2, data: 10, miscellaneous: 0xef } as const;
const ABSTRACT_CONTROL = 2;
const TRANSFER = { bulk: 2, interrupt: 3 } as const;
/** Full speed, 5.8.3. */
const BULK_SIZES = [8, 16, 32, 64];

export interface UsbEndpoint {
  readonly endpoint: number;
  readonly isIn: boolean;
  readonly type: number;
  readonly packetSize: number;
}

export interface AcmConfiguration {
  readonly value: number;
  readonly communicationInterface: number;
  readonly in: UsbEndpoint;
  readonly out: UsbEndpoint;
  /** Strings that the interfaces name. */
  readonly strings: readonly number[];
}

interface Interface {
  readonly number: number;
  readonly class: number;
  readonly subclass: number;
  readonly string: number;
  readonly endpoints: UsbEndpoint[];
  readonly announced: number;
  readonly functional: Uint8Array[];
}

export type Complain = (what: string) => undefined;

const at = (bytes: Uint8Array, index: number): number => bytes[index] ?? 0;

/** The rules that a device descriptor of 18 bytes breaks. */
export function checkDevice(device: Uint8Array, complain: Complain): void {
  if (device.length !== 18 || at(device, 0) !== 18 || at(device, 1) !== DESCRIPTOR.device)
    complain(`device descriptor: ${device.length} bytes, type ${at(device, 1)}`);
  if (![8, 16, 32, 64].includes(at(device, 7))) complain(`device descriptor: bMaxPacketSize0 ${at(device, 7)}`);
  if (at(device, 17) < 1) complain('device descriptor: no configuration');
}

/** Each descriptor of a configuration, whole; a length that does not fit ends it. */
function* descriptorsOf(bytes: Uint8Array, complain: Complain): Generator<Uint8Array> {
  for (let from = 0; from < bytes.length; ) {
    const length = at(bytes, from);
    if (length < 2 || from + length > bytes.length) {
      complain(`configuration: a descriptor of ${length} bytes at ${from} of ${bytes.length}`);
      return;
    }
    yield bytes.subarray(from, from + length);
    from += length;
  }
}

function readInterfaces(bytes: Uint8Array, complain: Complain): { interfaces: Interface[]; hasAssociation: boolean } {
  const interfaces: Interface[] = [];
  let hasAssociation = false;
  for (const d of descriptorsOf(bytes, complain)) {
    const last = interfaces.at(-1);
    if (at(d, 1) === INTERFACE)
      interfaces.push({
        number: at(d, 2),
        announced: at(d, 4),
        class: at(d, 5),
        subclass: at(d, 6),
        string: at(d, 8),
        endpoints: [],
        functional: [],
      });
    else if (at(d, 1) === ENDPOINT && d.length >= 7) last?.endpoints.push(endpointOf(d, complain));
    else if (at(d, 1) === FUNCTIONAL) last?.functional.push(d);
    else if (at(d, 1) === ASSOCIATION) hasAssociation = true;
  }
  for (const { number, announced, endpoints } of interfaces)
    if (announced !== endpoints.length)
      complain(`interface ${number}: ${endpoints.length} endpoints where bNumEndpoints says ${announced}`);
  return { interfaces, hasAssociation };
}

function endpointOf(d: Uint8Array, complain: Complain): UsbEndpoint {
  const type = at(d, 3) & 3;
  const packetSize = u16le(d, 4);
  if (type === TRANSFER.bulk && !BULK_SIZES.includes(packetSize))
    complain(`a bulk endpoint with packets of ${packetSize}`);
  if (type === TRANSFER.interrupt && (packetSize > 64 || at(d, 6) === 0))
    complain(`an interrupt endpoint with packets of ${packetSize}, every ${at(d, 6)} ms`);
  return { endpoint: at(d, 2) & 15, isIn: at(d, 2) >= 0x80, type, packetSize };
}

/** The serial port in a configuration; undefined: a driver finds none. `deviceClass`: bDeviceClass. */
export function readAcm(bytes: Uint8Array, deviceClass: number, complain: Complain): AcmConfiguration | undefined {
  if (u16le(bytes, 2) !== bytes.length)
    complain(`configuration: ${bytes.length} bytes where wTotalLength says ${u16le(bytes, 2)}`);
  if ((at(bytes, 7) & 0x80) === 0) complain('configuration: bit 7 of bmAttributes is 0');
  const { interfaces, hasAssociation } = readInterfaces(bytes, complain);
  if (new Set(interfaces.map(({ number }) => number)).size !== at(bytes, 4))
    complain(`configuration: ${interfaces.length} interfaces where bNumInterfaces says ${at(bytes, 4)}`);
  // Without it, Windows takes two interfaces for two functions.
  if (!(deviceClass === CLASS.communication || (deviceClass === CLASS.miscellaneous && hasAssociation)))
    complain(
      `device class ${deviceClass}, ${hasAssociation ? 'an' : 'no'} interface association: no serial port for Windows`,
    );
  const control = interfaces.find((one) => one.class === CLASS.communication && one.subclass === ABSTRACT_CONTROL);
  const union = control?.functional.find((d) => at(d, 2) === UNION);
  for (const kind of [HEADER, ACM, UNION])
    if (!control?.functional.some((d) => at(d, 2) === kind)) complain(`no functional descriptor ${kind}`);
  const data = interfaces.find((one) => one.class === CLASS.data && union !== undefined && one.number === at(union, 4));
  const [input, output] = [true, false].map((isIn) =>
    data?.endpoints.find((one) => one.type === TRANSFER.bulk && one.isIn === isIn),
  );
  if (control === undefined || input === undefined || output === undefined) {
    complain('configuration: no CDC-ACM function with a bulk endpoint in each direction');
    return;
  }
  const strings = interfaces.map(({ string }) => string).filter((index) => index !== 0);
  return { value: at(bytes, 5), communicationInterface: control.number, in: input, out: output, strings };
}

/** The text of a string descriptor; undefined: it is none. */
export function readString(bytes: Uint8Array): string | undefined {
  if (bytes.length < 2 || at(bytes, 0) !== bytes.length || at(bytes, 1) !== DESCRIPTOR.string || bytes.length % 2 !== 0)
    return;
  let text = '';
  for (let i = 2; i < bytes.length; i += 2) text += String.fromCharCode(u16le(bytes, i));
  return text;
}
