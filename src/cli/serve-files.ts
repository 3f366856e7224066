/** Answers HTTP requests from a directory, or with the built-in page. */
import { open, readdir, realpath, stat } from 'node:fs/promises';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { extname, join, sep } from 'node:path';
import { pipeline } from 'node:stream/promises';

const TYPES: Record<string, string> = {
  '.html': 'text/html; charset=utf-8',
  '.txt': 'text/plain; charset=utf-8',
  '.md': 'text/plain; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.json': 'application/json',
  '.svg': 'image/svg+xml',
  '.png': 'image/png',
  '.jpg': 'image/jpeg',
};

const PAGE = `<!doctype html>
<meta charset="utf-8"><title>glassnic</title>
<h1>Hello from glassnic</h1>
<p>This page came through a LAN adapter written in TypeScript: sockets, TCP, IP, a driver, a card's registers, and a line.</p>
`;

/** Answers one request; never rejects. `directory` undefined: the built-in page at every path. */
export async function answer(
  request: IncomingMessage,
  response: ServerResponse,
  directory: string | undefined,
): Promise<void> {
  if (request.method !== 'GET' && request.method !== 'HEAD') {
    response.setHeader('allow', 'GET, HEAD');
    sendText(request, response, 405, 'only GET and HEAD are answered here\n');
    return;
  }
  if (directory === undefined) {
    sendText(request, response, 200, PAGE, TYPES['.html']);
    return;
  }
  try {
    const root = await realpath(directory);
    const path = await realpath(join(root, pathOf(request.url ?? '/')));
    await sendPath(request, response, root, path);
  } catch {
    if (response.headersSent) response.destroy();
    else sendText(request, response, 404, 'not found\n');
  }
}

/** Decodes %-escapes; throws URIError on broken ones. */
const pathOf = (url: string): string => decodeURIComponent(url.replace(/[?#].*$/s, ''));

/** `path` is a real one: every link and every `..` has been followed. Throws where there is nothing to send. */
async function sendPath(request: IncomingMessage, response: ServerResponse, root: string, path: string): Promise<void> {
  if (path !== root && !path.startsWith(join(root, sep))) throw new Error('outside');
  const found = await stat(path);
  if (found.isDirectory()) {
    const entries = await readdir(path);
    const index = entries.includes('index.html') ? await realpath(join(path, 'index.html')) : undefined;
    if (index !== undefined && (await stat(index)).isFile()) await sendPath(request, response, root, index);
    else sendText(request, response, 200, `${entries.sort().join('\n')}\n`);
    return;
  }
  // To open a pipe would wait for its writer.
  if (!found.isFile()) throw new Error('no file');
  const file = await open(path);
  try {
    describe(response, 200, TYPES[extname(path).toLowerCase()] ?? 'application/octet-stream', found.size);
    if (request.method !== 'HEAD' && found.size > 0) {
      // A file that grows meanwhile must not outgrow the length that was promised; where one shrinks, only a cut tells the client.
      const octets = file.createReadStream({ end: found.size - 1, autoClose: false });
      await pipeline(octets, response, { end: false });
      if (octets.bytesRead < found.size) throw new Error('shrunk');
    }
    response.end();
  } finally {
    await file.close();
  }
}

function sendText(
  request: IncomingMessage,
  response: ServerResponse,
  status: number,
  text: string,
  type = 'text/plain; charset=utf-8',
): void {
  describe(response, status, type, Buffer.byteLength(text));
  response.end(request.method === 'HEAD' ? undefined : text);
}

/** The head, so that whoever logs the request can still read it from the response. */
function describe(response: ServerResponse, status: number, type: string, length: number): void {
  response.statusCode = status;
  response.setHeader('content-type', type).setHeader('content-length', length);
}
