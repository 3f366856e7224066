/* Frames from the cable into the receive queue. */
#ifndef GLASSNIC_RECEIVE_H
#define GLASSNIC_RECEIVE_H

#include <stdint.h>

/* One frame that came, or that CONTROL.loopback turns round, whomever it is for: counted, and queued or dropped. */
void receive_frame(const uint8_t *frame, uint16_t length, uint16_t flags, uint32_t control);

/* Takes what has come, and passes what is for this station. */
void receive_poll(uint32_t control);

/* The address that a filtering board takes as its own. */
void receive_set_station(uint32_t low, uint32_t high);

#endif
