/* Register maps of glassnic. Printed from src/bridge/registers.ts and src/adapter/registers.ts: change these, then run `npx vitest -u`. */
#ifndef GLASSNIC_REGISTERS_H
#define GLASSNIC_REGISTERS_H

/* ---- The board: What every bridge board offers at its line side. 32-bit registers; all values little-endian on the serial link. ---- */

/* 'GNB1': a glassnic board, and the map is this one. (ro) */
#define GLN_BOARD_ID 0x000u
#define GLN_BOARD_ID_RESET 0x474e4231u

/* Version of this map, version of the firmware, number of the board (hw/LINK.md lists them). (ro) */
#define GLN_BOARD_VERSION 0x004u
#define GLN_BOARD_VERSION_MAP_MASK 0x000000ffu
#define GLN_BOARD_VERSION_MAP_SHIFT 0u
#define GLN_BOARD_VERSION_FIRMWARE_MINOR_MASK 0x0000ff00u
#define GLN_BOARD_VERSION_FIRMWARE_MINOR_SHIFT 8u
#define GLN_BOARD_VERSION_FIRMWARE_MAJOR_MASK 0x00ff0000u
#define GLN_BOARD_VERSION_FIRMWARE_MAJOR_SHIFT 16u
#define GLN_BOARD_VERSION_BOARD_MASK 0xff000000u
#define GLN_BOARD_VERSION_BOARD_SHIFT 24u

/* What the board can do. rawLine: the host supplies preamble, SFD and FCS and sees them on receive. ownMac: a chip makes and strips them. linkStatus: STATUS.linkUp is measured; without it, it is always 1. bootLoader: BOOT_LOADER works. (ro) */
#define GLN_BOARD_CAPS 0x008u
#define GLN_BOARD_CAPS_RAW_LINE_MASK 0x00000001u
#define GLN_BOARD_CAPS_RAW_LINE_SHIFT 0u
#define GLN_BOARD_CAPS_OWN_MAC_MASK 0x00000002u
#define GLN_BOARD_CAPS_OWN_MAC_SHIFT 1u
#define GLN_BOARD_CAPS_HALF_DUPLEX_MASK 0x00000004u
#define GLN_BOARD_CAPS_HALF_DUPLEX_SHIFT 2u
#define GLN_BOARD_CAPS_SPEED10_MASK 0x00000008u
#define GLN_BOARD_CAPS_SPEED10_SHIFT 3u
#define GLN_BOARD_CAPS_SPEED100_MASK 0x00000010u
#define GLN_BOARD_CAPS_SPEED100_SHIFT 4u
#define GLN_BOARD_CAPS_MDIO_MASK 0x00000020u
#define GLN_BOARD_CAPS_MDIO_SHIFT 5u
#define GLN_BOARD_CAPS_TIMESTAMPS_MASK 0x00000040u
#define GLN_BOARD_CAPS_TIMESTAMPS_SHIFT 6u
#define GLN_BOARD_CAPS_LOOPBACK_MASK 0x00000080u
#define GLN_BOARD_CAPS_LOOPBACK_SHIFT 7u
#define GLN_BOARD_CAPS_LINK_STATUS_MASK 0x00000100u
#define GLN_BOARD_CAPS_LINK_STATUS_SHIFT 8u
#define GLN_BOARD_CAPS_ADDRESS_FILTER_MASK 0x00000200u
#define GLN_BOARD_CAPS_ADDRESS_FILTER_SHIFT 9u
#define GLN_BOARD_CAPS_BOOT_LOADER_MASK 0x00000400u
#define GLN_BOARD_CAPS_BOOT_LOADER_SHIFT 10u

/* Transmit buffers, size of the receive queue in KiB, longest line frame in octets (as it is handed over). (ro) */
#define GLN_BOARD_BUFFERS 0x00cu
#define GLN_BOARD_BUFFERS_TX_BUFFERS_MASK 0x000000ffu
#define GLN_BOARD_BUFFERS_TX_BUFFERS_SHIFT 0u
#define GLN_BOARD_BUFFERS_RX_KILOBYTES_MASK 0x0000ff00u
#define GLN_BOARD_BUFFERS_RX_KILOBYTES_SHIFT 8u
#define GLN_BOARD_BUFFERS_MAX_FRAME_MASK 0xffff0000u
#define GLN_BOARD_BUFFERS_MAX_FRAME_SHIFT 16u

