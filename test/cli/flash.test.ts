import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { LanError } from '../../src/base/errors.ts';
import type { BoardIdentity } from '../../src/bridge/register-bus.ts';
import { BOARD_NUMBERS } from '../../src/bridge/registers.ts';
import type { PortInfo } from '../../src/bridge/transports/serial.ts';
import { copyToDrive, type DriveFiles, driveFiles, driveRoots, findDrives } from '../../src/cli/flash-drive.ts';
import { picoSteps } from '../../src/cli/flash-pico.ts';
import { FIRMWARE, type Surroundings } from '../../src/cli/flash-port.ts';
import { fileOf, imageOf } from '../firmware/uf2-file.ts';
import { type Ended, run, start } from './run.ts';

let directory: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'glassnic-flash-'));
});
afterEach(() => rmSync(directory, { recursive: true }));

const GOOD = fileOf(imageOf());
const INFO = (id: string): string => `UF2 Bootloader v2.0\r\nModel: Raspberry Pi RP2\r\nBoard-ID: ${id}\r\n`;

/** A directory that stands in for the drive of a board in its boot loader. */
function standIn(name: string, id = 'RPI-RP2'): string {
  const drive = join(directory, name);
  mkdirSync(drive, { recursive: true });
  writeFileSync(join(drive, 'INFO_UF2.TXT'), INFO(id));
  return drive;
}

describe('glassnic flash', () => {
  const flash = (...args: string[]): Promise<Ended> => run(directory, 'flash', ...args);
  const flashPico = (...args: string[]): Promise<Ended> => {
    writeFileSync(join(directory, 'x.uf2'), GOOD);
    return flash('pico', '--image', 'x.uf2', ...args);
  };

  test('prints the three steps that openocd would run', async () => {
    const { code, stdout } = await flash('lm3s6965evb', '--dry-run');
    expect(code).toBe(0);
    const image = String.raw`\{?\S*firmware-bridge/images/lm3s6965evb\.bin\}?`;
    const openocd = String.raw`openocd -f board/ek-lm3s6965\.cfg -c`;
    expect(stdout).toMatch(
      new RegExp(
        `^prepare  openocd --version\n` +
          `write    ${openocd} "program ${image} reset exit 0x0"\n` +
          `verify   ${openocd} "init; reset halt; verify_image ${image} 0x0 bin; reset run; shutdown"\n$`,
      ),
    );
  });

  test('prints the three steps for a Pico', async () => {
    expect(await flashPico('--dry-run')).toEqual({
      code: 0,
      stdout: [
        'prepare  find the drive whose INFO_UF2.TXT says Board-ID RPI-RP2\n',
        'write    cp x.uf2 DRIVE\n',
        'verify   say HELLO at the serial port that appears: pico\n',
      ].join(''),
      stderr: '',
    });
    const more = await flashPico('--dry-run', '--reboot', '--board', 'serial:COM7', '--drive', 'E:', '--no-verify');
    expect(more.stdout).toBe(
      "prepare  write 'BOOT' to BOOT_LOADER at serial:COM7, then find its drive\nwrite    cp x.uf2 E:\n",
    );
  });

  test('writes the image to the drive byte for byte, and says that nothing was verified where that is wished', async () => {
    const drive = standIn('RPI-RP2');
    const { code, stdout } = await flashPico('--drive', drive, '--no-verify');
    expect({ code, stdout }).toEqual({
      code: 0,
      stdout: [
        `prepare  the Pico's drive is ${drive}\n`,
        `write    ${GOOD.length} bytes written to ${drive}\n`,
        'verify   left out: whether the board runs it nobody has looked\n',
      ].join(''),
    });
    expect(readFileSync(join(drive, 'glassnic.uf2')).equals(GOOD)).toBe(true);
  });

  test('ends at SIGINT while a board is told to restart, with exit code 130, and writes nothing', async () => {
    const server = createServer();
    const asked = new Promise<void>((resolve) => server.once('connection', () => resolve()));
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const board = `tcp:127.0.0.1:${(server.address() as { port: number }).port}`;
    const drive = join(directory, 'RPI-RP2');
    writeFileSync(join(directory, 'x.uf2'), GOOD);
    const options = ['--image', 'x.uf2', '--reboot', '--drive', drive, '--board', board];
    const { child, ended } = start(directory, 'flash', 'pico', ...options);
    await asked;
    child.kill('SIGINT');
    expect(await ended).toEqual({ code: 130, stdout: '', stderr: '' });
    expect(existsSync(drive)).toBe(false);
    server.close();
  });

  test('another board that answers afterwards is told, with exit code 3', async () => {
    const drive = standIn('RPI-RP2');
    const { code, stderr } = await flashPico('--drive', drive, '--board', 'mock');
    expect(code).toBe(3);
    expect(stderr).toContain("nothing could be verified: mock: the board there is 'mock', not pico");
  });

  test.for([
    ['a directory that is no UF2 drive', () => directory, 'there is no INFO_UF2.TXT'],
    ['a directory that is not there', () => join(directory, 'nowhere'), 'there is no INFO_UF2.TXT'],
    ['the drive of another board', () => standIn('FEATHER', 'SAMD51G19A-Feather-v0'), "'SAMD51G19A-Feather-v0'"],
  ] as const)('%s is refused, with exit code 2, and nothing is written', async ([, drive, named]) => {
    const where = drive();
    const { code, stdout, stderr } = await flashPico('--drive', where);
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toContain(named);
    expect(existsSync(join(where, 'glassnic.uf2'))).toBe(false);
  });

  test.for([
    ['another family', fileOf(imageOf(), { family: 0xada5_2840 }), 'it is for Nordic NRF52840, not for the RP2040'],
    ['a bad boot2', fileOf(imageOf().fill(7, 100, 104)), 'the checksum of its boot2 is wrong'],
    ['a hole', Buffer.concat([GOOD.subarray(0, 512), GOOD.subarray(1_024)]), 'it has 31 blocks and says 32'],
    ['no UF2 file', new Uint8Array(512), 'its block 0 is no UF2 block'],
  ] as const)('an image with %s is refused, with exit code 2', async ([, image, fault]) => {
    writeFileSync(join(directory, 'bad.uf2'), image);
    const drive = standIn('RPI-RP2');
    const { code, stdout, stderr } = await flash('pico', '--image', 'bad.uf2', '--drive', drive);
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toMatch(/^glassnic: 'bad\.uf2' is no image for pico: [^\n]+\n$/);
    expect(stderr).toContain(fault);
    expect(existsSync(join(drive, 'glassnic.uf2'))).toBe(false);
  });

  test('options that mean nothing to a board are refused, with exit code 2', async () => {
    const { code, stderr } = await flash('lm3s6965evb', '--drive', '.', '--dry-run');
    expect(code).toBe(2);
    expect(stderr).toContain("'lm3s6965evb' is flashed with openocd");
  });
});

