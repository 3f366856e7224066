/** The contract of the register bus, kept by the firmware. */
import type { BoardFixture } from '../contract/board-fixture.ts';
import { inRealTime } from '../contract/mock-fixtures.ts';
import { registerBusContract } from '../contract/register-bus.ts';
import { frameIn, rawFrame } from '../contract/tap-plug.ts';
import { describeWith } from '../tools.ts';
import { clock, Emulated } from './emulated.ts';
import { Far } from './far.ts';

async function fixture(board: 'posix' | 'lm3s6965evb'): Promise<BoardFixture> {
  const far = await Far.open();
  const { bus } = await Emulated.start({
    board,
    cable: { kind: 'dgram', boardPort: far.boardPort, hostPort: far.port },
  });
  const isRaw = board === 'posix';
  const inTime = inRealTime(bus, clock);
  return {
    ...inTime,
    cable: {
      get left() {
        return far.frames.map((frame) => (isRaw ? frameIn(Uint8Array.from(frame)) : Uint8Array.from(frame)));
      },
      inject: (frame) => far.send(isRaw ? rawFrame(frame) : frame),
      canOverflow: false,
    },
    close: async () => {
      await inTime.close();
      far.close();
    },
  };
}

describeWith(['cc', 'make'], 'the C core with sanitizers', () => {
  registerBusContract('emulator:posix', () => fixture('posix'), { openWithin: 60_000 });
});
describeWith(['qemu-system-arm'], 'the firmware in QEMU', () => {
  registerBusContract('emulator:lm3s6965evb', () => fixture('lm3s6965evb'));
});
