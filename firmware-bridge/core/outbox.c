#include "outbox.h"

#include "bytes.h"
#include "config.h"
#include "ring.h"

enum { CODE_VALUE = 0x81, CODE_BLOCK, CODE_INTERRUPT, CODE_RECEIVED, CODE_TRANSMITTED };
enum { RECEIVED_HEADER = 9, ANSWER_BYTES = 2048 };

_Static_assert(OUTBOX_BLOCK + OUTBOX_BLOCK_MOST + 8 * OUTBOX_TRANSMITTED + OUTBOX_INTERRUPT <= ANSWER_BYTES,
               "the longest answer fits beside all that can be promised");

static uint8_t answer_bytes[ANSWER_BYTES];
static uint8_t frame_bytes[RX_KILOBYTES * 1024];
static struct ring answers = {answer_bytes, sizeof answer_bytes, 0, 0};
static struct ring frames = {frame_bytes, sizeof frame_bytes, 0, 0};
static size_t promised;   /* bytes of `answers` that belong to TX events to come */
static size_t frame_left; /* bytes of the frame that is half sent */

void outbox_clear(void) {
  ring_cut(&answers, 0);
  ring_cut(&frames, 0);
  promised = 0;
  frame_left = 0;
}

void outbox_forget_frames(void) { ring_cut(&frames, frame_left); }

bool outbox_has_room(size_t length) { return ring_room(&answers) >= promised + OUTBOX_INTERRUPT + length; }

void outbox_promise_transmitted(void) { promised += OUTBOX_TRANSMITTED; }

void outbox_break_promise(void) { promised -= OUTBOX_TRANSMITTED; }

void outbox_value(uint16_t address, uint32_t value) {
  uint8_t bytes[OUTBOX_VALUE] = {CODE_VALUE};
  put16(bytes + 1, address);
  put32(bytes + 3, value);
  ring_put(&answers, bytes, sizeof bytes);
}

void outbox_block(uint16_t address, const uint8_t *bytes, uint16_t length) {
  static const uint8_t zeros[OUTBOX_BLOCK_MOST];
  uint8_t header[OUTBOX_BLOCK] = {CODE_BLOCK};
  put16(header + 1, address);
  put16(header + 3, length);
  ring_put(&answers, header, sizeof header);
  ring_put(&answers, bytes == NULL ? zeros : bytes, length);
}

void outbox_transmitted(uint32_t status, uint32_t time) {
  uint8_t bytes[OUTBOX_TRANSMITTED] = {CODE_TRANSMITTED};
  put32(bytes + 1, status);
  put32(bytes + 5, time);
  promised -= OUTBOX_TRANSMITTED;
  ring_put(&answers, bytes, sizeof bytes);
}

void outbox_interrupt(uint32_t causes, uint32_t status) {
  uint8_t bytes[OUTBOX_INTERRUPT] = {CODE_INTERRUPT};
  put32(bytes + 1, causes);
  put32(bytes + 5, status);
  ring_put(&answers, bytes, sizeof bytes);
}

bool outbox_received(const uint8_t *frame, uint16_t length, uint16_t flags, uint32_t time) {
  uint8_t header[RECEIVED_HEADER] = {CODE_RECEIVED};
  if (ring_room(&frames) < sizeof header + length) return false;
  put16(header + 1, length);
  put16(header + 3, flags);
  put32(header + 5, time);
  ring_put(&frames, header, sizeof header);
  ring_put(&frames, frame, length);
  return true;
}

/* Nothing comes between the bytes of one operation: `answers` holds whole ones and is emptied between two frames. */
size_t outbox_take(uint8_t *into, size_t room) {
  size_t taken = 0;
  while (taken < room) {
    if (frame_left > 0) {
      size_t piece = ring_take(&frames, into + taken, room - taken < frame_left ? room - taken : frame_left);
      frame_left -= piece;
      taken += piece;
    } else if (answers.count > 0) {
      taken += ring_take(&answers, into + taken, room - taken);
    } else if (frames.count > 0) {
      frame_left = RECEIVED_HEADER + (size_t)(ring_peek(&frames, 1) | ring_peek(&frames, 2) << 8);
    } else {
      break;
    }
  }
  return taken;
}
