/** The whole path over the emulated Pico in virtual time: sockets, TCP, the card, the link, the firmware, RMII, and a computer at the other end of 10BASE-T. */
import { afterEach, describe, expect, test } from 'vitest';
import { parseMac, parsePrefix } from '../../src/base/address.ts';
import { seconds } from '../../src/base/time.ts';
import { BOARD_REGISTERS as R } from '../../src/bridge/registers.ts';
import { Cable } from '../../src/cable/cable.ts';
import { DEMO_ADDRESS, demoFile, demoHost } from '../../src/demo-host.ts';
import type { PicoLine } from '../../src/emulator/pico-board.ts';
import { Host } from '../../src/host.ts';
import { World } from '../../src/world.ts';
import { PicoBus } from './pico-bus.ts';

const seed = Number(process.env['SEED'] ?? 1);

interface Computer {
  readonly world: World;
  readonly host: Host;
  readonly bus: PicoBus;
}

/** A host whose card has the Pico at its line side, and the demo host at the far end of 10 m of cable. */
function computer(line: PicoLine): Computer {
  const world = new World();
  const cable = world.add(new Cable({ speed: 10 }));
  world.add(demoHost({ plug: cable.b, seed }));
  const bus = new PicoBus({ plug: cable.a, line, seed });
  const host = world.add(
    new Host({ bus, mac: parseMac('02:00:00:00:00:0a'), address: parsePrefix('192.0.2.2/24'), seed }),
  );
  world.runUntil(() => host.driver.isUp, seconds(10));
  return { world, host, bus };
}

async function get(host: Host, path: string): Promise<Uint8Array> {
  const stream = await host.sockets.connect({ ip: '192.0.2.1', port: 80 });
  await stream.write(`GET ${path} HTTP/1.0\r\n\r\n`);
  const chunks: Uint8Array[] = [];
  for await (const chunk of stream) chunks.push(chunk.slice());
  await stream.close();
  const answer = Buffer.concat(chunks);
  return answer.subarray(answer.indexOf('\r\n\r\n') + 4);
}

describe.for(['usb', 'uart'] as const)(`a computer with the emulated Pico on %s (SEED=${seed})`, (line) => {
  let it: Computer;
  afterEach(() => {
    expect(it.bus.board.machine.log.warnings, 'the firmware touched what is not there').toEqual([]);
    expect(it.bus.board.usb.complaints, 'the USB device broke a rule').toEqual([]);
  });

  test('pings the other end, 10 of 10, with 0, 56 and 1,472 octets of data', async () => {
    it = computer(line);
    const { world, host } = it;
    for (const size of [0, 56, 1_472]) {
      for (let sequence = 1; sequence <= 10; sequence++) {
        const result = await world.settle(
          host.echo.ping(DEMO_ADDRESS.ip, { size, sequence, timeout: seconds(1) }),
          seconds(5),
        );
        expect(result, `${size} octets, number ${sequence}`).toMatchObject({ bytes: size });
      }
    }
  });

  test('S1 fetches 64 KB over HTTP through sockets, TCP, card, cells, firmware and RMII, byte for byte', async () => {
    it = computer(line);
    const { world, host, bus } = it;
    const body = await world.settle(get(host, '/64k'), seconds(60));
    expect(Buffer.compare(body, demoFile('/64k', seed) as Uint8Array)).toBe(0);
    const counters: (number | undefined)[] = [];
    for (const register of [R.RX_DROPPED, R.RX_ERRORS, R.TX_ERRORS])
      bus.read(register.address, (value) => counters.push(value));
    world.runUntil(() => counters.length === 3, seconds(5));
    expect(counters).toEqual([0, 0, 0]);
  });
});
