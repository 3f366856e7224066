/* The two serial lines, and which of them has the link (hw/LINK.md, 4.5). */
#include <string.h>

#include "aligner.h"
#include "cell.h"
#include "hal.h"
#include "parts.h"
#include "pl011.h"

enum { SILENCE = 2000000 }; /* µs: four heartbeats of a host */

static bool uart_is_there(void) { return true; }

static struct line {
  bool (*is_there)(void);
  size_t (*read)(uint8_t *into, size_t room);
  size_t (*room)(void);
  void (*write)(const uint8_t *bytes, size_t length);
  struct aligner aligner; /* of what came while it had not the link, from its last HELLO on what the core has not had yet */
} lines[] = {
    {.is_there = usb_is_open, .read = usb_read, .room = usb_room, .write = usb_write},
    {.is_there = uart_is_there, .read = pl011_read, .room = pl011_room, .write = pl011_write},
};
enum { LINES = sizeof lines / sizeof lines[0] };

static struct line *owner; /* of the link; NULL: nobody */
static uint32_t heard_at;  /* µs: when the owner was heard last */

static void forget(struct line *line) { memset(&line->aligner, 0, sizeof line->aligner); }

static bool link_is_free(void) { return owner == NULL || hal_now() - heard_at >= SILENCE; }

/* What a line says that has not the link is looked through for a HELLO, and is lost. */
static void listen(struct line *line) {
  size_t room;
  uint8_t *into = aligner_room(&line->aligner, &room);
  aligner_put(&line->aligner, line->read(into, room));
  const uint8_t *cell;
  while ((cell = aligner_take(&line->aligner)) != NULL) {
    if (cell_type(cell) != CELL_HELLO || !line->is_there() || !link_is_free()) continue;
    line->aligner.from -= CELL_SIZE; /* the core gets it, too */
    if (owner != NULL) forget(owner);
    owner = line;
    heard_at = hal_now();
    return;
  }
}

/* Rest of what was looked through, then the line itself. */
static size_t read_owner(uint8_t *into, size_t room) {
  struct aligner *kept = &owner->aligner;
  size_t length = kept->to - kept->from;
  if (length == 0) return owner->read(into, room);
  if (length > room) length = room;
  memcpy(into, kept->bytes + kept->from, length);
  kept->from += length;
  return length;
}

size_t hal_serial_read(uint8_t *into, size_t room) {
  if (owner != NULL && !owner->is_there()) {
    forget(owner);
    owner = NULL;
  }
  size_t length = 0;
  if (owner != NULL) length = read_owner(into, room);
  if (length > 0) heard_at = hal_now();
  for (struct line *line = lines; line < lines + LINES; line++) {
    if (line != owner) listen(line);
  }
  return length;
}

/* Where nobody has the link, everything fits, and is gone: a session that is resumed sends it again. */
size_t hal_serial_room(void) { return owner == NULL ? CELL_SIZE : owner->room(); }

void hal_serial_write(const uint8_t *bytes, size_t length) {
  if (owner != NULL) owner->write(bytes, length);
}

bool lines_have_input(void) {
  return pl011_has_input() || usb_has_input() || (owner != NULL && owner->aligner.from != owner->aligner.to);
}

bool lines_are_drained(void) { return pl011_is_drained() && usb_is_drained(); }
