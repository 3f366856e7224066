/** `glassnic ping`: ICMP echo, as people know it. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Command } from 'commander';
import { formatIp, type Ip, parseIp } from '../base/address.ts';
import { inMilliseconds, seconds } from '../base/time.ts';
import { orAborted } from '../or-aborted.ts';
import { EXIT } from './exit.ts';
import type { RunningHost } from './open-host.ts';
import { type CommonOptions, hostCommand, numberBetween, withHost } from './options.ts';
import { print, printJson } from './terminal.ts';

interface PingOptions extends CommonOptions {
  readonly count: number;
  readonly interval: number;
  readonly size: number;
  readonly json?: boolean;
}

/** Octets of ICMP header before the data: what `ping` adds to the size it prints. */
const ICMP_HEADER = 8;
/** The longest datagram (65,535) without IP and ICMP headers. */
const SIZE_LIMIT = 65_507;

export function pingCommand(): Command {
  return hostCommand('ping', 2)
    .description('send ICMP echo requests and print what comes back')
    .argument('<address>', 'an IPv4 address')
    .option('-c, --count <number>', 'how many', numberBetween('count', 1, 1_000_000), 4)
    .option('-i, --interval <seconds>', 'from one to the next', numberBetween('time in seconds', 0, 3_600, false), 1)
    .option('-s, --size <octets>', 'of data in each', numberBetween('size', 0, SIZE_LIMIT), 56)
    .option('--json', 'print one JSON object')
    .action(async (address: string, options: PingOptions) => {
      const ip = parseIp(address);
      process.exitCode = await withHost(options, (host, signal) => ping(host, ip, options, signal));
    });
}

async function ping(host: RunningHost, ip: Ip, options: PingOptions, signal: AbortSignal): Promise<number> {
  const say = options.json === true ? () => {} : print;
  const replies: { sequence: number; ms: number; ttl: number; bytes: number }[] = [];
  say(`PING ${formatIp(ip)}: ${options.size} bytes of data`);
  let sent = 0;
  while (sent < options.count && !signal.aborted) {
    const sequence = ++sent;
    // From one request to the next, however long the answer takes.
    const next =
      sent < options.count ? sleep(options.interval * 1_000, undefined, { signal }).catch(() => {}) : undefined;
    const reply = await orAborted(
      signal,
      host.ping(ip, { size: options.size, sequence, timeout: seconds(options.timeout) }),
    ).catch(() => undefined);
    if (reply === undefined) break;
    if (typeof reply === 'string') say(`no answer to icmp_seq=${sequence}: ${reply}`);
    else {
      const ms = rounded(inMilliseconds(reply.time));
      replies.push({ sequence, ms, ttl: reply.ttl, bytes: reply.bytes });
      say(
        `${reply.bytes + ICMP_HEADER} bytes from ${formatIp(ip)}: icmp_seq=${sequence} ttl=${reply.ttl} time=${ms.toFixed(3)} ms`,
      );
    }
    await next;
  }
  summarize(ip, sent, replies, options);
  if (signal.aborted && replies.length === 0) return EXIT.interrupted;
  return replies.length > 0 ? EXIT.ok : EXIT.network;
}

function summarize(
  ip: Ip,
  sent: number,
  replies: readonly { sequence: number; ms: number; ttl: number; bytes: number }[],
  options: PingOptions,
): void {
  const times = replies.map(({ ms }) => ms);
  const rtt =
    times.length === 0
      ? undefined
      : {
          min: Math.min(...times),
          avg: rounded(times.reduce((a, b) => a + b, 0) / times.length),
          max: Math.max(...times),
        };
  if (options.json === true) {
    printJson({ address: formatIp(ip), sent, received: replies.length, rtt, replies });
    return;
  }
  const loss = sent === 0 ? 0 : Math.round((100 * (sent - replies.length)) / sent);
  print(`\n--- ${formatIp(ip)} ping statistics ---`);
  print(`${sent} packets transmitted, ${replies.length} received, ${loss}% packet loss`);
  if (rtt !== undefined)
    print(`rtt min/avg/max = ${rtt.min.toFixed(3)}/${rtt.avg.toFixed(3)}/${rtt.max.toFixed(3)} ms`);
}

/** To a microsecond: more is noise. */
const rounded = (ms: number): number => Number(ms.toFixed(3));
