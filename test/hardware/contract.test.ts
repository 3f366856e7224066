/** The contract of the register bus on a board on the bench, its network cable in a switch: LAN_PORT=serial:/dev/ttyACM0 npx vitest run test/hardware */
import { describe } from 'vitest';
import { Random } from '../../src/base/random.ts';
import { after, type Clock, seconds } from '../../src/base/time.ts';
import { board, BOARD_REGISTERS as R } from '../../src/bridge/registers.ts';
import { parseBoard } from '../../src/bridge/transports/board-address.ts';
import { LinkBus } from '../../src/bridge/transports/link-bus.ts';
import { SerialTransport } from '../../src/bridge/transports/serial.ts';
import { TcpTransport } from '../../src/bridge/transports/tcp.ts';
import type { Transport } from '../../src/bridge/transports/transport.ts';
import { SystemClock } from '../../src/host.ts';
import { type BoardFixture, BoardProbe } from '../contract/board-fixture.ts';
import { inRealTime } from '../contract/mock-fixtures.ts';
import { registerBusContract } from '../contract/register-bus.ts';

/** A PHY takes about 2 s. */
const NEGOTIATED_WITHIN = seconds(5);
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

/** Frames are sent: a board that sees its link needs one. Where CAPS.linkStatus is 0 it is always up. */
async function linkUp(fixture: BoardFixture, clock: Clock): Promise<void> {
  const probe = new BoardProbe(fixture);
  const end = after(clock.now(), NEGOTIATED_WITHIN);
  while (board.get('STATUS', 'linkUp', (await probe.read(R.STATUS.address)) ?? 0) === 0) {
    if (clock.now() < end) continue;
    await fixture.close();
    throw new Error(`the board at ${port} has no link: plug its network cable in`);
  }
}

if (port === undefined) {
  // No gap of the machine's, so no failure where CI=true either: there is no board.
  const reason = 'no board: LAN_PORT names none (LAN_PORT=serial:/dev/ttyACM0)';
  process.stderr.write(`skipped — a board on the bench: ${reason}\n`);
  describe.skip(`a board on the bench (skipped: ${reason})`, () => {});
} else {
  const clock = new SystemClock();
  registerBusContract(`the board at ${port}`, async () => {
    const bus = new LinkBus({ transport: transportOf(port), clock, random: new Random(seed) });
    await bus.start(() => {});
    const fixture = inRealTime(bus, clock);
    await linkUp(fixture, clock);
    return fixture;
  });
}
