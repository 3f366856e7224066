/* Stellaris LM3S6965 evaluation board (EK-LM3S6965): 256 KiB flash, 64 KiB RAM, of which the core's queues take about 50. */
#ifndef GLASSNIC_CONFIG_H
#define GLASSNIC_CONFIG_H

#define BOARD_NAME "lm3s6965evb"
#define BOARD_NUMBER 3
#define LINK_WINDOW 32
#define TX_BUFFERS 4
#define RX_KILOBYTES 32
#define MAX_FRAME 1518 /* without preamble and FCS, with one VLAN tag: the chip makes the rest */

/*
 * UART0 goes through the board's FT2232 to USB. 921600 is what both reach closely: the FT2232 with 923077 (+0.16 %), the PL011 at 50 MHz with
 * 921659 (+0.01 %). 3000000 works as well, at -0.5 %.
 */
#define SERIAL_BAUD 921600
#define PL011_BASE 0x4000c000
#define PL011_HZ 50000000
#define PL011_INPUT 4096 /* the host's window, and as much again in ACK and NAK cells */

#endif
