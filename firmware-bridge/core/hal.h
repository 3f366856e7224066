/*
 * What a board has to offer. Everything returns at once, but for hal_idle. A board's config.h gives its constants:
 *   BOARD_NAME, BOARD_NUMBER  as in hw/LINK.md, 7
 *   LINK_WINDOW               cells kept in each direction of the serial link
 *   TX_BUFFERS                transmit buffers of 2 KiB, at most 8
 *   RX_KILOBYTES              size of the receive queue
 *   MAX_FRAME                 longest frame in octets, as it is handed over (with preamble and FCS, where the board is rawLine)
 */
#ifndef GLASSNIC_HAL_H
#define GLASSNIC_HAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Called once: clocks, pins, interrupts, the line side at its start. */
void hal_start(void);

/* Microseconds since the start, modulo 2^32. */
uint32_t hal_now(void);

/* Waits until something came from the serial line or the cable, but not longer than `most` µs. May return early at any time. */
void hal_idle(uint32_t most);

/* The serial line. Bytes that came, at most `room`; how many. */
size_t hal_serial_read(uint8_t *into, size_t room);
/* How many bytes hal_serial_write would take now. */
size_t hal_serial_room(void);
/* `length` is at most hal_serial_room(). */
void hal_serial_write(const uint8_t *bytes, size_t length);

/* The CAPS register; constant after hal_start. */
uint32_t hal_caps(void);

/* The line side as after the start: what is under way is forgotten. */
void hal_line_reset(void);
/* CONTROL (bits as in the register) or the station address (octet 0 in bits 7:0 of `low`) is now this. */
void hal_line_control(uint32_t control, uint32_t station_low, uint32_t station_high);
/* The line now, as in STATUS. linkUp is always set where CAPS.linkStatus is not. */
uint32_t hal_line_status(void);

/* Begins to send; `frame` stays as it is until hal_ethernet_sent says that it is done. One at a time. False: not now, try again. */
bool hal_ethernet_send(const uint8_t *frame, size_t length);
/* True, once for each frame: it is done, and `outcome` has the bits of TX_STATUS but for the buffer. */
bool hal_ethernet_sent(uint32_t *outcome);
/* The next frame from the cable; its length, 0: none. `into` may be written in words. Longer than `room`: it is cut, and *flags (RX_FLAGS) says so. */
size_t hal_ethernet_receive(uint8_t *into, size_t room, uint16_t *flags);
/* Frames that could not be taken whole since the last call: overrun, or refused by the chip. */
uint32_t hal_ethernet_errors(void);

/* One clause 22 frame. Without CAPS.mdio, never called. */
uint16_t hal_mdio_read(uint8_t phy, uint8_t reg);
void hal_mdio_write(uint8_t phy, uint8_t reg, uint16_t value);

/* Into the boot loader, once what was written to the serial line has gone: does not return. Without CAPS.bootLoader, never called. */
void hal_boot_loader(void);

#endif
