/** A computer with nothing to do does nothing: a deadline that stays in the past would turn the loop into a heater. */
import { describe, expect, test } from 'vitest';
import { after, milliseconds, seconds } from '../../src/base/time.ts';
import type { TcpConnection } from '../../src/transport/tcp/connection.ts';
import { type TwoHosts, twoHosts } from './two-hosts.ts';

const seed = Number(process.env['SEED'] ?? 1);

/** How often anything had to be polled in a minute. */
function roundsInAMinute({ world }: TwoHosts): number {
  const end = after(world.now, seconds(60));
  let rounds = 0;
  while (world.step(end)) rounds++;
  return rounds;
}

/** Both ends of a connection on which some octets went both ways. */
function connected(hosts: TwoHosts): { here: TcpConnection; there: TcpConnection } {
  const { world, a, b, ipOf } = hosts;
  const listener = b.tcp.listen({ ip: ipOf.b, port: 80 });
  const here = a.tcp.connect(undefined, { ip: ipOf.b, port: 80 });
  let there: TcpConnection | undefined;
  world.runUntil(() => {
    there ??= listener.accept();
    return there?.state === 'ESTABLISHED' && here.state === 'ESTABLISHED';
  }, seconds(10));
  here.write(new Uint8Array(5_000));
  a.wake();
  world.run(seconds(1));
  there?.read(new Uint8Array(5_000));
  there?.write(new Uint8Array(100));
  b.wake();
  world.run(seconds(1));
  here.read(new Uint8Array(100));
  world.run(seconds(1));
  return { here, there: there as TcpConnection };
}

describe('an idle minute', () => {
  test('of two computers that know nobody needs no poll at all once they have said who they are', () => {
    const hosts = twoHosts(seed);
    hosts.world.run(milliseconds(100));
    expect(roundsInAMinute(hosts)).toBe(0);
  });

  test('with a listener and a datagram socket needs no poll', () => {
    const hosts = twoHosts(seed);
    hosts.a.sockets.listen({ port: 80 });
    hosts.a.sockets.datagram({ port: 53 });
    hosts.world.run(milliseconds(100));
    expect(roundsInAMinute(hosts)).toBe(0);
  });

  test('with an established connection needs polls for the ARP cache only', () => {
    const hosts = twoHosts(seed);
    connected(hosts);
    expect(roundsInAMinute(hosts)).toBeLessThan(30);
  });

  test('in TIME-WAIT needs a poll at its end only', () => {
    const hosts = twoHosts(seed);
    const { here, there } = connected(hosts);
    here.close();
    hosts.a.wake();
    hosts.world.run(seconds(1));
    there.close();
    hosts.b.wake();
    hosts.world.run(seconds(1));
    expect(here.state).toBe('TIME-WAIT');
    expect(roundsInAMinute(hosts)).toBeLessThan(30);
    expect([...hosts.a.tcp.connections(), ...hosts.b.tcp.connections()]).toEqual([]);
  });

  test('with a peer whose window is shut is a probe now and then', () => {
    const hosts = twoHosts(seed);
    const { here, there } = connected(hosts);
    for (let i = 0; i < 40; i++) {
      here.write(new Uint8Array(50_000));
      hosts.a.wake();
      hosts.world.run(seconds(1));
    }
    expect(here.snapshot().send.window).toBe(0);
    expect(roundsInAMinute(hosts)).toBeLessThan(100);
    expect(there.readable).toBeGreaterThan(100_000);
  });

  test('with a neighbour that hears but no longer answers is a request and a retransmission now and then', () => {
    const hosts = twoHosts(seed);
    const { here } = connected(hosts);
    hosts.world.remove(hosts.b);
    here.write(new Uint8Array(50_000));
    hosts.a.sockets.datagram({ remote: { ip: hosts.ipOf.b, port: 9 } }).send('anybody there?');
    hosts.a.wake();
    expect(roundsInAMinute(hosts)).toBeLessThan(300);
    expect(here.state).toBe('ESTABLISHED');
  });

  test('behind a cable that was cut is nothing but retransmissions that are not sent', () => {
    const hosts = twoHosts(seed);
    const { here } = connected(hosts);
    hosts.cable.cut();
    here.write(new Uint8Array(50_000));
    hosts.a.wake();
    expect(roundsInAMinute(hosts)).toBeLessThan(100);
  });
});