/* reset clears itself and brings the line side back to its start: queues empty, counters 0, CONTROL 0. (rw) */
#define GLN_BOARD_CONTROL 0x010u
#define GLN_BOARD_CONTROL_RESET_MASK 0x00000001u
#define GLN_BOARD_CONTROL_RESET_SHIFT 0u
#define GLN_BOARD_CONTROL_RX_ENABLE_MASK 0x00000002u
#define GLN_BOARD_CONTROL_RX_ENABLE_SHIFT 1u
#define GLN_BOARD_CONTROL_TX_ENABLE_MASK 0x00000004u
#define GLN_BOARD_CONTROL_TX_ENABLE_SHIFT 2u
#define GLN_BOARD_CONTROL_FULL_DUPLEX_MASK 0x00000008u
#define GLN_BOARD_CONTROL_FULL_DUPLEX_SHIFT 3u
#define GLN_BOARD_CONTROL_LOOPBACK_MASK 0x00000010u
#define GLN_BOARD_CONTROL_LOOPBACK_SHIFT 4u
#define GLN_BOARD_CONTROL_PROMISCUOUS_MASK 0x00000020u
#define GLN_BOARD_CONTROL_PROMISCUOUS_SHIFT 5u
#define GLN_BOARD_CONTROL_ALL_MULTICAST_MASK 0x00000040u
#define GLN_BOARD_CONTROL_ALL_MULTICAST_SHIFT 6u

/* The line as the board sees it. (ro) */
#define GLN_BOARD_STATUS 0x014u
#define GLN_BOARD_STATUS_LINK_UP_MASK 0x00000001u
#define GLN_BOARD_STATUS_LINK_UP_SHIFT 0u
#define GLN_BOARD_STATUS_SPEED100_MASK 0x00000002u
#define GLN_BOARD_STATUS_SPEED100_SHIFT 1u
#define GLN_BOARD_STATUS_FULL_DUPLEX_MASK 0x00000004u
#define GLN_BOARD_STATUS_FULL_DUPLEX_SHIFT 2u
#define GLN_BOARD_STATUS_REF_CLOCK_MASK 0x00000008u
#define GLN_BOARD_STATUS_REF_CLOCK_SHIFT 3u

/* Causes. Frames received and sent have events of their own and are no causes. Write 1 to acknowledge. (w1c) */
#define GLN_BOARD_IRQ_STATUS 0x018u
#define GLN_BOARD_IRQ_STATUS_LINK_CHANGE_MASK 0x00000001u
#define GLN_BOARD_IRQ_STATUS_LINK_CHANGE_SHIFT 0u
#define GLN_BOARD_IRQ_STATUS_RX_DROPPED_MASK 0x00000002u
#define GLN_BOARD_IRQ_STATUS_RX_DROPPED_SHIFT 1u
#define GLN_BOARD_IRQ_STATUS_TX_ERROR_MASK 0x00000004u
#define GLN_BOARD_IRQ_STATUS_TX_ERROR_SHIFT 2u
#define GLN_BOARD_IRQ_STATUS_BOARD_ERROR_MASK 0x00000008u
#define GLN_BOARD_IRQ_STATUS_BOARD_ERROR_SHIFT 3u

/* A cause that becomes pending while it is enabled raises an interrupt event; one that is pending when it is enabled, too. (rw) */
#define GLN_BOARD_IRQ_ENABLE 0x01cu
#define GLN_BOARD_IRQ_ENABLE_LINK_CHANGE_MASK 0x00000001u
#define GLN_BOARD_IRQ_ENABLE_LINK_CHANGE_SHIFT 0u
#define GLN_BOARD_IRQ_ENABLE_RX_DROPPED_MASK 0x00000002u
#define GLN_BOARD_IRQ_ENABLE_RX_DROPPED_SHIFT 1u
#define GLN_BOARD_IRQ_ENABLE_TX_ERROR_MASK 0x00000004u
#define GLN_BOARD_IRQ_ENABLE_TX_ERROR_SHIFT 2u
#define GLN_BOARD_IRQ_ENABLE_BOARD_ERROR_MASK 0x00000008u
#define GLN_BOARD_IRQ_ENABLE_BOARD_ERROR_SHIFT 3u

/* Holds what was written; for tests of the bus. (rw) */
#define GLN_BOARD_SCRATCH 0x020u

