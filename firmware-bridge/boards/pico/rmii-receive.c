/*
 * RMII receive at 10 Mb/s: two bits on RXD for 10 clocks of REF_CLK, which is clk_sys.
 *
 * A state machine shifts the di-bits into words, DMA writes the words into a ring, and a second ring of hardware's own making says where each frame ended, so
 * that no interrupt has to be on time and frames can follow each other at once:
 *
 *   RXD → reader (PIO1, 0) → DMA_DIBITS → ring; DMA_REARM gives DMA_DIBITS its next count before it stands still
 *            └─ flag ─→ teller (PIO1, 1) → DMA_ENDED → DMA_POSITION: DMA_DIBITS' count of words → ends
 *
 * A frame in the ring: its di-bits from the lowest bits of the first word on, one word that is filled only from above (or not at all), and one word with the
 * levels of the pins at its start (15:0) and what was left of DIBITS_MOST − 1 (31:16).
 *
 * When the processor is late, new frames overwrite old ones. Whoever copies one looks afterwards whether it was still there: only whole frames are lost, and
 * each is counted.
 */
#include "rmii-receive.h"

#include "config.h"
#include "dma.h"
#include "hal.h"
#include "parts.h"
#include "pins.h"
#include "pio.h"
#include "registers.h"

enum { READER = 0, TELLER = 1, BOTH = CTRL_SM_ENABLE(READER) | CTRL_SM_ENABLE(TELLER), FLAG_TOLD = 0, FLAG_ENDED = 4 };
enum { DIBITS_OF_WORD = 16, DIBITS_OF_OCTET = 4 };
/* The longest frame, one di-bit behind it, and one by which it is too long. */
enum { DIBITS_MOST = DIBITS_OF_OCTET * MAX_FRAME + 2 };

/* ---- The programs ---- */

enum { AT_LONG = 0, AT_BEGIN = 4, AT_QUIET, AT_CARRIER = 7, AT_DIBIT = 11, AT_NEXT = 14, AT_AGAIN = 18, AT_TELLER = 23, LENGTH = 26 };

static const uint16_t program[LENGTH] = {
    /* long: as the end below, and the rest is skipped */
    PIO_PUSH,
    PIO_IN(PIO_Y, 16),
    PIO_IN(PIO_X, 16),
    PIO_IRQ_SET(FLAG_ENDED),
    /* begin: no carrier for 44 clocks. At the end of a frame CRS_DV toggles, each time for 10 */
    PIO_SET(PIO_Y, 3),
    PIO_JMP(PIO_PIN, AT_BEGIN),
    PIO_JMP(PIO_Y_DEC, AT_QUIET) | DELAY(9),
    /* carrier: a false one has no RXD0 (RMII 1.2, 5.3.3), and the next true one is as good */
    PIO_WAIT_GPIO(1, PIN_CRS_DV),
    PIO_MOV(PIO_X, PIO_OSR),
    PIO_WAIT_GPIO(1, PIN_RXD0), /* the first di-bit of the preamble: its start is the phase of all that follow */
    PIO_MOV(PIO_Y, PIO_PINS) | DELAY(2),
    /* dibit: 10 clocks, read in the middle; the carrier is looked at one clock before. It may be low once (LAN8720A, 3.4.1.1) */
    PIO_IN(PIO_PINS, 2),
    PIO_JMP(PIO_X_DEC, AT_NEXT) | DELAY(7),
    PIO_JMP(PIO_ALWAYS, AT_LONG),
    /* next */
    PIO_JMP(PIO_PIN, AT_DIBIT),
    PIO_IN(PIO_PINS, 2),
    PIO_JMP(PIO_X_DEC, AT_AGAIN) | DELAY(7),
    PIO_JMP(PIO_ALWAYS, AT_LONG),
    /* again */
    PIO_JMP(PIO_PIN, AT_DIBIT),
    /* end: low twice; the first of the two has been taken for a di-bit */
    PIO_PUSH,
    PIO_IN(PIO_Y, 16),
    PIO_IN(PIO_X, 16) | DELAY(7), /* pushed by itself */
    PIO_IRQ_SET(FLAG_ENDED),      /* and again for a carrier */
    /* teller: what is pushed is nothing, but starts DMA; when the processor is told, that has been done */
    PIO_WAIT_IRQ(FLAG_ENDED),
    PIO_PUSH | DELAY(31),
    PIO_IRQ_SET(FLAG_TOLD),
};