test('drives are found by their Board-ID, wherever the system mounts them', async () => {
  const [a, b] = [standIn('run/media/me/RPI-RP2'), standIn('Volumes/RPI-RP2 1')];
  standIn('run/media/me/FTHR840BOOT', 'nRF52840-Feather');
  mkdirSync(join(directory, 'run/media/me/stick'));
  const parents = ['run/media/me', 'media/me', 'Volumes'].map((parent) => join(directory, parent));
  expect(await findDrives(driveFiles, { parents, drives: [] })).toEqual([a, b]);
  expect(await findDrives(driveFiles, { parents: [], drives: [b, directory] })).toEqual([b]);
});

test('drives are looked for where each system mounts them, also with sudo', () => {
  vi.stubEnv('USER', 'root');
  vi.stubEnv('SUDO_USER', 'me');
  expect(driveRoots('linux')).toEqual({
    parents: ['/run/media/me', '/media/me', '/run/media/root', '/media/root', '/media'],
    drives: [],
  });
  vi.unstubAllEnvs();
  expect(driveRoots('darwin')).toEqual({ parents: ['/Volumes'], drives: [] });
  expect(driveRoots('win32').drives).toContain('E:\\');
});

const failure = (code: string): Error => Object.assign(new Error(`${code}: says the system`), { code });

