/** `glassnic demo`: the whole path once, on a mock board and a simulated LAN, and then a look at what every part of it did. */
import { createHash } from 'node:crypto';
import { Command } from 'commander';
import { formatIp } from '../base/address.ts';
import { LanError } from '../base/errors.ts';
import { inMilliseconds, seconds } from '../base/time.ts';
import { DEMO_ADDRESS, demoFile } from '../demo-host.ts';
import { orAborted } from '../or-aborted.ts';
import type { TraceEvent } from '../trace/event.ts';
import { readTraceFile } from '../trace/file.ts';
import { type DemoResult, demoScreen } from './demo-screen.ts';
import type { RunningHost } from './open-host.ts';
import { numberBetween, withHost } from './options.ts';
import { formatBytes, Progress, print, Style } from './terminal.ts';

const FILE = '/1m';
const PINGS = 3;
/** The demo host is in this process: whatever takes longer than this will never come. */
const PATIENCE_S = 5;
const PORT = 80;

interface DemoOptions {
  readonly seed: number;
  readonly trace: string;
}

export function demoCommand(): Command {
  return new Command('demo')
    .description('ping and fetch 1 MB on a mock board and a simulated LAN, and show what every layer did')
    .option('--seed <number>', 'of everything random', numberBetween('seed', 0, 0xffff_ffff), 1)
    .option('--trace <file>', 'where the trace goes', 'glassnic-demo.pcapng')
    .action(demo);
}

async function demo({ seed, trace }: DemoOptions): Promise<void> {
  const result = await withHost({ board: 'mock', cable: 'lan', seed, trace, timeout: PATIENCE_S }, (host, signal) =>
    run(host, seed, signal),
  );
  // The screen is made from the trace alone: what it shows is what was recorded.
  const events: TraceEvent[] = [];
  for await (const event of readTraceFile(trace)) events.push(event);
  for (const line of demoScreen(events, result, new Style(process.stdout))) print(line);
  print();
  print(`The trace is in ${trace}. To read it:  npx glassnic trace show ${trace}   (or open it in Wireshark)`);
}

async function run(host: RunningHost, seed: number, signal: AbortSignal): Promise<DemoResult> {
  const pings: number[] = [];
  for (let sequence = 1; sequence <= PINGS; sequence++) {
    const reply = await orAborted(
      signal,
      host.ping(DEMO_ADDRESS.ip, { size: 32, sequence, timeout: seconds(PATIENCE_S) }),
    );
    if (typeof reply === 'string') throw new LanError('ETIMEDOUT', `the demo host does not answer a ping: ${reply}`);
    pings.push(inMilliseconds(reply.time));
  }
  // Before later frames use the slots again.
  const memory = host.adapter.memory.slice();
  const started = performance.now();
  const body = await fetchFile(host, signal);
  const elapsed = (performance.now() - started) / 1_000;
  const sha256 = createHash('sha256').update(body).digest('hex');
  const expected = createHash('sha256')
    .update(demoFile(FILE, seed) ?? '')
    .digest('hex');
  if (sha256 !== expected)
    throw new LanError('HTTP_DAMAGED', `${FILE} came with SHA-256 ${sha256}, and not ${expected}`);
  return { seed, pings, memory, bytes: body.length, seconds: elapsed, sha256 };
}

/** An HTTP/1.0 GET in its smallest form, straight on the sockets. Ending our side first lets the connection pass through TIME-WAIT here. */
async function fetchFile(host: RunningHost, signal: AbortSignal): Promise<Uint8Array> {
  const stream = await host.sockets.connect({ ip: DEMO_ADDRESS.ip, port: PORT, signal });
  await stream.write(`GET ${FILE} HTTP/1.0\r\nHost: ${formatIp(DEMO_ADDRESS.ip)}\r\n\r\n`, { signal });
  await stream.end({ signal });
  const progress = new Progress();
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for (let chunk = await stream.read({ signal }); chunk !== undefined; chunk = await stream.read({ signal })) {
    chunks.push(chunk);
    bytes += chunk.length;
    progress.update(() => `fetching ${FILE}: ${formatBytes(bytes)}`);
  }
  progress.clear();
  await stream.close();
  const answer = Buffer.concat(chunks);
  const headEnd = answer.indexOf('\r\n\r\n');
  const status = answer.toString('latin1', 0, Math.max(0, answer.indexOf('\r\n')));
  if (headEnd < 0 || !/^HTTP\/1\.\d 200 /.test(status))
    throw new LanError('HTTP_STATUS', `the demo host answered '${status}'`);
  return answer.subarray(headEnd + 4);
}
