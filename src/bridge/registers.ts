/** The board's registers: what every bridge board offers at its line side (DESIGN.md, "Two register maps", 2). */
import { type Register, RegisterFields, type RegisterMapping, type Window } from './register-map.ts';

/** Number of transmit buffers in the address space; CAPS tells how many of them a board really has. */
export const TX_BUFFERS_MAX = 8;
/** Bytes of one transmit buffer in the address space; a line frame of 1530 octets (preamble … FCS, one VLAN tag) fits. */
export const TX_BUFFER_SIZE = 0x800;

export const BOARD_REGISTERS = {
  ID: {
    address: 0x000,
    access: 'ro',
    reset: 0x474e_4231,
    fields: {},
    note: "'GNB1': a glassnic board, and the map is this one.",
  },
  VERSION: {
    address: 0x004,
    access: 'ro',
    reset: 0,
    fields: { map: [0, 8], firmwareMinor: [8, 8], firmwareMajor: [16, 8], board: [24, 8] },
    note: 'Version of this map, version of the firmware, number of the board (hw/LINK.md lists them).',
  },
  CAPS: {
    address: 0x008,
    access: 'ro',
    reset: 0,
    fields: {
      rawLine: [0, 1],
      ownMac: [1, 1],
      halfDuplex: [2, 1],
      speed10: [3, 1],
      speed100: [4, 1],
      mdio: [5, 1],
      timestamps: [6, 1],
      loopback: [7, 1],
      linkStatus: [8, 1],
      addressFilter: [9, 1],
      bootLoader: [10, 1],
    },
    note: 'What the board can do. rawLine: the host supplies preamble, SFD and FCS and sees them on receive. ownMac: a chip makes and strips them. linkStatus: STATUS.linkUp is measured; without it, it is always 1. bootLoader: BOOT_LOADER works.',
  },
  BUFFERS: {
    address: 0x00c,
    access: 'ro',
    reset: 0,
    fields: { txBuffers: [0, 8], rxKilobytes: [8, 8], maxFrame: [16, 16] },
    note: 'Transmit buffers, size of the receive queue in KiB, longest line frame in octets (as it is handed over).',
  },
  CONTROL: {
    address: 0x010,
    access: 'rw',
    reset: 0,
    fields: {
      reset: [0, 1],
      rxEnable: [1, 1],
      txEnable: [2, 1],
      fullDuplex: [3, 1],
      loopback: [4, 1],
      promiscuous: [5, 1],
      allMulticast: [6, 1],
    },
    note: 'reset clears itself and brings the line side back to its start: queues empty, counters 0, CONTROL 0.',
  },
  STATUS: {
    address: 0x014,
    access: 'ro',
    reset: 0,
    fields: { linkUp: [0, 1], speed100: [1, 1], fullDuplex: [2, 1], refClock: [3, 1] },
    note: 'The line as the board sees it.',
  },
  IRQ_STATUS: {
    address: 0x018,
    access: 'w1c',
    reset: 0,
    fields: { linkChange: [0, 1], rxDropped: [1, 1], txError: [2, 1], boardError: [3, 1] },
    note: 'Causes. Frames received and sent have events of their own and are no causes. Write 1 to acknowledge.',
  },
  IRQ_ENABLE: {
    address: 0x01c,
    access: 'rw',
    reset: 0,
    fields: { linkChange: [0, 1], rxDropped: [1, 1], txError: [2, 1], boardError: [3, 1] },
    note: 'A cause that becomes pending while it is enabled raises an interrupt event; one that is pending when it is enabled, too.',
  },
  SCRATCH: {
    address: 0x020,
    access: 'rw',
    reset: 0,
    fields: {},
    note: 'Holds what was written; for tests of the bus.',
  },
  MDIO: {
    address: 0x024,
    access: 'rw',
    reset: 0,
    fields: { data: [0, 16], register: [16, 5], phy: [21, 5], write: [26, 1] },
    note: 'Writing it runs one clause 22 frame; it is done before the bus does the next operation. A read then gives the data in `data` (0xffff where no PHY answers, or CAPS.mdio is 0).',
  },
  STATION_LOW: {
    address: 0x028,
    access: 'rw',
    reset: 0,
    fields: {},
    note: 'Station address for chips that filter themselves: octets 0–3, octet 0 in bits 7:0.',
  },
  STATION_HIGH: {
    address: 0x02c,
    access: 'rw',
    reset: 0,
    fields: { octets: [0, 16] },
    note: 'Octets 4–5 of the station address.',
  },
  TIME: {
    address: 0x030,
    access: 'ro',
    reset: 0,
    fields: {},
    note: 'Microseconds since the board started, modulo 2³². The clock of the RX and TX events.',
  },
  TX_GO: {
    address: 0x034,
    access: 'wo',
    reset: 0,
    fields: { length: [0, 16], buffer: [16, 8] },
    note: 'Queues `length` octets of a transmit buffer for the line. The buffer belongs to the board until its TX event. A busy or missing buffer, a length of 0 or over BUFFERS.maxFrame, or CONTROL.txEnable = 0: nothing is sent, no TX event, IRQ_STATUS.txError.',
  },
  TX_STATUS: {
    address: 0x038,
    access: 'ro',
    reset: 0,
    fields: {
      bit: [0, 16],
      buffer: [16, 8],
      sent: [24, 1],
      deferred: [25, 1],
      collision: [26, 1],
      aborted: [27, 1],
      noLink: [28, 1],
    },
    note: 'How the last transmission ended, as in its TX event. collision: at octet-stream bit `bit`, counted from the first bit of the preamble; the board has jammed and stopped. aborted: the board gave up for a reason of its own (jabber, underrun).',
  },
  TX_FRAMES: { address: 0x040, access: 'ro', reset: 0, fields: {}, note: 'Frames sent.' },
  TX_OCTETS: { address: 0x044, access: 'ro', reset: 0, fields: {}, note: 'Octets sent, as handed over.' },
  TX_COLLISIONS: {
    address: 0x048,
    access: 'ro',
    reset: 0,
    fields: {},
    note: 'Transmissions that ended in a collision.',
  },
  TX_DEFERRED: {
    address: 0x04c,
    access: 'ro',
    reset: 0,
    fields: {},
    note: 'Transmissions that waited for a busy line first.',
  },
  TX_ERRORS: { address: 0x050, access: 'ro', reset: 0, fields: {}, note: 'TX_GO refused, or transmission aborted.' },
  RX_FRAMES: {
    address: 0x054,
    access: 'ro',
    reset: 0,
    fields: {},
    note: 'Frames taken from the line and queued for the host.',
  },
  RX_OCTETS: { address: 0x058, access: 'ro', reset: 0, fields: {}, note: 'Octets of these frames.' },
  RX_DROPPED: {
    address: 0x05c,
    access: 'ro',
    reset: 0,
    fields: {},
    note: 'Whole frames dropped because the receive queue was full.',
  },
  RX_ERRORS: {
    address: 0x060,
    access: 'ro',
    reset: 0,
    fields: {},
    note: 'Frames that the board could not take whole: too long, overrun, or refused by a chip of its own.',
  },
  LINK_BAD_CELLS: {
    address: 0x064,
    access: 'ro',
    reset: 0,
    fields: {},
    note: 'Serial link: stretches of bytes that were no cell. 0 where there is no serial link.',
  },
  LINK_RESENT: {
    address: 0x068,
    access: 'ro',
    reset: 0,
    fields: {},
    note: 'Serial link: cells that the board sent again.',
  },
  BOOT_LOADER: {
    address: 0x06c,
    access: 'wo',
    reset: 0,
    fields: {},
    note: "Writing 0x544f4f42 ('BOOT') restarts the board into its boot loader, where new firmware is written; the session ends with it. Any other value, and CAPS.bootLoader = 0: nothing.",
  },
} as const satisfies Record<string, Register>;

