#include "link.h"

#include <string.h>

enum {
  ACK_WITHIN = 5000,     /* µs after a DATA cell came */
  TIMEOUT_LEAST = 60000, /* µs; a board's */
  TIMEOUT_MOST = 1000000,
};

static struct sent_cell *sent(struct link *link, uint8_t seq) { return &link->sent[seq % LINK_WINDOW]; }

static struct received_cell *received(struct link *link, uint8_t seq) { return &link->received[seq % LINK_WINDOW]; }

/* How far `b` lies behind `a`, modulo 256. */
static uint8_t distance(uint8_t a, uint8_t b) { return (uint8_t)(b - a); }

static bool has_gap(const struct link *link) { return link->beyond != link->expected; }

/* Room for cells, counted from `expected`. */
static uint8_t room(const struct link *link) {
  return (uint8_t)(LINK_WINDOW - distance(link->unused, link->expected));
}

void link_open(struct link *link, uint8_t tag, uint8_t credit, uint32_t now) {
  memset(link, 0, sizeof *link);
  link->tag = tag;
  link->credit = credit;
  link->credit_given = LINK_WINDOW;
  link->quiet_since = now;
  link->timeout = TIMEOUT_LEAST;
}

/* ---- What the peer says of our cells ---- */

static void mark_lost(struct link *link, struct sent_cell *cell) {
  if (cell->lost) return;
  cell->lost = true;
  link->lost++;
}

/* Smoothed as TCP does it, RFC 6298 section 2; a cell that was sent twice is not measured (Karn). */
static void measure(struct link *link, const struct sent_cell *cell, uint32_t now) {
  int32_t sample = (int32_t)(now - cell->sent_at);
  if (cell->repeated || cell->arrived || sample > TIMEOUT_MOST) return;
  if (link->round_trip == 0) {
    link->round_trip = sample;
    link->variation = sample / 2;
    return;
  }
  int32_t off = sample - link->round_trip;
  link->variation += ((off < 0 ? -off : off) - link->variation) / 4;
  link->round_trip += off / 8;
}

static uint32_t first_timeout(const struct link *link) {
  int32_t measured = link->round_trip + 4 * link->variation;
  return measured < TIMEOUT_LEAST ? TIMEOUT_LEAST : measured > TIMEOUT_MOST ? TIMEOUT_MOST : (uint32_t)measured;
}

static void mark_arrived(struct link *link, struct sent_cell *cell, uint32_t now) {
  if (cell->arrived) return;
  cell->arrived = true;
  if (cell->lost) link->lost--;
  cell->lost = false;
  if ((int32_t)(cell->proves - link->arrived_order) > 0) link->arrived_order = cell->proves;
  link->quiet_since = now;
  link->timeout = first_timeout(link);
}

static bool take_ack(struct link *link, uint8_t ack, uint8_t credit, uint32_t now) {
  if (distance(link->oldest, ack) > distance(link->oldest, link->next)) return false;
  if (link->oldest != ack) measure(link, sent(link, (uint8_t)(ack - 1)), now);
  for (; link->oldest != ack; link->oldest++) mark_arrived(link, sent(link, link->oldest), now);
  link->credit = credit;
  return true;
}

/* Bit i stands for cell ack + 1 + i, and `ack` is our oldest. */
static void take_bitmap(struct link *link, const uint8_t *bitmap, uint8_t length, uint32_t now) {
  bool any = false;
  uint8_t outstanding = distance(link->oldest, link->next);
  for (unsigned i = 0; i < 8u * length; i++) {
    if ((bitmap[i >> 3] >> (i & 7) & 1) == 0) continue;
    any = true;
    if (i + 1 < outstanding) mark_arrived(link, sent(link, (uint8_t)(link->oldest + 1 + i)), now);
  }
  if (!any && outstanding > 0 && !sent(link, link->oldest)->repeated) mark_lost(link, sent(link, link->oldest));
}

/*
 * The line never reorders: what was sent before a cell that has arrived, and has not arrived itself, is lost. Only ACK and NAK tell what has not arrived:
 * the `ack` of a DATA cell says nothing of those that came behind a gap.
 */
static void find_lost(struct link *link) {
  for (uint8_t seq = link->oldest; seq != link->next; seq++) {
    struct sent_cell *cell = sent(link, seq);
    if (!cell->arrived && (int32_t)(link->arrived_order - cell->order) > 0) mark_lost(link, cell);
  }
}

