/* Finds the cells in a stream that loses, inserts and changes bytes (hw/LINK.md, 2). */
#ifndef GLASSNIC_ALIGNER_H
#define GLASSNIC_ALIGNER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "cell.h"

struct aligner {
  size_t from, to;
  bool throwing;      /* within a stretch of thrown bytes */
  uint32_t stretches; /* how many there were (LINK_BAD_CELLS) */
  _Alignas(uint32_t) uint8_t bytes[4 * CELL_SIZE]; /* bytes not understood yet; the caller puts no more than there is room for */
};

/* Where the next bytes go, and how many have room there: never 0 after aligner_take has returned NULL. */
uint8_t *aligner_room(struct aligner *aligner, size_t *room);

/* `length` bytes have been put there. */
void aligner_put(struct aligner *aligner, size_t length);

/* The next cell, valid until the next call of anything here, or NULL: more bytes are needed. */
const uint8_t *aligner_take(struct aligner *aligner);

#endif
