/** What `--board` and `--cable` name, as a register bus and whatever has to run with it. */
import { readFile } from 'node:fs/promises';
import type { Device, Engine } from './base/engine.ts';
import { LanError } from './base/errors.ts';
import { Random } from './base/random.ts';
import type { Clock } from './base/time.ts';
import { MockBoard } from './bridge/mock/mock-board.ts';
import { MockBus } from './bridge/mock/mock-bus.ts';
import type { RegisterBus } from './bridge/register-bus.ts';
import { type BoardAddress, type EmulatedSerial, parseBoard } from './bridge/transports/board-address.ts';
import { EmulatorTransport } from './bridge/transports/emulator.ts';
import { EMULATED_BOARDS } from './bridge/transports/emulator-program.ts';
import { freePorts } from './bridge/transports/free-ports.ts';
import { LinkBus } from './bridge/transports/link-bus.ts';
import { SerialTransport } from './bridge/transports/serial.ts';
import { TcpTransport } from './bridge/transports/tcp.ts';
import type { Transport } from './bridge/transports/transport.ts';
import { type CableAddress, parseCable } from './cable/address.ts';
import { Cable } from './cable/cable.ts';
import type { Plug } from './cable/plug.ts';
import { TapCable } from './cable/tap.ts';
import { DgramCable, UdpCable } from './cable/udp.ts';
import { demoHost } from './demo-host.ts';
import type { Host } from './host.ts';
import type { Tracer } from './trace/event.ts';

export interface OpenBoard {
  readonly bus: RegisterBus;
  /** What lies under the bus, where that is a serial link; the bus opens it when it is started. */
  readonly transport: Transport | undefined;
  /** To be polled beside the host that has the bus. */
  readonly engines: readonly Engine[];
  /** To be started in this order, and stopped the other way round. */
  readonly devices: readonly Pick<Device, 'start' | 'stop'>[];
  /** The computer at the other end of a simulated LAN. */
  readonly demo: Host | undefined;
}

export interface BoardRequest {
  /** As `--board` says it. */
  readonly board: string;
  /** As `--cable` says it. */
  readonly cable: string;
  readonly seed: number;
  readonly clock: Clock;
  readonly trace?: Tracer | undefined;
}

/** Resolves what the two texts name. Throws UNKNOWN_BOARD, BAD_ADDRESS, BAD_CABLE or TAP_MISSING; nothing is opened before `devices` are started. */
export async function prepareBoard(request: BoardRequest): Promise<OpenBoard> {
  const { clock, trace } = request;
  const address = parseBoard(request.board);
  const cable = parseCable(request.cable);
  if (cable.kind === 'tap') await refuseMissingTap(cable.name);
  if (address.kind === 'mock') {
    const { plug, ...rest } = plugOf(cable, request);
    return { bus: new MockBus(new MockBoard(plug, { trace })), transport: undefined, ...rest };
  }
  const { transport, ...rest } =
    address.kind === 'emulator'
      ? await (address.name === 'pico' ? pico : emulator)(address, cable, request)
      : { transport: transportOf(address), engines: [], devices: [], demo: undefined };
  const bus = new LinkBus({ transport, clock, random: new Random(request.seed), trace });
  return { bus, transport, ...rest, devices: [...rest.devices, bus] };
}

/** To root the kernel would give a new TAP of that name, without an address and gone at the end: a misspelt name would look like a silent cable. */
async function refuseMissingTap(name: string): Promise<void> {
  // The interfaces of this process's network namespace; no Linux, no such file, and TapCable says so.
  const interfaces = await readFile('/proc/net/dev', 'utf8').catch(() => undefined);
  if (interfaces === undefined || interfaces.split('\n').some((line) => line.trimStart().startsWith(`${name}:`)))
    return;
  throw new LanError(
    'TAP_MISSING',
    `tap:${name}: there is no such TAP; as root: ip tuntap add dev ${name} mode tap user <you>`,
  );
}

function transportOf(address: Exclude<BoardAddress, { kind: 'mock' | 'emulator' }>): Transport {
  if (address.kind === 'tcp') return new TcpTransport(address.host, address.port);
  return new SerialTransport(address.path, address.baud);
}

