/* Raspberry Pi Pico (RP2040, 264 KiB RAM) with a LAN8720 module at 10 Mb/s (hw/WIRING.md). */
#ifndef GLASSNIC_CONFIG_H
#define GLASSNIC_CONFIG_H

#define BOARD_NAME "pico"
#define BOARD_NUMBER 2
#define LINK_WINDOW 128 /* USB wants 8 KiB under way: half a millisecond each way, at 1 MB/s */
#define TX_BUFFERS 8
#define RX_KILOBYTES 128
#define MAX_FRAME 1600 /* preamble to FCS: 1530 with one VLAN tag; what is longer is jabber and is not sent, or received cut */

/* UART0: clk_peri is 48 MHz, 16 clocks a bit: exactly this, without a divider. Over USB nothing is measured in baud. */
#define SERIAL_BAUD 3000000
#define PL011_BASE 0x40034000
#define PL011_HZ 48000000
#define PL011_INPUT 8192 /* 27 ms of the line: no turn of the bridge is so long */

#endif
