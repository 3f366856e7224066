/** The Pico from end to end, with the program as a user runs it: flashed by a drive that a directory stands in for, and as `--board emulator:pico`. In real time. */
import { execFileSync, spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  closeSync,
  constants,
  existsSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { BOARD_NUMBERS } from '../../src/bridge/registers.ts';
import { FIRMWARE } from '../../src/cli/flash-port.ts';
import { demoFile } from '../../src/demo-host.ts';
import { decodePicoUf2, type FlashImage } from '../../src/firmware/uf2.ts';
import { describeWith } from '../tools.ts';
import { type Ended, run, start } from './run.ts';
import { StandInPico } from './stand-in-pico.ts';

const seed = Number(process.env['SEED'] ?? 1);

const UF2 = readFileSync('firmware-bridge/images/pico.uf2');
const image = decodePicoUf2(UF2) as FlashImage;

let directory: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'glassnic-pico-'));
});
afterEach(() => rmSync(directory, { recursive: true }));

describe('glassnic flash pico', () => {
  let pico: StandInPico | undefined;
  afterEach(async () => {
    await pico?.unplug();
    pico = undefined;
  });
  const drive = (): string => join(directory, 'RPI-RP2');
  const answers = (board: string): string => `verify   ${board} answers: pico, firmware ${FIRMWARE}, protocol 1\n`;
  const written = (): string => `write    ${UF2.length} bytes written to ${drive()}\n`;

  test('writes the image of this repository to the drive; what was written starts as the ROM starts it, and answers', async () => {
    pico = await StandInPico.plug(drive());
    const ended = await run(directory, 'flash', 'pico', '--drive', pico.drive, '--board', pico.board);
    expect(ended).toEqual({
      code: 0,
      stdout: `prepare  the Pico's drive is ${drive()}\n${written()}${answers(pico.board)}`,
      stderr: '',
    });
    expect(pico.refused).toEqual([]);
    expect(pico.booted).toEqual([image]);
    expect(pico.isInBootLoader).toBe(false);
  });

  test('restarts a Pico that runs into its boot loader, waits for its drive and goes on', async () => {
    pico = await StandInPico.plug(drive(), image);
    const ended = await run(directory, 'flash', 'pico', '--reboot', '--drive', pico.drive, '--board', pico.board);
    expect(ended).toEqual({
      code: 0,
      stdout: `prepare  ${pico.board} restarts into its boot loader; the Pico's drive is ${drive()}\n${written()}${answers(pico.board)}`,
      stderr: '',
    });
    expect(pico.booted).toEqual([image]);
  });
});

const sha256 = (octets: Uint8Array): string => createHash('sha256').update(octets).digest('hex');
/** Runs `command` on the emulated Pico; `line`: which of its serial lines. */
const onPico = (command: string, line = ''): Promise<Ended> =>
  run(directory, ...command.split(' '), '--board', `emulator:pico${line}`);

describe('--board emulator:pico', () => {
  test.for(['', '?serial=uart'])('passes selftest, every step of it, at emulator:pico%s', async (line) => {
    const ended = await onPico('selftest', line);
    // A computer that is busy for 60 ms is repeated to.
    const stdout = ended.stdout.replace(/\d+(?= cells sent again)/, '#');
    expect({ ...ended, stdout }).toEqual({
      code: 0,
      stdout: `\
link      ok           pico, firmware ${FIRMWARE}; 200 of 200 values of SCRATCH right; protocol 1, 32 cells as in hw/LINK.md 8.4, 0 bad stretches, # cells sent again
REF_CLK   ok           50 MHz from the PHY module
PHY       ok           LAN8720A or LAN8710A (0007:C0F1) at address 1
loopback  ok           24 of 24 frames of 64, 256, 1518 octets came back right, 0 of 117632 bits wrong; in the PHY
partner   ok           link up, 10 Mb/s full duplex; the partner offers 10 half, 10 full
pico: all well
`,
      stderr: '',
    });
  });

  test.for(['', '?serial=uart'])('pings, and gets 64 KiB byte for byte, at emulator:pico%s', async (line) => {
    const ping = await onPico('ping 192.0.2.1 -c 3 -i 0.05 -s 1472', line);
    expect(ping).toMatchObject({ code: 0, stderr: '' });
    expect(ping.stdout).toMatch(/^1480 bytes from 192\.0\.2\.1: icmp_seq=3 ttl=64 time=\d+\.\d{3} ms$/m);
    expect(ping.stdout).toContain('3 packets transmitted, 3 received, 0% packet loss\n');
    const get = await onPico(`get http://demo.lan/64k --sha256 --seed ${seed}`, line);
    expect(get).toEqual({ code: 0, stdout: `${sha256(demoFile('/64k', seed) as Uint8Array)}\n`, stderr: '' });
  });

  test('shows the registers of the firmware', async () => {
    const { code, stdout, stderr } = await onPico('registers dump --map board --json');
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(JSON.parse(stdout)).toMatchObject({
      board: {
        VERSION: { fields: { board: BOARD_NUMBERS.pico, map: 1 } },
        CAPS: { fields: { rawLine: 1, ownMac: 0, speed10: 1, speed100: 0, mdio: 1, linkStatus: 1, bootLoader: 1 } },
        STATUS: { fields: { linkUp: 1, speed100: 0, fullDuplex: 1, refClock: 1 } },
        LINK_BAD_CELLS: { value: 0 },
      },
    });
  });

  test.for([
    [['--board', 'emulator:pico', '--cable', 'user'], "cable 'user': QEMU's user networking is for boards that QEMU"],
    [['--board', 'emulator:pico?serial=pty'], "emulator:pico has no serial line 'pty': usb or uart"],
    [['--board', 'emulator:pico?serial=nope'], "'pico?serial=nope' names no emulated board"],
    [['--board', 'emulator:lm3s6965evb?serial=usb'], "emulator:lm3s6965evb has no serial line 'usb': socket or pty"],
  ] as const)('%j is refused with exit code 2', async ([args, sentence]) => {
    const ended = await run(directory, 'ping', '192.0.2.1', ...args);
    expect(ended).toMatchObject({ code: 2, stdout: '', stderr: expect.stringContaining(sentence) });
    expect(ended.stderr).toMatch(/^glassnic: [^\n]+\n$/);
  });

  test('ends at SIGINT in the middle of selftest with exit code 130, and says nothing more', async () => {
    const { child, ended, prints } = start(directory, 'selftest', '--board', 'emulator:pico');
    await prints('PHY ');
    child.kill('SIGINT');
    const { code, stdout, stderr } = await ended;
    expect({ code, stderr }).toEqual({ code: 130, stderr: '' });
    expect(stdout).not.toContain('all well');
  });

  test('ends at SIGINT in the middle of a transfer with exit code 130, and leaves no part of a file', async () => {
    const get = start(directory, 'get', 'http://demo.lan/1m', '-o', 'x', '--board', 'emulator:pico', '--trace', 't');
    // 20 KB of trace: the board has been up for a while, and a megabyte is many seconds away.
    await vi.waitUntil(() => existsSync(join(directory, 't')) && statSync(join(directory, 't')).size > 20_000, 20_000);
    get.child.kill('SIGINT');
    expect(await get.ended).toEqual({ code: 130, stdout: '', stderr: '' });
    expect(readdirSync(directory)).toEqual(['t']);
  });
});

