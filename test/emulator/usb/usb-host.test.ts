/** USB 2.0 chapters 5, 8 and 9; RP2040 data sheet 4.1; CDC PSTN 1.2. */
import { beforeEach, describe, expect, test } from 'vitest';
import { bytes } from '../../../src/base/bytes.ts';
import { Random } from '../../../src/base/random.ts';
import { setupOf } from '../../../src/emulator/usb/usb-enumeration.ts';
import { UsbHost, type UsbHostOptions } from '../../../src/emulator/usb/usb-host.ts';
import { SleepingMachine } from '../rp2040/sleeping-machine.ts';
import { type Fault, ScriptedDevice } from './scripted-device.ts';

const seed = Number(process.env['SEED'] ?? 1);
/** From the pull-up to the open port: debounce, two resets, and what comes then. */
const TO_OPEN = 270;
const SUSPENDED = 1 << 4;
const RESUMED = 1 << 11;
const SIE_STATUS = 0x5011_0050;

let machine: SleepingMachine;
let host: UsbHost;
let device: ScriptedDevice;
let came: Uint8Array[];

function begin({ fault, ...options }: UsbHostOptions & { fault?: Fault } = {}): void {
  machine = new SleepingMachine();
  host = new UsbHost(machine, options);
  device = new ScriptedDevice(machine, fault);
  came = [];
  host.onBytes = (read) => came.push(read.slice());
  host.plug();
  device.connect();
}
function open(options: UsbHostOptions & { fault?: Fault } = {}): void {
  begin(options);
  device.wait(TO_OPEN);
}
const all = (): number[] => came.flatMap((read) => [...read]);

