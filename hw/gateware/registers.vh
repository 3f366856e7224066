// Register maps of glassnic. Printed from src/bridge/registers.ts and src/adapter/registers.ts: change these, then run `npx vitest -u`.
`ifndef GLASSNIC_REGISTERS_VH
`define GLASSNIC_REGISTERS_VH

// ---- The board: What every bridge board offers at its line side. 32-bit registers; all values little-endian on the serial link.

// 'GNB1': a glassnic board, and the map is this one. (ro)
`define GLN_BOARD_ID 16'h0000
`define GLN_BOARD_ID_RESET 32'h474e4231

// Version of this map, version of the firmware, number of the board (hw/LINK.md lists them). (ro)
`define GLN_BOARD_VERSION 16'h0004
`define GLN_BOARD_VERSION_MAP_BITS 7:0
`define GLN_BOARD_VERSION_MAP_SHIFT 0
`define GLN_BOARD_VERSION_MAP_WIDTH 8
`define GLN_BOARD_VERSION_FIRMWARE_MINOR_BITS 15:8
`define GLN_BOARD_VERSION_FIRMWARE_MINOR_SHIFT 8
`define GLN_BOARD_VERSION_FIRMWARE_MINOR_WIDTH 8
`define GLN_BOARD_VERSION_FIRMWARE_MAJOR_BITS 23:16
`define GLN_BOARD_VERSION_FIRMWARE_MAJOR_SHIFT 16
`define GLN_BOARD_VERSION_FIRMWARE_MAJOR_WIDTH 8
`define GLN_BOARD_VERSION_BOARD_BITS 31:24
`define GLN_BOARD_VERSION_BOARD_SHIFT 24
`define GLN_BOARD_VERSION_BOARD_WIDTH 8

// What the board can do. rawLine: the host supplies preamble, SFD and FCS and sees them on receive. ownMac: a chip makes and strips them. linkStatus: STATUS.linkUp is measured; without it, it is always 1. bootLoader: BOOT_LOADER works. (ro)
`define GLN_BOARD_CAPS 16'h0008
`define GLN_BOARD_CAPS_RAW_LINE_BITS 0:0
`define GLN_BOARD_CAPS_RAW_LINE_SHIFT 0
`define GLN_BOARD_CAPS_RAW_LINE_WIDTH 1
`define GLN_BOARD_CAPS_OWN_MAC_BITS 1:1
`define GLN_BOARD_CAPS_OWN_MAC_SHIFT 1
`define GLN_BOARD_CAPS_OWN_MAC_WIDTH 1
`define GLN_BOARD_CAPS_HALF_DUPLEX_BITS 2:2
`define GLN_BOARD_CAPS_HALF_DUPLEX_SHIFT 2
`define GLN_BOARD_CAPS_HALF_DUPLEX_WIDTH 1
`define GLN_BOARD_CAPS_SPEED10_BITS 3:3
`define GLN_BOARD_CAPS_SPEED10_SHIFT 3
`define GLN_BOARD_CAPS_SPEED10_WIDTH 1
`define GLN_BOARD_CAPS_SPEED100_BITS 4:4
`define GLN_BOARD_CAPS_SPEED100_SHIFT 4
`define GLN_BOARD_CAPS_SPEED100_WIDTH 1
`define GLN_BOARD_CAPS_MDIO_BITS 5:5
`define GLN_BOARD_CAPS_MDIO_SHIFT 5
`define GLN_BOARD_CAPS_MDIO_WIDTH 1
`define GLN_BOARD_CAPS_TIMESTAMPS_BITS 6:6
`define GLN_BOARD_CAPS_TIMESTAMPS_SHIFT 6
`define GLN_BOARD_CAPS_TIMESTAMPS_WIDTH 1
`define GLN_BOARD_CAPS_LOOPBACK_BITS 7:7
`define GLN_BOARD_CAPS_LOOPBACK_SHIFT 7
`define GLN_BOARD_CAPS_LOOPBACK_WIDTH 1
`define GLN_BOARD_CAPS_LINK_STATUS_BITS 8:8
`define GLN_BOARD_CAPS_LINK_STATUS_SHIFT 8
`define GLN_BOARD_CAPS_LINK_STATUS_WIDTH 1
`define GLN_BOARD_CAPS_ADDRESS_FILTER_BITS 9:9
`define GLN_BOARD_CAPS_ADDRESS_FILTER_SHIFT 9
`define GLN_BOARD_CAPS_ADDRESS_FILTER_WIDTH 1
`define GLN_BOARD_CAPS_BOOT_LOADER_BITS 10:10
`define GLN_BOARD_CAPS_BOOT_LOADER_SHIFT 10
`define GLN_BOARD_CAPS_BOOT_LOADER_WIDTH 1

// Transmit buffers, size of the receive queue in KiB, longest line frame in octets (as it is handed over). (ro)
`define GLN_BOARD_BUFFERS 16'h000c
`define GLN_BOARD_BUFFERS_TX_BUFFERS_BITS 7:0
`define GLN_BOARD_BUFFERS_TX_BUFFERS_SHIFT 0
`define GLN_BOARD_BUFFERS_TX_BUFFERS_WIDTH 8
`define GLN_BOARD_BUFFERS_RX_KILOBYTES_BITS 15:8
`define GLN_BOARD_BUFFERS_RX_KILOBYTES_SHIFT 8
`define GLN_BOARD_BUFFERS_RX_KILOBYTES_WIDTH 8
`define GLN_BOARD_BUFFERS_MAX_FRAME_BITS 31:16
`define GLN_BOARD_BUFFERS_MAX_FRAME_SHIFT 16
`define GLN_BOARD_BUFFERS_MAX_FRAME_WIDTH 16

// reset clears itself and brings the line side back to its start: queues empty, counters 0, CONTROL 0. (rw)
`define GLN_BOARD_CONTROL 16'h0010
`define GLN_BOARD_CONTROL_RESET_BITS 0:0
`define GLN_BOARD_CONTROL_RESET_SHIFT 0
`define GLN_BOARD_CONTROL_RESET_WIDTH 1
`define GLN_BOARD_CONTROL_RX_ENABLE_BITS 1:1
`define GLN_BOARD_CONTROL_RX_ENABLE_SHIFT 1
`define GLN_BOARD_CONTROL_RX_ENABLE_WIDTH 1
`define GLN_BOARD_CONTROL_TX_ENABLE_BITS 2:2
`define GLN_BOARD_CONTROL_TX_ENABLE_SHIFT 2
`define GLN_BOARD_CONTROL_TX_ENABLE_WIDTH 1
`define GLN_BOARD_CONTROL_FULL_DUPLEX_BITS 3:3
`define GLN_BOARD_CONTROL_FULL_DUPLEX_SHIFT 3
`define GLN_BOARD_CONTROL_FULL_DUPLEX_WIDTH 1
`define GLN_BOARD_CONTROL_LOOPBACK_BITS 4:4
`define GLN_BOARD_CONTROL_LOOPBACK_SHIFT 4
`define GLN_BOARD_CONTROL_LOOPBACK_WIDTH 1
`define GLN_BOARD_CONTROL_PROMISCUOUS_BITS 5:5
`define GLN_BOARD_CONTROL_PROMISCUOUS_SHIFT 5
`define GLN_BOARD_CONTROL_PROMISCUOUS_WIDTH 1
`define GLN_BOARD_CONTROL_ALL_MULTICAST_BITS 6:6
`define GLN_BOARD_CONTROL_ALL_MULTICAST_SHIFT 6
`define GLN_BOARD_CONTROL_ALL_MULTICAST_WIDTH 1

// The line as the board sees it. (ro)
`define GLN_BOARD_STATUS 16'h0014
`define GLN_BOARD_STATUS_LINK_UP_BITS 0:0
`define GLN_BOARD_STATUS_LINK_UP_SHIFT 0
`define GLN_BOARD_STATUS_LINK_UP_WIDTH 1
`define GLN_BOARD_STATUS_SPEED100_BITS 1:1
`define GLN_BOARD_STATUS_SPEED100_SHIFT 1
`define GLN_BOARD_STATUS_SPEED100_WIDTH 1
`define GLN_BOARD_STATUS_FULL_DUPLEX_BITS 2:2
`define GLN_BOARD_STATUS_FULL_DUPLEX_SHIFT 2
`define GLN_BOARD_STATUS_FULL_DUPLEX_WIDTH 1
`define GLN_BOARD_STATUS_REF_CLOCK_BITS 3:3
`define GLN_BOARD_STATUS_REF_CLOCK_SHIFT 3
`define GLN_BOARD_STATUS_REF_CLOCK_WIDTH 1

