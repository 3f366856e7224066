/** The registers of the RP2040's UART, their bits and the levels of its FIFOs (data sheet 4.2; ARM PrimeCell PL011, TRM DDI 0183). */

/** Places in each FIFO: 32 here, 16 in ARM's own. */
export const DEPTH = 32;
/** UARTIFLS: ⅛, ¼, ½, ¾, ⅞ of the places. */
export const LEVELS = [4, 8, 16, 24, 28] as const;
export const REG = {
  DR: 0x00,
  RSR: 0x04,
  FR: 0x18,
  IBRD: 0x24,
  FBRD: 0x28,
  LCR_H: 0x2c,
  CR: 0x30,
  IFLS: 0x34,
  IMSC: 0x38,
  RIS: 0x3c,
  MIS: 0x40,
  ICR: 0x44,
  DMACR: 0x48,
} as const;
export const FR = { BUSY: 1 << 3, RXFE: 1 << 4, TXFF: 1 << 5, RXFF: 1 << 6, TXFE: 1 << 7 } as const;
export const LCR_H = { PEN: 1 << 1, STP2: 1 << 3, FEN: 1 << 4, WLEN_LSB: 5 } as const;
export const CR = { UARTEN: 1 << 0, TXE: 1 << 8, RXE: 1 << 9 } as const;
export const DMACR = { RXDMAE: 1 << 0, TXDMAE: 1 << 1 } as const;
export const INT = { RX: 1 << 4, TX: 1 << 5, RT: 1 << 6, OE: 1 << 10 } as const;
export const DR_OE = 1 << 11;
export const RSR_OE = 1 << 3;