/** A drive whose `count`th call of `call` fails. What it has been given is in `taken`. */
function failingDrive(
  call: 'create' | 'write' | 'sync' | 'close',
  count: number,
  code: string,
): DriveFiles & { taken: number } {
  const calls = { create: 0, write: 0, sync: 0, close: 0 };
  const note = (name: keyof typeof calls): void => {
    calls[name]++;
    if (name === call && calls[name] === count) throw failure(code);
  };
  const files = {
    taken: 0,
    list: async () => [],
    read: async () => INFO('RPI-RP2'),
    create: async () => {
      note('create');
      return {
        write: async (bytes: Uint8Array) => {
          note('write');
          files.taken += bytes.length;
          return { bytesWritten: bytes.length };
        },
        sync: async () => note('sync'),
        close: async () => note('close'),
      };
    },
  };
  return files;
}

describe('a drive that vanishes', () => {
  // 32 blocks: four writes of eight, of which the last gives its last block away.
  const WRITES = 5;

  test.for([
    ['write', WRITES, 'EIO'],
    ['sync', 1, 'EIO'],
    ['sync', 1, 'ENODEV'],
    ['close', 1, 'EIO'],
    ['close', 1, 'ENOENT'],
    ['sync', 1, 'UNKNOWN'],
  ] as const)('has taken all of the image: %s %d ends with %s, which is success', async ([call, count, code]) => {
    const drive = failingDrive(call, count, code);
    expect(await copyToDrive(drive, '/drive', GOOD, () => {})).toBe('vanished');
    expect(drive.taken).toBeGreaterThanOrEqual(GOOD.length - 512);
  });

  test.for([1, 2, 3, WRITES - 1])('before its last block: write %d fails, which is an error', async (count) => {
    const copy = copyToDrive(failingDrive('write', count, 'EIO'), '/drive', GOOD, () => {});
    await expect(copy).rejects.toMatchObject({ code: count === 1 ? 'DRIVE_FAILED' : 'DRIVE_GONE' });
  });

  test('and one that stays takes every byte', async () => {
    const drive = failingDrive('close', 2, '');
    const told: number[] = [];
    expect(await copyToDrive(drive, '/drive', GOOD, (written) => told.push(written))).toBe('kept');
    expect(drive.taken).toBe(GOOD.length);
    expect(told.at(-1)).toBe(GOOD.length);
    expect(told.length).toBe(WRITES);
  });
});

test.for([
  ['full', 'write', 3, 'ENOSPC', 'DRIVE_FULL', 'is full after 8192 bytes'],
  ['full at its end', 'sync', 1, 'ENOSPC', 'DRIVE_FULL', 'is full'],
  ['not for this user', 'create', 1, 'EACCES', 'DRIVE_DENIED', 'udisksctl'],
  ['read-only', 'create', 1, 'EROFS', 'DRIVE_READ_ONLY', 'mounted read-only'],
  ['gone before anything was written', 'create', 1, 'ENOENT', 'DRIVE_FAILED', 'ENOENT: says the system'],
] as const)('a drive that is %s is an error that says what to do', async ([, call, count, code, name, sentence]) => {
  const error = await copyToDrive(failingDrive(call, count, code), '/drive', GOOD, () => {}).catch((e: unknown) => e);
  expect(error).toBeInstanceOf(LanError);
  expect(error).toMatchObject({ code: name, message: expect.stringContaining(sentence) });
});

const PICO: BoardIdentity = { name: 'pico', board: BOARD_NUMBERS.pico, firmware: FIRMWARE, caps: 0, buffers: 0 };
const port = (path: string, usb = '1209:0001'): PortInfo => ({ path, maker: '', usb });