// Causes. Frames received and sent have events of their own and are no causes. Write 1 to acknowledge. (w1c)
`define GLN_BOARD_IRQ_STATUS 16'h0018
`define GLN_BOARD_IRQ_STATUS_LINK_CHANGE_BITS 0:0
`define GLN_BOARD_IRQ_STATUS_LINK_CHANGE_SHIFT 0
`define GLN_BOARD_IRQ_STATUS_LINK_CHANGE_WIDTH 1
`define GLN_BOARD_IRQ_STATUS_RX_DROPPED_BITS 1:1
`define GLN_BOARD_IRQ_STATUS_RX_DROPPED_SHIFT 1
`define GLN_BOARD_IRQ_STATUS_RX_DROPPED_WIDTH 1
`define GLN_BOARD_IRQ_STATUS_TX_ERROR_BITS 2:2
`define GLN_BOARD_IRQ_STATUS_TX_ERROR_SHIFT 2
`define GLN_BOARD_IRQ_STATUS_TX_ERROR_WIDTH 1
`define GLN_BOARD_IRQ_STATUS_BOARD_ERROR_BITS 3:3
`define GLN_BOARD_IRQ_STATUS_BOARD_ERROR_SHIFT 3
`define GLN_BOARD_IRQ_STATUS_BOARD_ERROR_WIDTH 1

// A cause that becomes pending while it is enabled raises an interrupt event; one that is pending when it is enabled, too. (rw)
`define GLN_BOARD_IRQ_ENABLE 16'h001c
`define GLN_BOARD_IRQ_ENABLE_LINK_CHANGE_BITS 0:0
`define GLN_BOARD_IRQ_ENABLE_LINK_CHANGE_SHIFT 0
`define GLN_BOARD_IRQ_ENABLE_LINK_CHANGE_WIDTH 1
`define GLN_BOARD_IRQ_ENABLE_RX_DROPPED_BITS 1:1
`define GLN_BOARD_IRQ_ENABLE_RX_DROPPED_SHIFT 1
`define GLN_BOARD_IRQ_ENABLE_RX_DROPPED_WIDTH 1
`define GLN_BOARD_IRQ_ENABLE_TX_ERROR_BITS 2:2
`define GLN_BOARD_IRQ_ENABLE_TX_ERROR_SHIFT 2
`define GLN_BOARD_IRQ_ENABLE_TX_ERROR_WIDTH 1
`define GLN_BOARD_IRQ_ENABLE_BOARD_ERROR_BITS 3:3
`define GLN_BOARD_IRQ_ENABLE_BOARD_ERROR_SHIFT 3
`define GLN_BOARD_IRQ_ENABLE_BOARD_ERROR_WIDTH 1

