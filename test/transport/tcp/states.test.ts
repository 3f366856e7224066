/** Opening, closing and resetting: RFC 9293 §3.5, §3.6, §3.10.7. */
import { describe, expect, test } from 'vitest';
import { milliseconds, seconds } from '../../../src/base/time.ts';
import {
  closeWait,
  closing,
  connected,
  data,
  established,
  finWait1,
  finWait2,
  IRS,
  lastAck,
  listening,
  mssOption,
  PEER_PORT,
  PORT,
  Script,
  STATES,
  synReceived,
  synSent,
  timeWait,
} from './script.ts';
import { CLIENT_IP, SERVER_IP } from './world.ts';

describe('opening', () => {
  test('S28 S29 S34 S35 S36 S37 S38: an active open sends SYN with ISN, window and MSS, and answers SYN-ACK with ACK', () => {
    const t = new Script();
    t.connection = t.tcp.connect(undefined, { ip: CLIENT_IP, port: PEER_PORT });
    t.expectSilence();
    t.port = t.connection.local.port;
    t.poll();
    const syn = t.expect({ flags: 'S', ack: 0, mss: 1460, window: 65_535, to: PEER_PORT, from: t.port, length: 0 });
    expect(t.state).toBe('SYN-SENT');
    t.inject({ flags: 'SA', seq: IRS, ack: syn.seq + 1, options: mssOption(1460) });
    t.expect({ flags: 'A', seq: syn.seq + 1, ack: IRS + 1 });
    expect(t.state).toBe('ESTABLISHED');
    expect(t.connection.remote).toEqual({ ip: CLIENT_IP, port: PEER_PORT });
  });

  test('S31 S32 S33 S50 S125: a SYN to a listener is answered with SYN and ACK, and with the ACK a connection is ready', () => {
    const t = listening();
    let ready = 0;
    if (t.listener) t.listener.onReady = () => ready++;
    t.inject({ flags: 'S', seq: IRS, options: mssOption(1460) });
    const answer = t.expect({ flags: 'SA', ack: IRS + 1, mss: 1460, from: PORT, to: PEER_PORT });
    expect(answer.seq).not.toBe(IRS);
    expect(t.listener?.accept()).toBeUndefined();
    t.inject({ flags: 'A', seq: IRS + 1, ack: answer.seq + 1 });
    t.expectSilence();
    expect(ready).toBe(1);
    expect(t.listener?.accept()?.state).toBe('ESTABLISHED');
  });

  test('MUST-10: SYNs that cross open one connection', () => {
    const t = synSent();
    t.inject({ flags: 'S', seq: IRS, options: mssOption(1460) });
    t.expect({ flags: 'SA', seq: t.iss, ack: IRS + 1 });
    expect(t.state).toBe('SYN-RECEIVED');
    t.inject({ flags: 'A', seq: IRS + 1, ack: t.iss + 1 });
    expect(t.state).toBe('ESTABLISHED');
  });

  test('MUST-10: the peer’s SYN-ACK of a simultaneous open is answered, so that both come up', () => {
    const t = synSent();
    t.inject({ flags: 'S', seq: IRS });
    t.skip();
    t.inject({ flags: 'SA', seq: IRS, ack: t.iss + 1 });
    t.expect({ flags: 'A', seq: t.iss + 1, ack: IRS + 1 });
  });

  test('MUST-11 X-RST-1: a RST sends a passive SYN-RECEIVED back to LISTEN and refuses an active one', () => {
    const passive = synReceived();
    passive.inject({ flags: 'R', seq: IRS + 1 }).expectSilence();
    expect([...passive.tcp.connections()]).toEqual([]);
    passive.inject({ flags: 'S', seq: 7 }).expect({ flags: 'SA', ack: 8 });
    const active = synSent();
    active.inject({ flags: 'S', seq: IRS }).skip();
    active.inject({ flags: 'R', seq: IRS + 1 });
    expect(active.connection.error).toBe('ECONNREFUSED');
  });

  test('X-RST-3: SYN-SENT believes a RST only if it acknowledges our SYN', () => {
    const t = synSent();
    t.inject({ flags: 'R', seq: IRS }).inject({ flags: 'RA', seq: IRS, ack: t.iss }).expectSilence();
    expect(t.state).toBe('SYN-SENT');
    t.inject({ flags: 'RA', seq: 0, ack: t.iss + 1 }).expectSilence();
    expect([t.state, t.connection.error]).toEqual(['CLOSED', 'ECONNREFUSED']);
  });

  test('X-RST-4: an ACK of something else in SYN-SENT is answered with RST, and the open goes on', () => {
    const t = synSent();
    t.inject({ flags: 'SA', seq: IRS, ack: t.iss + 5 }).expect({ flags: 'R', seq: t.iss + 5, ack: 0 });
    expect(t.state).toBe('SYN-SENT');
  });

  test('X-LISTEN-1: LISTEN ignores a RST, answers an ACK with RST, and drops what is no SYN', () => {
    const t = listening();
    t.inject({ flags: 'R', seq: 1 }).expectSilence();
    t.inject({ flags: 'A', seq: 1, ack: 77 }).expect({ flags: 'R', seq: 77 });
    t.inject({ flags: 'F', seq: 1 }).expectSilence();
    expect([...t.tcp.connections()]).toEqual([]);
  });

  test('a full backlog drops a SYN without a word, and takes the next when there is room', () => {
    const t = listening({ backlog: 1 });
    t.inject({ flags: 'S', seq: IRS });
    t.iss = t.expect({ flags: 'SA' }).seq;
    t.peerPort++;
    t.inject({ flags: 'S', seq: IRS }).expectSilence();
    expect(t.tcp.drops.get('tcp:backlog-full')).toBe(1);
    t.peerPort--;
    t.inject({ flags: 'A', seq: IRS + 1, ack: t.iss + 1 });
    expect(t.listener?.accept()).toBeDefined();
    t.peerPort++;
    t.inject({ flags: 'S', seq: IRS }).expect({ flags: 'SA' });
  });

  test('MUST-41 MUST-42: a listener may start beside a half-open connection of its port, and a second one may not', () => {
    const t = synReceived();
    t.listener?.close();
    const again = t.tcp.listen({ ip: SERVER_IP, port: PORT });
    expect(() => t.tcp.listen({ ip: SERVER_IP, port: PORT })).toThrow(expect.objectContaining({ code: 'EADDRINUSE' }));
    again.close();
    const e = established();
    const connection = e.connection;
    e.listener?.close();
    e.tcp.listen({ ip: SERVER_IP, port: PORT });
    expect(connection.state).toBe('ESTABLISHED');
  });

  test.for([
    ['no address', '0.0.0.0', 80],
    ['a multicast address', '224.0.0.1', 80],
    ['the broadcast address', '255.255.255.255', 80],
    ['port 0', '192.0.2.1', 0],
    ['a port above 65535', '192.0.2.1', 65_536],
    ['what is no number', '192.0.2.1', Number.NaN],
  ] as const)('MUST-46: a connection to %s is refused', ([, ip, port]) => {
    const number = ip.split('.').reduce((sum, part) => sum * 256 + Number(part), 0);
    const t = new Script();
    expect(() => t.tcp.connect(undefined, { ip: number as typeof CLIENT_IP, port })).toThrow(
      expect.objectContaining({ code: 'EADDRNOTAVAIL' }),
    );
  });

  test('MUST-43 MUST-44: the source address comes from IP unless one is given, and a used pair is refused', () => {
    const t = new Script();
    expect(t.tcp.connect(undefined, { ip: CLIENT_IP, port: 9 }).local.ip).toBe(SERVER_IP);
    expect(t.tcp.connect({ ip: SERVER_IP, port: 4_000 }, { ip: CLIENT_IP, port: 9 }).local).toEqual({
      ip: SERVER_IP,
      port: 4_000,
    });
    expect(() => t.tcp.connect({ ip: SERVER_IP, port: 4_000 }, { ip: CLIENT_IP, port: 9 })).toThrow(
      expect.objectContaining({ code: 'EADDRINUSE' }),
    );
    expect(() => t.tcp.connect(undefined, { ip: 0x0808_0808 as typeof CLIENT_IP, port: 9 })).toThrow(
      expect.objectContaining({ code: 'ENETUNREACH' }),
    );
  });

  test('MUST-57 MUST-63: a SYN from or to a group is dropped without a word', () => {
    const t = listening();
    const syn = new Uint8Array(20);
    t.tcp.receive(0xe000_0001 as typeof CLIENT_IP, SERVER_IP, syn, t.now);
    t.tcp.receive(CLIENT_IP, 0xffff_ffff as typeof CLIENT_IP, syn, t.now);
    t.poll().expectSilence();
    expect([...t.tcp.connections()]).toEqual([]);
  });
});