/* Writing it runs one clause 22 frame; it is done before the bus does the next operation. A read then gives the data in `data` (0xffff where no PHY answers, or CAPS.mdio is 0). (rw) */
#define GLN_BOARD_MDIO 0x024u
#define GLN_BOARD_MDIO_DATA_MASK 0x0000ffffu
#define GLN_BOARD_MDIO_DATA_SHIFT 0u
#define GLN_BOARD_MDIO_REGISTER_MASK 0x001f0000u
#define GLN_BOARD_MDIO_REGISTER_SHIFT 16u
#define GLN_BOARD_MDIO_PHY_MASK 0x03e00000u
#define GLN_BOARD_MDIO_PHY_SHIFT 21u
#define GLN_BOARD_MDIO_WRITE_MASK 0x04000000u
#define GLN_BOARD_MDIO_WRITE_SHIFT 26u

/* Station address for chips that filter themselves: octets 0–3, octet 0 in bits 7:0. (rw) */
#define GLN_BOARD_STATION_LOW 0x028u

/* Octets 4–5 of the station address. (rw) */
#define GLN_BOARD_STATION_HIGH 0x02cu
#define GLN_BOARD_STATION_HIGH_OCTETS_MASK 0x0000ffffu
#define GLN_BOARD_STATION_HIGH_OCTETS_SHIFT 0u

/* Microseconds since the board started, modulo 2³². The clock of the RX and TX events. (ro) */
#define GLN_BOARD_TIME 0x030u

/* Queues `length` octets of a transmit buffer for the line. The buffer belongs to the board until its TX event. A busy or missing buffer, a length of 0 or over BUFFERS.maxFrame, or CONTROL.txEnable = 0: nothing is sent, no TX event, IRQ_STATUS.txError. (wo) */
#define GLN_BOARD_TX_GO 0x034u
#define GLN_BOARD_TX_GO_LENGTH_MASK 0x0000ffffu
#define GLN_BOARD_TX_GO_LENGTH_SHIFT 0u
#define GLN_BOARD_TX_GO_BUFFER_MASK 0x00ff0000u
#define GLN_BOARD_TX_GO_BUFFER_SHIFT 16u

/* How the last transmission ended, as in its TX event. collision: at octet-stream bit `bit`, counted from the first bit of the preamble; the board has jammed and stopped. aborted: the board gave up for a reason of its own (jabber, underrun). (ro) */
#define GLN_BOARD_TX_STATUS 0x038u
#define GLN_BOARD_TX_STATUS_BIT_MASK 0x0000ffffu
#define GLN_BOARD_TX_STATUS_BIT_SHIFT 0u
#define GLN_BOARD_TX_STATUS_BUFFER_MASK 0x00ff0000u
#define GLN_BOARD_TX_STATUS_BUFFER_SHIFT 16u
#define GLN_BOARD_TX_STATUS_SENT_MASK 0x01000000u
#define GLN_BOARD_TX_STATUS_SENT_SHIFT 24u
#define GLN_BOARD_TX_STATUS_DEFERRED_MASK 0x02000000u
#define GLN_BOARD_TX_STATUS_DEFERRED_SHIFT 25u
#define GLN_BOARD_TX_STATUS_COLLISION_MASK 0x04000000u
#define GLN_BOARD_TX_STATUS_COLLISION_SHIFT 26u
#define GLN_BOARD_TX_STATUS_ABORTED_MASK 0x08000000u
#define GLN_BOARD_TX_STATUS_ABORTED_SHIFT 27u
#define GLN_BOARD_TX_STATUS_NO_LINK_MASK 0x10000000u
#define GLN_BOARD_TX_STATUS_NO_LINK_SHIFT 28u

/* Frames sent. (ro) */
#define GLN_BOARD_TX_FRAMES 0x040u

/* Octets sent, as handed over. (ro) */
#define GLN_BOARD_TX_OCTETS 0x044u

/* Transmissions that ended in a collision. (ro) */
#define GLN_BOARD_TX_COLLISIONS 0x048u

/* Transmissions that waited for a busy line first. (ro) */
#define GLN_BOARD_TX_DEFERRED 0x04cu

/* TX_GO refused, or transmission aborted. (ro) */
#define GLN_BOARD_TX_ERRORS 0x050u