bool link_resume(struct link *link, uint8_t ack, uint8_t credit, uint32_t now) {
  if (!take_ack(link, ack, credit, now)) return false;
  for (uint8_t seq = link->oldest; seq != link->next; seq++) {
    sent(link, seq)->arrived = false;
    mark_lost(link, sent(link, seq));
  }
  link->timeout = TIMEOUT_LEAST;
  link->tail_told = false;
  return true;
}

/* ---- The peer's cells ---- */

static void take_data(struct link *link, const uint8_t *cell, uint32_t now) {
  uint8_t seq = cell[CELL_AT_SEQ];
  uint8_t ahead = distance(link->expected, seq);
  uint8_t newest = distance(link->expected, link->beyond);
  if (ahead >= room(link) || received(link, seq)->arrived) {
    link->answer_now = true; /* a repetition: our answer to the first one was lost or late */
    return;
  }
  struct received_cell *kept = received(link, seq);
  kept->arrived = true;
  kept->length = cell[CELL_AT_LENGTH];
  memcpy(kept->payload, cell + CELL_AT_PAYLOAD, CELL_PAYLOAD);

  if (ahead > newest) link->answer_now = true; /* a gap opens */
  if (ahead >= newest) link->beyond = (uint8_t)(seq + 1);
  while (link->expected != link->beyond && received(link, link->expected)->arrived) link->expected++;
  if (link->unanswered == 0) link->came_at = now;
  link->unanswered++;
}

/* An ACK or NAK tells how many DATA cells have been sent before it: those that have not come are lost. */
static void take_seq(struct link *link, uint8_t seq) {
  uint8_t ahead = distance(link->expected, seq);
  if (ahead <= distance(link->expected, link->beyond) || ahead > LINK_WINDOW) return;
  if (link->tail_told && link->tail == seq) return;
  link->tail_told = true;
  link->tail = seq;
  link->tail_missing = true;
  link->answer_now = true;
}

bool link_take(struct link *link, const uint8_t *cell, uint32_t now) {
  uint8_t length = cell[CELL_AT_LENGTH];
  enum cell_type type = cell_type(cell);
  if (type == CELL_DATA ? length == 0 : type == CELL_NAK ? length == 0 || length > 16 : length != 0) return false;
  if (!take_ack(link, cell[CELL_AT_ACK], cell[CELL_AT_CREDIT], now)) return false;
  if (type == CELL_NAK) take_bitmap(link, cell + CELL_AT_PAYLOAD, length, now);
  if (type == CELL_DATA) {
    take_data(link, cell, now);
  } else {
    find_lost(link);
    take_seq(link, cell[CELL_AT_SEQ]);
  }
  if (cell_polls(cell)) link->answer_now = true;
  return true;
}

size_t link_readable(const struct link *link, const uint8_t **bytes) {
  if (link->unused == link->expected) return 0;
  const struct received_cell *front = &link->received[link->unused % LINK_WINDOW];
  *bytes = front->payload + link->used;
  return (size_t)front->length - link->used;
}

void link_use(struct link *link, size_t length) {
  struct received_cell *front = received(link, link->unused);
  link->used = (uint8_t)(link->used + length);
  if (link->used < front->length) return;
  front->arrived = false;
  link->used = 0;
  link->unused++;
}

/* ---- Our cells ---- */

static bool answer_is_due(const struct link *link, uint32_t now) {
  if (link->answer_now || (link->credit_given == 0 && room(link) > 0)) return true;
  if (link->unanswered == 0) return false;
  return 2u * link->unanswered >= link->credit_given || now - link->came_at >= ACK_WITHIN;
}

static void answered(struct link *link) {
  link->credit_given = room(link);
  link->unanswered = 0;
  link->answer_now = false;
  link->tail_missing = false;
}

void link_head(const struct link *link, uint8_t *cell) {
  cell[CELL_AT_SEQ] = link->next;
  cell[CELL_AT_ACK] = link->expected;
  cell[CELL_AT_CREDIT] = room(link);
}

static const uint8_t *give_ack(struct link *link) {
  uint8_t *cell = link->answer;
  cell[CELL_AT_KIND] = (uint8_t)(link->tag << 4 | CELL_ACK);
  cell[CELL_AT_LENGTH] = 0;
  link_head(link, cell);
  cell_seal(cell);
  answered(link);
  return cell;
}