test('MUST-49: a time to live that cannot be sent is refused in the call, not found out in a poll', () => {
  const badTtl = expect.objectContaining({ code: 'BAD_TTL' });
  const t = new Script();
  expect(() => t.tcp.connect(undefined, { ip: CLIENT_IP, port: 9 }, { ttl: 0 })).toThrow(badTtl);
  expect(() => t.tcp.listen({ ip: SERVER_IP, port: 9 }, { ttl: 256 })).toThrow(badTtl);
  t.poll().expectSilence();
  expect([...t.tcp.connections()]).toEqual([]);
});

describe('closing', () => {
  test('S61 S62 S63 S64: the peer’s FIN is acknowledged, and reading ends after its data', () => {
    const t = established();
    t.inject({ flags: 'FPA', seq: IRS + 1, ack: t.iss + 1, payload: data(10) });
    t.expect({ flags: 'A', ack: IRS + 12 });
    expect([t.state, t.connection.atEnd]).toEqual(['CLOSE-WAIT', false]);
    expect(t.connection.read(new Uint8Array(100))).toBe(10);
    expect(t.connection.atEnd).toBe(true);
  });

  test('S65: after the peer’s FIN, ours is sent and its ACK deletes the connection', () => {
    const t = lastAck();
    t.inject({ flags: 'A', seq: IRS + 2, ack: t.iss + 2 }).expectSilence();
    expect([t.state, t.connection.error]).toEqual(['CLOSED', undefined]);
    expect([...t.tcp.connections()]).toEqual([]);
  });

  test('S66 S67 MUST-13: who closes first waits for two MSL, then the connection is gone', () => {
    const t = timeWait({ msl: seconds(30) });
    expect(t.state).toBe('TIME-WAIT');
    t.after(milliseconds(59_999));
    expect(t.state).toBe('TIME-WAIT');
    t.after(milliseconds(1)).expectSilence();
    expect([t.state, [...t.tcp.connections()].length]).toEqual(['CLOSED', 0]);
  });

  test('X-TW-1: a FIN that comes again in TIME-WAIT is acknowledged and the wait starts anew', () => {
    const t = timeWait({ msl: seconds(30) });
    t.after(seconds(50))
      .inject({ flags: 'FA', seq: IRS + 1, ack: t.iss + 2 })
      .expect({ flags: 'A', ack: IRS + 2 });
    t.after(seconds(59));
    expect(t.state).toBe('TIME-WAIT');
    t.after(seconds(1));
    expect(t.state).toBe('CLOSED');
  });

  test('MAY-2: a SYN beyond the old numbers reopens from TIME-WAIT, one before them does not', () => {
    const t = timeWait();
    t.inject({ flags: 'S', seq: IRS - 5 });
    expect(t.expect({}).flags).toBe('A');
    t.inject({ flags: 'S', seq: IRS + 100_000 }).expect({ flags: 'SA', ack: IRS + 100_001 });
  });

  test('X-STATE-1: FINs that cross lead through CLOSING to TIME-WAIT', () => {
    const t = closing();
    expect(t.state).toBe('CLOSING');
    t.inject({ flags: 'A', seq: IRS + 2, ack: t.iss + 2 });
    expect(t.state).toBe('TIME-WAIT');
  });

  test('X-STATE-1: FIN with the ACK of ours leads from FIN-WAIT-1 straight to TIME-WAIT', () => {
    const t = finWait1();
    t.inject({ flags: 'FA', seq: IRS + 1, ack: t.iss + 2 }).expect({ flags: 'A', ack: IRS + 2 });
    expect(t.state).toBe('TIME-WAIT');
  });

  test('half-close: after our FIN the peer’s data are still read and acknowledged', () => {
    const t = finWait2();
    t.inject({ flags: 'PA', seq: IRS + 1, ack: t.iss + 2, payload: data(100) }).after(milliseconds(40));
    t.expect({ flags: 'A', seq: t.iss + 2, ack: IRS + 101 });
    expect(t.connection.readable).toBe(100);
    expect(t.connection.writable).toBe(0);
  });

  test('the FIN goes out behind everything that was written', () => {
    const t = established();
    t.connection.write(data(2_000));
    t.connection.shutdown();
    t.poll();
    t.expect({ flags: 'A', length: 1460 });
    t.expect({ flags: 'FPA', length: 540 });
    t.expectSilence();
  });

  test('X-FIN-1: a FIN that comes before its data has its turn after them', () => {
    const t = established();
    t.inject({ flags: 'FA', seq: IRS + 11, ack: t.iss + 1 }).expect({ flags: 'A', ack: IRS + 1 });
    expect(t.state).toBe('ESTABLISHED');
    t.inject({ flags: 'A', seq: IRS + 1, ack: t.iss + 1, payload: data(10) }).expect({ flags: 'A', ack: IRS + 12 });
    expect(t.state).toBe('CLOSE-WAIT');
  });

  test('SHLD-3: close with unread data answers with RST, and so does data after close', () => {
    const unread = established();
    unread.inject({ flags: 'PA', seq: IRS + 1, ack: unread.iss + 1, length: 5 });
    unread.connection.close();
    unread.poll().expect({ flags: 'RA', seq: unread.iss + 1, ack: IRS + 6 });
    const late = established();
    late.connection.close();
    late.poll().expect({ flags: 'FA' });
    late.inject({ flags: 'PA', seq: IRS + 1, ack: late.iss + 2, length: 5 });
    late.expect({ flags: 'RA', seq: late.iss + 2 });
    expect(late.state).toBe('CLOSED');
  });

  test('more connections than the stack holds: the oldest in TIME-WAIT makes room, and without one a SYN is dropped and an open refused', () => {
    const t = timeWait({ connections: 2 });
    t.peerPort++;
    t.inject({ flags: 'S', seq: IRS }).expect({ flags: 'SA' });
    expect(t.state).toBe('TIME-WAIT');
    t.peerPort++;
    t.inject({ flags: 'S', seq: IRS }).expect({ flags: 'SA' });
    expect(t.state).toBe('CLOSED');
    t.peerPort++;
    t.inject({ flags: 'S', seq: IRS }).expectSilence();
    expect(t.tcp.drops.get('tcp:table-full')).toBe(1);
    expect(() => t.tcp.connect(undefined, { ip: CLIENT_IP, port: 9 })).toThrow(
      expect.objectContaining({ code: 'ENOBUFS' }),
    );
  });

  test('a peer that never closes does not keep a connection that its owner has let go', () => {
    const t = established();
    t.connection.close();
    t.poll().inject({ flags: 'A', seq: IRS + 1, ack: t.iss + 2 });
    expect(t.state).toBe('FIN-WAIT-2');
    t.after(seconds(60));
    expect([...t.tcp.connections()]).toEqual([]);
  });
});

