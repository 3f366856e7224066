/* The cell: 64 bytes, all that ever crosses the serial line (hw/LINK.md, 1). */
#ifndef GLASSNIC_CELL_H
#define GLASSNIC_CELL_H

#include <stdbool.h>
#include <stdint.h>

enum {
  CELL_SIZE = 64,
  CELL_PAYLOAD = 56, /* most bytes of payload */
  CELL_SYNC = 0xa5,
  CELL_POLL = 0x08, /* in `kind`: answer at once */
};

/* Offsets. */
enum {
  CELL_AT_SYNC = 0,
  CELL_AT_KIND = 1,
  CELL_AT_SEQ = 2,
  CELL_AT_ACK = 3,
  CELL_AT_CREDIT = 4,
  CELL_AT_LENGTH = 5,
  CELL_AT_PAYLOAD = 6,
  CELL_AT_CRC = 62,
};

enum cell_type { CELL_HELLO, CELL_WELCOME, CELL_REFUSE, CELL_DATA, CELL_ACK, CELL_NAK, CELL_TYPES };

static inline enum cell_type cell_type(const uint8_t *cell) { return (enum cell_type)(cell[CELL_AT_KIND] & 7); }

static inline uint8_t cell_tag(const uint8_t *cell) { return cell[CELL_AT_KIND] >> 4; }

static inline bool cell_polls(const uint8_t *cell) { return (cell[CELL_AT_KIND] & CELL_POLL) != 0; }

/* Sync, type, length and CRC are right. */
bool cell_is_valid(const uint8_t *cell);

/* Writes sync and CRC, and zeros behind the payload: all else is in place. */
void cell_seal(uint8_t *cell);

#endif
