/** The contract of the register bus on a board on the bench: LAN_PORT=serial:/dev/ttyACM0?baud=921600 npx vitest run test/hardware */
import { describe } from 'vitest';
import { Random } from '../../src/base/random.ts';
import { parseBoard } from '../../src/bridge/transports/board-address.ts';
import { LinkBus } from '../../src/bridge/transports/link-bus.ts';
import { SerialTransport } from '../../src/bridge/transports/serial.ts';
import { TcpTransport } from '../../src/bridge/transports/tcp.ts';
import type { Transport } from '../../src/bridge/transports/transport.ts';
import { SystemClock } from '../../src/host.ts';
import { inRealTime } from '../contract/mock-fixtures.ts';
import { registerBusContract } from '../contract/register-bus.ts';

const port = process.env['LAN_PORT'];
const seed = Number(process.env['SEED'] ?? 1);

/** Throws UNKNOWN_BOARD or BAD_ADDRESS as `--board` does. */
function transportOf(text: string): Transport {
  const address = parseBoard(text);
  switch (address.kind) {
    case 'serial':
      return new SerialTransport(address.path, address.baud);
    case 'tcp':
      return new TcpTransport(address.host, address.port);
    default:
      throw new Error(`LAN_PORT=${text} is no board on a bench: it is serial:… or tcp:…`);
  }
}

if (port === undefined) {
  // No gap of the machine's, so no failure where CI=true either: there is no board.
  const reason = 'no board: LAN_PORT names none (LAN_PORT=serial:/dev/ttyACM0?baud=921600)';
  process.stderr.write(`skipped — a board on the bench: ${reason}\n`);
  describe.skip(`a board on the bench (skipped: ${reason})`, () => {});
} else {
  const clock = new SystemClock();
  registerBusContract(`the board at ${port}`, async () => {
    const bus = new LinkBus({ transport: transportOf(port), clock, random: new Random(seed) });
    await bus.start(() => {});
    return inRealTime(bus, clock);
  });
}
