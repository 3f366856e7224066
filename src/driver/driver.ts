/** The LAN driver: Ethernet frames above, card registers below. It initialises the card, places frames into its memory, works off its interrupts. */
import { CARD_REGISTERS, type CardRegister, card, TX_SLOT_SIZE, TX_SLOTS } from '../adapter/registers.ts';
import { addressSum, ROM_SUM } from '../adapter/rom.ts';
import { formatMac, isGroupMac, type Mac } from '../base/address.ts';
import { hex, hex32, put48, u16le, u32le, u48 } from '../base/bytes.ts';
import type { Engine } from '../base/engine.ts';
import { LanError } from '../base/errors.ts';
import { type Instant, START } from '../base/time.ts';
import type { Link } from '../network/link.ts';
import type { Card } from './card.ts';
import { MulticastGroups } from './multicast-groups.ts';
import { type FrameHandler, ReceiveQueue } from './receive-queue.ts';

const HEADER_OCTETS = 14;
const MTU = 1500;
/** Frames that one poll hands up, so that a flood cannot keep the computer from all else. */
const FRAMES_A_POLL = 64;
const ALL_SLOTS = (1 << TX_SLOTS) - 1;
const SLOT_SHIFT = CARD_REGISTERS.TX_START.fields.slot[0];

const TX_DONE = card.mask('IRQ_STATUS', 'txDone');
const TX_ERROR = card.mask('IRQ_STATUS', 'txError');
const RX_OVERFLOW = card.mask('IRQ_STATUS', 'rxOverflow');
const LINE_CHANGE = card.mask('IRQ_STATUS', 'linkChange', 'boardChange');
const MDIO_DONE = card.mask('IRQ_STATUS', 'mdioDone');
const CAUSES = card.mask('IRQ_ENABLE', 'rxReady') | TX_DONE | TX_ERROR | RX_OVERFLOW | LINE_CHANGE | MDIO_DONE;
const TX_SENT = card.mask('TX_STATUS_0', 'sent');

/** Since the driver's start. Octets run from the destination address to the end of the payload. */
export interface DriverStatistics {
  readonly rxFrames: number;
  readonly rxOctets: number;
  /** Interrupts that told of frames lost for want of room, in the ring or on the board. */
  readonly rxOverflows: number;
  readonly txFrames: number;
  readonly txOctets: number;
  /** Of txFrames, those that did not get out: no link, too many collisions, aborted. */
  readonly txErrors: number;
  readonly interrupts: number;
}

export interface DriverConfig {
  readonly adapter: Card;
}

export class Driver implements Link, Engine {
  readonly mac: Mac;
  readonly mtu = MTU;
  onFrame: FrameHandler = () => {};
  readonly #card: Card;
  readonly #memory: Uint8Array;
  readonly #queue: ReceiveQueue;
  readonly #groups = new MulticastGroups();
  #isUp = false;
  #fullDuplex = true;
  #promiscuous = false;
  /** The interrupt handler's note to the next poll. */
  #interrupted = false;
  /** Bit n: slot n is the driver's. */
  #free = ALL_SLOTS;
  #slot = 0;
  #length = 0;
  #mdioDone: ((data: number) => void) | undefined;
  #interrupts = 0;
  #rxOverflows = 0;
  #txFrames = 0;
  #txOctets = 0;
  #txErrors = 0;
  #now: Instant = START;

  /** Initialises the card, as an operating system's start does. Throws NO_CARD, or BAD_ROM where the ROM holds no station address. */
  constructor({ adapter }: DriverConfig) {
    this.#card = adapter;
    this.#memory = adapter.memory;
    const id = this.#read('ID');
    if (id !== CARD_REGISTERS.ID.reset) throw new LanError('NO_CARD', `no glassnic card answers: ID is ${hex32(id)}`);
    this.#write('COMMAND', card.pack('COMMAND', { reset: 1 }));
    this.mac = this.#readRom();
    this.#writeStation();
    this.#queue = new ReceiveQueue(adapter);
    adapter.onInterrupt = (level) => {
      if (level) this.#interrupted = true;
    };
    this.#write('IRQ_ENABLE', CAUSES);
    this.#writeCommand();
    this.#lineChanged();
  }

  get isUp(): boolean {
    return this.#isUp;
  }