static const uint8_t *give_nak(struct link *link) {
  uint8_t *cell = link->answer;
  uint8_t *bitmap = cell + CELL_AT_PAYLOAD;
  uint8_t after = has_gap(link) ? (uint8_t)(distance(link->expected, link->beyond) - 1) : 0; /* cells behind the missing one */
  memset(bitmap, 0, CELL_PAYLOAD);
  for (uint8_t i = 0; i < after; i++) {
    if (received(link, (uint8_t)(link->expected + 1 + i))->arrived) bitmap[i >> 3] |= (uint8_t)(1u << (i & 7));
  }
  cell[CELL_AT_KIND] = (uint8_t)(link->tag << 4 | CELL_NAK);
  cell[CELL_AT_LENGTH] = (uint8_t)(after == 0 ? 1 : (after + 7) / 8);
  link_head(link, cell);
  cell_seal(cell);
  answered(link);
  return cell;
}

static const uint8_t *give_data(struct link *link, uint8_t seq, uint8_t flags, uint32_t now) {
  struct sent_cell *kept = sent(link, seq);
  kept->order = ++link->order;
  kept->sent_at = now;
  if (!kept->repeated || kept->lost) kept->proves = kept->order;
  link_head(link, kept->cell);
  kept->cell[CELL_AT_KIND] = (uint8_t)(link->tag << 4 | flags | CELL_DATA);
  kept->cell[CELL_AT_SEQ] = seq;
  cell_seal(kept->cell);
  if (!has_gap(link) && !link->tail_missing) answered(link); /* a gap needs a bitmap, which DATA cannot carry */
  return kept->cell;
}

static const uint8_t *give_again(struct link *link, uint8_t seq, uint8_t flags, uint32_t now) {
  struct sent_cell *kept = sent(link, seq);
  kept->repeated = true;
  link->resent++;
  if (seq == link->oldest) link->quiet_since = now;
  const uint8_t *cell = give_data(link, seq, flags, now);
  if (kept->lost) link->lost--;
  kept->lost = false;
  return cell;
}

static const uint8_t *give_lost(struct link *link, uint32_t now) {
  if (link->lost == 0) return NULL;
  uint8_t seq = link->oldest;
  while (!sent(link, seq)->lost) seq++;
  return give_again(link, seq, 0, now);
}

static const uint8_t *give_timed_out(struct link *link, uint32_t now) {
  if (link->oldest == link->next || now - link->quiet_since < link->timeout) return NULL;
  link->timeout = 2 * link->timeout > TIMEOUT_MOST ? TIMEOUT_MOST : 2 * link->timeout;
  return give_again(link, link->oldest, CELL_POLL, now);
}

static const uint8_t *give_new(struct link *link, link_source source, uint32_t now) {
  uint8_t outstanding = distance(link->oldest, link->next);
  if (outstanding >= link->credit || outstanding >= LINK_WINDOW) return NULL;
  struct sent_cell *kept = sent(link, link->next);
  size_t length = source(kept->cell + CELL_AT_PAYLOAD, CELL_PAYLOAD);
  if (length == 0) return NULL;
  kept->cell[CELL_AT_LENGTH] = (uint8_t)length;
  kept->arrived = kept->lost = kept->repeated = false;
  if (outstanding == 0) link->quiet_since = now;
  return give_data(link, link->next++, 0, now);
}

const uint8_t *link_give(struct link *link, link_source source, uint32_t now) {
  const uint8_t *cell;
  if ((has_gap(link) || link->tail_missing) && answer_is_due(link, now)) return give_nak(link);
  if ((cell = give_lost(link, now)) != NULL || (cell = give_timed_out(link, now)) != NULL) return cell;
  if ((cell = give_new(link, source, now)) != NULL) return cell;
  return answer_is_due(link, now) ? give_ack(link) : NULL;
}

static uint32_t left(uint32_t since, uint32_t delay, uint32_t now) {
  return now - since >= delay ? 0 : delay - (now - since);
}

uint32_t link_wait(const struct link *link, uint32_t now) {
  uint32_t wait = UINT32_MAX;
  if (answer_is_due(link, now) || link->lost > 0) return 0;
  if (link->unanswered > 0) wait = left(link->came_at, ACK_WITHIN, now);
  if (link->oldest != link->next) {
    uint32_t again = left(link->quiet_since, link->timeout, now);
    if (again < wait) wait = again;
  }
  return wait;
}
