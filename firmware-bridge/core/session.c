#include "session.h"

#include <string.h>

#include "bytes.h"
#include "cell.h"

/* Offsets in the payloads of HELLO, WELCOME and REFUSE. */
enum { AT_MAGIC = 0, AT_PROTOCOL = 4, AT_FLAGS = 5, AT_REASON = 5, AT_NONCE = 8, AT_REGISTERS = 12, AT_NAME = 24 };
enum { HELLO_LENGTH = 12, WELCOME_LENGTH = 40, REFUSE_LENGTH = 8, NAME_LENGTH = 16 };
enum { FLAG_RESUME = 1, FLAG_RESUMED = 1, REASON_PROTOCOL = 1 };

static const uint8_t magic[4] = {'G', 'L', 'N', 'K'};

enum hello session_take(struct session *session, const uint8_t *cell) {
  const uint8_t *payload = cell + CELL_AT_PAYLOAD;
  uint8_t length = cell[CELL_AT_LENGTH];
  if (length <= AT_PROTOCOL || memcmp(payload + AT_MAGIC, magic, sizeof magic) != 0) return HELLO_IGNORED;
  if (payload[AT_PROTOCOL] != SESSION_PROTOCOL) {
    session->reply = REPLY_REFUSE;
    session->reply_tag = cell_tag(cell);
    return HELLO_REFUSED;
  }
  uint32_t nonce = length < HELLO_LENGTH ? 0 : get32(payload + AT_NONCE);
  if (nonce == 0 || cell_tag(cell) != (nonce & 15)) return HELLO_IGNORED;

  bool known = nonce == session->nonce;
  bool asks = (payload[AT_FLAGS] & FLAG_RESUME) != 0;
  bool resumes = known && asks && !session->unheard;
  if (!known) session->unheard = asks;
  session->nonce = nonce;
  session->reply = REPLY_WELCOME;
  session->reply_tag = cell_tag(cell);
  session->resumed = resumes;
  return resumes ? HELLO_RESUMES : known ? HELLO_REPEATED : HELLO_BEGINS;
}

void session_forget(struct session *session) {
  session->nonce = 0;
  session->reply = REPLY_NONE;
}

static void give_welcome(const struct session *session, uint8_t *cell, const uint32_t registers[3], const char *name) {
  uint8_t *payload = cell + CELL_AT_PAYLOAD;
  cell[CELL_AT_LENGTH] = WELCOME_LENGTH;
  payload[AT_FLAGS] = session->resumed ? FLAG_RESUMED : 0;
  put32(payload + AT_NONCE, session->nonce);
  for (int i = 0; i < 3; i++) put32(payload + AT_REGISTERS + 4 * i, registers[i]);
  for (int i = 0; i < NAME_LENGTH && name[i] != 0; i++) payload[AT_NAME + i] = (uint8_t)name[i];
}

bool session_give(struct session *session, uint8_t *cell, const uint32_t registers[3], const char *name) {
  if (session->reply == REPLY_NONE) return false;
  uint8_t *payload = cell + CELL_AT_PAYLOAD;
  bool welcome = session->reply == REPLY_WELCOME;
  memset(cell, 0, CELL_SIZE);
  cell[CELL_AT_KIND] = (uint8_t)(session->reply_tag << 4 | (welcome ? CELL_WELCOME : CELL_REFUSE));
  memcpy(payload + AT_MAGIC, magic, sizeof magic);
  payload[AT_PROTOCOL] = SESSION_PROTOCOL;
  if (welcome) {
    give_welcome(session, cell, registers, name);
  } else {
    cell[CELL_AT_LENGTH] = REFUSE_LENGTH;
    payload[AT_REASON] = REASON_PROTOCOL;
  }
  session->reply = REPLY_NONE;
  return true;
}