/* Frames taken from the line and queued for the host. (ro) */
#define GLN_BOARD_RX_FRAMES 0x054u

/* Octets of these frames. (ro) */
#define GLN_BOARD_RX_OCTETS 0x058u

/* Whole frames dropped because the receive queue was full. (ro) */
#define GLN_BOARD_RX_DROPPED 0x05cu

/* Frames that the board could not take whole: too long, overrun, or refused by a chip of its own. (ro) */
#define GLN_BOARD_RX_ERRORS 0x060u

/* Serial link: stretches of bytes that were no cell. 0 where there is no serial link. (ro) */
#define GLN_BOARD_LINK_BAD_CELLS 0x064u

/* Serial link: cells that the board sent again. (ro) */
#define GLN_BOARD_LINK_RESENT 0x068u

/* Writing 0x544f4f42 ('BOOT') restarts the board into its boot loader, where new firmware is written; the session ends with it. Any other value, and CAPS.bootLoader = 0: nothing. (wo) */
#define GLN_BOARD_BOOT_LOADER 0x06cu

/* Transmit buffer n at 0x4000 + n·0x800. Readable and writable in blocks of any length and alignment that stay inside the window. */
#define GLN_BOARD_TX_BUFFER_WINDOW 0x4000u
#define GLN_BOARD_TX_BUFFER_WINDOW_SIZE 0x4000u

/* Transmit buffers: bytes of one, and how many fit. */
#define GLN_BOARD_TX_BUFFER_SIZE 0x800u
#define GLN_BOARD_TX_BUFFER_MAX 8u

/* What BOOT_LOADER wants to be written. */
#define GLN_BOARD_BOOT_MAGIC 0x544f4f42u

/* Flags of an RX event. */
#define GLN_BOARD_RX_FLAG_ERROR 1u
#define GLN_BOARD_RX_FLAG_ALIGNMENT 2u
#define GLN_BOARD_RX_FLAG_TRUNCATED 4u

/* VERSION.board. */
#define GLN_BOARD_NUMBER_MOCK 1u
#define GLN_BOARD_NUMBER_PICO 2u
#define GLN_BOARD_NUMBER_LM3S6965EVB 3u
#define GLN_BOARD_NUMBER_MPS2_AN385 4u
#define GLN_BOARD_NUMBER_ICEBREAKER 5u
#define GLN_BOARD_NUMBER_POSIX 6u

/* ---- The card: The programmer's view of the LAN adapter. 32-bit registers; the buffer memory is bytes. ---- */

/* 'GNIC': a glassnic card. (ro) */
#define GLN_CARD_ID 0x000u
#define GLN_CARD_ID_RESET 0x474e4943u

/* Version of this map. (ro) */
#define GLN_CARD_VERSION 0x004u
#define GLN_CARD_VERSION_RESET 0x00000001u
#define GLN_CARD_VERSION_MAP_MASK 0x000000ffu
#define GLN_CARD_VERSION_MAP_SHIFT 0u

/* reset clears itself: slots free, ring empty, counters 0, all registers at their reset values. (rw) */
#define GLN_CARD_COMMAND 0x008u
#define GLN_CARD_COMMAND_RESET_MASK 0x00000001u
#define GLN_CARD_COMMAND_RESET_SHIFT 0u
#define GLN_CARD_COMMAND_RX_ENABLE_MASK 0x00000002u
#define GLN_CARD_COMMAND_RX_ENABLE_SHIFT 1u
#define GLN_CARD_COMMAND_TX_ENABLE_MASK 0x00000004u
#define GLN_CARD_COMMAND_TX_ENABLE_SHIFT 2u
#define GLN_CARD_COMMAND_FULL_DUPLEX_MASK 0x00000008u
#define GLN_CARD_COMMAND_FULL_DUPLEX_SHIFT 3u
#define GLN_CARD_COMMAND_LOOPBACK_MASK 0x00000010u
#define GLN_CARD_COMMAND_LOOPBACK_SHIFT 4u
#define GLN_CARD_COMMAND_PROMISCUOUS_MASK 0x00000020u
#define GLN_CARD_COMMAND_PROMISCUOUS_SHIFT 5u
#define GLN_CARD_COMMAND_ALL_MULTICAST_MASK 0x00000040u
#define GLN_CARD_COMMAND_ALL_MULTICAST_SHIFT 6u

