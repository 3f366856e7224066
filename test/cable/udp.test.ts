import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { describe, expect, test } from 'vitest';
import { bytes } from '../../src/base/bytes.ts';
import { type Instant, START } from '../../src/base/time.ts';
import type { UdpAddress } from '../../src/cable/address.ts';
import { Cable } from '../../src/cable/cable.ts';
import { DgramCable, UdpCable } from '../../src/cable/udp.ts';
import { asLine, drive, lineFrame, Witness } from './station.ts';

const address = (localPort: number, remotePort: number): UdpAddress => ({
  kind: 'udp',
  localPort,
  remoteHost: '127.0.0.1',
  remotePort,
});

/** A socket on loopback, as QEMU has one: what it got, and a way to send. */
async function emulator() {
  const socket = createSocket('udp4');
  const got: Uint8Array[] = [];
  socket.on('message', (message) => got.push(Uint8Array.from(message)));
  socket.bind(0, '127.0.0.1');
  await once(socket, 'listening');
  return { socket, got, port: socket.address().port };
}

const FRAME = bytes(`ffff ffff ffff 0200 0000 0001 0806 ${'17'.repeat(28)}`);

describe('a UDP cable', () => {
  test('one datagram is one frame without preamble and FCS; padding, preamble and FCS are the line side only', async () => {
    const peer = await emulator();
    const cable = new UdpCable(address(0, peer.port));
    const witness = new Witness(cable);
    await drive(
      cable,
      [],
      (wake) => {
        peer.socket.on('message', wake);
        cable.poll(START);
        witness.queue.push(lineFrame(1500, 9), lineFrame(46, 1).with(30, 0xff));
        cable.transmit(lineFrame(46, 7), START);
        peer.socket.send(FRAME, cable.localPort, '127.0.0.1');
      },
      () => witness.received.length > 0 && peer.got.length > 1 && witness.ended.length > 2,
    );
    peer.socket.close();
    const padded = new Uint8Array(60);
    padded.set(FRAME);
    expect(witness.received.map(({ octets }) => octets)).toEqual([asLine(padded)]);
    expect(peer.got).toEqual([lineFrame(46, 7).slice(8, -4), lineFrame(1500, 9).slice(8, -4)]);
    expect(witness.ended.map(({ outcome }) => outcome.kind)).toEqual(['sent', 'sent', 'sent']);
    expect(cable.counters).toMatchObject({ fromLine: 2, toLine: 1, badFcs: 1 });
    expect(witness.states.map((state) => state.up)).toEqual([true]);
  });

  test('hears only the end that it was told of', async () => {
    const [peer, stranger] = [await emulator(), await emulator()];
    const cable = new UdpCable(address(0, peer.port));
    const witness = new Witness(cable);
    await drive(
      cable,
      [],
      () => {
        stranger.socket.send(lineFrame(50, 3).slice(8, -4), cable.localPort, '127.0.0.1', () => {
          peer.socket.send(lineFrame(51, 4).slice(8, -4), cable.localPort, '127.0.0.1');
        });
      },
      () => witness.received.length > 0,
    );
    peer.socket.close();
    stranger.socket.close();
    expect(witness.received.map(({ octets }) => octets)).toEqual([lineFrame(51, 4)]);
  });

  test('nobody at the other end is a count, not an end: frames go again when somebody is there', async () => {
    const gone = await emulator();
    await new Promise<void>((resolve) => gone.socket.close(() => resolve()));
    const cable = new UdpCable(address(0, gone.port));
    const witness = new Witness(cable);
    let peer: ReturnType<typeof createSocket> | undefined;
    let got = 0;
    let begun = 0;
    let stop = (): void => {};
    await drive(
      cable,
      [{ poll: send, nextDeadline: () => undefined }],
      (wake) => {
        const next = setInterval(wake, 1);
        stop = () => clearInterval(next);
      },
      () => {
        if (cable.datagrams.failed > 0 && peer === undefined) {
          peer = createSocket('udp4').bind(gone.port, '127.0.0.1');
          peer.on('message', () => got++);
        }
        return got > 0;
      },
    ).finally(() => stop());
    peer?.close();
    expect(witness.ended.every(({ outcome }) => outcome.kind === 'sent')).toBe(true);

    /** One frame whenever the one before has ended. */
    function send(): void {
      if (witness.ended.length < begun) return;
      begun++;
      cable.transmit(lineFrame(46), START);
    }
  });

  test('a datagram that is too short or too long for a frame is dropped and counted', async () => {
    const peer = await emulator();
    const cable = new UdpCable(address(0, peer.port));
    const witness = new Witness(cable);
    await drive(
      cable,
      [],
      () => {
        for (const length of [0, 13, 1519, 9000, 14])
          peer.socket.send(new Uint8Array(length), cable.localPort, '127.0.0.1');
      },
      () => witness.received.length > 0,
    );
    peer.socket.close();
    expect(cable.counters).toMatchObject({ tooShort: 2, tooLong: 2, toLine: 1 });
  });

  test('is down before start and after stop: what is sent then has no link', async () => {
    const peer = await emulator();
    const cable = new UdpCable(address(0, peer.port));
    const witness = new Witness(cable);
    cable.transmit(lineFrame(46), START);
    cable.poll(START);
    await cable.start(() => {});
    cable.poll(START);
    await cable.stop();
    await cable.stop();
    cable.transmit(lineFrame(46), START);
    cable.poll(1 as Instant);
    peer.socket.close();
    expect(witness.ended.map(({ outcome }) => outcome.kind)).toEqual(['no-link', 'no-link']);
    expect(witness.states.map((state) => state.up)).toEqual([true, false]);
  });

  test('a port in use gives UDP_PORT_BUSY, which names it', async () => {
    const peer = await emulator();
    const cable = new UdpCable(address(peer.port, 7002));
    await expect(cable.start(() => {})).rejects.toMatchObject({
      code: 'UDP_PORT_BUSY',
      message: expect.stringContaining(String(peer.port)),
    });
    peer.socket.close();
  });
});

describe('a datagram cable for an emulated board', () => {
  test('leads its frames to a plug of the simulated LAN, and those of the LAN to it', async () => {
    const board = await emulator();
    const lan = new Cable({ speed: 100 });
    const host = new Witness(lan.b);
    const cable = new DgramCable(lan.a, address(0, board.port));
    const frames = Array.from({ length: 30 }, (_, n) => lineFrame(100 + n, n));
    await drive(
      cable,
      [lan],
      (wake) => {
        board.socket.on('message', wake);
        for (const frame of frames) board.socket.send(frame.slice(8, -4), cable.localPort, '127.0.0.1');
        host.queue.push(lineFrame(300, 2));
        lan.poll(START);
        host.plug.transmit(lineFrame(200, 1), START);
      },
      () => host.received.length === frames.length && board.got.length === 2,
    );
    board.socket.close();
    expect(host.received.map(({ octets }) => octets)).toEqual(frames);
    expect(board.got).toEqual([lineFrame(200, 1).slice(8, -4), lineFrame(300, 2).slice(8, -4)]);
    // Pulled out on stop.
    expect(lan.b.state.up).toBe(false);
  });
});