export const BOARD_WINDOWS = {
  TX_BUFFER: {
    address: 0x4000,
    size: TX_BUFFERS_MAX * TX_BUFFER_SIZE,
    note: 'Transmit buffer n at 0x4000 + n·0x800. Readable and writable in blocks of any length and alignment that stay inside the window.',
  },
} as const satisfies Record<string, Window>;

export type BoardRegister = keyof typeof BOARD_REGISTERS;
export const board = new RegisterFields(BOARD_REGISTERS);

/** What BOOT_LOADER wants to be written: the letters 'BOOT', the first one lowest. */
export const BOOT_MAGIC = 0x544f_4f42;

/** Flags of an RX event, which says what one receive slot holds. */
export const RX_FLAGS = {
  /** A chip found the FCS wrong, or the PHY signalled an error (RX_ER). */
  error: 0x01,
  /** The carrier ended within an octet: `bytes` holds the whole octets. */
  alignment: 0x02,
  /** The frame was longer than the board can hold and is cut. */
  truncated: 0x04,
} as const;

/** Numbers of boards, for VERSION.board. */
export const BOARD_NUMBERS = { mock: 1, pico: 2, lm3s6965evb: 3, 'mps2-an385': 4, icebreaker: 5, posix: 6 } as const;

export const BOARD_MAP: RegisterMapping<typeof BOARD_REGISTERS> = {
  name: 'BOARD',
  title: 'The board',
  note: 'What every bridge board offers at its line side. 32-bit registers; all values little-endian on the serial link.',
  registers: BOARD_REGISTERS,
  windows: BOARD_WINDOWS,
  constants: {
    TX_BUFFER: {
      note: 'Transmit buffers: bytes of one, and how many fit.',
      values: { size: TX_BUFFER_SIZE, max: TX_BUFFERS_MAX },
    },
    BOOT: { note: 'What BOOT_LOADER wants to be written.', values: { magic: BOOT_MAGIC } },
    RX_FLAG: { note: 'Flags of an RX event.', values: RX_FLAGS },
    NUMBER: { note: 'VERSION.board.', values: BOARD_NUMBERS },
  },
};
