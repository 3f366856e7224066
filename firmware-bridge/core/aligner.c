#include "aligner.h"

#include <string.h>

uint8_t *aligner_room(struct aligner *aligner, size_t *room) {
  memmove(aligner->bytes, aligner->bytes + aligner->from, aligner->to - aligner->from);
  aligner->to -= aligner->from;
  aligner->from = 0;
  *room = sizeof aligner->bytes - aligner->to;
  return aligner->bytes + aligner->to;
}

void aligner_put(struct aligner *aligner, size_t length) { aligner->to += length; }

/* Throws one byte away and what stands before the next sync. */
static void throw_away(struct aligner *aligner) {
  if (!aligner->throwing) aligner->stretches++;
  aligner->throwing = true;
  aligner->from++;
  const uint8_t *sync = memchr(aligner->bytes + aligner->from, CELL_SYNC, aligner->to - aligner->from);
  aligner->from = sync == NULL ? aligner->to : (size_t)(sync - aligner->bytes);
}

const uint8_t *aligner_take(struct aligner *aligner) {
  while (aligner->to - aligner->from >= CELL_SIZE) {
    const uint8_t *front = aligner->bytes + aligner->from;
    if (cell_is_valid(front)) {
      aligner->throwing = false;
      aligner->from += CELL_SIZE;
      return front;
    }
    throw_away(aligner);
  }
  return NULL;
}
