#include "operations.h"

#include <string.h>

#include "board.h"
#include "bytes.h"
#include "outbox.h"
#include "registers.h"
#include "transmit.h"

enum { CODE_WRITE = 1, CODE_READ, CODE_WRITE_BLOCK, CODE_READ_BLOCK };

/* Length without the bytes of a block; 0: no such operation. */
static uint8_t header_length(uint8_t code) {
  static const uint8_t lengths[] = {[CODE_WRITE] = 7, [CODE_READ] = 3, [CODE_WRITE_BLOCK] = 5, [CODE_READ_BLOCK] = 5};
  return code < sizeof lengths ? lengths[code] : 0;
}

/* An operation that will put something into the outbox waits until there is room for it. */
static bool has_room(uint8_t code, uint16_t address, uint16_t length) {
  switch (code) {
    case CODE_READ:
      return outbox_has_room(OUTBOX_VALUE);
    case CODE_READ_BLOCK:
      return outbox_has_room(OUTBOX_BLOCK + (size_t)length);
    default:
      return code != CODE_WRITE || address != GLN_BOARD_TX_GO || outbox_has_room(OUTBOX_TRANSMITTED);
  }
}

/* False: it has to wait. */
static bool perform(struct operations *operations) {
  const uint8_t *header = operations->header;
  uint8_t code = header[0];
  uint16_t address = get16(header + 1);
  uint16_t length = code == CODE_READ_BLOCK || code == CODE_WRITE_BLOCK ? get16(header + 3) : 0;
  if (code == CODE_READ_BLOCK && (length == 0 || length > OUTBOX_BLOCK_MOST)) {
    operations->broken = true;
    return false;
  }
  if (!has_room(code, address, length)) return false;
  switch (code) {
    case CODE_WRITE:
      board_write(address, get32(header + 3));
      break;
    case CODE_READ:
      outbox_value(address, board_read(address));
      break;
    case CODE_WRITE_BLOCK:
      operations->left = length;
      operations->into = transmit_window(address, length);
      break;
    default:
      outbox_block(address, transmit_window(address, length), length);
      break;
  }
  return true;
}

static size_t take_block(struct operations *operations, const uint8_t *bytes, size_t length) {
  size_t piece = length < operations->left ? length : operations->left;
  if (operations->into != NULL) {
    memcpy(operations->into, bytes, piece);
    operations->into += piece;
  }
  operations->left = (uint16_t)(operations->left - piece);
  return piece;
}

static size_t take_header(struct operations *operations, const uint8_t *bytes, size_t length) {
  size_t whole = header_length(operations->have > 0 ? operations->header[0] : bytes[0]);
  if (whole == 0) {
    operations->broken = true;
    return 0;
  }
  size_t piece = whole - operations->have < length ? whole - operations->have : length;
  memcpy(operations->header + operations->have, bytes, piece);
  if (operations->have + piece == whole) {
    if (!perform(operations)) return 0; /* its last bytes stay in the stream, and it is tried again */
    operations->have = 0;
  } else {
    operations->have = (uint8_t)(operations->have + piece);
  }
  return piece;
}

size_t operations_take(struct operations *operations, const uint8_t *bytes, size_t length) {
  size_t used = 0;
  while (used < length && !operations->broken) {
    size_t piece = operations->left > 0 ? take_block(operations, bytes + used, length - used)
                                        : take_header(operations, bytes + used, length - used);
    if (piece == 0) break;
    used += piece;
  }
  return used;
}
