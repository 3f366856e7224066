/* The transmit buffers, TX_GO and TX_STATUS. */
#ifndef GLASSNIC_TRANSMIT_H
#define GLASSNIC_TRANSMIT_H

#include <stdbool.h>
#include <stdint.h>

/* The memory behind a block of the TX_BUFFER window, or NULL where not all of the block lies in buffers that this board has. */
uint8_t *transmit_window(uint16_t address, uint16_t length);

/* A write to TX_GO. Room for the TX event has been looked for. */
void transmit_go(uint32_t value, uint32_t control);

uint32_t transmit_status(void);

/* Moves frames to the line and tells of those that are done. */
void transmit_poll(uint32_t control);

/* Frames are queued or under way: look again soon. */
bool transmit_is_busy(void);

/* Forgets what is queued; no TX event comes for it. */
void transmit_reset(void);

#endif
