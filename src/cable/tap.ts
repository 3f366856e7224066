/** A TAP of the Linux kernel as a cable: Documentation/networking/tuntap.rst, through koffi (loaded here and nowhere else). */
import { closeSync, constants, openSync } from 'node:fs';
import { LanError } from '../base/errors.ts';
import { type Instant, START } from '../base/time.ts';
import type { Tracer } from '../trace/event.ts';
import { FramePlug } from './frame-plug.ts';

const DEVICE = '/dev/net/tun';
const TUNSETIFF = 0x4004_54ca;
const IFF_TAP = 0x0002;
const IFF_NO_PI = 0x1000;
/** struct ifreq: the name, then the flags. */
const IFREQ = { size: 40, flags: 16 };
/** struct pollfd. */
const POLLFD = { size: 8, events: 4, revents: 6 };
const POLLIN = 0x0001;
const ERRNO = { EPERM: 1, EIO: 5, EAGAIN: 11, EBUSY: 16, EINVAL: 22 };

/** A waiting thread sleeps so long at most, and so long at most `stop` and the end of the process wait for it. */
const WAIT_MS = 100;
/** Empty reads before the thread sleeps: a sleeper's wake-up costs the sender more than these cost us (0.4 µs each). */
const SPINS = 32;

type Call = (...args: unknown[]) => number;
interface Libc {
  readonly read: Call;
  readonly write: Call;
  readonly errno: () => number;
  /** Waits in a thread; calls `done` in the main one. */
  readonly waitReadable: (pollfd: Uint8Array, done: () => void) => void;
  readonly ioctl: Call;
}

export interface TapCounters {
  /** Frames that Linux did not take because its queue was full. */
  full: number;
  /** Frames that Linux did not take because the interface is down (`ip link set … up`). */
  down: number;
  /** Frames that Linux did not take for another reason. */
  failed: number;
}

/** `tap:<name>`. Linux may make the TAP when it is opened, or it is there already; address and `up` are the administrator's. */
export class TapCable extends FramePlug {
  readonly taps: TapCounters = { full: 0, down: 0, failed: 0 };
  readonly #name: string;
  readonly #pollfd = new Uint8Array(POLLFD.size);
  #libc: Libc | undefined;
  #fd: number | undefined;
  #wake: () => void = () => {};
  /** Settles when no thread waits on the descriptor any more. */
  #waiting: Promise<void> | undefined;
  #spins = 0;
  /** Frames came in this poll: they are worked through before anything spins. */
  #isFresh = false;
  #now: Instant = START;

  constructor(name: string, trace?: Tracer) {
    super(trace);
    this.#name = name;
  }