describe('A right device', () => {
  beforeEach(() => open());

  test('is asked in the order in which Linux asks, and nobody complains', () => {
    expect(device.requests).toEqual([
      '80.6 100 64',
      '0.5 1 0',
      '80.6 100 18',
      '80.6 600 10',
      '80.6 200 9',
      '80.6 200 75',
      '80.6 300 255',
      '80.6 302 255',
      '80.6 301 255',
      '0.9 1 0',
      '21.20 0 7',
      'a1.21 0 7',
      '21.22 3 0',
      '21.20 0 7',
      'a1.21 0 7',
    ]);
    expect(device.resets).toBe(2);
    expect(host.complaints).toEqual([]);
    expect(host.isConnected).toBe(true);
    expect(device.lineCoding).toEqual(bytes('00c20100 000008'));
    expect(host.identity).toEqual({ vendor: 0x1209, product: 1, manufacturer: 'abc', name: 'xy', serial: undefined });
  });

  test(`echoes 64 KiB unchanged (SEED=${seed})`, () => {
    const data = new Random(seed).fill(new Uint8Array(65_536));
    device.echoes = true;
    host.write(data);
    device.pass(150_000);
    device.toSend.push(new Uint8Array(0));
    device.run();
    device.pass(1_000);
    expect(device.received).toEqual([...data]);
    expect(all()).toEqual([...data]);
    expect(host.complaints).toEqual([]);
  });

  test('that has no room is asked again, and nothing is lost', () => {
    device.takes = false;
    host.write(new Uint8Array(1_000).fill(7));
    device.pass(5_000);
    expect(device.received.length, 'what it had room for when it was told').toBe(128);
    device.takes = true;
    device.run();
    device.pass(5_000);
    expect(device.received).toEqual(Array.from({ length: 1_000 }, () => 7));
    expect(host.complaints).toEqual([]);
  });

  test('refuses what it does not know, and answers what comes next', () => {
    const results: unknown[] = [];
    host.request(setupOf(0xc0, 0x77, 0, 0, 4), new Uint8Array(0), (result) => results.push(result));
    host.request(setupOf(0x80, 6, 0x100, 0, 18), new Uint8Array(0), (result) => results.push(result));
    device.pass(2_000);
    expect(results).toEqual(['stall', bytes('1201 0002 ef0201 40 0912 0100 0001 01 02 00 01')]);
    expect(host.complaints).toEqual([]);
  });

  test('is told 1200 baud and the end of DTR (the way into a boot loader)', () => {
    host.setLineCoding(1200);
    host.close();
    device.pass(5_000);
    expect(device.lineCoding).toEqual(bytes('b0040000 000008'));
    expect(device.lineState).toBe(0);
    expect(host.isConnected).toBe(false);
    expect(host.room).toBe(0);
  });

  test('goes on with its toggles when the port is closed and opened', () => {
    device.echoes = true;
    host.write(Uint8Array.of(1, 2, 3));
    device.pass(1_000);
    host.close();
    device.pass(3_000);
    host.open();
    device.pass(5_000);
    host.write(Uint8Array.of(4, 5));
    device.pass(1_000);
    expect(all()).toEqual([1, 2, 3, 4, 5]);
    expect(host.complaints).toEqual([]);
  });

  test('that leaves the bus takes the port with it, and is found again', () => {
    const states: boolean[] = [];
    host.onConnected = (isConnected) => states.push(isConnected);
    device.disconnect();
    device.pass(100);
    expect([host.phase, host.isConnected]).toEqual(['waiting', false]);
    device.connect();
    device.wait(TO_OPEN);
    expect(states).toEqual([false, true]);
    expect(host.complaints).toEqual([]);
  });

  test('whose controller is put into RESETS is off the bus', () => {
    machine.put(0x4000_e000, 1 << 24);
    expect(host.isConnected).toBe(false);
    expect(host.device.isAttached).toBe(false);
    expect(machine.get(0x5011_0000 + 0x90)).toBe(0); // INTE
  });

  test('is got to know again after a bus reset, and data go on', () => {
    device.echoes = true;
    host.write(Uint8Array.of(1));
    device.pass(500);
    host.busReset();
    expect(host.isConnected).toBe(false);
    device.wait(TO_OPEN);
    host.write(Uint8Array.of(2, 3));
    device.pass(500);
    expect(all()).toEqual([1, 2, 3]);
    expect(host.complaints).toEqual([]);
  });

  test('falls asleep 3 ms after the last frame and wakes with the next; what was written waits', () => {
    host.suspend();
    host.write(Uint8Array.of(9));
    machine.pass(2_900);
    expect(machine.get(SIE_STATUS) & SUSPENDED).toBe(0);
    machine.pass(200);
    expect(machine.get(SIE_STATUS) & SUSPENDED).toBe(SUSPENDED);
    machine.put(SIE_STATUS, SUSPENDED);
    expect(device.received).toEqual([]);
    host.resume();
    device.wait(31);
    expect(machine.get(SIE_STATUS) & (SUSPENDED | RESUMED)).toBe(RESUMED);
    expect(device.received).toEqual([9]);
  });

  test('has its frames counted', () => {
    const frame = machine.get(0x5011_0048);
    machine.pass(5_000);
    expect((machine.get(0x5011_0048) - frame) & 0x7ff).toBe(5);
  });

  test('the port takes 64 KiB and no more', () => {
    device.takes = false;
    host.write(new Uint8Array(host.room));
    expect(() => host.write(new Uint8Array(64 * 3))).toThrow();
  });
});

describe('A read', () => {
  const packet = new Uint8Array(64).fill(1);

  test('is handed over when a short packet came; a full one without the empty packet behind it stays', () => {
    open();
    device.toSend.push(packet);
    device.run();
    device.pass(2_000);
    expect(came).toEqual([]);
    expect(host.heldBytes).toBe(64);
    device.toSend.push(new Uint8Array(0));
    device.run();
    device.pass(500);
    expect(came.map((read) => read.length)).toEqual([64]);
  });

  test('is handed over when it is full', () => {
    open();
    device.toSend.push(packet, packet, packet);
    device.run();
    device.pass(2_000);
    expect(came.map((read) => read.length)).toEqual([128]);
  });

  test('may be larger than that of cdc_acm', () => {
    open({ readSize: 256 });
    device.toSend.push(packet, packet, packet);
    device.run();
    device.pass(2_000);
    expect(came).toEqual([]);
  });
});