// Holds what was written; for tests of the bus. (rw)
`define GLN_BOARD_SCRATCH 16'h0020

// Writing it runs one clause 22 frame; it is done before the bus does the next operation. A read then gives the data in `data` (0xffff where no PHY answers, or CAPS.mdio is 0). (rw)
`define GLN_BOARD_MDIO 16'h0024
`define GLN_BOARD_MDIO_DATA_BITS 15:0
`define GLN_BOARD_MDIO_DATA_SHIFT 0
`define GLN_BOARD_MDIO_DATA_WIDTH 16
`define GLN_BOARD_MDIO_REGISTER_BITS 20:16
`define GLN_BOARD_MDIO_REGISTER_SHIFT 16
`define GLN_BOARD_MDIO_REGISTER_WIDTH 5
`define GLN_BOARD_MDIO_PHY_BITS 25:21
`define GLN_BOARD_MDIO_PHY_SHIFT 21
`define GLN_BOARD_MDIO_PHY_WIDTH 5
`define GLN_BOARD_MDIO_WRITE_BITS 26:26
`define GLN_BOARD_MDIO_WRITE_SHIFT 26
`define GLN_BOARD_MDIO_WRITE_WIDTH 1

// Station address for chips that filter themselves: octets 0–3, octet 0 in bits 7:0. (rw)
`define GLN_BOARD_STATION_LOW 16'h0028

// Octets 4–5 of the station address. (rw)
`define GLN_BOARD_STATION_HIGH 16'h002c
`define GLN_BOARD_STATION_HIGH_OCTETS_BITS 15:0
`define GLN_BOARD_STATION_HIGH_OCTETS_SHIFT 0
`define GLN_BOARD_STATION_HIGH_OCTETS_WIDTH 16

// Microseconds since the board started, modulo 2³². The clock of the RX and TX events. (ro)
`define GLN_BOARD_TIME 16'h0030

// Queues `length` octets of a transmit buffer for the line. The buffer belongs to the board until its TX event. A busy or missing buffer, a length of 0 or over BUFFERS.maxFrame, or CONTROL.txEnable = 0: nothing is sent, no TX event, IRQ_STATUS.txError. (wo)
`define GLN_BOARD_TX_GO 16'h0034
`define GLN_BOARD_TX_GO_LENGTH_BITS 15:0
`define GLN_BOARD_TX_GO_LENGTH_SHIFT 0
`define GLN_BOARD_TX_GO_LENGTH_WIDTH 16
`define GLN_BOARD_TX_GO_BUFFER_BITS 23:16
`define GLN_BOARD_TX_GO_BUFFER_SHIFT 16
`define GLN_BOARD_TX_GO_BUFFER_WIDTH 8

// How the last transmission ended, as in its TX event. collision: at octet-stream bit `bit`, counted from the first bit of the preamble; the board has jammed and stopped. aborted: the board gave up for a reason of its own (jabber, underrun). (ro)
`define GLN_BOARD_TX_STATUS 16'h0038
`define GLN_BOARD_TX_STATUS_BIT_BITS 15:0
`define GLN_BOARD_TX_STATUS_BIT_SHIFT 0
`define GLN_BOARD_TX_STATUS_BIT_WIDTH 16
`define GLN_BOARD_TX_STATUS_BUFFER_BITS 23:16
`define GLN_BOARD_TX_STATUS_BUFFER_SHIFT 16
`define GLN_BOARD_TX_STATUS_BUFFER_WIDTH 8
`define GLN_BOARD_TX_STATUS_SENT_BITS 24:24
`define GLN_BOARD_TX_STATUS_SENT_SHIFT 24
`define GLN_BOARD_TX_STATUS_SENT_WIDTH 1
`define GLN_BOARD_TX_STATUS_DEFERRED_BITS 25:25
`define GLN_BOARD_TX_STATUS_DEFERRED_SHIFT 25
`define GLN_BOARD_TX_STATUS_DEFERRED_WIDTH 1
`define GLN_BOARD_TX_STATUS_COLLISION_BITS 26:26
`define GLN_BOARD_TX_STATUS_COLLISION_SHIFT 26
`define GLN_BOARD_TX_STATUS_COLLISION_WIDTH 1
`define GLN_BOARD_TX_STATUS_ABORTED_BITS 27:27
`define GLN_BOARD_TX_STATUS_ABORTED_SHIFT 27
`define GLN_BOARD_TX_STATUS_ABORTED_WIDTH 1
`define GLN_BOARD_TX_STATUS_NO_LINK_BITS 28:28
`define GLN_BOARD_TX_STATUS_NO_LINK_SHIFT 28
`define GLN_BOARD_TX_STATUS_NO_LINK_WIDTH 1

// Frames sent. (ro)
`define GLN_BOARD_TX_FRAMES 16'h0040