  /** Rejects with TAP_UNSUPPORTED, KOFFI_MISSING, TAP_DENIED, TAP_BUSY or TAP_FAILED. */
  async start(wake: () => void): Promise<void> {
    if (this.#fd !== undefined) return;
    if (process.platform !== 'linux')
      throw new LanError('TAP_UNSUPPORTED', `tap:${this.#name}: a TAP needs Linux, and this is ${process.platform}`);
    const libc = await loadLibc();
    const fd = openTap(libc, this.#name);
    new DataView(this.#pollfd.buffer).setInt32(0, fd, isLittleEndian);
    new DataView(this.#pollfd.buffer).setInt16(POLLFD.events, POLLIN, isLittleEndian);
    this.#libc = libc;
    this.#fd = fd;
    this.#wake = wake;
    this.setUp(true);
    wake();
  }

  async stop(): Promise<void> {
    const fd = this.#fd;
    this.#fd = undefined;
    this.setUp(false);
    // The number of a closed descriptor may be another file's at once: no thread may still wait on it.
    await this.#waiting;
    if (fd !== undefined) closeSync(fd);
  }

  override poll(now: Instant): void {
    this.#now = now;
    this.#isFresh = false;
    super.poll(now);
    if (this.#spins === 0) this.#wait();
  }

  override nextDeadline(): Instant | undefined {
    return super.nextDeadline() ?? (this.#spins > 0 && this.#fd !== undefined ? this.#now : undefined);
  }

  protected send(frame: Uint8Array): string | undefined {
    const libc = this.#libc;
    if (libc === undefined || this.#fd === undefined || libc.write(this.#fd, frame, frame.length) >= 0) return;
    const errno = libc.errno();
    const what = errno === ERRNO.EAGAIN ? 'full' : errno === ERRNO.EIO ? 'down' : 'failed';
    this.taps[what]++;
    return `tap:${what}`;
  }

  protected take(place: Uint8Array): number | undefined {
    const libc = this.#libc;
    if (libc === undefined || this.#fd === undefined) return;
    let length = libc.read(this.#fd, place, place.length);
    if (!this.#isFresh) {
      for (; length <= 0 && this.#spins > 0; this.#spins--) length = libc.read(this.#fd, place, place.length);
    }
    if (length <= 0) return;
    this.#isFresh = true;
    this.#spins = SPINS;
    return length;
  }

  #wait(): void {
    const libc = this.#libc;
    if (libc === undefined || this.#fd === undefined || this.#waiting !== undefined) return;
    this.#waiting = new Promise((resolve) => {
      libc.waitReadable(this.#pollfd, () => {
        this.#waiting = undefined;
        resolve();
        if (this.#fd === undefined) return;
        if (new DataView(this.#pollfd.buffer).getInt16(POLLFD.revents, isLittleEndian) !== 0) this.#wake();
        else this.#wait();
      });
    });
  }
}

const isLittleEndian = new Uint8Array(Uint16Array.of(1).buffer)[0] === 1;

async function loadLibc(): Promise<Libc> {
  let koffi: typeof import('koffi');
  try {
    koffi = await import('koffi');
  } catch (cause) {
    throw new LanError('KOFFI_MISSING', 'a TAP needs the package koffi, which is not here: npm install koffi', {
      cause,
    });
  }
  // The C library that Node itself runs on, whichever it is.
  const libc = koffi.load(null);
  const poll = libc.func('int poll(void *fds, unsigned long n, int timeout)');
  return {
    ioctl: libc.func('int ioctl(int fd, unsigned long request, void *argument)'),
    read: libc.func('int read(int fd, void *buffer, uint32 size)'),
    write: libc.func('int write(int fd, const void *buffer, uint32 size)'),
    errno: () => koffi.errno(),
    waitReadable: (pollfd, done) => {
      poll.async(pollfd, 1, WAIT_MS, done);
    },
  };
}

function openTap(libc: Libc, name: string): number {
  let fd: number;
  try {
    fd = openSync(DEVICE, constants.O_RDWR | constants.O_NONBLOCK);
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    if (code === 'EACCES' || code === 'EPERM') throw denied(name, `${DEVICE} is not open to you`, cause);
    if (code !== 'ENOENT' && code !== 'ENODEV' && code !== 'ENXIO')
      throw new LanError('TAP_FAILED', `tap:${name}: ${DEVICE} cannot be opened (${code})`, { cause });
    throw new LanError('TAP_UNSUPPORTED', `tap:${name}: this Linux has no ${DEVICE} (as root: modprobe tun)`, {
      cause,
    });
  }
  const request = new Uint8Array(IFREQ.size);
  new TextEncoder().encodeInto(name, request);
  new DataView(request.buffer).setUint16(IFREQ.flags, IFF_TAP | IFF_NO_PI, isLittleEndian);
  if (libc.ioctl(fd, TUNSETIFF, request) >= 0) return fd;
  const errno = libc.errno();
  closeSync(fd);
  if (errno === ERRNO.EPERM) throw denied(name, 'the TAP is not yours');
  if (errno === ERRNO.EBUSY) throw new LanError('TAP_BUSY', `tap:${name}: another program holds it`);
  if (errno === ERRNO.EINVAL)
    throw new LanError('TAP_FAILED', `tap:${name}: there is an interface '${name}' that is no TAP`);
  throw new LanError('TAP_FAILED', `tap:${name}: TUNSETIFF failed with errno ${errno}`);
}

const denied = (name: string, what: string, cause?: unknown): LanError =>
  new LanError(
    'TAP_DENIED',
    `tap:${name}: ${what}. As root: ip tuntap add dev ${name} mode tap user <you>; and chmod 666 ${DEVICE} where it is not; or run as root`,
    { cause },
  );
