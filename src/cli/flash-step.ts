/** What flashing a board consists of, whatever the board: prepare, write, verify. */

export interface FlashStep {
  readonly kind: 'prepare' | 'write' | 'verify';
  /** `writing with openocd`. */
  readonly what: string;
  /** What a person would type or do for it: `--dry-run` prints it. */
  readonly command: string;
  /** Resolves with a line on what came of it; rejects with a LanError that says what to do. */
  run(signal: AbortSignal): Promise<string>;
}

/** What is to be flashed, and how. */
export interface FlashJob {
  readonly path: string;
  readonly image: Uint8Array;
  /** The image is the one that came with glassnic. */
  readonly isOwn: boolean;
  /** As `--drive`, `--board` and `--reboot` say it. */
  readonly drive?: string;
  readonly board?: string;
  readonly reboot?: boolean;
}

/** How one board gets its firmware. */
export interface Flasher {
  /** Of its image in firmware-bridge/images: `.bin`. */
  readonly extension: string;
  /** It is a drive and a serial port, not a tool's affair: `--drive`, `--board` and `--reboot` mean something. */
  readonly hasDrive: boolean;
  /** What is wrong with an image for this board; undefined: nothing. */
  check(image: Uint8Array): string | undefined;
  /** In this order, one of each kind. */
  steps(job: FlashJob): readonly FlashStep[];
}