// Octets sent, as handed over. (ro)
`define GLN_BOARD_TX_OCTETS 16'h0044

// Transmissions that ended in a collision. (ro)
`define GLN_BOARD_TX_COLLISIONS 16'h0048

// Transmissions that waited for a busy line first. (ro)
`define GLN_BOARD_TX_DEFERRED 16'h004c

// TX_GO refused, or transmission aborted. (ro)
`define GLN_BOARD_TX_ERRORS 16'h0050

// Frames taken from the line and queued for the host. (ro)
`define GLN_BOARD_RX_FRAMES 16'h0054

// Octets of these frames. (ro)
`define GLN_BOARD_RX_OCTETS 16'h0058

// Whole frames dropped because the receive queue was full. (ro)
`define GLN_BOARD_RX_DROPPED 16'h005c

// Frames that the board could not take whole: too long, overrun, or refused by a chip of its own. (ro)
`define GLN_BOARD_RX_ERRORS 16'h0060

// Serial link: stretches of bytes that were no cell. 0 where there is no serial link. (ro)
`define GLN_BOARD_LINK_BAD_CELLS 16'h0064

// Serial link: cells that the board sent again. (ro)
`define GLN_BOARD_LINK_RESENT 16'h0068

// Writing 0x544f4f42 ('BOOT') restarts the board into its boot loader, where new firmware is written; the session ends with it. Any other value, and CAPS.bootLoader = 0: nothing. (wo)
`define GLN_BOARD_BOOT_LOADER 16'h006c

// Transmit buffer n at 0x4000 + n·0x800. Readable and writable in blocks of any length and alignment that stay inside the window.
`define GLN_BOARD_TX_BUFFER_WINDOW 16'h4000
`define GLN_BOARD_TX_BUFFER_WINDOW_SIZE 16384

// Transmit buffers: bytes of one, and how many fit.
`define GLN_BOARD_TX_BUFFER_SIZE 2048
`define GLN_BOARD_TX_BUFFER_MAX 8

// What BOOT_LOADER wants to be written.
`define GLN_BOARD_BOOT_MAGIC 1414483778

// Flags of an RX event.
`define GLN_BOARD_RX_FLAG_ERROR 1
`define GLN_BOARD_RX_FLAG_ALIGNMENT 2
`define GLN_BOARD_RX_FLAG_TRUNCATED 4

// VERSION.board.
`define GLN_BOARD_NUMBER_MOCK 1
`define GLN_BOARD_NUMBER_PICO 2
`define GLN_BOARD_NUMBER_LM3S6965EVB 3
`define GLN_BOARD_NUMBER_MPS2_AN385 4
`define GLN_BOARD_NUMBER_ICEBREAKER 5
`define GLN_BOARD_NUMBER_POSIX 6

// ---- The card: The programmer's view of the LAN adapter. 32-bit registers; the buffer memory is bytes.

// 'GNIC': a glassnic card. (ro)
`define GLN_CARD_ID 20'h00000
`define GLN_CARD_ID_RESET 32'h474e4943

// Version of this map. (ro)
`define GLN_CARD_VERSION 20'h00004
`define GLN_CARD_VERSION_RESET 32'h00000001
`define GLN_CARD_VERSION_MAP_BITS 7:0
`define GLN_CARD_VERSION_MAP_SHIFT 0
`define GLN_CARD_VERSION_MAP_WIDTH 8

// reset clears itself: slots free, ring empty, counters 0, all registers at their reset values. (rw)
`define GLN_CARD_COMMAND 20'h00008
`define GLN_CARD_COMMAND_RESET_BITS 0:0
`define GLN_CARD_COMMAND_RESET_SHIFT 0
`define GLN_CARD_COMMAND_RESET_WIDTH 1
`define GLN_CARD_COMMAND_RX_ENABLE_BITS 1:1
`define GLN_CARD_COMMAND_RX_ENABLE_SHIFT 1
`define GLN_CARD_COMMAND_RX_ENABLE_WIDTH 1
`define GLN_CARD_COMMAND_TX_ENABLE_BITS 2:2
`define GLN_CARD_COMMAND_TX_ENABLE_SHIFT 2
`define GLN_CARD_COMMAND_TX_ENABLE_WIDTH 1
`define GLN_CARD_COMMAND_FULL_DUPLEX_BITS 3:3
`define GLN_CARD_COMMAND_FULL_DUPLEX_SHIFT 3
`define GLN_CARD_COMMAND_FULL_DUPLEX_WIDTH 1
`define GLN_CARD_COMMAND_LOOPBACK_BITS 4:4
`define GLN_CARD_COMMAND_LOOPBACK_SHIFT 4
`define GLN_CARD_COMMAND_LOOPBACK_WIDTH 1
`define GLN_CARD_COMMAND_PROMISCUOUS_BITS 5:5
`define GLN_CARD_COMMAND_PROMISCUOUS_SHIFT 5
`define GLN_CARD_COMMAND_PROMISCUOUS_WIDTH 1
`define GLN_CARD_COMMAND_ALL_MULTICAST_BITS 6:6
`define GLN_CARD_COMMAND_ALL_MULTICAST_SHIFT 6
`define GLN_CARD_COMMAND_ALL_MULTICAST_WIDTH 1

