/* Getting every DATA cell across exactly once and in order (hw/LINK.md, 3). Knows cells and time, nothing of what they carry. */
#ifndef GLASSNIC_LINK_H
#define GLASSNIC_LINK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "cell.h"
#include "config.h" /* LINK_WINDOW: cells kept in each direction; a power of two, at most 128 */

_Static_assert(LINK_WINDOW <= 128 && (LINK_WINDOW & (LINK_WINDOW - 1)) == 0, "the window divides 256, and not into one");

/* A cell of ours that the peer has not acknowledged. */
struct sent_cell {
  _Alignas(uint32_t) uint8_t cell[CELL_SIZE]; /* as it goes out: only its head changes when it is sent again */
  bool arrived;   /* told by a bitmap */
  bool lost;      /* to be sent again */
  bool repeated;  /* sent more than once */
  uint32_t order; /* of its last transmission */
  uint32_t proves; /* its arrival says that all up to here was delivered: one that was sent again on a guess may have come the first time */
  uint32_t sent_at; /* µs: its last transmission */
};

/* A cell of the peer's that has not been used up. */
struct received_cell {
  _Alignas(uint32_t) bool arrived;
  uint8_t length;
  uint8_t payload[CELL_PAYLOAD]; /* where it lies in a cell, modulo 4: copied by words */
};

/* Small ones first, the large last: a Cortex-M0+ has short offsets for the first 32 bytes and the first 32 words only. */
struct link {
  uint8_t tag;

  uint8_t oldest; /* our cells from here … */
  uint8_t next;   /* … to here, without it, are unacknowledged */
  uint8_t credit; /* how many cells from `oldest` on the peer has room for */
  uint8_t lost;   /* how many are to be sent again */

  uint8_t unused;       /* the peer's cells from here … */
  uint8_t expected;     /* … to here have arrived and wait to be used, … */
  uint8_t beyond;       /* … and one before here is the newest that has arrived; a gap is open where it is not `expected` */
  uint8_t used;         /* bytes used of the cell at `unused` */
  uint8_t credit_given; /* in the last cell sent */
  uint8_t unanswered;   /* DATA cells that came since */
  bool answer_now;
  bool tail_missing; /* the answer must say that the cell at `expected` is lost, though nothing after it has arrived */
  bool tail_told;    /* that has been said for `tail` */
  uint8_t tail;

  uint32_t came_at;       /* µs: the first of the `unanswered` */
  uint32_t order;         /* of the last transmission of all */
  uint32_t arrived_order; /* the highest of a cell that has arrived */
  uint32_t quiet_since;   /* µs: nothing new has been acknowledged since */
  uint32_t timeout;       /* µs */
  int32_t round_trip;     /* µs, smoothed; 0: not measured yet */
  int32_t variation;      /* µs */
  uint32_t resent;        /* cells sent again, until somebody takes the number away (LINK_RESENT) */

  struct sent_cell sent[LINK_WINDOW];
  struct received_cell received[LINK_WINDOW];
  _Alignas(uint32_t) uint8_t answer[CELL_SIZE]; /* the last ACK or NAK */
};

/* Fills a new DATA cell; returns the length, 0: there is nothing to send. */
typedef size_t (*link_source)(uint8_t *into, size_t room);

/* A new session: all numbers 0. */
void link_open(struct link *link, uint8_t tag, uint8_t credit, uint32_t now);

/* The session goes on after a cut: what is unacknowledged is sent again. False: the peer acknowledges what was never sent. */
bool link_resume(struct link *link, uint8_t ack, uint8_t credit, uint32_t now);

/* A DATA, ACK or NAK cell of this session. False: it makes no sense and was ignored. */
bool link_take(struct link *link, const uint8_t *cell, uint32_t now);

/* Bytes of the peer's stream that have come in order; returns how many lie at `bytes`. */
size_t link_readable(const struct link *link, const uint8_t **bytes);

/* `length` of them, at most as many as link_readable has said, have been used. */
void link_use(struct link *link, size_t length);

/* What has come is acknowledged with the next cell, which is due at once. */
static inline void link_answer(struct link *link) { link->answer_now = true; }

/* The next cell to send now, sealed, valid until the next call of anything here. NULL: there is none. */
const uint8_t *link_give(struct link *link, link_source source, uint32_t now);

/* Writes seq, ack and credit into a cell of the session's. */
void link_head(const struct link *link, uint8_t *cell);

/* µs until link_give has something to send if nothing comes and the source stays empty; UINT32_MAX: never. */
uint32_t link_wait(const struct link *link, uint32_t now);

#endif