describe('Time on the bus', () => {
  test('has 19 full packets in each frame of a millisecond: 1,216,000 bytes a second', () => {
    open();
    const refill = (): void => {
      while (device.toSend.length < 4) device.toSend.push(new Uint8Array(64));
      device.run();
    };
    for (let i = 0; i < 400; i++) {
      refill();
      device.pass(50);
    }
    const rate = all().length / 0.02;
    expect(rate).toBeGreaterThan(0.98 * 1_216_000);
    expect(rate).toBeLessThanOrEqual(1.005 * 1_216_000);
  });

  test('is shared by both directions, one packet each', () => {
    open();
    device.echoes = true;
    host.write(new Uint8Array(40_000));
    const received = device.received.length;
    device.pass(20_000);
    const [out, into] = [device.received.length - received, all().length];
    expect(out + into).toBeGreaterThan(0.9 * 24_320);
    expect(out + into).toBeLessThanOrEqual(1.01 * 24_320);
    expect(Math.abs(out - into)).toBeLessThan(12 * 64);
  });
});

describe('A wrong device is put on record:', () => {
  test.each<[Fault, RegExp]>([
    ['toggle of IN stands still', /endpoint 2 IN: DATA0 came where DATA1 was expected/],
    ['toggle of OUT stands still', /endpoint 3 OUT: DATA1 came where DATA0 was expected/],
    ['AVAILABLE with the rest', /AVAILABLE is set together with the rest/],
    ['no FULL', /FULL is wrong for its direction/],
    ['answers more than asked', /bytes in a packet|bytes of 9/],
    ['takes its address at once', /no answer to status at address 0/],
    ['data stage begins with DATA0', /endpoint 0 IN: DATA0 came where DATA1 was expected/],
    ['status with data', /a status stage of 1 bytes/],
    ['never answers', /timeout/],
    ['wrong wTotalLength', /75 bytes where wTotalLength says 80/],
    ['answers the device qualifier', /device qualifier: not refused/],
    ['forgets the line coding', /line coding: not what was set/],
    ['stalls bulk IN', /endpoint 2 IN: stall/],
    ['odd string', /no string descriptor/],
  ])('%s', (fault, complaint) => {
    open({ fault });
    if (fault === 'never answers') machine.pass(6_000_000);
    if (host.isConnected) {
      device.echoes = true;
      host.write(new Uint8Array(65));
      device.pass(3_000);
      device.toSend.push(Uint8Array.of(1), Uint8Array.of(2));
      device.run();
      device.pass(2_000);
    }
    expect(host.complaints.join('\n')).toMatch(complaint);
  });

  test('one that never answers is tried four times, then left alone; complaints are bounded', () => {
    open({ fault: 'never answers' });
    machine.pass(30_000_000);
    expect(host.phase).toBe('failed');
    expect(host.complaints).toHaveLength(4);
    for (let i = 0; i < 200; i++) host.device.complain('again');
    expect(host.complaints).toHaveLength(100);
  });

  test.each([
    ['PULLUP_EN', 0x5011_004c, 0],
    ['VBUS_DETECT', 0x5011_0078, 0],
    ['TO_PHY', 0x5011_0074, 0],
    ['CONTROLLER_EN', 0x5011_0040, 0],
  ])('without %s it is not on the bus, and the model says so', (name, register, value) => {
    begin();
    machine.put(register, value);
    device.wait(TO_OPEN);
    expect(host.phase).toBe('waiting');
    expect(host.device.detachedBecause).toContain(name);
  });
});

describe('The computer', () => {
  test('that opens the port without DTR sets RTS only', () => {
    open({ dtr: false });
    expect(device.lineState).toBe(2);
    expect(host.isConnected).toBe(true);
  });

  test('opens the port when it is told to, if it does not by itself', () => {
    open({ opens: false });
    expect([host.phase, host.isConnected, device.lineState]).toEqual(['configured', false, -1]);
    host.open();
    device.pass(3_000);
    expect(host.isConnected).toBe(true);
  });

  test('that is not plugged in asks nothing', () => {
    open();
    host.unplug();
    const asked = device.requests.length;
    device.wait(300);
    expect(device.requests).toHaveLength(asked);
    host.plug();
    device.wait(TO_OPEN);
    expect(host.isConnected).toBe(true);
  });
});
