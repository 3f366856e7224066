/** `glassnic serve`: Node's own HTTP server over our sockets. */
import { stat } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { Command } from 'commander';
import { formatIp } from '../base/address.ts';
import { usage } from './exit.ts';
import { NodeDuplex } from './node-duplex.ts';
import type { RunningHost } from './open-host.ts';
import { type CommonOptions, hostCommand, numberBetween, withHost } from './options.ts';
import { answer } from './serve-files.ts';
import { note, print, printJson } from './terminal.ts';

interface ServeOptions extends CommonOptions {
  readonly port: number;
  readonly json?: boolean;
}

export function serveCommand(): Command {
  return hostCommand('serve', 20)
    .description('serve a directory over HTTP until interrupted; without one, a built-in page')
    .argument('[directory]', 'what to serve')
    .option('-p, --port <port>', 'where to listen', numberBetween('port', 1, 65_535), 80)
    .option('--json', 'print each request as a JSON object')
    .action(async (directory: string | undefined, options: ServeOptions) => {
      if (directory !== undefined) await checkDirectory(directory);
      await withHost(options, (host, signal) => serve(host, directory, options, signal));
    });
}

async function checkDirectory(path: string): Promise<void> {
  const found = await stat(path).catch(() => undefined);
  if (found?.isDirectory() !== true) throw usage(`'${path}' is no directory that can be read`);
}

/** Serves until the signal; connections that are open then are reset by the host's end. */
async function serve(
  host: RunningHost,
  directory: string | undefined,
  options: ServeOptions,
  signal: AbortSignal,
): Promise<void> {
  const http = createServer((request, response) => {
    response.once('close', () => {
      const from = request.socket.remoteAddress ?? '';
      const { method = '', url = '' } = request;
      const bytes = Number(response.getHeader('content-length') ?? 0);
      if (options.json === true)
        printJson({ from, method, url, status: response.statusCode, bytes, whole: response.writableFinished });
      else
        print(`${from} ${method} ${url} ${response.statusCode} ${bytes}${response.writableFinished ? '' : ' (cut)'}`);
    });
    void answer(request, response, directory);
  });
  // Of silence, either way. Node's own limits on requests begin with `listen`, which is not called here.
  http.timeout = options.timeout * 1_000;
  const server = host.sockets.listen({ port: options.port });
  const stop = () => server.close();
  signal.addEventListener('abort', stop, { once: true });
  note(
    `glassnic: serving ${directory ?? 'the built-in page'} at http://${ownAddress(host)}:${options.port}/ (Ctrl-C ends it)`,
  );
  for await (const stream of server) http.emit('connection', new NodeDuplex(stream));
}

const ownAddress = (host: RunningHost): string => {
  const [first] = host.network.interfaces;
  return first === undefined ? '' : formatIp(first.address);
};
