/* The core on the host: for the contract suite and the fault scripts. */
#ifndef GLASSNIC_CONFIG_H
#define GLASSNIC_CONFIG_H

#define BOARD_NAME "posix"
#define BOARD_NUMBER 6
#define LINK_WINDOW 64
#define TX_BUFFERS 8
#define RX_KILOBYTES 64
#define MAX_FRAME 1530 /* preamble, SFD, 1518 octets with FCS, one VLAN tag */

#endif
