/** A Linux kernel as the other end of the cable: a network namespace of its own, with a TAP in it, removed at the end whatever happened. */
import { type ChildProcess, execFile, execFileSync, spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const run = promisify(execFile);
export const GLASSNIC = fileURLToPath(new URL('../../dist/cli/main.js', import.meta.url));
let serial = 0;

export interface Output {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

export class Namespace {
  readonly name = `glassnic-${process.pid}-${serial++}`;
  readonly tap = 'tap0';
  /** The kernel's address on the TAP. */
  readonly kernel = '10.77.0.1';
  /** The card's. */
  readonly card = '10.77.0.2';
  readonly folder = mkdtempSync(join(tmpdir(), 'glassnic-'));
  readonly #children: ChildProcess[] = [];
  readonly #atExit = (): void => this.remove();

  constructor() {
    process.once('exit', this.#atExit);
    this.#ip('netns', 'add', this.name);
    this.#ip('-n', this.name, 'link', 'set', 'lo', 'up');
    this.#ip('-n', this.name, 'tuntap', 'add', 'dev', this.tap, 'mode', 'tap');
    this.#ip('-n', this.name, 'addr', 'add', `${this.kernel}/24`, 'dev', this.tap);
    this.#ip('-n', this.name, 'link', 'set', this.tap, 'up');
    // The kernel's own chatter would only fill the capture.
    this.#inside('sysctl', '-qw', `net.ipv6.conf.${this.tap}.disable_ipv6=1`);
  }

  /** Runs a command in the namespace to its end. Its exit code is a value; only a command that cannot start throws. */
  async run(command: string, ...args: string[]): Promise<Output> {
    try {
      const { stdout, stderr } = await run('ip', ['netns', 'exec', this.name, command, ...args], {
        maxBuffer: 64 << 20,
        timeout: 120_000,
      });
      return { code: 0, stdout, stderr };
    } catch (error) {
      const { code, stdout, stderr } = error as { code?: number | string; stdout?: string; stderr?: string };
      if (typeof code !== 'number') throw error;
      return { code, stdout: stdout ?? '', stderr: stderr ?? '' };
    }
  }

  /** `glassnic …` on this TAP, to its end. */
  glassnic(...args: string[]): Promise<Output> {
    return this.run(process.execPath, GLASSNIC, ...args);
  }

  /** Starts a command and resolves when it has printed `ready` (on either stream). `stop` ends it and waits for it. */
  async start(ready: RegExp, command: string, ...args: string[]): Promise<{ stop: () => Promise<string> }> {
    const child = spawn('ip', ['netns', 'exec', this.name, command, ...args], { stdio: ['ignore', 'pipe', 'pipe'] });
    this.#children.push(child);
    let text = '';
    const ended = new Promise<void>((resolve) => child.once('close', () => resolve()));
    await new Promise<void>((resolve, reject) => {
      const take = (chunk: Buffer): void => {
        text += chunk.toString();
        if (ready.test(text)) resolve();
      };
      child.stdout.on('data', take);
      child.stderr.on('data', take);
      child.once('error', reject);
      child.once('close', (code) => reject(new Error(`${command} ended with ${code} before it was ready:\n${text}`)));
    });
    return {
      stop: async () => {
        child.kill('SIGINT');
        await ended;
        return text;
      },
    };
  }

  /** nginx with `folder` as its root, on port 80 of the kernel's address. */
  async nginx(): Promise<void> {
    const conf = join(this.folder, 'nginx.conf');
    writeFileSync(
      conf,
      `daemon off; master_process off; user root; pid ${this.folder}/nginx.pid; error_log ${this.folder}/error.log;
       events {} http { access_log off; client_body_temp_path ${this.folder}; server { listen ${this.kernel}:80; root ${this.folder}; } }`,
    );
    const child = spawn('ip', ['netns', 'exec', this.name, 'nginx', '-c', conf, '-e', 'stderr'], { stdio: 'ignore' });
    this.#children.push(child);
    for (let tries = 0; tries < 100; tries++) {
      if ((await this.run('curl', '-s', '-o', '/dev/null', `http://${this.kernel}/`)).code === 0) return;
      if (child.exitCode !== null) break;
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    throw new Error(`nginx did not come up: ${readFileSync(join(this.folder, 'error.log'), 'utf8')}`);
  }

  /**
   * Records the TAP until `stop`, which gives the frames that tshark finds malformed or with a bad checksum, and how many there were in all.
   * dumpcap throws away what it has not read when it is ended: so `stop` first waits for `count` frames that match `last`.
   */
  async capture(last: string, count: number): Promise<{ stop: () => Promise<{ faults: string[]; frames: number }> }> {
    const file = join(this.folder, `capture-${serial++}.pcapng`);
    const capture = await this.start(/File: /, 'dumpcap', '-q', '-i', this.tap, '-w', file);
    const matching = async (filter: string): Promise<string[]> => {
      // Each packet by itself: a segment that the kernel repeats is whole, though a stream that is put together calls it an overlap.
      const checks = [
        'tcp.desegment_tcp_streams:FALSE',
        ...['ip', 'tcp', 'udp'].map((p) => `${p}.check_checksum:TRUE`),
      ].flatMap((preference) => ['-o', preference]);
      // While the file grows its last block may be cut, which tshark says on stderr and by its exit code.
      const { stdout } = await run('tshark', ['-r', file, ...checks, '-Y', filter], { maxBuffer: 256 << 20 }).catch(
        (error: { stdout?: string }) => ({ stdout: error.stdout ?? '' }),
      );
      return stdout.split('\n').filter((line) => line !== '');
    };
    return {
      stop: async () => {
        for (let tries = 0; (await matching(last)).length < count; tries++) {
          if (tries === 20) throw new Error(`${file}: fewer than ${count} frames match '${last}'`);
        }
        await capture.stop();
        const bad =
          '_ws.malformed or ip.checksum.status == 0 or tcp.checksum.status == 0 or udp.checksum.status == 0 or icmp.checksum.status == 0';
        return { faults: await matching(bad), frames: (await matching('frame')).length };
      },
    };
  }

  remove(): void {
    process.removeListener('exit', this.#atExit);
    for (const child of this.#children) if (child.exitCode === null && child.signalCode === null) child.kill('SIGKILL');
    this.#ip('netns', 'del', this.name);
    rmSync(this.folder, { recursive: true, force: true });
  }

  #inside(...command: string[]): void {
    execFileSync('ip', ['netns', 'exec', this.name, ...command], { stdio: 'ignore' });
  }

  #ip(...args: string[]): void {
    execFileSync('ip', args, { stdio: ['ignore', 'ignore', 'pipe'] });
  }
}