type Surroundings = Omit<OpenBoard, 'bus' | 'transport'>;

type EmulatedAddress = Extract<BoardAddress, { kind: 'emulator' }>;

/** The one of `known` that is asked for, or the first. */
function serialOf<S extends EmulatedSerial>({ name, serial }: EmulatedAddress, known: readonly [S, ...S[]]): S {
  const found = serial === undefined ? known[0] : known.find((one) => one === serial);
  if (found === undefined)
    throw new LanError('BAD_ADDRESS', `emulator:${name} has no serial line '${serial}': ${known.join(' or ')}`);
  return found;
}

/** Emulated in this process, at the end of a cable as the mock is. rp2040js is loaded here, and by nobody else. */
async function pico(
  address: EmulatedAddress,
  cable: CableAddress,
  request: BoardRequest,
): Promise<Surroundings & { readonly transport: Transport }> {
  const line = serialOf(address, ['usb', 'uart']);
  const { plug, ...rest } = plugOf(cable, request, 10);
  const { PicoTransport } = await import('./emulator/pico-transport.ts');
  const transport = new PicoTransport({ plug, line, trace: request.trace });
  return { transport, ...rest, engines: [...rest.engines, transport], devices: [...rest.devices, transport] };
}

async function emulator(
  address: EmulatedAddress,
  cable: CableAddress,
  request: BoardRequest,
): Promise<Surroundings & { readonly transport: Transport }> {
  const { name } = address;
  const board = EMULATED_BOARDS.find((known) => known === name);
  if (board === undefined)
    throw new LanError(
      'UNKNOWN_BOARD',
      // `posix` is the firmware's core as a program, for tests.
      `no emulator for a board '${name}'; there is one for pico, ${EMULATED_BOARDS.filter((known) => known !== 'posix').join(', ')}`,
    );
  const serial = serialOf(address, ['socket', 'pty']);
  const alone = { engines: [], devices: [], demo: undefined };
  if (cable.kind === 'user' || cable.kind === 'tap')
    return { transport: new EmulatorTransport({ board, cable, serial }), ...alone };
  if (cable.kind === 'udp') {
    const ends = { boardPort: cable.localPort, hostPort: cable.remotePort };
    if (cable.remoteHost !== '127.0.0.1' || ends.boardPort === 0)
      throw new LanError(
        'BAD_CABLE',
        `cable '${request.cable}': an emulated board's UDP cable has two ports of 127.0.0.1 (udp:7001:7002)`,
      );
    return { transport: new EmulatorTransport({ board, cable: { kind: 'dgram', ...ends }, serial }), ...alone };
  }
  const [boardPort, hostPort] = await freePorts();
  const lan = simulatedLan(request);
  const remote = { kind: 'udp', localPort: hostPort, remoteHost: '127.0.0.1', remotePort: boardPort } as const;
  const outside = new DgramCable(lan.plug, remote, request.trace);
  return {
    transport: new EmulatorTransport({ board, cable: { kind: 'dgram', boardPort, hostPort }, serial }),
    engines: [...lan.engines, outside],
    devices: [outside],
    demo: lan.demo,
  };
}

/** The end of a cable that a board in this process is plugged into, with what runs it. `speed`: of a simulated one, in Mb/s. */
function plugOf(
  cable: CableAddress,
  request: BoardRequest,
  speed: 10 | 100 = 100,
): Surroundings & { readonly plug: Plug } {
  if (cable.kind === 'lan') return simulatedLan(request, speed);
  if (cable.kind === 'user')
    throw new LanError(
      'BAD_CABLE',
      "cable 'user': QEMU's user networking is for boards that QEMU emulates (--board emulator:lm3s6965evb)",
    );
  const outside = cable.kind === 'tap' ? new TapCable(cable.name, request.trace) : new UdpCable(cable, request.trace);
  return { plug: outside, engines: [outside], devices: [outside], demo: undefined };
}

function simulatedLan({ seed }: BoardRequest, speed: 10 | 100 = 100): Surroundings & { readonly plug: Plug } {
  const cable = new Cable({ speed });
  const demo = demoHost({ plug: cable.b, seed });
  return { plug: cable.a, engines: [cable, demo], devices: [], demo };
}
