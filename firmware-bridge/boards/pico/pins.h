/* What is wired where (hw/WIRING.md, src/emulator/pins.ts: a test compares the three). Numbers are GPIO numbers. */
#ifndef GLASSNIC_PINS_H
#define GLASSNIC_PINS_H

enum {
  PIN_UART_TX = 0,
  PIN_UART_RX = 1,
  PIN_RXD0 = 6, /* RXD1 follows */
  PIN_RXD1 = 7,
  PIN_CRS_DV = 8,
  PIN_TXD0 = 10, /* TXD1 and TX_EN follow */
  PIN_TXD1 = 11,
  PIN_TX_EN = 12,
  PIN_MDIO = 14,
  PIN_MDC = 15,
  PIN_REF_CLK = 20, /* nINT/RETCLK of the module; clock input GPIN0 */
  PIN_LED = 25,
};

#endif
