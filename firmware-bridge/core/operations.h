/* The host's operation stream: parsed as it comes, done in order (hw/LINK.md, 6). */
#ifndef GLASSNIC_OPERATIONS_H
#define GLASSNIC_OPERATIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct operations {
  uint8_t header[7]; /* of the operation that has begun */
  uint8_t have;      /* bytes of it */
  uint16_t left;     /* bytes still to come of a WRITE BLOCK */
  uint8_t *into;     /* where they go; NULL: nowhere */
  bool broken;       /* a code came that is not in the table: the session cannot go on */
};

/* Does what it can; returns how many of the bytes are used up. Fewer than `length`: an answer has no room now, or the stream is broken. */
size_t operations_take(struct operations *operations, const uint8_t *bytes, size_t length);

#endif
