/** What every register bus does, whatever board and whatever line lie behind it. */
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { Random } from '../../src/base/random.ts';
import { BOARD_WINDOWS, board, BOARD_REGISTERS as R, TX_BUFFER_SIZE } from '../../src/bridge/registers.ts';
import { type BoardFixture, BoardProbe } from './board-fixture.ts';
import { rawFrame } from './tap-plug.ts';

const WINDOW = BOARD_WINDOWS.TX_BUFFER;
const NO_REGISTER = 0xff0;
const TX_ERROR = board.mask('IRQ_STATUS', 'txError');
const seed = Number(process.env['SEED'] ?? 1);

export interface ContractOptions {
  /** Milliseconds for `open`, where a board must be started first. */
  readonly openWithin?: number;
}

/** `open` is called once; the suite brings the board back to its start before each sentence. */
export function registerBusContract(
  name: string,
  open: () => Promise<BoardFixture>,
  options: ContractOptions = {},
): void {
  describe(`${name} keeps the contract of the register bus (SEED=${seed})`, () => {
    const random = new Random(seed);
    let fixture: BoardFixture;
    let probe: BoardProbe;
    let isRaw = false;
    let txBuffers = 0;

    beforeAll(async () => {
      fixture = await open();
    }, options.openWithin ?? 10_000);
    afterAll(async () => fixture?.close());
    beforeEach(async () => {
      probe = new BoardProbe(fixture);
      probe.bus.write(R.CONTROL.address, board.mask('CONTROL', 'reset'));
      probe.bus.write(R.IRQ_ENABLE.address, 0);
      probe.bus.write(R.IRQ_STATUS.address, 0xffff_ffff);
      isRaw = board.get('CAPS', 'rawLine', (await probe.read(R.CAPS.address)) ?? 0) === 1;
      txBuffers = board.get('BUFFERS', 'txBuffers', (await probe.read(R.BUFFERS.address)) ?? 0);
      await fixture.settle();
      probe.events = [];
    });

    /** A frame to everybody, `length` octets from destination to the last before the FCS. */
    const frameOf = (length: number): Uint8Array => {
      const frame = random.fill(new Uint8Array(length));
      frame.fill(0xff, 0, 6);
      frame[6] = 0x02;
      frame.set([0x88, 0xb5], 12);
      return frame;
    };
    /** As the board takes and gives it. */
    const onBus = (frame: Uint8Array): Uint8Array => (isRaw ? rawFrame(frame) : frame);
    const enable = (): void => {
      probe.bus.write(R.CONTROL.address, board.mask('CONTROL', 'rxEnable', 'txEnable', 'fullDuplex', 'promiscuous'));
    };
    const send = (buffer: number, octets: Uint8Array): void => {
      probe.bus.writeBlock(WINDOW.address + buffer * TX_BUFFER_SIZE, octets);
      probe.bus.write(R.TX_GO.address, board.pack('TX_GO', { length: octets.length, buffer }));
    };
    const cable = (skip: (note: string) => void): NonNullable<BoardFixture['cable']> => {
      if (fixture.cable === undefined) skip('nobody reaches the cable of this board');
      return fixture.cable as NonNullable<BoardFixture['cable']>;
    };

    it('tells a new client who the board is, as its registers do', async () => {
      await probe.until(() => probe.identities.length > 0, 'onOpen');
      const [identity] = probe.identities;
      expect(await probe.read(R.ID.address)).toBe(R.ID.reset);
      expect(await probe.read(R.CAPS.address)).toBe(identity?.caps);
      expect(await probe.read(R.BUFFERS.address)).toBe(identity?.buffers);
      const version = (await probe.read(R.VERSION.address)) ?? 0;
      expect(board.get('VERSION', 'board', version)).toBe(identity?.board);
      expect(identity?.name).toMatch(/^[\x21-\x7e]{1,16}$/);
      expect(probe.bus.isOpen).toBe(true);
      expect(txBuffers).toBeGreaterThan(0);
    });

    it('ignores writes to read-only registers', async () => {
      for (const { address } of [R.ID, R.VERSION, R.CAPS, R.BUFFERS, R.TX_FRAMES]) {
        const before = await probe.read(address);
        probe.bus.write(address, 0x5a5a_5a5a);
        expect(await probe.read(address)).toBe(before);
      }
    });

    it('reads 0 where there is no register, or one that can only be written, or at an odd address', async () => {
      for (const address of [NO_REGISTER, 0x3ffc, 0xfffc, R.TX_GO.address, R.SCRATCH.address + 1, R.ID.address + 2]) {
        probe.bus.write(address, address === R.TX_GO.address ? 0 : 0xffff_ffff);
        expect(await probe.read(address)).toBe(0);
      }
      expect(await probe.read(R.ID.address)).toBe(R.ID.reset);
    });

    it('does writes and reads in the order of the calls, though they are under way together', async () => {
      const seen: (number | undefined)[] = [];
      const written = Array.from({ length: 300 }, () => random.u32());
      for (const value of written) {
        probe.bus.write(R.SCRATCH.address, value);
        probe.bus.read(R.SCRATCH.address, (read) => seen.push(read));
      }
      await probe.until(() => seen.length === written.length, '300 answers');
      expect(seen).toEqual(written);
    });

    it.for([1, 2, 55, 56, 57, 1_023, 1_024, 1_025, 1_530, TX_BUFFER_SIZE] as const)(
      'reads back a block of %d bytes from a transmit buffer, and nothing around it has changed',
      async (length) => {
        const at = WINDOW.address + (txBuffers - 1) * TX_BUFFER_SIZE;
        const place = at + (length < TX_BUFFER_SIZE - 16 ? 3 : 0);
        probe.bus.writeBlock(at, new Uint8Array(TX_BUFFER_SIZE).fill(0xee));
        const block = random.fill(new Uint8Array(length));
        probe.bus.writeBlock(place, block);
        const whole = await probe.readBlock(at, TX_BUFFER_SIZE);
        const expected = new Uint8Array(TX_BUFFER_SIZE).fill(0xee);
        expected.set(block, place - at);
        expect(whole).toEqual(expected);
        expect(await probe.readBlock(place, length)).toEqual(block);
      },
    );

    it('reads zeros from a block that is not inside the window, and writes nothing there', async () => {
      probe.bus.writeBlock(WINDOW.address, Uint8Array.of(1, 2, 3, 4));
      const end = WINDOW.address + WINDOW.size;
      for (const at of [WINDOW.address - 4, end - 4, 0x100, 0xfff0]) {
        probe.bus.writeBlock(at, new Uint8Array(8).fill(9));
        expect(await probe.readBlock(at, 8)).toEqual(new Uint8Array(8));
      }
      expect(await probe.readBlock(WINDOW.address, 4)).toEqual(Uint8Array.of(1, 2, 3, 4));
    });

    it('sends a frame on TX_GO, byte for byte, and raises an event that names the buffer', async () => {
      const frame = frameOf(100);
      const before = fixture.cable?.left.length ?? 0;
      enable();
      send(txBuffers - 1, onBus(frame));
      await probe.until(() => probe.of('transmitted').length === 1, 'the event');
      const [event] = probe.of('transmitted');
      expect(board.get('TX_STATUS', 'sent', event?.status ?? 0)).toBe(1);
      expect(board.get('TX_STATUS', 'buffer', event?.status ?? 0)).toBe(txBuffers - 1);
      expect(await probe.read(R.TX_STATUS.address)).toBe(event?.status);
      if (fixture.cable === undefined) return;
      await probe.until(() => (fixture.cable?.left.length ?? 0) > before, 'the frame on the cable');
      expect(fixture.cable.left.slice(before)).toEqual([frame]);
    });

    it('sends from all buffers in the order of their TX_GO, and counts', async () => {
      const frames = Array.from({ length: txBuffers }, (_, i) => frameOf(Math.min(60 + 200 * i, 1_514)));
      const before = fixture.cable?.left.length ?? 0;
      enable();
      for (const [buffer, frame] of frames.entries()) send(buffer, onBus(frame));
      await probe.until(() => probe.of('transmitted').length === txBuffers, 'all events');
      const buffers = probe.of('transmitted').map(({ status }) => board.get('TX_STATUS', 'buffer', status));
      expect(buffers).toEqual(frames.map((_, i) => i));
      expect(await probe.read(R.TX_FRAMES.address)).toBe(txBuffers);
      const octets = frames.reduce((sum, frame) => sum + onBus(frame).length, 0);
      expect(await probe.read(R.TX_OCTETS.address)).toBe(octets);
      if (fixture.cable === undefined) return;
      await probe.until(() => (fixture.cable?.left.length ?? 0) >= before + txBuffers, 'the frames on the cable');
      expect(fixture.cable.left.slice(before)).toEqual(frames);
    });

    it.for([
      ['a length of 0', () => board.pack('TX_GO', { length: 0 }), true],
      ['a frame that is too long', () => board.pack('TX_GO', { length: 0xffff }), true],
      ['a buffer that is not there', () => board.pack('TX_GO', { length: 64, buffer: 200 }), true],
      ['a transmitter that is off', () => board.pack('TX_GO', { length: 64 }), false],
    ] as const)('refuses TX_GO for %s: no event, no frame, but the cause and the count', async ([, go, isOn]) => {
      if (isOn) enable();
      const before = fixture.cable?.left.length;
      probe.bus.write(R.TX_GO.address, go());
      expect(((await probe.read(R.IRQ_STATUS.address)) ?? 0) & TX_ERROR).toBe(TX_ERROR);
      expect(await probe.read(R.TX_ERRORS.address)).toBe(1);
      await fixture.settle();
      expect(probe.events).toEqual([]);
      expect(fixture.cable?.left.length).toBe(before);
    });

    it('hands over frames from the cable, byte for byte and in order, and counts', async ({ skip }) => {
      const tap = cable(skip);
      enable();
      await probe.read(R.CONTROL.address);
      const frames = [60, 61, 100, 1_513, 1_514].map(frameOf);
      for (const frame of frames) tap.inject(frame);
      await probe.until(() => probe.of('received').length === frames.length, 'all frames');
      expect(probe.of('received').map(({ bytes }) => bytes)).toEqual(frames.map(onBus));
      expect(probe.of('received').map(({ flags }) => flags)).toEqual(frames.map(() => 0));
      expect(await probe.read(R.RX_FRAMES.address)).toBe(frames.length);
      const octets = frames.reduce((sum, frame) => sum + onBus(frame).length, 0);
      expect(await probe.read(R.RX_OCTETS.address)).toBe(octets);
    });

    it('takes no frame while the receiver is off', async ({ skip }) => {
      const tap = cable(skip);
      tap.inject(frameOf(60));
      await fixture.settle();
      expect(probe.of('received')).toEqual([]);
    });

    it('loses whole frames when the receive queue is full, and counts them', async ({ skip }) => {
      const tap = cable(skip);
      enable();
      await probe.read(R.CONTROL.address);
      const frames = Array.from({ length: 300 }, () => frameOf(1_514));
      for (const frame of frames) tap.inject(frame);
      await fixture.settle();
      const taken = (await probe.read(R.RX_FRAMES.address)) ?? 0;
      await probe.until(() => probe.of('received').length >= taken, 'all frames that were taken');
      const dropped = (await probe.read(R.RX_DROPPED.address)) ?? 0;
      const sent = new Set(frames.map((frame) => onBus(frame).join()));
      const received = probe.of('received').map(({ bytes }) => bytes.join());
      expect(received.every((frame) => sent.has(frame))).toBe(true);
      // In order, and none twice: what was lost is missing, what came is a subsequence.
      const order = [...sent];
      const places = received.map((frame) => order.indexOf(frame));
      expect(places).toEqual([...new Set(places)].sort((a, b) => a - b));
      if (!tap.canOverflow) return;
      expect(dropped).toBeGreaterThan(0);
      expect(taken + dropped).toBe(frames.length);
      const cause = board.mask('IRQ_STATUS', 'rxDropped');
      expect(((await probe.read(R.IRQ_STATUS.address)) ?? 0) & cause).toBe(cause);
    });

    it('raises one interrupt for a cause that becomes pending while it is enabled, and is quiet once it is acknowledged', async () => {
      enable();
      probe.bus.write(R.IRQ_ENABLE.address, TX_ERROR);
      probe.bus.write(R.TX_GO.address, 0);
      await probe.until(() => probe.of('interrupt').length > 0, 'the interrupt');
      await fixture.settle();
      expect(probe.of('interrupt').map(({ causes }) => causes)).toEqual([TX_ERROR]);
      probe.bus.write(R.IRQ_STATUS.address, TX_ERROR);
      expect(((await probe.read(R.IRQ_STATUS.address)) ?? 0) & TX_ERROR).toBe(0);
      probe.bus.write(R.TX_GO.address, 0);
      await probe.until(() => probe.of('interrupt').length === 2, 'the next interrupt');
    });

    it('raises an interrupt for a cause that is pending when it is enabled, and none for one that is not enabled', async () => {
      enable();
      probe.bus.write(R.TX_GO.address, 0);
      await fixture.settle();
      expect(probe.events).toEqual([]);
      probe.bus.write(R.IRQ_ENABLE.address, TX_ERROR);
      await probe.until(() => probe.of('interrupt').length === 1, 'the interrupt');
    });

    it('acknowledges only the causes that are written as 1', async () => {
      enable();
      probe.bus.write(R.TX_GO.address, 0);
      probe.bus.write(R.IRQ_STATUS.address, ~TX_ERROR >>> 0);
      expect(((await probe.read(R.IRQ_STATUS.address)) ?? 0) & TX_ERROR).toBe(TX_ERROR);
    });

    it('is back at its start after CONTROL.reset: counters, causes and CONTROL are 0', async () => {
      enable();
      send(0, onBus(frameOf(60)));
      probe.bus.write(R.TX_GO.address, 0);
      await probe.until(() => probe.of('transmitted').length === 1, 'the event');
      probe.bus.write(R.CONTROL.address, board.mask('CONTROL', 'reset'));
      for (const { address } of [R.CONTROL, R.TX_FRAMES, R.TX_OCTETS, R.TX_ERRORS, R.RX_FRAMES, R.RX_DROPPED]) {
        expect(await probe.read(address)).toBe(0);
      }
      expect(((await probe.read(R.IRQ_STATUS.address)) ?? 0) & TX_ERROR).toBe(0);
    });

    it('reads PHY registers over MDIO, and 0xffff where no PHY answers', async () => {
      const ask = async (phy: number, register: number): Promise<number> => {
        probe.bus.write(R.MDIO.address, board.pack('MDIO', { phy, register }));
        return board.get('MDIO', 'data', (await probe.read(R.MDIO.address)) ?? 0);
      };
      const hasMdio = board.get('CAPS', 'mdio', (await probe.read(R.CAPS.address)) ?? 0) === 1;
      const first = await Promise.all([...Array(32).keys()].map((phy) => ask(phy, 2)));
      const found = first.filter((id) => id !== 0xffff);
      expect(found.length > 0).toBe(hasMdio);
      expect(found.length).toBeLessThan(32);
    });

    it('has a clock of microseconds that goes on', async () => {
      const before = (await probe.read(R.TIME.address)) ?? 0;
      await fixture.settle();
      const passed = (((await probe.read(R.TIME.address)) ?? 0) - before) >>> 0;
      expect(passed).toBeGreaterThan(0);
      expect(passed).toBeLessThan(60_000_000);
    });
  });
}
