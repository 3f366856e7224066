#include "bridge.h"

#include <string.h>

#include "aligner.h"
#include "board.h"
#include "config.h"
#include "counters.h"
#include "hal.h"
#include "link.h"
#include "operations.h"
#include "outbox.h"
#include "registers.h"
#include "session.h"
#include "transmit.h"

enum { IDLE_MOST = 100000 };   /* µs: the line's state is looked at so often */
enum { SENDING_MOST = 500 };   /* µs: and so often whether a frame has left, where no interrupt has told it */

static struct aligner aligner;
static struct session session;
static struct link link;
static struct operations operations;

void bridge_start(void) { board_begin_session(); }

/* ---- From the host ---- */

static void take_hello(const uint8_t *cell) {
  uint32_t now = hal_now();
  uint8_t ack = cell[CELL_AT_ACK], credit = cell[CELL_AT_CREDIT];
  switch (session_take(&session, cell)) {
    case HELLO_BEGINS:
      board_begin_session();
      link_open(&link, session_tag(&session), credit, now);
      memset(&operations, 0, sizeof operations);
      break;
    case HELLO_RESUMES:
      if (!link_resume(&link, ack, credit, now)) session_forget(&session);
      break;
    case HELLO_IGNORED:
      counters.link_bad_cells++;
      break;
    case HELLO_REFUSED:
    case HELLO_REPEATED:
      break;
  }
}

static void run_operations(void) {
  const uint8_t *bytes;
  size_t length;
  while ((length = link_readable(&link, &bytes)) > 0) {
    size_t used = operations_take(&operations, bytes, length);
    link_use(&link, used);
    if (used < length) break;
  }
  if (!operations.broken) return;
  counters.link_bad_cells++;
  session_forget(&session);
}

static void take_cell(const uint8_t *cell) {
  enum cell_type type = cell_type(cell);
  if (type == CELL_HELLO) {
    take_hello(cell);
    return;
  }
  bool ours = session.nonce != 0 && cell_tag(cell) == session_tag(&session) && type >= CELL_DATA;
  if (!ours || !link_take(&link, cell, hal_now())) {
    counters.link_bad_cells++;
    return;
  }
  session_heard(&session);
  run_operations();
}

/* What the aligner and the link have counted since the last time. */
static void count(void) {
  counters.link_bad_cells += aligner.stretches;
  counters.link_resent += link.resent;
  aligner.stretches = 0;
  link.resent = 0;
}

static bool take_serial(void) {
  size_t room;
  uint8_t *into = aligner_room(&aligner, &room);
  size_t length = hal_serial_read(into, room);
  aligner_put(&aligner, length);
  const uint8_t *cell;
  while ((cell = aligner_take(&aligner)) != NULL) {
    count();
    take_cell(cell);
  }
  count();
  return length > 0;
}

/* ---- To the host ---- */

static const uint8_t *next_reply(void) {
  static _Alignas(uint32_t) uint8_t cell[CELL_SIZE];
  const uint32_t registers[3] = {board_read(GLN_BOARD_VERSION), board_read(GLN_BOARD_CAPS), board_read(GLN_BOARD_BUFFERS)};
  session_give(&session, cell, registers, BOARD_NAME);
  if (cell_type(cell) == CELL_WELCOME) link_head(&link, cell);
  cell_seal(cell);
  return cell;
}

static const uint8_t *next_cell(void) {
  if (session.reply != REPLY_NONE) return next_reply();
  return session.nonce == 0 ? NULL : link_give(&link, outbox_take, hal_now());
}

static bool give_serial(void) {
  const uint8_t *cell;
  bool gave = false;
  while (hal_serial_room() >= CELL_SIZE && (cell = next_cell()) != NULL) {
    hal_serial_write(cell, CELL_SIZE);
    gave = true;
  }
  return gave;
}

static uint32_t idle_time(void) {
  uint32_t wait = session.nonce == 0 ? UINT32_MAX : link_wait(&link, hal_now());
  uint32_t most = transmit_is_busy() ? SENDING_MOST : IDLE_MOST;
  return wait < most ? wait : most;
}

void bridge_poll(void) {
  bool took = take_serial();
  if (session.nonce != 0) run_operations(); /* those that had to wait for room */
  board_poll();
  if (board_is_leaving()) link_answer(&link); /* the host shall see that its wish has come: no answer is due by itself yet (hw/LINK.md, 3) */
  bool gave = give_serial();
  if (board_is_leaving() && (gave || session.nonce == 0)) hal_boot_loader();
  if (!took && !gave) hal_idle(idle_time());
}