// The card and its line. rawLine: the MAC circuit makes preamble, SFD and FCS; otherwise a chip on the board does. (ro)
`define GLN_CARD_STATUS 20'h0000c
`define GLN_CARD_STATUS_BOARD_PRESENT_BITS 0:0
`define GLN_CARD_STATUS_BOARD_PRESENT_SHIFT 0
`define GLN_CARD_STATUS_BOARD_PRESENT_WIDTH 1
`define GLN_CARD_STATUS_LINK_UP_BITS 1:1
`define GLN_CARD_STATUS_LINK_UP_SHIFT 1
`define GLN_CARD_STATUS_LINK_UP_WIDTH 1
`define GLN_CARD_STATUS_SPEED100_BITS 2:2
`define GLN_CARD_STATUS_SPEED100_SHIFT 2
`define GLN_CARD_STATUS_SPEED100_WIDTH 1
`define GLN_CARD_STATUS_FULL_DUPLEX_BITS 3:3
`define GLN_CARD_STATUS_FULL_DUPLEX_SHIFT 3
`define GLN_CARD_STATUS_FULL_DUPLEX_WIDTH 1
`define GLN_CARD_STATUS_RX_EMPTY_BITS 4:4
`define GLN_CARD_STATUS_RX_EMPTY_SHIFT 4
`define GLN_CARD_STATUS_RX_EMPTY_WIDTH 1
`define GLN_CARD_STATUS_TX_IDLE_BITS 5:5
`define GLN_CARD_STATUS_TX_IDLE_SHIFT 5
`define GLN_CARD_STATUS_TX_IDLE_WIDTH 1
`define GLN_CARD_STATUS_RAW_LINE_BITS 6:6
`define GLN_CARD_STATUS_RAW_LINE_SHIFT 6
`define GLN_CARD_STATUS_RAW_LINE_WIDTH 1

// Causes; the interrupt line is up while IRQ_STATUS AND IRQ_ENABLE is not 0. Write 1 to acknowledge. (w1c)
`define GLN_CARD_IRQ_STATUS 20'h00010
`define GLN_CARD_IRQ_STATUS_RX_READY_BITS 0:0
`define GLN_CARD_IRQ_STATUS_RX_READY_SHIFT 0
`define GLN_CARD_IRQ_STATUS_RX_READY_WIDTH 1
`define GLN_CARD_IRQ_STATUS_TX_DONE_BITS 1:1
`define GLN_CARD_IRQ_STATUS_TX_DONE_SHIFT 1
`define GLN_CARD_IRQ_STATUS_TX_DONE_WIDTH 1
`define GLN_CARD_IRQ_STATUS_LINK_CHANGE_BITS 2:2
`define GLN_CARD_IRQ_STATUS_LINK_CHANGE_SHIFT 2
`define GLN_CARD_IRQ_STATUS_LINK_CHANGE_WIDTH 1
`define GLN_CARD_IRQ_STATUS_RX_OVERFLOW_BITS 3:3
`define GLN_CARD_IRQ_STATUS_RX_OVERFLOW_SHIFT 3
`define GLN_CARD_IRQ_STATUS_RX_OVERFLOW_WIDTH 1
`define GLN_CARD_IRQ_STATUS_TX_ERROR_BITS 4:4
`define GLN_CARD_IRQ_STATUS_TX_ERROR_SHIFT 4
`define GLN_CARD_IRQ_STATUS_TX_ERROR_WIDTH 1
`define GLN_CARD_IRQ_STATUS_BOARD_CHANGE_BITS 5:5
`define GLN_CARD_IRQ_STATUS_BOARD_CHANGE_SHIFT 5
`define GLN_CARD_IRQ_STATUS_BOARD_CHANGE_WIDTH 1
`define GLN_CARD_IRQ_STATUS_MDIO_DONE_BITS 6:6
`define GLN_CARD_IRQ_STATUS_MDIO_DONE_SHIFT 6
`define GLN_CARD_IRQ_STATUS_MDIO_DONE_WIDTH 1