describeWith(['socat'], 'a Pico on a serial port', () => {
  test('passes selftest, with the package serialport between', async () => {
    const pico = await StandInPico.plug(join(directory, 'RPI-RP2'), image);
    const path = join(directory, 'ttyACM0');
    const socat = spawn('socat', [`pty,raw,echo=0,link=${path}`, pico.board], { stdio: 'ignore' });
    let held: number | undefined;
    try {
      await vi.waitUntil(() => existsSync(path), 5_000);
      // A pty that nobody holds any more ends socat, where a USB port stays.
      held = openSync(path, constants.O_RDWR | constants.O_NOCTTY);
      const board = `serial:${path}`;
      const { code, stdout, stderr } = await run(directory, 'selftest', '--board', board);
      expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
      expect(stdout.split('\n').map((row) => row.slice(0, 14).trim())).toEqual([
        'link      ok',
        'REF_CLK   ok',
        'PHY       ok',
        'loopback  ok',
        'partner   ok',
        'pico: all well',
        '',
      ]);
    } finally {
      if (held !== undefined) closeSync(held);
      socat.kill();
      await pico.unplug();
    }
  });
});

const TRACED = ['ping', '192.0.2.1', '-c', '2', '-i', '0.05', '--board', 'emulator:pico', '--trace', 'x.pcapng'];

test('the trace of a run on emulator:pico is one that trace show reads to its end', async () => {
  expect(await run(directory, ...TRACED)).toMatchObject({ code: 0 });
  const { code, stdout, stderr } = await run(directory, 'trace', 'show', 'x.pcapng');
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  const line = (way: string, from: string, to: string, what: string): RegExp =>
    new RegExp(
      ` line +${way} +110 octets +192\\.0\\.2\\.${from} \\S+ 192\\.0\\.2\\.${to} ICMP echo ${what} id \\d+ seq 2$`,
      'm',
    );
  for (const sentence of [
    / serial +open +pico$/m,
    line('out', '2', '1', 'request'),
    line('in', '1', '2', 'reply'),
    / serial +closed +emulator:pico$/m,
  ])
    expect(stdout).toMatch(sentence);
});

describeWith(['tshark'], 'the trace of a run on emulator:pico', () => {
  test('has no malformed packet and no wrong check sequence for tshark, and all frames of both directions', async () => {
    await run(directory, ...TRACED);
    const tshark = (...options: string[]): string[] =>
      execFileSync('tshark', ['-o', 'eth.check_fcs:TRUE', '-n', '-r', 'x.pcapng', ...options], {
        cwd: directory,
        stdio: ['ignore', 'pipe', 'ignore'],
      })
        .toString()
        .split('\n')
        .filter((row) => row !== '');
    expect(tshark('-Y', '_ws.malformed || eth.fcs.status == "Bad" || ip.checksum.status == "Bad"')).toEqual([]);
    const echoes = tshark('-Y', 'icmp', '-T', 'fields', '-e', 'icmp.type', '-e', 'icmp.seq', '-e', 'eth.fcs.status');
    expect(echoes).toEqual(['8\t1\t1', '0\t1\t1', '8\t2\t1', '0\t2\t1']);
  });
});