describe('resets', () => {
  test.for(['ESTABLISHED', 'FIN-WAIT-1', 'FIN-WAIT-2', 'CLOSE-WAIT'] as const)(
    'X-RST-1 MUST-12 SHLD-2: in %s a RST at RCV.NXT resets, elsewhere in the window it is challenged, outside it is dropped',
    (state) => {
      const t = STATES[state]();
      const next = t.connection.snapshot().receive.nxt;
      t.inject({ flags: 'R', seq: next + 1 }).expect({ flags: 'A', ack: next });
      t.inject({ flags: 'R', seq: next - 1 })
        .inject({ flags: 'R', seq: next + 10_000_000 })
        .expectSilence();
      expect(t.state).toBe(state);
      t.inject({ flags: 'R', seq: next, length: 3 }).expectSilence();
      expect([t.state, t.connection.error]).toEqual(['CLOSED', 'ECONNRESET']);
    },
  );

  test.for(['CLOSING', 'LAST-ACK', 'TIME-WAIT'] as const)(
    'X-RST-1: in %s a RST at RCV.NXT ends the connection without an error',
    (state) => {
      const t = STATES[state]();
      t.inject({ flags: 'R', seq: t.connection.snapshot().receive.nxt }).expectSilence();
      expect([t.state, t.connection.error]).toEqual(['CLOSED', undefined]);
    },
  );

  test.for(['ESTABLISHED', 'FIN-WAIT-1', 'FIN-WAIT-2', 'CLOSE-WAIT', 'CLOSING', 'LAST-ACK'] as const)(
    'X-SYN-1: in %s a SYN is challenged',
    (state) => {
      const t = STATES[state]();
      const { send, receive } = t.connection.snapshot();
      t.inject({ flags: 'S', seq: receive.nxt + 1 }).expect({ flags: 'A', seq: send.nxt, ack: receive.nxt });
      expect(t.state).toBe(state);
    },
  );

  test('RFC 5961 §7: no more than ten challenge ACKs a second', () => {
    const t = established();
    for (let i = 0; i < 50; i++) t.inject({ flags: 'R', seq: IRS + 2 + i });
    expect(t.sent.length).toBe(10);
    t.skip()
      .after(seconds(1))
      .inject({ flags: 'R', seq: IRS + 2 })
      .expect({ flags: 'A' });
  });

  test('X-RST-2: a segment for nobody is answered with RST, and a RST is not', () => {
    const t = new Script();
    t.inject({ flags: 'A', seq: 5, ack: 99 }).expect({ flags: 'R', seq: 99, ack: 0 });
    t.inject({ flags: 'S', seq: 5 }).expect({ flags: 'RA', seq: 0, ack: 6 });
    t.inject({ flags: 'PF', seq: 5, length: 4 }).expect({ flags: 'RA', seq: 0, ack: 10 });
    t.inject({ flags: 'R', seq: 5 }).inject({ flags: 'RA', seq: 5, ack: 1 }).expectSilence();
  });

  test('a RST that IP cannot carry is counted', () => {
    const t = new Script();
    t.internet.refusal = 'ip:host-unreachable';
    t.inject({ flags: 'A', seq: 5, ack: 99 }).expectSilence();
    expect(t.tcp.drops.get('tcp:not-sent')).toBe(1);
  });

  test.for(['SYN-RECEIVED', 'ESTABLISHED', 'FIN-WAIT-1', 'FIN-WAIT-2', 'CLOSE-WAIT'] as const)(
    'abort in %s sends RST at SND.NXT',
    (state) => {
      const t = STATES[state]();
      const { nxt } = t.connection.snapshot().send;
      t.connection.abort();
      t.poll().expect({ flags: 'RA', seq: nxt });
      expect([t.state, t.connection.error]).toEqual(['CLOSED', 'ECONNABORTED']);
      expect(t.tcp.nextDeadline()).toBeUndefined();
    },
  );

  test.for(['SYN-SENT', 'CLOSING', 'LAST-ACK', 'TIME-WAIT'] as const)('abort in %s is silent', (state) => {
    const t = STATES[state]();
    t.connection.abort();
    t.poll().expectSilence();
    expect(t.state).toBe('CLOSED');
  });
});