// Which causes move the interrupt line. (rw)
`define GLN_CARD_IRQ_ENABLE 20'h00014
`define GLN_CARD_IRQ_ENABLE_RX_READY_BITS 0:0
`define GLN_CARD_IRQ_ENABLE_RX_READY_SHIFT 0
`define GLN_CARD_IRQ_ENABLE_RX_READY_WIDTH 1
`define GLN_CARD_IRQ_ENABLE_TX_DONE_BITS 1:1
`define GLN_CARD_IRQ_ENABLE_TX_DONE_SHIFT 1
`define GLN_CARD_IRQ_ENABLE_TX_DONE_WIDTH 1
`define GLN_CARD_IRQ_ENABLE_LINK_CHANGE_BITS 2:2
`define GLN_CARD_IRQ_ENABLE_LINK_CHANGE_SHIFT 2
`define GLN_CARD_IRQ_ENABLE_LINK_CHANGE_WIDTH 1
`define GLN_CARD_IRQ_ENABLE_RX_OVERFLOW_BITS 3:3
`define GLN_CARD_IRQ_ENABLE_RX_OVERFLOW_SHIFT 3
`define GLN_CARD_IRQ_ENABLE_RX_OVERFLOW_WIDTH 1
`define GLN_CARD_IRQ_ENABLE_TX_ERROR_BITS 4:4
`define GLN_CARD_IRQ_ENABLE_TX_ERROR_SHIFT 4
`define GLN_CARD_IRQ_ENABLE_TX_ERROR_WIDTH 1
`define GLN_CARD_IRQ_ENABLE_BOARD_CHANGE_BITS 5:5
`define GLN_CARD_IRQ_ENABLE_BOARD_CHANGE_SHIFT 5
`define GLN_CARD_IRQ_ENABLE_BOARD_CHANGE_WIDTH 1
`define GLN_CARD_IRQ_ENABLE_MDIO_DONE_BITS 6:6
`define GLN_CARD_IRQ_ENABLE_MDIO_DONE_SHIFT 6
`define GLN_CARD_IRQ_ENABLE_MDIO_DONE_WIDTH 1

// Station address in the MAC circuit, octets 0–3, octet 0 in bits 7:0. 0 after reset: the driver writes what the ROM says. (rw)
`define GLN_CARD_STATION_LOW 20'h00018

// Octets 4–5. (rw)
`define GLN_CARD_STATION_HIGH 20'h0001c
`define GLN_CARD_STATION_HIGH_OCTETS_BITS 15:0
`define GLN_CARD_STATION_HIGH_OCTETS_SHIFT 0
`define GLN_CARD_STATION_HIGH_OCTETS_WIDTH 16

// Hash filter for group addresses, bits 0–31: bit h is set where h = the top six bits of the CRC-32 of the address. (rw)
`define GLN_CARD_MULTICAST_LOW 20'h00020

// Hash filter, bits 32–63. (rw)
`define GLN_CARD_MULTICAST_HIGH 20'h00024

// Which octet of the ROM ROM_DATA shows. Octets 0–5: the MAC address; 6: sum of these, modulo 256. (rw)
`define GLN_CARD_ROM_ADDRESS 20'h00028
`define GLN_CARD_ROM_ADDRESS_OCTET_BITS 4:0
`define GLN_CARD_ROM_ADDRESS_OCTET_SHIFT 0
`define GLN_CARD_ROM_ADDRESS_OCTET_WIDTH 5

// One octet of the ROM; reading it steps ROM_ADDRESS. (ro)
`define GLN_CARD_ROM_DATA 20'h0002c
`define GLN_CARD_ROM_DATA_DATA_BITS 7:0
`define GLN_CARD_ROM_DATA_DATA_SHIFT 0
`define GLN_CARD_ROM_DATA_DATA_WIDTH 8

// Hands a slot with `length` octets (destination address … payload) to the MAC circuit. The slot belongs to the card until its bit in TX_BUSY falls. (wo)
`define GLN_CARD_TX_START 20'h00030
`define GLN_CARD_TX_START_LENGTH_BITS 15:0
`define GLN_CARD_TX_START_LENGTH_SHIFT 0
`define GLN_CARD_TX_START_LENGTH_WIDTH 16
`define GLN_CARD_TX_START_SLOT_BITS 23:16
`define GLN_CARD_TX_START_SLOT_SHIFT 16
`define GLN_CARD_TX_START_SLOT_WIDTH 8

// Bit n: slot n belongs to the card. (ro)
`define GLN_CARD_TX_BUSY 20'h00034
`define GLN_CARD_TX_BUSY_SLOTS_BITS 15:0
`define GLN_CARD_TX_BUSY_SLOTS_SHIFT 0
`define GLN_CARD_TX_BUSY_SLOTS_WIDTH 16

// Where in the ring (byte offset from its start) the card writes next. (ro)
`define GLN_CARD_RX_HEAD 20'h00038

// Where the driver reads next; the ring is empty when it equals RX_HEAD. The card never writes at or over it. (rw)
`define GLN_CARD_RX_TAIL 20'h0003c

// Writing it runs one clause 22 management frame on the board; busy falls and IRQ_STATUS.mdioDone rises at its end. (rw)
`define GLN_CARD_MDIO 20'h00040
`define GLN_CARD_MDIO_DATA_BITS 15:0
`define GLN_CARD_MDIO_DATA_SHIFT 0
`define GLN_CARD_MDIO_DATA_WIDTH 16
`define GLN_CARD_MDIO_REGISTER_BITS 20:16
`define GLN_CARD_MDIO_REGISTER_SHIFT 16
`define GLN_CARD_MDIO_REGISTER_WIDTH 5
`define GLN_CARD_MDIO_PHY_BITS 25:21
`define GLN_CARD_MDIO_PHY_SHIFT 21
`define GLN_CARD_MDIO_PHY_WIDTH 5
`define GLN_CARD_MDIO_WRITE_BITS 26:26
`define GLN_CARD_MDIO_WRITE_SHIFT 26
`define GLN_CARD_MDIO_WRITE_WIDTH 1
`define GLN_CARD_MDIO_BUSY_BITS 31:31
`define GLN_CARD_MDIO_BUSY_SHIFT 31
`define GLN_CARD_MDIO_BUSY_WIDTH 1

