/*
 * A serial line by a PL011 (Arm DDI 0183), interrupt driven in both directions, at SERIAL_BAUD. Of the board's config.h:
 *   PL011_BASE, PL011_HZ  where its registers lie, and what clock it has
 *   PL011_INPUT           bytes that wait for the bridge, a power of two; what comes beyond is lost, and sent again
 */
#ifndef GLASSNIC_PL011_H
#define GLASSNIC_PL011_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Its pins and its clock are there; its interrupt is the board's to enable. */
void pl011_start(void);
size_t pl011_read(uint8_t *into, size_t room);
size_t pl011_room(void);
void pl011_write(const uint8_t *bytes, size_t length);
/* All that was written has left. */
bool pl011_is_drained(void);
bool pl011_has_input(void);
void pl011_interrupt(void);

#endif
