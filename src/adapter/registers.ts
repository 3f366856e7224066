/** The card's registers: what the driver sees, as PCI memory (DESIGN.md, "Two register maps", 1). */
import { type Register, RegisterFields, type RegisterMapping, type Window } from '../bridge/register-map.ts';

/** Buffer memory: transmit slots first, the receive ring behind them, one visible memory of 128 KiB. */
export const TX_SLOTS = 16;
export const TX_SLOT_SIZE = 0x800;
export const RX_RING_START = TX_SLOTS * TX_SLOT_SIZE;
export const RX_RING_SIZE = 0x1_8000;
export const BUFFER_MEMORY_SIZE = RX_RING_START + RX_RING_SIZE;

/**
 * An entry of the receive ring starts at a multiple of 4: one word `length` | `flags` << 16, one word of time (µs, modulo 2³²), both little-endian, then
 * `length` octets from the destination address to the end of the FCS. An entry never wraps: one with `RX_ENTRY_WRAP` says that the next is at the ring's start.
 */
export const RX_ENTRY_HEADER = 8;
export const RX_ENTRY_FLAGS = {
  /** No frame here: go on at the start of the ring. */
  wrap: 0x8000,
  broadcast: 0x0001,
  multicast: 0x0002,
  /** The board's chip kept the FCS: `length` ends with the payload. */
  noFcs: 0x0004,
  /** The destination is not this station: received because COMMAND.promiscuous is set. */
  promiscuous: 0x0008,
} as const;

/** Bytes of a ring entry for a frame of `length` octets: header, frame, up to the next multiple of 4. */
export const entrySize = (length: number): number => (RX_ENTRY_HEADER + length + 3) & ~3;

const TX_STATUS_FIELDS = {
  state: [0, 2],
  sent: [2, 1],
  deferred: [3, 1],
  attempts: [4, 5],
  lateCollision: [9, 1],
  excessiveCollisions: [10, 1],
  noLink: [11, 1],
  aborted: [12, 1],
  collisionBit: [16, 16],
} as const;
/** TX_STATUS_n.state. */
export const TX_STATE = { idle: 0, queued: 1, sending: 2, done: 3 } as const;

const txStatus = <N extends number>(n: N) =>
  ({
    address: 0x100 + 4 * n,
    access: 'ro',
    reset: 0,
    fields: TX_STATUS_FIELDS,
    note: `How the transmission of slot ${n} goes or went; cleared by TX_START of that slot.`,
  }) as const;
const counter = <A extends number>(address: A, note: string) =>
  ({ address, access: 'ro', reset: 0, fields: {}, note }) as const;

