/** The registers of the RP2040's USB controller that a device uses, and their bits (data sheet 4.1.4). */

export const REG = {
  ADDR_ENDP: 0x00,
  MAIN_CTRL: 0x40,
  SOF_RD: 0x48,
  SIE_CTRL: 0x4c,
  SIE_STATUS: 0x50,
  BUFF_STATUS: 0x58,
  BUFF_CPU_SHOULD_HANDLE: 0x5c,
  EP_ABORT: 0x60,
  EP_ABORT_DONE: 0x64,
  EP_STALL_ARM: 0x68,
  EP_STATUS_STALL_NAK: 0x70,
  USB_MUXING: 0x74,
  USB_PWR: 0x78,
  INTR: 0x8c,
  INTE: 0x90,
  INTF: 0x94,
  INTS: 0x98,
} as const;
export const SIE_CTRL = {
  EP0_DOUBLE_BUF: 1 << 30,
  EP0_INT_1BUF: 1 << 29,
  EP0_INT_2BUF: 1 << 28,
  PULLUP_EN: 1 << 16,
} as const;
export const SIE_STATUS = {
  DATA_SEQ_ERROR: 1 << 31,
  ACK_REC: 1 << 30,
  RX_OVERFLOW: 1 << 26,
  BUS_RESET: 1 << 19,
  TRANS_COMPLETE: 1 << 18,
  SETUP_REC: 1 << 17,
  CONNECTED: 1 << 16,
  RESUME: 1 << 11,
  SUSPENDED: 1 << 4,
  VBUS_DETECTED: 1 << 0,
} as const;
export const INT = {
  EP_STALL_NAK: 1 << 19,
  ABORT_DONE: 1 << 18,
  DEV_SOF: 1 << 17,
  BUFF_STATUS: 1 << 4,
} as const;
/** The interrupt that follows each bit of SIE_STATUS. */
export const INT_OF_SIE = [
  [SIE_STATUS.SETUP_REC, 1 << 16],
  [SIE_STATUS.RESUME, 1 << 15],
  [SIE_STATUS.SUSPENDED, 1 << 14],
  [SIE_STATUS.CONNECTED, 1 << 13],
  [SIE_STATUS.BUS_RESET, 1 << 12],
  [SIE_STATUS.VBUS_DETECTED, 1 << 11],
  [SIE_STATUS.RX_OVERFLOW, 1 << 7],
  [SIE_STATUS.DATA_SEQ_ERROR, 1 << 5],
  [SIE_STATUS.TRANS_COMPLETE, 1 << 3],
] as const;