/* The card and its line. rawLine: the MAC circuit makes preamble, SFD and FCS; otherwise a chip on the board does. (ro) */
#define GLN_CARD_STATUS 0x00cu
#define GLN_CARD_STATUS_BOARD_PRESENT_MASK 0x00000001u
#define GLN_CARD_STATUS_BOARD_PRESENT_SHIFT 0u
#define GLN_CARD_STATUS_LINK_UP_MASK 0x00000002u
#define GLN_CARD_STATUS_LINK_UP_SHIFT 1u
#define GLN_CARD_STATUS_SPEED100_MASK 0x00000004u
#define GLN_CARD_STATUS_SPEED100_SHIFT 2u
#define GLN_CARD_STATUS_FULL_DUPLEX_MASK 0x00000008u
#define GLN_CARD_STATUS_FULL_DUPLEX_SHIFT 3u
#define GLN_CARD_STATUS_RX_EMPTY_MASK 0x00000010u
#define GLN_CARD_STATUS_RX_EMPTY_SHIFT 4u
#define GLN_CARD_STATUS_TX_IDLE_MASK 0x00000020u
#define GLN_CARD_STATUS_TX_IDLE_SHIFT 5u
#define GLN_CARD_STATUS_RAW_LINE_MASK 0x00000040u
#define GLN_CARD_STATUS_RAW_LINE_SHIFT 6u

/* Causes; the interrupt line is up while IRQ_STATUS AND IRQ_ENABLE is not 0. Write 1 to acknowledge. (w1c) */
#define GLN_CARD_IRQ_STATUS 0x010u
#define GLN_CARD_IRQ_STATUS_RX_READY_MASK 0x00000001u
#define GLN_CARD_IRQ_STATUS_RX_READY_SHIFT 0u
#define GLN_CARD_IRQ_STATUS_TX_DONE_MASK 0x00000002u
#define GLN_CARD_IRQ_STATUS_TX_DONE_SHIFT 1u
#define GLN_CARD_IRQ_STATUS_LINK_CHANGE_MASK 0x00000004u
#define GLN_CARD_IRQ_STATUS_LINK_CHANGE_SHIFT 2u
#define GLN_CARD_IRQ_STATUS_RX_OVERFLOW_MASK 0x00000008u
#define GLN_CARD_IRQ_STATUS_RX_OVERFLOW_SHIFT 3u
#define GLN_CARD_IRQ_STATUS_TX_ERROR_MASK 0x00000010u
#define GLN_CARD_IRQ_STATUS_TX_ERROR_SHIFT 4u
#define GLN_CARD_IRQ_STATUS_BOARD_CHANGE_MASK 0x00000020u
#define GLN_CARD_IRQ_STATUS_BOARD_CHANGE_SHIFT 5u
#define GLN_CARD_IRQ_STATUS_MDIO_DONE_MASK 0x00000040u
#define GLN_CARD_IRQ_STATUS_MDIO_DONE_SHIFT 6u

/* Which causes move the interrupt line. (rw) */
#define GLN_CARD_IRQ_ENABLE 0x014u
#define GLN_CARD_IRQ_ENABLE_RX_READY_MASK 0x00000001u
#define GLN_CARD_IRQ_ENABLE_RX_READY_SHIFT 0u
#define GLN_CARD_IRQ_ENABLE_TX_DONE_MASK 0x00000002u
#define GLN_CARD_IRQ_ENABLE_TX_DONE_SHIFT 1u
#define GLN_CARD_IRQ_ENABLE_LINK_CHANGE_MASK 0x00000004u
#define GLN_CARD_IRQ_ENABLE_LINK_CHANGE_SHIFT 2u
#define GLN_CARD_IRQ_ENABLE_RX_OVERFLOW_MASK 0x00000008u
#define GLN_CARD_IRQ_ENABLE_RX_OVERFLOW_SHIFT 3u
#define GLN_CARD_IRQ_ENABLE_TX_ERROR_MASK 0x00000010u
#define GLN_CARD_IRQ_ENABLE_TX_ERROR_SHIFT 4u
#define GLN_CARD_IRQ_ENABLE_BOARD_CHANGE_MASK 0x00000020u
#define GLN_CARD_IRQ_ENABLE_BOARD_CHANGE_SHIFT 5u
#define GLN_CARD_IRQ_ENABLE_MDIO_DONE_MASK 0x00000040u
#define GLN_CARD_IRQ_ENABLE_MDIO_DONE_SHIFT 6u

