/** Where rp2040js differs from the chip in a few lines, which are mended in place; what differs in much has a file of its own. */
import type { RP2040 } from 'rp2040js';
import type { Log } from './log.ts';
import type { MachineClock } from './machine-clock.ts';
import type { Peripheral } from './resets.ts';

/** rp2040js finds peripherals by the upper bits of their addresses: 0x4005_4000 is 0x4_0054. */
const TIMER_AT = 0x4_0054;
const SSI_AT = 0x1_8000;
const SSI_SER = 0x10;
const CHAN_ABORT = 0x444;
/** SIO: where rp2040js knows nothing to read, or nothing to write. */
const SIO_END = 0x180;
const SIO_NOT_READ = new Set([0x08, 0x0c, 0x5c, 0x7c, 0xbc, 0xfc]);
const SIO_NOT_WRITTEN = new Set([0x5c, 0x78, 0x7c]);
const isFifo = (offset: number): boolean => offset >= 0x50 && offset < 0x5c;
/** POP and PEEK of the two interpolators. */
const isResult = (offset: number): boolean => offset >= 0x94 && (offset & 0x3f) >= 0x14 && (offset & 0x3f) < 0x2c;

/** rp2040js's alarms ring up to a microsecond before TIMER's count is what they were set to. */
export function repairTimer(chip: RP2040, clock: MachineClock): void {
  const timer = chip.peripherals[TIMER_AT] as Peripheral;
  const write = timer.writeUint32.bind(timer);
  timer.writeUint32 = (offset, value) => {
    clock.isWhole = true;
    write(offset, value);
    clock.isWhole = false;
  };
}

/** A channel is aborted at once, so that nobody waits for it; rp2040js knows the register for writing only. SSI's SER is what the boot stage writes. */
export function repairRegisters({ dma, peripherals }: RP2040): void {
  const read = dma.readUint32.bind(dma);
  dma.readUint32 = (offset) => ((offset & 0xfff) === CHAN_ABORT ? 0 : read(offset));
  const ssi = peripherals[SSI_AT] as Peripheral;
  const write = ssi.writeUint32.bind(ssi);
  ssi.writeUint32 = (offset, value) => {
    if (offset !== SSI_SER) write(offset, value);
  };
}

/** Of a register of SIO that it does not know, rp2040js tells the console. */
export function repairSio({ sio }: RP2040, log: Log): void {
  const read = sio.readUint32.bind(sio);
  sio.readUint32 = (offset) => {
    if (offset < SIO_END && !isFifo(offset) && !SIO_NOT_READ.has(offset)) return read(offset);
    log.warn('SIO', `read at 0x${offset.toString(16)}`);
    return 0;
  };
  const write = sio.writeUint32.bind(sio);
  sio.writeUint32 = (offset, value) => {
    const isUnknown = offset < 0x10 || isFifo(offset) || isResult(offset) || SIO_NOT_WRITTEN.has(offset);
    if (offset < SIO_END && !isUnknown) write(offset, value);
    else log.warn('SIO', `write at 0x${offset.toString(16)}`);
  };
}

/** Where rp2040js's processor differs from a Cortex-M0+; `entered`: an exception was. */
export function repairProcessor({ core }: RP2040, entered: () => void): void {
  const enter = core.exceptionEntry.bind(core);
  core.exceptionEntry = (number) => {
    enter(number);
    entered();
  };
  // With PRIMASK set, an interrupt ends WFI but is not taken.
  const check = core.checkForInterrupts.bind(core);
  core.checkForInterrupts = () => {
    if (!core.waiting || !core.PM) return check();
    if ((core.pendingInterrupts & core.enabledInterrupts) !== 0) core.waiting = false;
    return false;
  };
}