/* ---- The rings ---- */

enum { RING_BITS = 15, RING_WORDS = (1 << RING_BITS) / 4, RING_MASK = RING_WORDS - 1 };
enum { ENDS_BITS = 11, ENDS = (1 << ENDS_BITS) / 4, ENDS_MASK = ENDS - 1 };
/* Words are counted modulo this: 105 ms of line. A processor that is later than that finds a frame whose length is not its own, and forgets them all. */
enum { COUNT = 1 << 16, COUNT_MASK = COUNT - 1 };
_Static_assert(COUNT % RING_WORDS == 0, "where the count begins anew, the ring does");

static volatile uint32_t ring[RING_WORDS] __attribute__((aligned(1 << RING_BITS)));
static volatile uint32_t ends[ENDS] __attribute__((aligned(1 << ENDS_BITS))); /* DMA_DIBITS' TRANS_COUNT at the end of each frame */
static const uint32_t rearm = COUNT;
static uint32_t nothing;

static bool is_started, is_full_duplex;
static uint32_t tail;     /* in `ends`: the frame that is next */
static uint32_t position; /* in words: where it begins */
static uint32_t lost;

static uint32_t words_at(uint32_t trans_count) { return -trans_count & COUNT_MASK; }

static uint32_t words_now(void) { return words_at(DMA_TRANS_COUNT(DMA_DIBITS)); }

static uint32_t head(void) { return (DMA_WRITE_ADDR(DMA_POSITION) - dma_address(ends)) / 4 & ENDS_MASK; }

/* ---- Start and stop ---- */

void receive_line_load(void) {
  pio_load(PIO1, program, LENGTH);
  for (uint32_t sm = READER; sm <= TELLER; sm++) {
    PIO_SM_CLKDIV(PIO1, sm) = CLKDIV_NONE;
    PIO_SM_SHIFTCTRL(PIO1, sm) = SHIFTCTRL_AUTOPUSH(32);
    PIO_SM_PINCTRL(PIO1, sm) = PINCTRL_IN(PIN_RXD0);
  }
  PIO_SM_EXECCTRL(PIO1, READER) = EXECCTRL_JMP_PIN(PIN_CRS_DV) | EXECCTRL_WRAP(AT_TELLER - 1, AT_CARRIER);
  PIO_SM_EXECCTRL(PIO1, TELLER) = EXECCTRL_WRAP(LENGTH - 1, AT_TELLER);
  /* The reader's OSR keeps where its count of di-bits begins. */
  PIO_TXF(PIO1, READER) = DIBITS_MOST - 1;
  PIO_SM_INSTR(PIO1, READER) = PIO_PULL;
  PIO_IRQ0_INTE(PIO1) = INTE_FLAG(FLAG_TOLD);
}

void receive_line_stop(void) {
  CLEAR(PIO_CTRL(PIO1)) = BOTH;
  dma_stop(1u << DMA_DIBITS | 1u << DMA_REARM | 1u << DMA_ENDED | 1u << DMA_POSITION);
  for (uint32_t sm = READER; sm <= TELLER; sm++) {
    /* A change of FJOIN_RX clears both FIFOs (3.7, SHIFTCTRL); joined, the reader's has 8 words. */
    CLEAR(PIO_SM_SHIFTCTRL(PIO1, sm)) = SHIFTCTRL_FJOIN_RX;
    SET(PIO_SM_SHIFTCTRL(PIO1, sm)) = SHIFTCTRL_FJOIN_RX;
  }
  SET(PIO_CTRL(PIO1)) = CTRL_SM_RESTART(READER) | CTRL_SM_RESTART(TELLER);
  PIO_IRQ(PIO1) = 1u << FLAG_TOLD | 1u << FLAG_ENDED;
  DMA_WRITE_ADDR(DMA_POSITION) = dma_address(ends);
  is_started = false;
  tail = 0;
  position = 0;
}