/* Station address in the MAC circuit, octets 0–3, octet 0 in bits 7:0. 0 after reset: the driver writes what the ROM says. (rw) */
#define GLN_CARD_STATION_LOW 0x018u

/* Octets 4–5. (rw) */
#define GLN_CARD_STATION_HIGH 0x01cu
#define GLN_CARD_STATION_HIGH_OCTETS_MASK 0x0000ffffu
#define GLN_CARD_STATION_HIGH_OCTETS_SHIFT 0u

/* Hash filter for group addresses, bits 0–31: bit h is set where h = the top six bits of the CRC-32 of the address. (rw) */
#define GLN_CARD_MULTICAST_LOW 0x020u

/* Hash filter, bits 32–63. (rw) */
#define GLN_CARD_MULTICAST_HIGH 0x024u

/* Which octet of the ROM ROM_DATA shows. Octets 0–5: the MAC address; 6: sum of these, modulo 256. (rw) */
#define GLN_CARD_ROM_ADDRESS 0x028u
#define GLN_CARD_ROM_ADDRESS_OCTET_MASK 0x0000001fu
#define GLN_CARD_ROM_ADDRESS_OCTET_SHIFT 0u

/* One octet of the ROM; reading it steps ROM_ADDRESS. (ro) */
#define GLN_CARD_ROM_DATA 0x02cu
#define GLN_CARD_ROM_DATA_DATA_MASK 0x000000ffu
#define GLN_CARD_ROM_DATA_DATA_SHIFT 0u

/* Hands a slot with `length` octets (destination address … payload) to the MAC circuit. The slot belongs to the card until its bit in TX_BUSY falls. (wo) */
#define GLN_CARD_TX_START 0x030u
#define GLN_CARD_TX_START_LENGTH_MASK 0x0000ffffu
#define GLN_CARD_TX_START_LENGTH_SHIFT 0u
#define GLN_CARD_TX_START_SLOT_MASK 0x00ff0000u
#define GLN_CARD_TX_START_SLOT_SHIFT 16u

/* Bit n: slot n belongs to the card. (ro) */
#define GLN_CARD_TX_BUSY 0x034u
#define GLN_CARD_TX_BUSY_SLOTS_MASK 0x0000ffffu
#define GLN_CARD_TX_BUSY_SLOTS_SHIFT 0u

/* Where in the ring (byte offset from its start) the card writes next. (ro) */
#define GLN_CARD_RX_HEAD 0x038u

/* Where the driver reads next; the ring is empty when it equals RX_HEAD. The card never writes at or over it. (rw) */
#define GLN_CARD_RX_TAIL 0x03cu

/* Writing it runs one clause 22 management frame on the board; busy falls and IRQ_STATUS.mdioDone rises at its end. (rw) */
#define GLN_CARD_MDIO 0x040u
#define GLN_CARD_MDIO_DATA_MASK 0x0000ffffu
#define GLN_CARD_MDIO_DATA_SHIFT 0u
#define GLN_CARD_MDIO_REGISTER_MASK 0x001f0000u
#define GLN_CARD_MDIO_REGISTER_SHIFT 16u
#define GLN_CARD_MDIO_PHY_MASK 0x03e00000u
#define GLN_CARD_MDIO_PHY_SHIFT 21u
#define GLN_CARD_MDIO_WRITE_MASK 0x04000000u
#define GLN_CARD_MDIO_WRITE_SHIFT 26u
#define GLN_CARD_MDIO_BUSY_MASK 0x80000000u
#define GLN_CARD_MDIO_BUSY_SHIFT 31u

/* Frames sent. (ro) */
#define GLN_CARD_TX_FRAMES 0x048u

/* Octets sent, destination address to FCS. (ro) */
#define GLN_CARD_TX_OCTETS 0x04cu

/* Frames that had to wait for a busy line. (ro) */
#define GLN_CARD_TX_DEFERRED 0x050u

/* Frames sent after exactly one collision. (ro) */
#define GLN_CARD_TX_SINGLE_COLLISION 0x054u

/* Frames sent after more than one collision. (ro) */
#define GLN_CARD_TX_MULTIPLE_COLLISION 0x058u

/* Frames given up after 16 attempts. (ro) */
#define GLN_CARD_TX_EXCESSIVE_COLLISION 0x05cu

