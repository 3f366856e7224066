/* A ring of bytes with a bound: whoever puts has looked whether there is room. */
#ifndef GLASSNIC_RING_H
#define GLASSNIC_RING_H

#include <stddef.h>
#include <stdint.h>

struct ring {
  uint8_t *bytes;
  size_t size;
  size_t head;  /* where the oldest byte lies */
  size_t count; /* bytes in it */
};

static inline size_t ring_room(const struct ring *ring) { return ring->size - ring->count; }

/* The same place, for one that is less than a turn too far. Not by `%`: a Cortex-M0+ cannot divide. */
static inline size_t ring_wrap(const struct ring *ring, size_t at) { return at < ring->size ? at : at - ring->size; }

/* The byte `at` places behind the oldest; there are more than `at` bytes. */
static inline uint8_t ring_peek(const struct ring *ring, size_t at) {
  return ring->bytes[ring_wrap(ring, ring->head + at)];
}

/* `length` is at most the room. */
void ring_put(struct ring *ring, const uint8_t *bytes, size_t length);

/* Takes out at most `room` bytes; returns how many. */
size_t ring_take(struct ring *ring, uint8_t *into, size_t room);

/* Keeps the oldest `count` bytes and forgets the rest. */
void ring_cut(struct ring *ring, size_t count);

#endif