export const CARD_REGISTERS = {
  ID: { address: 0x000, access: 'ro', reset: 0x474e_4943, fields: {}, note: "'GNIC': a glassnic card." },
  VERSION: { address: 0x004, access: 'ro', reset: 1, fields: { map: [0, 8] }, note: 'Version of this map.' },
  COMMAND: {
    address: 0x008,
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
    note: 'reset clears itself: slots free, ring empty, counters 0, all registers at their reset values.',
  },
  STATUS: {
    address: 0x00c,
    access: 'ro',
    reset: 0,
    fields: {
      boardPresent: [0, 1],
      linkUp: [1, 1],
      speed100: [2, 1],
      fullDuplex: [3, 1],
      rxEmpty: [4, 1],
      txIdle: [5, 1],
      rawLine: [6, 1],
    },
    note: 'The card and its line. rawLine: the MAC circuit makes preamble, SFD and FCS; otherwise a chip on the board does.',
  },
  IRQ_STATUS: {
    address: 0x010,
    access: 'w1c',
    reset: 0,
    fields: {
      rxReady: [0, 1],
      txDone: [1, 1],
      linkChange: [2, 1],
      rxOverflow: [3, 1],
      txError: [4, 1],
      boardChange: [5, 1],
      mdioDone: [6, 1],
    },
    note: 'Causes; the interrupt line is up while IRQ_STATUS AND IRQ_ENABLE is not 0. Write 1 to acknowledge.',
  },
  IRQ_ENABLE: {
    address: 0x014,
    access: 'rw',
    reset: 0,
    fields: {
      rxReady: [0, 1],
      txDone: [1, 1],
      linkChange: [2, 1],
      rxOverflow: [3, 1],
      txError: [4, 1],
      boardChange: [5, 1],
      mdioDone: [6, 1],
    },
    note: 'Which causes move the interrupt line.',
  },
  STATION_LOW: {
    address: 0x018,
    access: 'rw',
    reset: 0,
    fields: {},
    note: 'Station address in the MAC circuit, octets 0–3, octet 0 in bits 7:0. 0 after reset: the driver writes what the ROM says.',
  },
  STATION_HIGH: { address: 0x01c, access: 'rw', reset: 0, fields: { octets: [0, 16] }, note: 'Octets 4–5.' },
  MULTICAST_LOW: {
    address: 0x020,
    access: 'rw',
    reset: 0,
    fields: {},
    note: 'Hash filter for group addresses, bits 0–31: bit h is set where h = the top six bits of the CRC-32 of the address.',
  },
  MULTICAST_HIGH: { address: 0x024, access: 'rw', reset: 0, fields: {}, note: 'Hash filter, bits 32–63.' },
  ROM_ADDRESS: {
    address: 0x028,
    access: 'rw',
    reset: 0,
    fields: { octet: [0, 5] },
    note: 'Which octet of the ROM ROM_DATA shows. Octets 0–5: the MAC address; 6: sum of these, modulo 256.',
  },
  ROM_DATA: {
    address: 0x02c,
    access: 'ro',
    reset: 0,
    fields: { data: [0, 8] },
    note: 'One octet of the ROM; reading it steps ROM_ADDRESS.',
  },
  TX_START: {
    address: 0x030,
    access: 'wo',
    reset: 0,
    fields: { length: [0, 16], slot: [16, 8] },
    note: 'Hands a slot with `length` octets (destination address … payload) to the MAC circuit. The slot belongs to the card until its bit in TX_BUSY falls.',
  },
  TX_BUSY: {
    address: 0x034,
    access: 'ro',
    reset: 0,
    fields: { slots: [0, 16] },
    note: 'Bit n: slot n belongs to the card.',
  },
  RX_HEAD: {
    address: 0x038,
    access: 'ro',
    reset: 0,
    fields: {},
    note: 'Where in the ring (byte offset from its start) the card writes next.',
  },
  RX_TAIL: {
    address: 0x03c,
    access: 'rw',
    reset: 0,
    fields: {},
    note: 'Where the driver reads next; the ring is empty when it equals RX_HEAD. The card never writes at or over it.',
  },
  MDIO: {
    address: 0x040,
    access: 'rw',
    reset: 0,
    fields: { data: [0, 16], register: [16, 5], phy: [21, 5], write: [26, 1], busy: [31, 1] },
    note: 'Writing it runs one clause 22 management frame on the board; busy falls and IRQ_STATUS.mdioDone rises at its end.',
  },
  TX_FRAMES: counter(0x048, 'Frames sent.'),
  TX_OCTETS: counter(0x04c, 'Octets sent, destination address to FCS.'),
  TX_DEFERRED: counter(0x050, 'Frames that had to wait for a busy line.'),
  TX_SINGLE_COLLISION: counter(0x054, 'Frames sent after exactly one collision.'),
  TX_MULTIPLE_COLLISION: counter(0x058, 'Frames sent after more than one collision.'),
  TX_EXCESSIVE_COLLISION: counter(0x05c, 'Frames given up after 16 attempts.'),
  TX_LATE_COLLISION: counter(0x060, 'Frames that collided after the slot time.'),
  TX_ABORTED: counter(0x064, 'Frames that the board could not send: no link, underrun, jabber.'),
  RX_FRAMES: counter(0x068, 'Frames put into the ring.'),
  RX_OCTETS: counter(0x06c, 'Octets of these, destination address to FCS.'),
  RX_BROADCAST: counter(0x070, 'Of these, to the broadcast address.'),
  RX_MULTICAST: counter(0x074, 'Of these, to other group addresses.'),
  RX_FCS_ERROR: counter(0x078, 'Dropped: FCS wrong (aFrameCheckSequenceErrors).'),
  RX_ALIGNMENT_ERROR: counter(0x07c, 'Dropped: carrier ended within an octet and FCS wrong (aAlignmentErrors).'),
  RX_RUNT: counter(0x080, 'Dropped: shorter than 64 octets.'),
  RX_GIANT: counter(0x084, 'Dropped: longer than 1518 octets, 1522 with a VLAN tag.'),
  RX_NO_SFD: counter(0x088, 'Dropped: no start frame delimiter.'),
  RX_LINE_ERROR: counter(0x08c, 'Dropped: the board flagged an error or cut the frame.'),
  RX_FILTERED: counter(0x090, 'Not for this station: neither its address, nor broadcast, nor an enabled group.'),
  RX_OVERFLOW: counter(0x094, 'Dropped: the receive ring was full.'),
  TX_STATUS_0: txStatus(0),
  TX_STATUS_1: txStatus(1),
  TX_STATUS_2: txStatus(2),
  TX_STATUS_3: txStatus(3),
  TX_STATUS_4: txStatus(4),
  TX_STATUS_5: txStatus(5),
  TX_STATUS_6: txStatus(6),
  TX_STATUS_7: txStatus(7),
  TX_STATUS_8: txStatus(8),
  TX_STATUS_9: txStatus(9),
  TX_STATUS_10: txStatus(10),
  TX_STATUS_11: txStatus(11),
  TX_STATUS_12: txStatus(12),
  TX_STATUS_13: txStatus(13),
  TX_STATUS_14: txStatus(14),
  TX_STATUS_15: txStatus(15),
} as const satisfies Record<string, Register>;

export const CARD_WINDOWS = {
  BUFFER_MEMORY: {
    address: 0x2_0000,
    size: BUFFER_MEMORY_SIZE,
    note: '16 transmit slots of 2 KiB, then the receive ring of 96 KiB.',
  },
} as const satisfies Record<string, Window>;

export type CardRegister = keyof typeof CARD_REGISTERS;
export const card = new RegisterFields(CARD_REGISTERS);

export const CARD_MAP: RegisterMapping<typeof CARD_REGISTERS> = {
  name: 'CARD',
  title: 'The card',
  note: "The programmer's view of the LAN adapter. 32-bit registers; the buffer memory is bytes.",
  registers: CARD_REGISTERS,
  windows: CARD_WINDOWS,
  constants: {
    TX_SLOT: { note: 'Transmit slots: how many, and bytes of one.', values: { count: TX_SLOTS, size: TX_SLOT_SIZE } },
    TX_STATE: { note: 'TX_STATUS_n.state.', values: TX_STATE },
    RX_RING: { note: 'The receive ring in the buffer memory.', values: { start: RX_RING_START, size: RX_RING_SIZE } },
    RX_ENTRY: {
      note: 'Bytes of length, flags and time before each frame in the ring.',
      values: { header: RX_ENTRY_HEADER },
    },
    RX_ENTRY_FLAG: { note: 'Flags of an entry of the receive ring.', values: RX_ENTRY_FLAGS },
  },
};
