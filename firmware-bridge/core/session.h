/* HELLO, WELCOME, REFUSE: whose session this is (hw/LINK.md, 4). */
#ifndef GLASSNIC_SESSION_H
#define GLASSNIC_SESSION_H

#include <stdbool.h>
#include <stdint.h>

enum { SESSION_PROTOCOL = 1 };

struct session {
  uint32_t nonce; /* 0: there is no session */
  enum { REPLY_NONE, REPLY_WELCOME, REPLY_REFUSE } reply; /* what is still to be sent */
  bool resumed;
  bool unheard; /* begun by a HELLO with `resume`, and no other cell has come yet: its WELCOME may have been lost */
  uint8_t reply_tag;
};

enum hello {
  HELLO_IGNORED,  /* not one */
  HELLO_REFUSED,  /* another protocol */
  HELLO_REPEATED, /* of the session that is */
  HELLO_RESUMES,  /* the session goes on after a cut */
  HELLO_BEGINS,   /* a new session: everything is to be reset */
};

static inline uint8_t session_tag(const struct session *session) { return session->nonce & 15; }

enum hello session_take(struct session *session, const uint8_t *cell);

/* A DATA, ACK or NAK cell of the session has come. */
static inline void session_heard(struct session *session) { session->unheard = false; }

/* The session cannot go on: silence until the next HELLO. */
void session_forget(struct session *session);

/* The reply that is to be sent, without seq, ack, credit and seal. False: there is none. `registers`: VERSION, CAPS, BUFFERS. */
bool session_give(struct session *session, uint8_t *cell, const uint32_t registers[3], const char *name);

#endif