void receive_line_start(void) {
  receive_line_stop();
  is_started = true;

  DMA_DBG_CTDREQ(DMA_DIBITS) = 0;
  DMA_READ_ADDR(DMA_REARM) = dma_address(&rearm);
  DMA_WRITE_ADDR(DMA_REARM) = dma_address(&DMA_AL1_TRANS_COUNT_TRIG(DMA_DIBITS));
  DMA_TRANS_COUNT(DMA_REARM) = 1;
  DMA_AL1_CTRL(DMA_REARM) = DMA_EN | DMA_HIGH_PRIORITY | DMA_WORDS | DMA_TREQ(TREQ_ALWAYS) | DMA_CHAIN_TO(DMA_REARM) | DMA_IRQ_QUIET;
  DMA_READ_ADDR(DMA_DIBITS) = dma_address(&PIO_RXF(PIO1, READER));
  DMA_WRITE_ADDR(DMA_DIBITS) = dma_address(ring);
  DMA_TRANS_COUNT(DMA_DIBITS) = COUNT;
  DMA_CTRL_TRIG(DMA_DIBITS) = DMA_EN | DMA_HIGH_PRIORITY | DMA_WORDS | DMA_INCR_WRITE | DMA_RING_WRITE(RING_BITS) | DMA_TREQ(DREQ_PIO1_RX0) |
                              DMA_CHAIN_TO(DMA_REARM) | DMA_IRQ_QUIET;

  DMA_DBG_CTDREQ(DMA_ENDED) = 0;
  DMA_READ_ADDR(DMA_POSITION) = dma_address(&DMA_TRANS_COUNT(DMA_DIBITS));
  DMA_TRANS_COUNT(DMA_POSITION) = 1;
  DMA_AL1_CTRL(DMA_POSITION) = DMA_EN | DMA_WORDS | DMA_INCR_WRITE | DMA_RING_WRITE(ENDS_BITS) | DMA_TREQ(TREQ_ALWAYS) | DMA_CHAIN_TO(DMA_ENDED) |
                               DMA_IRQ_QUIET;
  DMA_READ_ADDR(DMA_ENDED) = dma_address(&PIO_RXF(PIO1, TELLER));
  DMA_WRITE_ADDR(DMA_ENDED) = dma_address(&nothing);
  DMA_TRANS_COUNT(DMA_ENDED) = 1;
  DMA_CTRL_TRIG(DMA_ENDED) = DMA_EN | DMA_WORDS | DMA_TREQ(DREQ_PIO1_RX1) | DMA_CHAIN_TO(DMA_POSITION) | DMA_IRQ_QUIET;

  PIO_SM_INSTR(PIO1, READER) = PIO_JMP(PIO_ALWAYS, AT_BEGIN);
  PIO_SM_INSTR(PIO1, TELLER) = PIO_JMP(PIO_ALWAYS, AT_TELLER);
  SET(PIO_CTRL(PIO1)) = BOTH;
}

void receive_line_set_duplex(bool is_full) { is_full_duplex = is_full; }

bool receive_line_has_frame(void) { return is_started && head() != tail; }

/* Only wakes the processor. */
void pio1_interrupt(void) { PIO_IRQ(PIO1) = 1u << FLAG_TOLD; }

/* ---- Frames ---- */

/*
 * How many bits the first word is shifted up, for octets that begin where the sender's do. The host looks for the SFD octet by octet; its last di-bit is the
 * first 11, and a PHY may lose any number of di-bits before it. What is missing in the first octet is filled with 01, which is what was lost: preamble is
 * nothing else. (Leaving out the di-bits before the first whole octet instead would lose an SFD of which only the end came.)
 */
static uint32_t shift_of(uint32_t at, uint32_t dibits) {
  enum { LOOK_AT = 4 }; /* words: preamble and SFD fill two */
  for (uint32_t i = 0; i < LOOK_AT && i * DIBITS_OF_WORD < dibits; i++) {
    uint32_t word = ring[(at + i) & RING_MASK];
    uint32_t both = word & word >> 1 & 0x55555555;
    uint32_t octet = both & -both; /* 1, 4, 16 or 64 in some octet */
    octet |= octet >> 16;
    octet |= octet >> 8;
    if (octet & 0x40) return 0;
    if (octet & 0x10) return 2;
    if (octet & 0x04) return 4;
    if (octet & 0x01) return 6;
  }
  return 0;
}

