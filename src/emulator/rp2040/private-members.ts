/**
 * What this folder relies on within rp2040js 1.4.1 that its documentation does not promise: methods that are put in the place of its own, members that only
 * its sources show. A test checks each against the installed version.
 */
import type { RP2040 } from 'rp2040js';

export const RP2040JS_VERSION = '1.4.1';

export interface Member {
  /** From the chip to the object that has it. */
  readonly of: string;
  readonly member: string;
  readonly type: 'function' | 'number' | 'boolean' | 'object';
  /** We put our own in its place; the text is one that its sources use to call it. */
  readonly replacedIn?: string;
  readonly why: string;
}

export const MEMBERS: readonly Member[] = [
  { of: 'core', member: 'executeInstruction', type: 'function', why: 'one instruction; returns its cycles' },
  { of: 'core', member: 'waiting', type: 'boolean', why: 'WFI and WFE' },
  { of: 'core', member: 'PM', type: 'boolean', why: 'PRIMASK: WFI ends without taking the interrupt' },
  { of: 'core', member: 'pendingInterrupts', type: 'number', why: 'WFI does not wait when one is pending' },
  { of: 'core', member: 'enabledInterrupts', type: 'number', why: 'the same' },
  {
    of: 'core',
    member: 'exceptionEntry',
    type: 'function',
    replacedIn: 'this.exceptionEntry(',
    why: 'an exception takes 15 cycles',
  },
  {
    of: 'core',
    member: 'checkForInterrupts',
    type: 'function',
    replacedIn: 'this.checkForInterrupts()',
    why: 'PRIMASK and WFI',
  },
  {
    of: '',
    member: 'updateClocks',
    type: 'function',
    replacedIn: 'this.rp2040.updateClocks()',
    why: 'clk_sys changes',
  },
  { of: '', member: 'peripherals', type: 'object', why: 'PIO, RESETS and UART0 are replaced in it' },
  { of: '', member: 'clkSys', type: 'number', why: 'set, where rp2040js does not know the source' },
  { of: 'ppb', member: 'systickTimer', type: 'object', why: 'goes by clk_sys' },
  { of: 'ppb', member: 'writeUint32', type: 'function', replacedIn: 'this.ppb.writeUint32(', why: 'SYSRESETREQ' },
  { of: 'clocks', member: 'sysCtrl', type: 'number', why: 'the source of clk_sys' },
  { of: 'clocks', member: 'sysDiv', type: 'number', why: 'its divider' },
  { of: 'clocks', member: 'refDiv', type: 'number', why: "clk_ref's divider is read back wrong" },
  { of: 'clocks', member: 'refFreq', type: 'number', why: 'clk_ref' },
  { of: 'clocks', member: 'sysFreq', type: 'number', why: 'clk_sys from the sources that rp2040js knows' },
  { of: 'clocks', member: 'periFreq', type: 'number', why: 'clk_peri, for FC0' },
  {
    of: 'usbCtrl',
    member: 'DPRAMUpdated',
    type: 'function',
    replacedIn: 'this.usbCtrl.DPRAMUpdated(',
    why: 'usb-controller.ts is told what is written to DPRAM',
  },
  { of: 'clocks', member: 'usbCtrl', type: 'number', why: 'the source of clk_usb' },
  { of: 'core', member: 'registers', type: 'object', why: 'the ROM starts a program' },
  { of: 'core', member: 'interruptPriorities', type: 'object', why: 'a reset clears them' },
  { of: 'pllUsb', member: 'frequency', type: 'number', why: 'for FC0' },
  { of: 'dma', member: 'setDREQ', type: 'function', why: "PIO's requests" },
  { of: 'dma', member: 'clearDREQ', type: 'function', why: 'the same' },
  { of: 'dma', member: 'readUint32', type: 'function', why: 'CHAN_ABORT can be read' },
  { of: 'peripherals.98304', member: 'writeUint32', type: 'function', why: "SSI's SER can be written" },
  { of: 'gpio.0', member: 'padValue', type: 'number', why: 'reset value as on silicon' },
  {
    of: 'gpio.0',
    member: 'checkForUpdates',
    type: 'function',
    replacedIn: '.checkForUpdates()',
    why: 'outputs are heard, and looped to inputs',
  },
  {
    of: 'gpio.0',
    member: 'refreshInput',
    type: 'function',
    replacedIn: '.refreshInput()',
    why: "a pad's input is enabled",
  },
  { of: 'gpio.0', member: 'setInputValue', type: 'function', why: 'levels from outside' },
  { of: 'pio.0', member: 'pinValues', type: 'number', replacedIn: 'rp2040.pio[0].pinValues', why: 'read by the pins' },
  {
    of: 'pio.0',
    member: 'pinDirections',
    type: 'number',
    replacedIn: 'rp2040.pio[0].pinDirections',
    why: 'read by the pins',
  },
  { of: 'pio.0', member: 'machines', type: 'object', replacedIn: 'of pio.machines', why: 'read by the pins' },
  {
    of: 'peripherals.262228',
    member: 'writeUint32',
    type: 'function',
    replacedIn: 'alarm.clockAlarm.schedule(deltaMicros * 1000)',
    why: "TIMER's alarms are rounded up to its microseconds",
  },
  {
    of: 'peripherals.262232',
    member: 'onWatchdogTrigger',
    type: 'function',
    replacedIn: 'this.onWatchdogTrigger',
    why: 'the watchdog resets',
  },
  { of: 'sio', member: 'readUint32', type: 'function', replacedIn: 'this.sio.readUint32(', why: 'nothing is printed' },
  { of: 'sio', member: 'writeUint32', type: 'function', replacedIn: 'this.sio.writeUint32(', why: 'the same' },
  { of: '', member: 'gpioValues', type: 'number', replacedIn: 'gpioValues', why: 'levels behind the synchronisers' },
  { of: '', member: 'onBreak', type: 'function', replacedIn: 'onBreak(', why: 'BKPT' },
  { of: 'clocks', member: 'readUint32', type: 'function', why: 'FC0, RESUS and the interrupt are ours' },
  { of: 'clocks', member: 'writeUint32', type: 'function', why: 'the same' },
  { of: 'pllSys', member: 'frequency', type: 'number', why: 'for FC0' },
  { of: '', member: 'roscFreq', type: 'number', why: 'the same' },
  { of: '', member: 'xoscFreq', type: 'number', why: 'the same' },
  ...(['IPSR', 'SPSEL', 'currentMode', 'VTOR', 'SHPR2', 'SHPR3', 'PC', 'SP', 'LR'] as const).map(
    (member): Member => ({ of: 'core', member, type: 'number', why: 'a reset sets it' }),
  ),
  ...(['pendingNMI', 'pendingPendSV', 'pendingSVCall', 'pendingSystick'] as const).map(
    (member): Member => ({ of: 'core', member, type: 'boolean', why: 'a reset clears it' }),
  ),
  ...(
    [
      'inputValue',
      'inputEnable',
      'outputValue',
      'outputEnable',
      'outputDisable',
      'pullupEnabled',
      'pulldownEnabled',
    ] as const
  ).map((member): Member => ({ of: 'gpio.0', member, type: 'boolean', why: "the pad's level" })),
  { of: 'gpio.0', member: 'functionSelect', type: 'number', why: 'GPIN0 and UART0 need their pins' },
  ...(['usbDPRAM', 'usbDPRAMView', 'bootrom', 'flash', 'sram'] as const).map(
    (member): Member => ({ of: '', member, type: 'object', why: 'memory that the ROM and the USB controller use' }),
  ),
];

const WATCHDOG_AT = 0x4_0058;

/** The watchdog has no name in the chip. */
export const watchdogOf = (chip: RP2040): { onWatchdogTrigger: () => void } =>
  chip.peripherals[WATCHDOG_AT] as unknown as { onWatchdogTrigger: () => void };
