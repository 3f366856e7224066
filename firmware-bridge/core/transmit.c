#include "transmit.h"

#include <stddef.h>

#include "config.h"
#include "counters.h"
#include "hal.h"
#include "interrupts.h"
#include "outbox.h"
#include "receive.h"
#include "registers.h"

enum { BUFFER_SIZE = GLN_BOARD_TX_BUFFER_SIZE };

_Static_assert(TX_BUFFERS <= GLN_BOARD_TX_BUFFER_MAX && MAX_FRAME <= BUFFER_SIZE, "the buffers fit their window");

struct job {
  uint8_t buffer;
  uint16_t length;
};

/* Words, so that a board may copy a frame word by word. */
static uint32_t memory[TX_BUFFERS * BUFFER_SIZE / 4];
static struct job jobs[TX_BUFFERS]; /* in the order of their TX_GO; a buffer is in it at most once, so there is always room */
static uint8_t waiting;
static bool under_way; /* jobs[0] is with the board */
static uint32_t status;

uint8_t *transmit_window(uint16_t address, uint16_t length) {
  uint32_t from = (uint32_t)address - GLN_BOARD_TX_BUFFER_WINDOW;
  if (address < GLN_BOARD_TX_BUFFER_WINDOW || from + length > sizeof memory) return NULL;
  return (uint8_t *)memory + from;
}

static bool is_busy(uint8_t buffer) {
  for (uint8_t i = 0; i < waiting; i++) {
    if (jobs[i].buffer == buffer) return true;
  }
  return false;
}

void transmit_go(uint32_t value, uint32_t control) {
  uint16_t length = (value & GLN_BOARD_TX_GO_LENGTH_MASK) >> GLN_BOARD_TX_GO_LENGTH_SHIFT;
  uint8_t buffer = (uint8_t)((value & GLN_BOARD_TX_GO_BUFFER_MASK) >> GLN_BOARD_TX_GO_BUFFER_SHIFT);
  bool enabled = (control & GLN_BOARD_CONTROL_TX_ENABLE_MASK) != 0;
  if (!enabled || buffer >= TX_BUFFERS || is_busy(buffer) || length == 0 || length > MAX_FRAME) {
    counters.tx_errors++;
    interrupts_raise(GLN_BOARD_IRQ_STATUS_TX_ERROR_MASK);
    return;
  }
  jobs[waiting++] = (struct job){buffer, length};
  outbox_promise_transmitted();
}

uint32_t transmit_status(void) { return status; }

static void count(const struct job *job) {
  if (status & GLN_BOARD_TX_STATUS_SENT_MASK) {
    counters.tx_frames++;
    counters.tx_octets += job->length;
  }
  if (status & GLN_BOARD_TX_STATUS_DEFERRED_MASK) counters.tx_deferred++;
  if (status & GLN_BOARD_TX_STATUS_COLLISION_MASK) counters.tx_collisions++;
  if (status & (GLN_BOARD_TX_STATUS_ABORTED_MASK | GLN_BOARD_TX_STATUS_NO_LINK_MASK)) counters.tx_errors++;
}

static void finish(uint32_t outcome) {
  status = outcome | (uint32_t)jobs[0].buffer << GLN_BOARD_TX_STATUS_BUFFER_SHIFT;
  count(&jobs[0]);
  under_way = false;
  waiting--;
  for (uint8_t i = 0; i < waiting; i++) jobs[i] = jobs[i + 1];
  outbox_transmitted(status, hal_now());
}

static void begin(uint32_t control) {
  const uint8_t *frame = (const uint8_t *)memory + (size_t)jobs[0].buffer * BUFFER_SIZE;
  if (control & GLN_BOARD_CONTROL_LOOPBACK_MASK) {
    receive_frame(frame, jobs[0].length, 0, control);
    finish(GLN_BOARD_TX_STATUS_SENT_MASK);
  } else if ((hal_line_status() & GLN_BOARD_STATUS_LINK_UP_MASK) == 0) {
    finish(GLN_BOARD_TX_STATUS_NO_LINK_MASK);
  } else {
    under_way = hal_ethernet_send(frame, jobs[0].length);
  }
}

void transmit_poll(uint32_t control) {
  for (uint8_t left = waiting; left > 0; left--) {
    uint32_t outcome;
    if (!under_way) begin(control);
    if (under_way && hal_ethernet_sent(&outcome)) finish(outcome);
  }
}

bool transmit_is_busy(void) { return waiting > 0; }

void transmit_reset(void) {
  for (; waiting > 0; waiting--) outbox_break_promise();
  under_way = false;
  status = 0;
}
