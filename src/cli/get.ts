/** `glassnic get`: one HTTP request, with Node's own client over our sockets. */
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { type IncomingMessage, request } from 'node:http';
import type { Command } from 'commander';
import { formatIp } from '../base/address.ts';
import { LanError } from '../base/errors.ts';
import { Download } from './download.ts';
import { Interrupted, usage } from './exit.ts';
import { NodeDuplex } from './node-duplex.ts';
import type { RunningHost } from './open-host.ts';
import { type CommonOptions, hostCommand, interruptible, withHost } from './options.ts';
import { formatBytes, formatRate, note, Progress, print, printJson } from './terminal.ts';
import { parseTarget, type Target } from './url.ts';

interface GetOptions extends CommonOptions {
  readonly output?: string;
  readonly sha256?: boolean;
  readonly json?: boolean;
}

export function getCommand(): Command {
  return hostCommand('get', 20)
    .description('fetch a URL over HTTP; the body goes to stdout')
    .argument('<url>', 'http://ADDRESS[:PORT]/PATH; demo.lan is the demo host')
    .option('-o, --output <file>', 'write the body to a file, whole or not at all')
    .option('--sha256', 'print the SHA-256 of the body instead of the body')
    .option('--json', 'print one JSON object about the transfer instead of the body')
    .action(async (url: string, options: GetOptions) => {
      const target = parseTarget(url);
      if (options.output === '') throw usage('--output needs the name of a file');
      // From here on: an interrupted run must not leave a part of a file.
      await interruptible(async (interrupted) => {
        const download = options.output === undefined ? undefined : await Download.to(options.output);
        try {
          interrupted.throwIfAborted();
          await withHost(options, (host, signal) => get(host, target, options, download, signal));
        } finally {
          await download?.discard();
        }
      });
    });
}

async function get(
  host: RunningHost,
  target: Target,
  options: GetOptions,
  download: Download | undefined,
  signal: AbortSignal,
): Promise<void> {
  const toStdout = download === undefined && options.sha256 !== true && options.json !== true;
  const started = performance.now();
  const response = await fetchFrom(host, target, options.timeout, signal);
  const total = Number(response.headers['content-length'] ?? Number.NaN);
  const hash = createHash('sha256');
  const progress = new Progress();
  const elapsed = () => (performance.now() - started) / 1_000;
  let bytes = 0;
  try {
    for await (const chunk of response as AsyncIterable<Uint8Array>) {
      bytes += chunk.length;
      hash.update(chunk);
      await download?.write(chunk);
      if (toStdout) await writeOut(chunk, signal);
      progress.update(
        () =>
          `${formatBytes(bytes)}${Number.isNaN(total) ? '' : ` of ${formatBytes(total)}`}, ${formatRate(bytes, elapsed())}`,
      );
    }
  } catch (error) {
    signal.throwIfAborted();
    throw error instanceof LanError
      ? error
      : new LanError('HTTP_CUT', `${formatIp(target.ip)}:${target.port} ended the answer after ${bytes} bytes`, {
          cause: error,
        });
  } finally {
    progress.clear();
  }
  await download?.keep();
  const sha256 = hash.digest('hex');
  if (options.json === true) printJson({ status: response.statusCode, bytes, seconds: elapsed(), sha256 });
  else if (options.sha256 === true) print(sha256);
  if (download !== undefined && process.stderr.isTTY === true)
    note(`${formatBytes(bytes)} in ${elapsed().toFixed(2)} s, ${formatRate(bytes, elapsed())}`);
}

/** The answer to a GET, once its head is there and says 2xx; silence of `timeout` seconds ends it. */
async function fetchFrom(
  host: RunningHost,
  target: Target,
  timeout: number,
  signal: AbortSignal,
): Promise<IncomingMessage> {
  const { ip, port, path } = target;
  const where = `${formatIp(ip)}:${port}`;
  const late = AbortSignal.timeout(Math.ceil(timeout * 1_000));
  const stream = await host.sockets
    .connect({ ip, port, signal: AbortSignal.any([signal, late]) })
    .catch((error: unknown) => {
      signal.throwIfAborted();
      if (late.aborted)
        throw new LanError('ETIMEDOUT', `${where} did not answer within ${timeout} s`, { cause: error });
      throw error;
    });
  const duplex = new NodeDuplex(stream);
  // node:http tells its request of a failure only while it listens; afterwards nobody is interested any more.
  duplex.on('error', () => {});
  const response = await new Promise<IncomingMessage>((resolve, reject) => {
    // Without an agent: one would connect through the system's own stack.
    const asked = request({
      host: formatIp(ip),
      port,
      path,
      headers: { host: target.host },
      createConnection: () => duplex,
    });
    let begun: IncomingMessage | undefined;
    const giveUp = (error: Error) => (begun ?? asked).destroy(error);
    const stop = () => giveUp(signal.reason as Error);
    signal.addEventListener('abort', stop, { once: true });
    const silent = () => giveUp(new LanError('ETIMEDOUT', `${where} was silent for ${timeout} s`));
    let timer = setTimeout(silent, timeout * 1_000);
    duplex.on('data', () => {
      clearTimeout(timer);
      timer = setTimeout(silent, timeout * 1_000);
    });
    asked.once('close', () => {
      clearTimeout(timer);
      signal.removeEventListener('abort', stop);
      // node:http closes without a word when a server wants to change the protocol.
      reject(new LanError('HTTP_CUT', `${where} did not answer as an HTTP server`));
    });
    asked.once('response', (response) => {
      begun = response;
      resolve(response);
    });
    asked.on('error', (error: NodeJS.ErrnoException) => {
      const isOwn = error instanceof LanError || error instanceof Interrupted;
      reject(isOwn ? error : new LanError(error.code ?? 'HTTP_CUT', `${where}: ${error.message}`, { cause: error }));
    });
    asked.end();
  });
  const status = response.statusCode ?? 0;
  if (status >= 200 && status < 300) return response;
  response.destroy();
  const onwards =
    response.headers.location === undefined ? '' : `, to ${response.headers.location} (redirects are not followed)`;
  throw new LanError('HTTP_STATUS', `${where}${path}: ${status} ${response.statusMessage}${onwards}`);
}

const writeOut = async (chunk: Uint8Array, signal: AbortSignal): Promise<void> => {
  if (!process.stdout.write(chunk)) await once(process.stdout, 'drain', { signal });
};