// Frames sent. (ro)
`define GLN_CARD_TX_FRAMES 20'h00048

// Octets sent, destination address to FCS. (ro)
`define GLN_CARD_TX_OCTETS 20'h0004c

// Frames that had to wait for a busy line. (ro)
`define GLN_CARD_TX_DEFERRED 20'h00050

// Frames sent after exactly one collision. (ro)
`define GLN_CARD_TX_SINGLE_COLLISION 20'h00054

// Frames sent after more than one collision. (ro)
`define GLN_CARD_TX_MULTIPLE_COLLISION 20'h00058

// Frames given up after 16 attempts. (ro)
`define GLN_CARD_TX_EXCESSIVE_COLLISION 20'h0005c

// Frames that collided after the slot time. (ro)
`define GLN_CARD_TX_LATE_COLLISION 20'h00060

// Frames that the board could not send: no link, underrun, jabber. (ro)
`define GLN_CARD_TX_ABORTED 20'h00064

// Frames put into the ring. (ro)
`define GLN_CARD_RX_FRAMES 20'h00068

// Octets of these, destination address to FCS. (ro)
`define GLN_CARD_RX_OCTETS 20'h0006c

// Of these, to the broadcast address. (ro)
`define GLN_CARD_RX_BROADCAST 20'h00070

// Of these, to other group addresses. (ro)
`define GLN_CARD_RX_MULTICAST 20'h00074

// Dropped: FCS wrong (aFrameCheckSequenceErrors). (ro)
`define GLN_CARD_RX_FCS_ERROR 20'h00078

// Dropped: carrier ended within an octet and FCS wrong (aAlignmentErrors). (ro)
`define GLN_CARD_RX_ALIGNMENT_ERROR 20'h0007c

// Dropped: shorter than 64 octets. (ro)
`define GLN_CARD_RX_RUNT 20'h00080

// Dropped: longer than 1518 octets, 1522 with a VLAN tag. (ro)
`define GLN_CARD_RX_GIANT 20'h00084

// Dropped: no start frame delimiter. (ro)
`define GLN_CARD_RX_NO_SFD 20'h00088

// Dropped: the board flagged an error or cut the frame. (ro)
`define GLN_CARD_RX_LINE_ERROR 20'h0008c

// Not for this station: neither its address, nor broadcast, nor an enabled group. (ro)
`define GLN_CARD_RX_FILTERED 20'h00090

// Dropped: the receive ring was full. (ro)
`define GLN_CARD_RX_OVERFLOW 20'h00094

// How the transmission of slot 0 goes or went; cleared by TX_START of that slot. (ro)
`define GLN_CARD_TX_STATUS_0 20'h00100
`define GLN_CARD_TX_STATUS_0_STATE_BITS 1:0
`define GLN_CARD_TX_STATUS_0_STATE_SHIFT 0
`define GLN_CARD_TX_STATUS_0_STATE_WIDTH 2
`define GLN_CARD_TX_STATUS_0_SENT_BITS 2:2
`define GLN_CARD_TX_STATUS_0_SENT_SHIFT 2
`define GLN_CARD_TX_STATUS_0_SENT_WIDTH 1
`define GLN_CARD_TX_STATUS_0_DEFERRED_BITS 3:3
`define GLN_CARD_TX_STATUS_0_DEFERRED_SHIFT 3
`define GLN_CARD_TX_STATUS_0_DEFERRED_WIDTH 1
`define GLN_CARD_TX_STATUS_0_ATTEMPTS_BITS 8:4
`define GLN_CARD_TX_STATUS_0_ATTEMPTS_SHIFT 4
`define GLN_CARD_TX_STATUS_0_ATTEMPTS_WIDTH 5
`define GLN_CARD_TX_STATUS_0_LATE_COLLISION_BITS 9:9
`define GLN_CARD_TX_STATUS_0_LATE_COLLISION_SHIFT 9
`define GLN_CARD_TX_STATUS_0_LATE_COLLISION_WIDTH 1
`define GLN_CARD_TX_STATUS_0_EXCESSIVE_COLLISIONS_BITS 10:10
`define GLN_CARD_TX_STATUS_0_EXCESSIVE_COLLISIONS_SHIFT 10
`define GLN_CARD_TX_STATUS_0_EXCESSIVE_COLLISIONS_WIDTH 1
`define GLN_CARD_TX_STATUS_0_NO_LINK_BITS 11:11
`define GLN_CARD_TX_STATUS_0_NO_LINK_SHIFT 11
`define GLN_CARD_TX_STATUS_0_NO_LINK_WIDTH 1
`define GLN_CARD_TX_STATUS_0_ABORTED_BITS 12:12
`define GLN_CARD_TX_STATUS_0_ABORTED_SHIFT 12
`define GLN_CARD_TX_STATUS_0_ABORTED_WIDTH 1
`define GLN_CARD_TX_STATUS_0_COLLISION_BIT_BITS 31:16
`define GLN_CARD_TX_STATUS_0_COLLISION_BIT_SHIFT 16
`define GLN_CARD_TX_STATUS_0_COLLISION_BIT_WIDTH 16