describe('ICMP errors', () => {
  test('SHLD-26 MUST-54: port unreachable refuses an open, but does not end a connection', () => {
    const opening = synSent();
    opening.icmp({ kind: 'port-unreachable' }, opening.iss);
    expect(opening.connection.error).toBe('ECONNREFUSED');
    const open = established();
    open.connection.write(data(10));
    open.poll().icmp({ kind: 'port-unreachable' }, open.iss + 1);
    expect(open.state).toBe('ESTABLISHED');
  });

  test('SHLD-25 MUST-47 MUST-55 MUST-56: soft errors are told, end nothing, and name the reason when the peer stays silent', () => {
    const t = synSent();
    for (const kind of [
      'net-unreachable',
      'time-exceeded',
      'parameter-problem',
      'source-quench',
      'host-unreachable',
    ] as const)
      t.icmp({ kind }, t.iss);
    expect([t.state, t.connection.softError]).toEqual(['SYN-SENT', 'EHOSTUNREACH']);
    t.at(seconds(300));
    expect(t.connection.error).toBe('EHOSTUNREACH');
  });

  test('RFC 1191: what was too long for a router goes again at once, for routers to cut, and what follows is shorter', () => {
    const t = established({ noDelay: true });
    t.connection.write(data(2_920));
    t.poll().skip();
    expect(t.internet.lastDontFragment).toBeUndefined();
    t.icmp({ kind: 'fragmentation-needed', mtu: 1_000 }, t.iss + 1);
    t.expect({ seq: t.iss + 1, length: 1_460 });
    t.expect({ seq: t.iss + 1_461, length: 1_460 });
    t.expectSilence();
    expect(t.internet.lastDontFragment).toBe(false);
    t.connection.write(data(2_000));
    t.poll().expect({ length: 960 });
    expect(t.internet.lastDontFragment).toBeUndefined();
    expect(t.connection.snapshot().send.slowStartThreshold).toBe(Number.POSITIVE_INFINITY);
  });

  test('RFC 5927: an error about a number that is not on its way is ignored', () => {
    const t = synSent();
    t.icmp({ kind: 'port-unreachable' }, t.iss + 1);
    expect(t.state).toBe('SYN-SENT');
  });

  test('host unreachable makes an open ask IP once more: it ends where our own ARP found nobody, and goes on where a router complained', () => {
    const far = synSent();
    far.icmp({ kind: 'host-unreachable' }, far.iss).expect({ flags: 'S', seq: far.iss });
    far.icmp({ kind: 'host-unreachable' }, far.iss).expectSilence();
    expect(far.state).toBe('SYN-SENT');
    const near = synSent();
    near.internet.refusal = 'ip:host-unreachable';
    near.icmp({ kind: 'host-unreachable' }, near.iss).expectSilence();
    expect([near.state, near.connection.error]).toEqual(['CLOSED', 'EHOSTUNREACH']);
  });

  test('an open fails at once when IP itself knows no way', () => {
    const t = new Script();
    t.internet.refusal = 'ip:host-unreachable';
    t.connection = t.tcp.connect(undefined, { ip: CLIENT_IP, port: 9 });
    let told = 0;
    t.connection.onChange = () => told++;
    t.poll().poll();
    expect([t.connection.error, told]).toEqual(['EHOSTUNREACH', 1]);
  });
});

test('S11 S126: close-wait, connected and the rest say in which state they are', () => {
  for (const [state, start] of Object.entries(STATES)) expect(start().connection.snapshot().state).toBe(state);
  expect(connected().connection.snapshot()).toMatchObject({
    send: { outstanding: 0, mss: 1460 },
    receive: { irs: IRS, nxt: IRS + 1 },
  });
  expect(closeWait().connection.snapshot().sinceLastSend).toBe(0);
});
