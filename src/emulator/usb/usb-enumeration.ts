/** How Linux gets to know a device (drivers/usb/core/hub.c, config.c, message.c) and a serial port (drivers/usb/class/cdc-acm.c), request by request. */
import { equalBytes, put16le, put32le, u16le } from '../../base/bytes.ts';
import type { ControlResult } from './usb-control-pipe.ts';
import {
  type AcmConfiguration,
  type Complain,
  checkDevice,
  DESCRIPTOR,
  readAcm,
  readString,
} from './usb-descriptors.ts';

/** What the host does next; a request's result comes back. `wait` in ns. */
export type Step =
  | { readonly kind: 'wait'; readonly for: number }
  | { readonly kind: 'reset' }
  | { readonly kind: 'address'; readonly address: number }
  | { readonly kind: 'packet-size'; readonly size: number }
  | { readonly kind: 'request'; readonly setup: Uint8Array; readonly data: Uint8Array };
/** Ends with its outcome. */
export type Script<T> = Generator<Step, T, ControlResult | undefined>;

export interface UsbIdentity {
  readonly vendor: number;
  readonly product: number;
  readonly manufacturer: string | undefined;
  readonly name: string | undefined;
  readonly serial: string | undefined;
}
export interface Enumerated {
  readonly identity: UsbIdentity;
  readonly acm: AcmConfiguration;
}

const MS = 1e6;
/** 7.1.7.3: the pull-up must be steady so long. */
const DEBOUNCE = 100 * MS;
const ADDRESS_RECOVERY = 10 * MS; // Linux; the device has 2 ms (9.2.6.3)
const FROM_DEVICE = 0x80;
const NOTHING = new Uint8Array(0);
const REQUEST = { setAddress: 5, getDescriptor: 6, setConfiguration: 9 } as const;
const CLASS_OUT = 0x21;
const CLASS_IN = 0xa1;
const SET_LINE_CODING = 0x20;
const GET_LINE_CODING = 0x21;
const SET_CONTROL_LINE_STATE = 0x22;
/** Linux asks for strings so. */
const STRING_MOST = 255;

export function setupOf(type: number, request: number, value: number, index: number, length: number): Uint8Array {
  const setup = Uint8Array.of(type, request, 0, 0, 0, 0, 0, 0);
  put16le(setup, 2, value);
  put16le(setup, 4, index);
  put16le(setup, 6, length);
  return setup;
}

/** One request; undefined, with a complaint, where it fails. */
function* ask(setup: Uint8Array, complain: Complain, data = NOTHING): Script<Uint8Array | undefined> {
  const result = yield { kind: 'request', setup, data };
  if (result instanceof Uint8Array) return result;
  complain(`request ${[...setup].map((byte) => byte.toString(16).padStart(2, '0')).join(' ')}: ${result}`);
  return;
}

function* descriptor(
  type: number,
  index: number,
  length: number,
  complain: Complain,
  language = 0,
): Script<Uint8Array | undefined> {
  return yield* ask(setupOf(FROM_DEVICE, REQUEST.getDescriptor, (type << 8) | index, language, length), complain);
}

function* text(index: number, language: number, complain: Complain): Script<string | undefined> {
  if (index === 0) return;
  const bytes = yield* descriptor(DESCRIPTOR.string, index, STRING_MOST, complain, language);
  const string = bytes && readString(bytes);
  if (bytes !== undefined && string === undefined) complain(`string ${index}: no string descriptor`);
  return string;
}