/* Frames that collided after the slot time. (ro) */
#define GLN_CARD_TX_LATE_COLLISION 0x060u

/* Frames that the board could not send: no link, underrun, jabber. (ro) */
#define GLN_CARD_TX_ABORTED 0x064u

/* Frames put into the ring. (ro) */
#define GLN_CARD_RX_FRAMES 0x068u

/* Octets of these, destination address to FCS. (ro) */
#define GLN_CARD_RX_OCTETS 0x06cu

/* Of these, to the broadcast address. (ro) */
#define GLN_CARD_RX_BROADCAST 0x070u

/* Of these, to other group addresses. (ro) */
#define GLN_CARD_RX_MULTICAST 0x074u

/* Dropped: FCS wrong (aFrameCheckSequenceErrors). (ro) */
#define GLN_CARD_RX_FCS_ERROR 0x078u

/* Dropped: carrier ended within an octet and FCS wrong (aAlignmentErrors). (ro) */
#define GLN_CARD_RX_ALIGNMENT_ERROR 0x07cu

/* Dropped: shorter than 64 octets. (ro) */
#define GLN_CARD_RX_RUNT 0x080u

/* Dropped: longer than 1518 octets, 1522 with a VLAN tag. (ro) */
#define GLN_CARD_RX_GIANT 0x084u

/* Dropped: no start frame delimiter. (ro) */
#define GLN_CARD_RX_NO_SFD 0x088u

/* Dropped: the board flagged an error or cut the frame. (ro) */
#define GLN_CARD_RX_LINE_ERROR 0x08cu

/* Not for this station: neither its address, nor broadcast, nor an enabled group. (ro) */
#define GLN_CARD_RX_FILTERED 0x090u

/* Dropped: the receive ring was full. (ro) */
#define GLN_CARD_RX_OVERFLOW 0x094u

/* How the transmission of slot 0 goes or went; cleared by TX_START of that slot. (ro) */
#define GLN_CARD_TX_STATUS_0 0x100u
#define GLN_CARD_TX_STATUS_0_STATE_MASK 0x00000003u
#define GLN_CARD_TX_STATUS_0_STATE_SHIFT 0u
#define GLN_CARD_TX_STATUS_0_SENT_MASK 0x00000004u
#define GLN_CARD_TX_STATUS_0_SENT_SHIFT 2u
#define GLN_CARD_TX_STATUS_0_DEFERRED_MASK 0x00000008u
#define GLN_CARD_TX_STATUS_0_DEFERRED_SHIFT 3u
#define GLN_CARD_TX_STATUS_0_ATTEMPTS_MASK 0x000001f0u
#define GLN_CARD_TX_STATUS_0_ATTEMPTS_SHIFT 4u
#define GLN_CARD_TX_STATUS_0_LATE_COLLISION_MASK 0x00000200u
#define GLN_CARD_TX_STATUS_0_LATE_COLLISION_SHIFT 9u
#define GLN_CARD_TX_STATUS_0_EXCESSIVE_COLLISIONS_MASK 0x00000400u
#define GLN_CARD_TX_STATUS_0_EXCESSIVE_COLLISIONS_SHIFT 10u
#define GLN_CARD_TX_STATUS_0_NO_LINK_MASK 0x00000800u
#define GLN_CARD_TX_STATUS_0_NO_LINK_SHIFT 11u
#define GLN_CARD_TX_STATUS_0_ABORTED_MASK 0x00001000u
#define GLN_CARD_TX_STATUS_0_ABORTED_SHIFT 12u
#define GLN_CARD_TX_STATUS_0_COLLISION_BIT_MASK 0xffff0000u
#define GLN_CARD_TX_STATUS_0_COLLISION_BIT_SHIFT 16u

/* How the transmission of slot 1 goes or went; cleared by TX_START of that slot. (ro) */
#define GLN_CARD_TX_STATUS_1 0x104u
/* Fields: as GLN_CARD_TX_STATUS_0. */

/* How the transmission of slot 2 goes or went; cleared by TX_START of that slot. (ro) */
#define GLN_CARD_TX_STATUS_2 0x108u
/* Fields: as GLN_CARD_TX_STATUS_0. */

/* How the transmission of slot 3 goes or went; cleared by TX_START of that slot. (ro) */
#define GLN_CARD_TX_STATUS_3 0x10cu
/* Fields: as GLN_CARD_TX_STATUS_0. */