/** A computer in virtual time: `ports` and `drives` tell what is plugged in after so many ms. */
class Bench {
  ms = 0;
  readonly log: string[] = [];
  ports: (ms: number) => readonly PortInfo[] = () => [];
  drives: (ms: number) => readonly string[] = () => ['/media/RPI-RP2'];
  greet: (board: string) => BoardIdentity = () => PICO;
  restart: (board: string) => void = () => {};
  readonly at: Surroundings = {
    listPorts: async () => this.ports(this.ms),
    greet: async (board) => {
      this.log.push(`greet ${board}`);
      return this.greet(board);
    },
    restart: async (board) => {
      this.log.push(`restart ${board}`);
      this.restart(board);
    },
    touch: async (path) => void this.log.push(`touch ${path}`),
    now: () => this.ms,
    pause: async (ms) => {
      this.ms += ms;
    },
  };
  readonly files: DriveFiles = {
    list: async () => this.drives(this.ms).map((drive) => drive.slice('/media/'.length)),
    read: async (file) => {
      if (this.drives(this.ms).some((drive) => file === `${drive}/INFO_UF2.TXT`)) return INFO('RPI-RP2');
      throw failure('ENOENT');
    },
    create: failingDrive('sync', 1, 'EIO').create,
  };

  /** Runs all steps; what they said, oldest first. */
  async flash(job: { reboot?: boolean; board?: string; drive?: string; isOwn?: boolean } = {}): Promise<string[]> {
    const whole = { path: 'pico.uf2', image: GOOD, isOwn: true, ...job };
    const said: string[] = [];
    const roots = { parents: ['/media'], drives: [] };
    for (const step of picoSteps(whole, { files: this.files, roots, at: this.at }))
      said.push(await step.run(new AbortController().signal));
    return said;
  }
}

const code = (name: string, message: unknown = expect.any(String)): object =>
  expect.objectContaining({ code: name, message });