/** From the pull-up to the configured device. Undefined: it cannot be used, and a complaint says why. */
export function* enumerate(address: number, complain: Complain, afterReset = false): Script<Enumerated | undefined> {
  if (!afterReset) yield { kind: 'wait', for: DEBOUNCE };
  yield { kind: 'packet-size', size: 64 };
  yield { kind: 'address', address: 0 };
  yield { kind: 'reset' };
  const first = yield* descriptor(DESCRIPTOR.device, 0, 64, complain);
  if (first === undefined) return;
  if (first.length < 8) return complain(`device descriptor: ${first.length} bytes`);
  yield { kind: 'packet-size', size: first[7] ?? 64 };
  yield { kind: 'reset' };
  if ((yield* ask(setupOf(0, REQUEST.setAddress, address, 0, 0), complain)) === undefined) return;
  yield { kind: 'wait', for: ADDRESS_RECOVERY };
  yield { kind: 'address', address };
  const device = yield* descriptor(DESCRIPTOR.device, 0, 18, complain);
  if (device === undefined) return;
  checkDevice(device, complain);
  if (device.length !== 18) return;
  if (!equalBytes(device, first)) complain('device descriptor: it has changed');
  yield* capabilities(u16le(device, 2), complain);
  return yield* configure(device, complain);
}

function* capabilities(bcdUsb: number, complain: Complain): Script<void> {
  if (bcdUsb >= 0x0201) yield* descriptor(DESCRIPTOR.bos, 0, 5, complain);
  if (bcdUsb < 0x0200) return;
  // What could be fast, behind a fast hub, is asked why it is not; what could not must refuse to answer (9.6.2).
  const result = yield {
    kind: 'request',
    setup: setupOf(FROM_DEVICE, REQUEST.getDescriptor, DESCRIPTOR.qualifier << 8, 0, 10),
    data: NOTHING,
  };
  if (result !== 'stall') complain('device qualifier: not refused by a device that knows only full speed');
}

function* configure(device: Uint8Array, complain: Complain): Script<Enumerated | undefined> {
  const head = yield* descriptor(DESCRIPTOR.configuration, 0, 9, complain);
  if (head === undefined) return;
  if (head.length !== 9) return complain(`configuration: ${head.length} bytes of 9`);
  const whole = yield* descriptor(DESCRIPTOR.configuration, 0, u16le(head, 2), complain);
  if (whole === undefined) return;
  if (whole.length < 9 || !equalBytes(whole.subarray(0, 9), head))
    return complain('configuration: its head has changed');
  const acm = readAcm(whole, device[4] ?? 0, complain);
  const [manufacturer = 0, name = 0, serial = 0] = device.subarray(14, 17);
  let language = 0;
  if ((manufacturer | name | serial) !== 0) {
    const languages = yield* descriptor(DESCRIPTOR.string, 0, STRING_MOST, complain);
    if (languages !== undefined && languages.length >= 4) language = u16le(languages, 2);
    else complain('string 0: no languages');
  }
  const strings = {
    name: yield* text(name, language, complain),
    manufacturer: yield* text(manufacturer, language, complain),
    serial: yield* text(serial, language, complain),
  };
  if (acm === undefined) return;
  if ((yield* ask(setupOf(0, REQUEST.setConfiguration, acm.value, 0, 0), complain)) === undefined) return;
  for (const index of acm.strings) yield* text(index, language, complain);
  return { identity: { vendor: u16le(device, 8), product: u16le(device, 10), ...strings }, acm };
}

/** Bits a second, 8N1, and that the device says the same (PSTN 1.2, 6.3.10, 6.3.11). */
export function* setLineCoding(
  baud: number,
  { communicationInterface }: AcmConfiguration,
  complain: Complain,
): Script<void> {
  const coding = Uint8Array.of(0, 0, 0, 0, 0, 0, 8);
  put32le(coding, 0, baud);
  yield* ask(setupOf(CLASS_OUT, SET_LINE_CODING, 0, communicationInterface, coding.length), complain, coding);
  const back = yield* ask(setupOf(CLASS_IN, GET_LINE_CODING, 0, communicationInterface, coding.length), complain);
  if (back !== undefined && !equalBytes(back, coding)) complain('line coding: not what was set');
}

/** DTR in bit 0, RTS in bit 1 (PSTN 1.2, 6.3.12). */
export function* setLineState(
  state: number,
  { communicationInterface }: AcmConfiguration,
  complain: Complain,
): Script<void> {
  yield* ask(setupOf(CLASS_OUT, SET_CONTROL_LINE_STATE, state, communicationInterface, 0), complain);
}