/* How the transmission of slot 4 goes or went; cleared by TX_START of that slot. (ro) */
#define GLN_CARD_TX_STATUS_4 0x110u
/* Fields: as GLN_CARD_TX_STATUS_0. */

/* How the transmission of slot 5 goes or went; cleared by TX_START of that slot. (ro) */
#define GLN_CARD_TX_STATUS_5 0x114u
/* Fields: as GLN_CARD_TX_STATUS_0. */

/* How the transmission of slot 6 goes or went; cleared by TX_START of that slot. (ro) */
#define GLN_CARD_TX_STATUS_6 0x118u
/* Fields: as GLN_CARD_TX_STATUS_0. */

/* How the transmission of slot 7 goes or went; cleared by TX_START of that slot. (ro) */
#define GLN_CARD_TX_STATUS_7 0x11cu
/* Fields: as GLN_CARD_TX_STATUS_0. */

/* How the transmission of slot 8 goes or went; cleared by TX_START of that slot. (ro) */
#define GLN_CARD_TX_STATUS_8 0x120u
/* Fields: as GLN_CARD_TX_STATUS_0. */

/* How the transmission of slot 9 goes or went; cleared by TX_START of that slot. (ro) */
#define GLN_CARD_TX_STATUS_9 0x124u
/* Fields: as GLN_CARD_TX_STATUS_0. */

/* How the transmission of slot 10 goes or went; cleared by TX_START of that slot. (ro) */
#define GLN_CARD_TX_STATUS_10 0x128u
/* Fields: as GLN_CARD_TX_STATUS_0. */

/* How the transmission of slot 11 goes or went; cleared by TX_START of that slot. (ro) */
#define GLN_CARD_TX_STATUS_11 0x12cu
/* Fields: as GLN_CARD_TX_STATUS_0. */

/* How the transmission of slot 12 goes or went; cleared by TX_START of that slot. (ro) */
#define GLN_CARD_TX_STATUS_12 0x130u
/* Fields: as GLN_CARD_TX_STATUS_0. */

/* How the transmission of slot 13 goes or went; cleared by TX_START of that slot. (ro) */
#define GLN_CARD_TX_STATUS_13 0x134u
/* Fields: as GLN_CARD_TX_STATUS_0. */

/* How the transmission of slot 14 goes or went; cleared by TX_START of that slot. (ro) */
#define GLN_CARD_TX_STATUS_14 0x138u
/* Fields: as GLN_CARD_TX_STATUS_0. */

/* How the transmission of slot 15 goes or went; cleared by TX_START of that slot. (ro) */
#define GLN_CARD_TX_STATUS_15 0x13cu
/* Fields: as GLN_CARD_TX_STATUS_0. */

/* 16 transmit slots of 2 KiB, then the receive ring of 96 KiB. */
#define GLN_CARD_BUFFER_MEMORY_WINDOW 0x20000u
#define GLN_CARD_BUFFER_MEMORY_WINDOW_SIZE 0x20000u

/* Transmit slots: how many, and bytes of one. */
#define GLN_CARD_TX_SLOT_COUNT 16u
#define GLN_CARD_TX_SLOT_SIZE 0x800u

/* TX_STATUS_n.state. */
#define GLN_CARD_TX_STATE_IDLE 0u
#define GLN_CARD_TX_STATE_QUEUED 1u
#define GLN_CARD_TX_STATE_SENDING 2u
#define GLN_CARD_TX_STATE_DONE 3u

/* The receive ring in the buffer memory. */
#define GLN_CARD_RX_RING_START 0x8000u
#define GLN_CARD_RX_RING_SIZE 0x18000u

/* Bytes of length, flags and time before each frame in the ring. */
#define GLN_CARD_RX_ENTRY_HEADER 8u

/* Flags of an entry of the receive ring. */
#define GLN_CARD_RX_ENTRY_FLAG_WRAP 0x8000u
#define GLN_CARD_RX_ENTRY_FLAG_BROADCAST 1u
#define GLN_CARD_RX_ENTRY_FLAG_MULTICAST 2u
#define GLN_CARD_RX_ENTRY_FLAG_NO_FCS 4u
#define GLN_CARD_RX_ENTRY_FLAG_PROMISCUOUS 8u

#endif
