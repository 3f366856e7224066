/** QEMU's serial line as a pty. */
import { constants, openSync } from 'node:fs';
import type { Duplex } from 'node:stream';
import { ReadStream } from 'node:tty';

/** The path in QEMU's `char device redirected to /dev/pts/0 (label serial0)`, once it has been written. */
export const PTY = /redirected to (\S+) /;

/** QEMU has made the pty raw. A terminal's ReadStream is a socket, so it also writes. */
export const openPty = (path: string): Duplex => new ReadStream(openSync(path, constants.O_RDWR | constants.O_NOCTTY));