describe('flashing a Pico', () => {
  let bench: Bench;
  beforeEach(() => {
    bench = new Bench();
  });

  test('writes to its drive and says HELLO at the port that appears', async () => {
    bench.ports = (ms) => (ms >= 2_000 ? [port('/dev/ttyACM1'), port('/dev/ttyACM0')] : [port('/dev/ttyACM0')]);
    expect(await bench.flash()).toEqual([
      "the Pico's drive is /media/RPI-RP2",
      `${GOOD.length} bytes written and the Pico has restarted`,
      `serial:/dev/ttyACM1 answers: pico, firmware ${FIRMWARE}, protocol 1`,
    ]);
    expect(bench.log).toEqual(['greet serial:/dev/ttyACM1']);
  });

  test('is patient with a port that the system still holds, and a board that does not answer yet', async () => {
    bench.ports = (ms) => (ms >= 500 ? [port('/dev/ttyACM0')] : []);
    bench.greet = () => {
      if (bench.ms < 1_000) throw new LanError('PORT_DENIED', 'port /dev/ttyACM0 may not be opened by you');
      if (bench.ms < 1_500) throw new LanError('LINK_NO_ANSWER', 'no answer');
      return PICO;
    };
    expect((await bench.flash()).at(-1)).toContain('answers: pico');
    expect(bench.ms).toBe(1_500);
  });

  test('without a board afterwards nothing is verified, and that is an error', async () => {
    await expect(bench.flash()).rejects.toEqual(
      code('NOT_VERIFIED', expect.stringMatching(/written.*no serial port has appeared within 10 s/)),
    );
    expect(bench.ms).toBe(10_000);
  });

  test('another firmware than the one that was written is an error, unless the image came from elsewhere', async () => {
    bench.ports = (ms) => (ms > 0 ? [port('/dev/ttyACM0')] : []);
    bench.greet = () => ({ ...PICO, firmware: '0.9' });
    await expect(bench.flash()).rejects.toEqual(
      code('NOT_VERIFIED', expect.stringContaining(`it says firmware 0.9, not ${FIRMWARE}`)),
    );
    bench.ms = 0;
    expect((await bench.flash({ isOwn: false })).at(-1)).toContain('firmware 0.9');
  });

  test('waits for the drive of a Pico that is plugged in late', async () => {
    bench.drives = (ms) => (ms >= 3_000 ? ['/media/RPI-RP2'] : []);
    bench.ports = (ms) => (ms > 3_000 ? [port('/dev/ttyACM0')] : []);
    expect((await bench.flash())[0]).toBe("the Pico's drive is /media/RPI-RP2");
  });

  test('no drive, and several, are errors that say what to do', async () => {
    bench.drives = () => [];
    await expect(bench.flash()).rejects.toEqual(
      code('DRIVE_MISSING', expect.stringMatching(/BOOTSEL.*udisksctl.*--drive/)),
    );
    expect(bench.ms).toBe(5_000);
    bench.drives = () => ['/media/RPI-RP2', '/media/RPI-RP21'];
    await expect(bench.flash()).rejects.toEqual(
      code('DRIVE_AMBIGUOUS', expect.stringContaining('/media/RPI-RP2, /media/RPI-RP21')),
    );
    expect(bench.ms, 'several do not become one by waiting').toBe(5_000);
    expect((await bench.flash({ drive: '/media/RPI-RP21', board: 'serial:X' }))[0]).toBe(
      "the Pico's drive is /media/RPI-RP21",
    );
  });

  test('tells a running Pico to restart into its boot loader, at the port with its USB id', async () => {
    let restartedAt = Number.POSITIVE_INFINITY;
    bench.restart = () => {
      restartedAt = bench.ms;
    };
    bench.drives = (ms) => (ms >= restartedAt + 4_000 ? ['/media/RPI-RP2'] : []);
    const other = port('/dev/ttyUSB0', '0403:6014');
    bench.ports = (ms) => (ms > restartedAt && ms < restartedAt + 5_000 ? [other] : [other, port('/dev/ttyACM0')]);
    const said = await bench.flash({ reboot: true });
    expect(said[0]).toBe("serial:/dev/ttyACM0 restarts into its boot loader; the Pico's drive is /media/RPI-RP2");
    expect(said[2]).toContain('serial:/dev/ttyACM0 answers: pico');
    expect(bench.log).toEqual(['restart serial:/dev/ttyACM0', 'greet serial:/dev/ttyACM0']);
  });

  test('touches the port at 1200 baud where no session is to be had', async () => {
    bench.drives = () => (bench.log.some((line) => line.startsWith('touch')) ? ['/media/RPI-RP2'] : []);
    bench.restart = () => {
      throw new LanError('LINK_NO_ANSWER', 'no answer');
    };
    await bench.flash({ reboot: true, board: 'serial:/dev/ttyACM3?baud=115200' });
    expect(bench.log[1]).toBe('touch /dev/ttyACM3');
  });

  test.for([
    ['is in use', 'PORT_BUSY'],
    ['leads to another board', 'OTHER_BOARD'],
  ] as const)('does not touch a port that %s', async ([, reason]) => {
    bench.drives = () => [];
    bench.restart = () => {
      throw new LanError(reason, 'no');
    };
    await expect(bench.flash({ reboot: true, board: 'serial:/dev/ttyACM0' })).rejects.toEqual(code(reason));
    expect(bench.log).toEqual(['restart serial:/dev/ttyACM0']);
  });

  test('does not guess which of several Picos, or none, to restart', async () => {
    bench.drives = () => [];
    await expect(bench.flash({ reboot: true })).rejects.toEqual(
      code('PORT_NOT_FOUND', expect.stringContaining('BOOTSEL')),
    );
    bench.ports = () => [port('/dev/ttyACM0'), port('/dev/ttyACM1')];
    await expect(bench.flash({ reboot: true })).rejects.toEqual(
      code('PORT_AMBIGUOUS', expect.stringContaining('/dev/ttyACM0, /dev/ttyACM1')),
    );
    expect(bench.log).toEqual([]);
  });

  test('restarts nothing where a Pico waits in its boot loader already', async () => {
    bench.ports = (ms) => (ms > 0 ? [port('/dev/ttyACM0')] : []);
    expect((await bench.flash({ reboot: true }))[0]).toBe("the Pico's drive is /media/RPI-RP2");
    expect(bench.log).toEqual(['greet serial:/dev/ttyACM0']);
  });
});

test('the firmware that has to answer is the one that the sources make', () => {
  const source = readFileSync('firmware-bridge/core/board.c', 'utf8');
  const [, major, minor] = /FIRMWARE_MAJOR = (\d+), FIRMWARE_MINOR = (\d+)/.exec(source) ?? [];
  expect(`${major}.${minor}`).toBe(FIRMWARE);
  const usb = readFileSync('firmware-bridge/boards/pico/usb-descriptors.c', 'utf8');
  expect(usb).toContain('VENDOR = 0x1209, PRODUCT = 0x0001');
});