// How the transmission of slot 1 goes or went; cleared by TX_START of that slot. (ro)
`define GLN_CARD_TX_STATUS_1 20'h00104
// Fields: as GLN_CARD_TX_STATUS_0.

// How the transmission of slot 2 goes or went; cleared by TX_START of that slot. (ro)
`define GLN_CARD_TX_STATUS_2 20'h00108
// Fields: as GLN_CARD_TX_STATUS_0.

// How the transmission of slot 3 goes or went; cleared by TX_START of that slot. (ro)
`define GLN_CARD_TX_STATUS_3 20'h0010c
// Fields: as GLN_CARD_TX_STATUS_0.

// How the transmission of slot 4 goes or went; cleared by TX_START of that slot. (ro)
`define GLN_CARD_TX_STATUS_4 20'h00110
// Fields: as GLN_CARD_TX_STATUS_0.

// How the transmission of slot 5 goes or went; cleared by TX_START of that slot. (ro)
`define GLN_CARD_TX_STATUS_5 20'h00114
// Fields: as GLN_CARD_TX_STATUS_0.

// How the transmission of slot 6 goes or went; cleared by TX_START of that slot. (ro)
`define GLN_CARD_TX_STATUS_6 20'h00118
// Fields: as GLN_CARD_TX_STATUS_0.

// How the transmission of slot 7 goes or went; cleared by TX_START of that slot. (ro)
`define GLN_CARD_TX_STATUS_7 20'h0011c
// Fields: as GLN_CARD_TX_STATUS_0.

// How the transmission of slot 8 goes or went; cleared by TX_START of that slot. (ro)
`define GLN_CARD_TX_STATUS_8 20'h00120
// Fields: as GLN_CARD_TX_STATUS_0.

// How the transmission of slot 9 goes or went; cleared by TX_START of that slot. (ro)
`define GLN_CARD_TX_STATUS_9 20'h00124
// Fields: as GLN_CARD_TX_STATUS_0.

// How the transmission of slot 10 goes or went; cleared by TX_START of that slot. (ro)
`define GLN_CARD_TX_STATUS_10 20'h00128
// Fields: as GLN_CARD_TX_STATUS_0.

// How the transmission of slot 11 goes or went; cleared by TX_START of that slot. (ro)
`define GLN_CARD_TX_STATUS_11 20'h0012c
// Fields: as GLN_CARD_TX_STATUS_0.

// How the transmission of slot 12 goes or went; cleared by TX_START of that slot. (ro)
`define GLN_CARD_TX_STATUS_12 20'h00130
// Fields: as GLN_CARD_TX_STATUS_0.

// How the transmission of slot 13 goes or went; cleared by TX_START of that slot. (ro)
`define GLN_CARD_TX_STATUS_13 20'h00134
// Fields: as GLN_CARD_TX_STATUS_0.

// How the transmission of slot 14 goes or went; cleared by TX_START of that slot. (ro)
`define GLN_CARD_TX_STATUS_14 20'h00138
// Fields: as GLN_CARD_TX_STATUS_0.

// How the transmission of slot 15 goes or went; cleared by TX_START of that slot. (ro)
`define GLN_CARD_TX_STATUS_15 20'h0013c
// Fields: as GLN_CARD_TX_STATUS_0.

// 16 transmit slots of 2 KiB, then the receive ring of 96 KiB.
`define GLN_CARD_BUFFER_MEMORY_WINDOW 20'h20000
`define GLN_CARD_BUFFER_MEMORY_WINDOW_SIZE 131072

// Transmit slots: how many, and bytes of one.
`define GLN_CARD_TX_SLOT_COUNT 16
`define GLN_CARD_TX_SLOT_SIZE 2048

// TX_STATUS_n.state.
`define GLN_CARD_TX_STATE_IDLE 0
`define GLN_CARD_TX_STATE_QUEUED 1
`define GLN_CARD_TX_STATE_SENDING 2
`define GLN_CARD_TX_STATE_DONE 3

// The receive ring in the buffer memory.
`define GLN_CARD_RX_RING_START 32768
`define GLN_CARD_RX_RING_SIZE 98304

// Bytes of length, flags and time before each frame in the ring.
`define GLN_CARD_RX_ENTRY_HEADER 8

// Flags of an entry of the receive ring.
`define GLN_CARD_RX_ENTRY_FLAG_WRAP 32768
`define GLN_CARD_RX_ENTRY_FLAG_BROADCAST 1
`define GLN_CARD_RX_ENTRY_FLAG_MULTICAST 2
`define GLN_CARD_RX_ENTRY_FLAG_NO_FCS 4
`define GLN_CARD_RX_ENTRY_FLAG_PROMISCUOUS 8

`endif