  get room(): number {
    if (!this.#isUp) return 0;
    let slots = 0;
    for (let free = this.#free; free !== 0; free &= free - 1) slots++;
    return slots;
  }

  get statistics(): DriverStatistics {
    return {
      rxFrames: this.#queue.frames,
      rxOctets: this.#queue.octets,
      rxOverflows: this.#rxOverflows,
      txFrames: this.#txFrames,
      txOctets: this.#txOctets,
      txErrors: this.#txErrors,
      interrupts: this.#interrupts,
    };
  }

  /** Throws FRAME_LENGTH for what is no Ethernet frame. */
  begin(length: number): Uint8Array | undefined {
    if (length < HEADER_OCTETS || length > HEADER_OCTETS + MTU)
      throw new LanError('FRAME_LENGTH', `a frame of ${length} octets (14 … ${HEADER_OCTETS + MTU} without FCS)`);
    if (!this.#isUp || this.#free === 0) return undefined;
    while ((this.#free & (1 << this.#slot)) === 0) this.#slot = (this.#slot + 1) % TX_SLOTS;
    this.#length = length;
    return this.#memory.subarray(this.#slot * TX_SLOT_SIZE, this.#slot * TX_SLOT_SIZE + length);
  }

  end(): void {
    this.#free &= ~(1 << this.#slot);
    this.#txFrames++;
    this.#txOctets += this.#length;
    this.#write('TX_START', (this.#slot << SLOT_SHIFT) | this.#length);
    this.#slot = (this.#slot + 1) % TX_SLOTS;
  }

  /** Works off what the interrupt handler noted. */
  poll(now: Instant): void {
    this.#now = now;
    if (!this.#interrupted) return;
    this.#interrupted = false;
    const causes = this.#read('IRQ_STATUS');
    // Before the work: what happens from here on raises the line again.
    if (causes !== 0) this.#write('IRQ_STATUS', causes);
    this.#interrupts++;
    if ((causes & LINE_CHANGE) !== 0) this.#lineChanged();
    if ((causes & (TX_DONE | TX_ERROR)) !== 0) this.#freeSlots((causes & TX_ERROR) !== 0);
    if ((causes & RX_OVERFLOW) !== 0) this.#rxOverflows++;
    if ((causes & MDIO_DONE) !== 0) this.#endMdio();
    if (!this.#queue.drain(FRAMES_A_POLL, this.onFrame, now)) this.#interrupted = true;
  }

  nextDeadline(): Instant | undefined {
    return this.#interrupted ? this.#now : undefined;
  }

  /** Lets frames to a group address in. A group that is joined twice is left by leaving it twice. Throws BAD_ADDRESS for a station's address. */
  joinMulticast(group: Mac): void {
    if (!isGroupMac(group)) throw new LanError('BAD_ADDRESS', `${formatMac(group)} is no group address`);
    this.#groups.join(group);
    this.#writeGroups();
  }

  leaveMulticast(group: Mac): void {
    this.#groups.leave(group);
    this.#writeGroups();
  }

  /** Lets every frame in, whoever it is for. */
  setPromiscuous(on: boolean): void {
    this.#promiscuous = on;
    this.#writeCommand();
  }

  /** Reads a register of a PHY (0–31, clause 22); `done` comes from a later poll. False: one is under way, ask again. */
  readPhy(phy: number, register: number, done: (data: number) => void): boolean {
    return this.#manage(card.pack('MDIO', { phy, register }), done);
  }

  /** As readPhy; `done` gets the data that was written. */
  writePhy(phy: number, register: number, data: number, done: (data: number) => void): boolean {
    return this.#manage(card.pack('MDIO', { phy, register, data, write: 1 }), done);
  }

  #read(register: CardRegister): number {
    return this.#card.read(CARD_REGISTERS[register].address);
  }

  #write(register: CardRegister, value: number): void {
    this.#card.write(CARD_REGISTERS[register].address, value);
  }

  #readRom(): Mac {
    const rom = new Uint8Array(ROM_SUM + 1);
    this.#write('ROM_ADDRESS', 0);
    for (let i = 0; i < rom.length; i++) rom[i] = this.#read('ROM_DATA');
    const mac = u48(rom, 0) as Mac;
    if (addressSum(rom) !== rom[ROM_SUM])
      throw new LanError('BAD_ROM', `the card's ROM is damaged: the octets of ${hex(rom)} do not give their sum`);
    if (mac === 0 || isGroupMac(mac))
      throw new LanError('BAD_ROM', `the card's ROM holds ${formatMac(mac)}, which is no station's address`);
    return mac;
  }

  /** The MAC circuit's address comes from the ROM, but it is the driver that carries it over. */
  #writeStation(): void {
    const octets = new Uint8Array(6);
    put48(octets, 0, this.mac);
    this.#write('STATION_LOW', u32le(octets, 0));
    this.#write('STATION_HIGH', u16le(octets, 4));
  }

  #writeGroups(): void {
    const { low, high } = this.#groups.filter();
    this.#write('MULTICAST_LOW', low);
    this.#write('MULTICAST_HIGH', high);
  }

  #writeCommand(): void {
    this.#write(
      'COMMAND',
      card.pack('COMMAND', {
        rxEnable: 1,
        txEnable: 1,
        fullDuplex: this.#fullDuplex,
        promiscuous: this.#promiscuous,
      }),
    );
  }

  /** The MAC circuit must have the duplex mode that the PHYs agreed on. */
  #lineChanged(): void {
    const status = this.#read('STATUS');
    this.#isUp = card.get('STATUS', 'linkUp', status) === 1;
    const fullDuplex = card.get('STATUS', 'fullDuplex', status) === 1;
    if (!this.#isUp || fullDuplex === this.#fullDuplex) return;
    this.#fullDuplex = fullDuplex;
    this.#writeCommand();
  }

  #freeSlots(withErrors: boolean): void {
    const ended = ~this.#free & ~this.#read('TX_BUSY') & ALL_SLOTS;
    this.#free |= ended;
    if (!withErrors) return;
    for (let slot = 0; slot < TX_SLOTS; slot++) {
      if ((ended & (1 << slot)) === 0) continue;
      if ((this.#read(`TX_STATUS_${slot}` as CardRegister) & TX_SENT) === 0) this.#txErrors++;
    }
  }

  #manage(operation: number, done: (data: number) => void): boolean {
    if (this.#mdioDone !== undefined || card.get('MDIO', 'busy', this.#read('MDIO')) === 1) return false;
    this.#mdioDone = done;
    this.#write('MDIO', operation);
    return true;
  }

  #endMdio(): void {
    const done = this.#mdioDone;
    this.#mdioDone = undefined;
    done?.(card.get('MDIO', 'data', this.#read('MDIO')));
  }
}
