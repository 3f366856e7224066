/** What `--board` and `--cable` name, as a register bus and whatever has to run with it. */
import type { Device, Engine } from './base/engine.ts';
import { LanError } from './base/errors.ts';
import { MockBoard } from './bridge/mock/mock-board.ts';
import { MockBus } from './bridge/mock/mock-bus.ts';
import type { RegisterBus } from './bridge/register-bus.ts';
import { type CableAddress, parseCable } from './cable/address.ts';
import { Cable } from './cable/cable.ts';
import type { Plug } from './cable/plug.ts';
import { TapCable } from './cable/tap.ts';
import { UdpCable } from './cable/udp.ts';
import { demoHost } from './demo-host.ts';
import type { Host } from './host.ts';
import type { Tracer } from './trace/event.ts';

export interface OpenBoard {
  readonly bus: RegisterBus;
  /** To be polled beside the host that has the bus. */
  readonly engines: readonly Engine[];
  /** To be started in this order, and stopped the other way round. */
  readonly devices: readonly Pick<Device, 'start' | 'stop'>[];
  /** The computer at the other end of a simulated LAN. */
  readonly demo: Host | undefined;
}

/** Opens nothing yet: throws UNKNOWN_BOARD, BAD_ADDRESS or BAD_CABLE, and leaves nothing behind. */
export function prepareBoard(board: string, cable: string, seed: number, trace: Tracer | undefined): OpenBoard {
  const end = parseCable(cable);
  if (board === 'mock') return mockBoard(end, seed, trace);
  throw new LanError('UNKNOWN_BOARD', `board '${board}': unknown`);
}

function mockBoard(end: CableAddress, seed: number, trace: Tracer | undefined): OpenBoard {
  const { plug, engines, devices, demo } = plugOf(end, seed, trace);
  return { bus: new MockBus(new MockBoard(plug, { trace })), engines, devices, demo };
}

/** The end of a cable that is not a board's own affair, with what runs it. */
function plugOf(
  end: CableAddress,
  seed: number,
  trace: Tracer | undefined,
): Omit<OpenBoard, 'bus'> & { readonly plug: Plug } {
  if (end.kind === 'lan') {
    const cable = new Cable();
    const demo = demoHost({ plug: cable.b, seed });
    return { plug: cable.a, engines: [cable, demo], devices: [], demo };
  }
  if (end.kind === 'user')
    throw new LanError(
      'BAD_CABLE',
      "cable 'user': QEMU's user networking is for emulated boards (--board emulator:lm3s6965evb)",
    );
  const outside = end.kind === 'tap' ? new TapCable(end.name, trace) : new UdpCable(end, trace);
  return { plug: outside, engines: [outside], devices: [outside], demo: undefined };
}
