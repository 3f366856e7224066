/** The firmware as a board: its registers, its cable, its interrupts. QEMU with the kept image, and the core with sanitizers. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { u16 } from '../../src/base/bytes.ts';
import { BOARD_NUMBERS, board, BOARD_REGISTERS as R, TX_BUFFER_SIZE } from '../../src/bridge/registers.ts';
import { describeWith, type Need } from '../tools.ts';
import { Emulated } from './emulated.ts';
import { Far } from './far.ts';

const STATION = [0x02, 0, 0, 0, 0, 0x2a];
const frameTo = (destination: readonly number[], length: number): Uint8Array => {
  const frame = Uint8Array.from({ length }, (_, i) => i * 7);
  frame.set(destination);
  return frame;
};

const boards: readonly { name: 'posix' | 'lm3s6965evb'; needs: readonly Need[] }[] = [
  { name: 'posix', needs: ['cc', 'make'] },
  { name: 'lm3s6965evb', needs: ['qemu-system-arm'] },
];

for (const { name, needs } of boards) {
  describeWith(needs, `the firmware on ${name}`, () => {
    let b: Emulated;
    let far: Far;
    const has = (cap: Parameters<typeof board.mask<'CAPS'>>[1]): boolean =>
      board.get('CAPS', cap, b.identity?.caps ?? 0) === 1;
    const goes = async (buffer: number, frame: Uint8Array): Promise<number> => {
      b.bus.writeBlock(0x4000 + buffer * TX_BUFFER_SIZE, frame);
      b.bus.write(R.TX_GO.address, board.pack('TX_GO', { length: frame.length, buffer }));
      return (await b.event('transmitted')).status;
    };
    const on = (...more: Parameters<typeof board.mask<'CONTROL'>>[1][]): void => {
      b.bus.write(R.CONTROL.address, board.mask('CONTROL', 'rxEnable', 'txEnable', 'fullDuplex', ...more));
    };

    beforeAll(async () => {
      far = await Far.open();
      b = await Emulated.start({ board: name, cable: { kind: 'dgram', boardPort: far.boardPort, hostPort: far.port } });
    });
    afterAll(async () => {
      await b?.stop();
      far?.close();
    });

    test('says who it is in WELCOME as in its registers', async () => {
      expect(b.identity).toMatchObject({ name, board: BOARD_NUMBERS[name] });
      expect(await b.read(R.ID.address)).toBe(R.ID.reset);
      expect(await b.read(R.CAPS.address)).toBe(b.identity?.caps);
      expect(await b.read(R.BUFFERS.address)).toBe(b.identity?.buffers);
    });

    test('sends what lies in a transmit buffer, in order, and tells of each', async () => {
      on();
      const frames = [60, 61, 62, 63, 1514].map((length) => frameTo([0xff, 0xff, 0xff, 0xff, 0xff, 0xff], length));
      far.frames.length = 0;
      for (const [i, frame] of frames.entries()) {
        const status = await goes(i % 4, frame);
        expect(status).toBe(board.pack('TX_STATUS', { sent: 1, buffer: i % 4 }));
      }
      await b.until(() => far.frames.length >= frames.length);
      expect(far.frames.map((frame) => Uint8Array.from(frame))).toEqual(frames);
      expect(await b.read(R.TX_FRAMES.address)).toBe(frames.length);
      expect(await b.read(R.TX_OCTETS.address)).toBe(60 + 61 + 62 + 63 + 1514);
    });

    test('raises each frame that came, whole and in order, with a time that does not go back', async () => {
      b.bus.write(R.STATION_LOW.address, 0x0000_0002);
      b.bus.write(R.STATION_HIGH.address, 0x2a00);
      on();
      await b.read(R.CONTROL.address);
      const frames = [60, 61, 62, 63, 64, 1514].map((length) => frameTo(STATION, length));
      for (const frame of frames) far.send(frame);
      let last = 0;
      for (const frame of frames) {
        const event = await b.event('received');
        expect(event).toMatchObject({ bytes: frame, flags: 0 });
        expect(event.time).toBeGreaterThanOrEqual(last);
        last = event.time;
      }
      expect(await b.read(R.RX_FRAMES.address)).toBe(frames.length);
    });

    test('keeps other stations’ frames from the serial line where it says that it filters', async () => {
      on();
      await b.read(R.CONTROL.address);
      const [other, group, all] = [
        [0x02, 9, 9, 9, 9, 9],
        [0x01, 0, 0x5e, 0, 0, 1],
        [255, 255, 255, 255, 255, 255],
      ].map((to) => frameTo(to, 60)) as [Uint8Array, Uint8Array, Uint8Array];
      for (const frame of [other, group, all]) far.send(frame);
      if (!has('addressFilter')) {
        for (const frame of [other, group]) expect((await b.event('received')).bytes).toEqual(frame);
      }
      expect((await b.event('received')).bytes).toEqual(all);
      on('promiscuous');
      await b.read(R.CONTROL.address);
      far.send(other);
      expect((await b.event('received')).bytes).toEqual(other);
    });

    test('turns frames round in loopback, and the cable stays silent', async () => {
      on('loopback');
      far.frames.length = 0;
      const frame = frameTo([2, 3, 4, 5, 6, 7], 100);
      expect(board.get('TX_STATUS', 'sent', await goes(1, frame))).toBe(1);
      expect((await b.event('received')).bytes).toEqual(frame);
      on();
      await goes(0, frameTo([255, 255, 255, 255, 255, 255], 77));
      await b.until(() => far.frames.length > 0);
      expect(far.frames.map((sent) => sent.length)).toEqual([77]);
    });

    test('refuses a TX_GO that cannot be, tells by interrupt, and stays as it is', async () => {
      on();
      const errors = await b.read(R.TX_ERRORS.address);
      b.bus.write(R.IRQ_STATUS.address, 0xf);
      b.bus.write(R.IRQ_ENABLE.address, board.mask('IRQ_ENABLE', 'txError'));
      const most = board.get('BUFFERS', 'maxFrame', b.identity?.buffers ?? 0);
      const count = board.get('BUFFERS', 'txBuffers', b.identity?.buffers ?? 0);
      for (const go of [
        { length: 0, buffer: 0 },
        { length: most + 1, buffer: 0 },
        { length: 60, buffer: count },
      ])
        b.bus.write(R.TX_GO.address, board.pack('TX_GO', go));
      expect((await b.event('interrupt')).causes).toBe(board.mask('IRQ_STATUS', 'txError'));
      expect(await b.read(R.TX_ERRORS.address)).toBe(errors + 3);
      b.bus.write(R.IRQ_STATUS.address, 0xf);
      b.bus.write(R.IRQ_ENABLE.address, 0);
      expect(await b.read(R.IRQ_STATUS.address)).toBe(0);
    });

    test('drops whole frames where the host takes none, counts each, and keeps those that it had', async () => {
      b.bus.write(R.CONTROL.address, board.mask('CONTROL', 'reset'));
      on('loopback');
      b.bus.write(R.IRQ_ENABLE.address, board.mask('IRQ_ENABLE', 'rxDropped'));
      const { buffers = 0 } = b.identity ?? {};
      const count = board.get('BUFFERS', 'txBuffers', buffers);
      const frame = frameTo(STATION, 1514);
      for (let i = 0; i < count; i++) b.bus.writeBlock(0x4000 + i * TX_BUFFER_SIZE, frame);
      await b.read(R.CONTROL.address);
      b.events.length = 0;
      b.line?.pause();
      // The host acknowledges nothing: some frames are under way, the queue is filled, and the rest finds no room.
      for (let i = 0; i < 200; i++)
        b.bus.write(R.TX_GO.address, board.pack('TX_GO', { length: 1514, buffer: i % count }));
      await expect(b.until(() => false, 0.5)).rejects.toThrow();
      b.line?.resume();
      const [sent, received, dropped] = [
        await b.read(R.TX_FRAMES.address),
        await b.read(R.RX_FRAMES.address),
        await b.read(R.RX_DROPPED.address),
      ];
      expect(dropped).toBeGreaterThan(0);
      expect(received + dropped).toBe(sent);
      expect((await b.event('interrupt')).causes).toBe(board.mask('IRQ_STATUS', 'rxDropped'));
      for (let i = 0; i < received; i++) expect((await b.event('received')).bytes).toEqual(frame);
      b.bus.write(R.IRQ_ENABLE.address, 0);
      b.bus.write(R.CONTROL.address, board.mask('CONTROL', 'reset'));
      await b.read(R.CONTROL.address);
      b.events.length = 0;
    });

    test('reads blocks back at any alignment, and zeros where the window ends', async () => {
      const bytes = Uint8Array.from({ length: 200 }, (_, i) => i + 1);
      b.bus.writeBlock(0x4003, bytes);
      expect(await b.readBlock(0x4003, 200)).toEqual(bytes);
      expect(await b.readBlock(0x3fff, 4)).toEqual(new Uint8Array(4));
      expect(await b.readBlock(0x7ffe, 4)).toEqual(new Uint8Array(4));
      b.bus.writeBlock(0x3ffe, bytes);
      expect(u16(await b.readBlock(0x4003, 2), 0)).toBe(0x0102);
    });

    test('answers MDIO with 0xffff where no PHY is', async () => {
      b.bus.write(R.MDIO.address, board.pack('MDIO', { phy: 31, register: 2 }));
      expect(board.get('MDIO', 'data', await b.read(R.MDIO.address))).toBe(0xffff);
    });

    test('comes back to its start with CONTROL.reset', async () => {
      b.bus.write(R.SCRATCH.address, 0x1234_5678);
      b.bus.write(R.CONTROL.address, board.mask('CONTROL', 'reset', 'rxEnable'));
      expect(await b.read(R.CONTROL.address)).toBe(0);
      expect(await b.read(R.TX_FRAMES.address)).toBe(0);
      expect(await b.read(R.STATION_LOW.address)).toBe(0);
      expect(await b.read(R.SCRATCH.address)).toBe(0x1234_5678);
    });
  });
}

describeWith(['cc', 'make'], 'the cable of posix', () => {
  test('raises linkChange when it is pulled out, and says noLink of a frame sent then', async () => {
    const b = await Emulated.start({ board: 'posix' });
    try {
      b.bus.write(R.IRQ_ENABLE.address, board.mask('IRQ_ENABLE', 'linkChange'));
      b.bus.write(R.CONTROL.address, board.mask('CONTROL', 'txEnable'));
      await b.read(R.ID.address);
      process.kill(b.transport.pid ?? 0, 'SIGUSR1');
      const event = await b.event('interrupt');
      expect(board.get('STATUS', 'linkUp', event.status)).toBe(0);
      b.bus.write(R.TX_GO.address, board.pack('TX_GO', { length: 72 }));
      expect((await b.event('transmitted')).status).toBe(board.mask('TX_STATUS', 'noLink'));
    } finally {
      await b.stop();
    }
  });
});
