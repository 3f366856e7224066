import { describe, expect, test } from 'vitest';
import { type BoardAddress, parseBoard } from '../../../src/bridge/transports/board-address.ts';

describe('--board', () => {
  test.for<[string, BoardAddress]>([
    ['mock', { kind: 'mock' }],
    ['serial:/dev/ttyACM0', { kind: 'serial', path: '/dev/ttyACM0', baud: 921_600 }],
    ['serial:/dev/ttyUSB1?baud=3000000', { kind: 'serial', path: '/dev/ttyUSB1', baud: 3_000_000 }],
    ['serial:COM7?baud=921600', { kind: 'serial', path: 'COM7', baud: 921_600 }],
    ['tcp:192.0.2.7:4000', { kind: 'tcp', host: '192.0.2.7', port: 4_000 }],
    ['tcp:[2001:db8::1]:4000', { kind: 'tcp', host: '2001:db8::1', port: 4_000 }],
    ['emulator:lm3s6965evb', { kind: 'emulator', name: 'lm3s6965evb', serial: undefined }],
    ['emulator:pico?serial=uart', { kind: 'emulator', name: 'pico', serial: 'uart' }],
    ['emulator:lm3s6965evb?serial=pty', { kind: 'emulator', name: 'lm3s6965evb', serial: 'pty' }],
  ])('understands %s', ([text, address]) => {
    expect(parseBoard(text)).toEqual(address);
  });

  test.for([
    ['', 'UNKNOWN_BOARD'],
    ['mok', 'UNKNOWN_BOARD'],
    ['usb:1', 'UNKNOWN_BOARD'],
    ['mock:1', 'BAD_ADDRESS'],
    ['serial:', 'BAD_ADDRESS'],
    ['serial:/dev/ttyACM0?speed=9600', 'BAD_ADDRESS'],
    ['serial:/dev/ttyACM0?baud=fast', 'BAD_ADDRESS'],
    ['serial:/dev/ttyACM0?baud=0', 'BAD_ADDRESS'],
    ['tcp:host', 'BAD_ADDRESS'],
    ['tcp:host:0', 'BAD_ADDRESS'],
    ['tcp:host:65536', 'BAD_ADDRESS'],
    ['tcp::80', 'BAD_ADDRESS'],
    ['emulator:', 'BAD_ADDRESS'],
    ['emulator:../x', 'BAD_ADDRESS'],
    ['emulator:pico?serial=telnet', 'BAD_ADDRESS'],
  ] as const)("refuses '%s' with %s, and repeats it", ([text, code]) => {
    expect(() => parseBoard(text)).toThrow(expect.objectContaining({ code, message: expect.stringContaining(text) }));
  });
});
