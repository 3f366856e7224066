/*
 * The board's operation stream to the host (hw/LINK.md, 5 and 6): answers and events, which are never dropped, and received frames, which
 * wait in the receive queue and are dropped as a whole when it is full. Both are kept as they will be sent.
 */
#ifndef GLASSNIC_OUTBOX_H
#define GLASSNIC_OUTBOX_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { OUTBOX_VALUE = 7, OUTBOX_BLOCK = 5, OUTBOX_BLOCK_MOST = 1024, OUTBOX_TRANSMITTED = 9, OUTBOX_INTERRUPT = 9 };

/* Forgets everything: a new session. */
void outbox_clear(void);

/* Empties the receive queue, but for the rest of a frame that is half sent. */
void outbox_forget_frames(void);

/* Room for an answer of `length` bytes beside what has been promised? If not, the operation has to wait. */
bool outbox_has_room(size_t length);

/* Keeps room for one TRANSMITTED. The caller has asked outbox_has_room(OUTBOX_TRANSMITTED). */
void outbox_promise_transmitted(void);
/* No TRANSMITTED will come for one promise. */
void outbox_break_promise(void);

/* The events and answers; the caller has looked for room (TRANSMITTED: has promised it). */
void outbox_value(uint16_t address, uint32_t value);
void outbox_block(uint16_t address, const uint8_t *bytes, uint16_t length); /* `bytes` NULL: zeros */
void outbox_transmitted(uint32_t status, uint32_t time);
void outbox_interrupt(uint32_t causes, uint32_t status);

/* False: the receive queue is full, and the frame is dropped. */
bool outbox_received(const uint8_t *frame, uint16_t length, uint16_t flags, uint32_t time);

/* The next bytes of the stream, at most `room`; returns how many. */
size_t outbox_take(uint8_t *into, size_t room);

#endif