/* Copies `octets` octets, in words. `dibits`: of all in the ring, with the one behind the end. */
static void copy(uint8_t *into, uint32_t at, uint32_t dibits, uint32_t octets, uint32_t shift) {
  uint32_t *to = (uint32_t *)(void *)into;
  uint32_t whole = dibits / DIBITS_OF_WORD, rest = dibits % DIBITS_OF_WORD;
  uint32_t carry = 0x55555555 & ((1u << shift) - 1);
  uint32_t words = octets / 4, word = 0;
  for (uint32_t i = 0; i < words; i++, at++) {
    word = ring[at & RING_MASK];
    if (i == whole) word >>= 32 - 2 * rest; /* only where the shift has made an octet more of it */
    *to++ = carry | word << shift;
    carry = word >> 1 >> (31 - shift);
  }
  if (octets % 4 == 0) return;
  if (words < whole) word = ring[at & RING_MASK];
  else if (words == whole && rest > 0) word = ring[at & RING_MASK] >> (32 - 2 * rest);
  else word = 0;
  word = carry | word << shift;
  for (uint8_t *last = (uint8_t *)to; octets % 4 != 0; octets--, word >>= 8) *last++ = (uint8_t)word;
}

/* Everything up to now is forgotten: what the rings say does not fit together any more. */
static void resynchronise(void) {
  uint32_t last = head();
  position = words_at(ends[(last - 1) & ENDS_MASK]);
  lost += (last - tail) & ENDS_MASK;
  tail = last;
}

static bool is_overwritten(uint32_t from) { return ((words_now() - from) & COUNT_MASK) > RING_WORDS; }

/* One frame out of the ring; 0: it was none for us, or is lost. */
static size_t take(uint8_t *into, size_t room, uint16_t *flags) {
  enum { SENDING = 1u << (PIN_TX_EN - PIN_RXD0) };
  uint32_t from = position, to = words_at(ends[tail]);
  uint32_t last = ring[(to - 1) & RING_MASK];
  uint32_t dibits = (DIBITS_MOST - 1 - (last >> 16)) & 0xffff;
  if (is_overwritten(from)) {
    position = to;
    tail = (tail + 1) & ENDS_MASK;
    lost++;
    return 0;
  }
  if (((to - from) & COUNT_MASK) != dibits / DIBITS_OF_WORD + 2) {
    resynchronise();
    return 0;
  }
  position = to;
  tail = (tail + 1) & ENDS_MASK;
  /* In half duplex what comes while we send is ourselves, or a collision. */
  if (!is_full_duplex && (last & SENDING) != 0) return 0;
  bool is_cut = dibits == DIBITS_MOST; /* and nobody knows where it ended */
  *flags = is_cut ? GLN_BOARD_RX_FLAG_TRUNCATED : 0;
  dibits--; /* the one behind the end */
  uint32_t shift = shift_of(from, dibits);
  uint32_t octets = (dibits + shift / 2) / DIBITS_OF_OCTET;
  if (!is_cut && (dibits + shift / 2) % DIBITS_OF_OCTET != 0) *flags |= GLN_BOARD_RX_FLAG_ALIGNMENT;
  if (octets > room) {
    octets = (uint32_t)room;
    *flags |= GLN_BOARD_RX_FLAG_TRUNCATED;
  }
  copy(into, from, dibits + 1, octets, shift);
  if (!is_overwritten(from)) return octets;
  lost++;
  return 0;
}

size_t hal_ethernet_receive(uint8_t *into, size_t room, uint16_t *flags) {
  while (receive_line_has_frame()) {
    size_t length = take(into, room, flags);
    if (length > 0) return length;
  }
  return 0;
}

uint32_t hal_ethernet_errors(void) {
  uint32_t news = lost;
  lost = 0;
  return news;
}
