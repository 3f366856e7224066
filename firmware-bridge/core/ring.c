#include "ring.h"

#include <string.h>

static size_t least(size_t a, size_t b) { return a < b ? a : b; }

void ring_put(struct ring *ring, const uint8_t *bytes, size_t length) {
  size_t tail = ring_wrap(ring, ring->head + ring->count);
  size_t first = least(length, ring->size - tail);
  memcpy(ring->bytes + tail, bytes, first);
  memcpy(ring->bytes, bytes + first, length - first);
  ring->count += length;
}

size_t ring_take(struct ring *ring, uint8_t *into, size_t room) {
  size_t length = least(room, ring->count);
  size_t first = least(length, ring->size - ring->head);
  memcpy(into, ring->bytes + ring->head, first);
  memcpy(into + first, ring->bytes, length - first);
  ring->head = ring_wrap(ring, ring->head + length);
  ring->count -= length;
  return length;
}

void ring_cut(struct ring *ring, size_t count) { ring->count = least(count, ring->count); }
