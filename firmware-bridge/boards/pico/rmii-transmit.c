/*
 * RMII transmit at 10 Mb/s: two bits on TXD for 10 clocks of REF_CLK, which is clk_sys, with TX_EN high; the lowest bits of each octet first.
 *
 * One state machine does all that has to be on time: the gap, carrier deference, the di-bits, the end, collision and jam. DMA brings it the octets from where
 * they lie. It counts di-bits, so that TX_EN falls behind the last one, however late the next octet would have been.
 *
 * UNTESTED ON SILICON: half duplex. The LAN8720's data sheet (SMSC, revision 1.0 of 2009, 4.4.1) says that at 10 Mb/s it returns what it sends on the receive
 * path; that of the LAN8720A has CRS_DV follow the receive medium (3.4.1.1). If CRS_DV rises with our own frame, each attempt looks like a collision at bit
 * 64, the first at which one is looked for. Then CRS_DV alone is no sign of one: `hit` has to be left out (as in full duplex, EXECCTRL.JMP_PIN), and
 * collisions found by comparing what comes back.
 */
#include "rmii-transmit.h"

#include "config.h"
#include "cpu.h"
#include "dma.h"
#include "hal.h"
#include "parts.h"
#include "pins.h"
#include "pio.h"
#include "registers.h"

enum { SM = 0, FLAG_ENDED = 0, FLAG_DEFERRED = 1, FLAG_NEVER = 7, FIFO = 4, DIBITS_OF_OCTET = 4 };
/* 1,600 octets last 1.28 ms. A line that is busy for so long is broken: 100 frames of the longest. */
enum { SEND_MOST = 2000, DEFER_MOST = 150000 }; /* µs */
/* An output whose input is overridden (rmii.c): never a carrier. */
enum { PIN_NEVER = PIN_TXD1 };

enum { AT_START, AT_SPACE, AT_QUIET, AT_REST = 5, AT_HEAD = 7, AT_MORE = 10, AT_DIBIT, AT_END = 14, AT_BUSY = 16, AT_HIT = 19, AT_JAM = 22, LENGTH = 26 };

static const uint16_t program[LENGTH] = {
    /* start: no frame, until its di-bits less one come */
    PIO_OUT(PIO_X, 32) | SIDE(0),
    /* space: interFrameSpacingPart1 (clause 4.2.3.2.1), 6.4 µs, begins again when a carrier comes: 20 · 17 clocks */
    PIO_SET(PIO_Y, 19) | SIDE(0),
    PIO_JMP(PIO_PIN, AT_BUSY) | SIDE(0),
    PIO_JMP(PIO_Y_DEC, AT_QUIET) | SIDE(0) | DELAY(15),
    /* rest: part 2, 3.2 µs, does not, so that each station gets its turn: 10 · 16 clocks */
    PIO_SET(PIO_Y, 9) | SIDE(0),
    PIO_JMP(PIO_Y_DEC, AT_REST) | SIDE(0) | DELAY(15),
    /* head: preamble and SFD are sent whole, whoever else sends (clause 4.2.3.2.4): 32 di-bits of 10 clocks, or all that there are */
    PIO_SET(PIO_Y, 31) | SIDE(0),
    PIO_OUT(PIO_PINS, 2) | SIDE(1) | DELAY(7),
    PIO_JMP(PIO_X_DEC, AT_MORE) | SIDE(1),
    PIO_JMP(PIO_ALWAYS, AT_END) | SIDE(1),
    PIO_JMP(PIO_Y_DEC, AT_HEAD) | SIDE(1),
    /* dibit: 10 clocks */
    PIO_OUT(PIO_PINS, 2) | SIDE(1) | DELAY(3),
    PIO_JMP(PIO_PIN, AT_HIT) | SIDE(1),
    PIO_JMP(PIO_X_DEC, AT_DIBIT) | SIDE(1) | DELAY(4),
    /* end */
    PIO_SET(PIO_PINS, 0) | SIDE(0),
    PIO_IRQ_SET(FLAG_ENDED) | SIDE(0), /* and again from the start */
    /* busy */
    PIO_IRQ_SET(FLAG_DEFERRED) | SIDE(0),
    PIO_WAIT_GPIO(0, PIN_CRS_DV) | SIDE(0),
    PIO_JMP(PIO_ALWAYS, AT_SPACE) | SIDE(0),
    /* hit: tells how many di-bits were left, ends this one, and jams: 16 more (clause 4.4.2, jamSize), whatever TXD shows */
    PIO_MOV(PIO_ISR, PIO_X) | SIDE(1),
    PIO_PUSH | SIDE(1),
    PIO_SET(PIO_X, 15) | SIDE(1) | DELAY(2),
    PIO_JMP(PIO_X_DEC, AT_JAM) | SIDE(1) | DELAY(9),
    PIO_SET(PIO_PINS, 0) | SIDE(0),
    PIO_IRQ_SET(FLAG_ENDED) | SIDE(0),
    PIO_WAIT_IRQ(FLAG_NEVER) | SIDE(0), /* octets of this frame are left in the FIFO: the processor begins anew */
};

static bool is_started, is_full_duplex;
static bool is_under_way, is_on_line;
static uint32_t octets, since;
static volatile bool has_ended;

/* ---- Start and stop ---- */

static uint32_t execctrl(void) { return EXECCTRL_JMP_PIN(is_full_duplex ? PIN_NEVER : PIN_CRS_DV) | EXECCTRL_WRAP(AT_END + 1, AT_START); }

void transmit_line_load(void) {
  pio_load(PIO0, program, LENGTH);
  PIO_SM_CLKDIV(PIO0, SM) = CLKDIV_NONE;
  PIO_SM_SHIFTCTRL(PIO0, SM) = SHIFTCTRL_AUTOPULL(8);
  PIO_SM_EXECCTRL(PIO0, SM) = execctrl();
  PIO_SM_PINCTRL(PIO0, SM) = PINCTRL_SET(PIN_TXD0, 3);
  PIO_SM_INSTR(PIO0, SM) = PIO_SET(PIO_PINS, 0);
  PIO_SM_INSTR(PIO0, SM) = PIO_SET(PIO_PINDIRS, 7);
  PIO_SM_PINCTRL(PIO0, SM) = PINCTRL_OUT(PIN_TXD0, 2) | PINCTRL_SET(PIN_TXD0, 2) | PINCTRL_SIDE(PIN_TX_EN, 1);
  PIO_IRQ0_INTE(PIO0) = INTE_FLAG(FLAG_ENDED);
}

/* The machine stands at its start, its FIFO and its OSR are empty, TX_EN is low. */
static void clear(void) {
  CLEAR(PIO_CTRL(PIO0)) = CTRL_SM_ENABLE(SM);
  PIO_SM_INSTR(PIO0, SM) = PIO_SET(PIO_PINS, 0) | SIDE(0);
  dma_stop(1u << DMA_SEND);
  /* A change of FJOIN_RX clears both FIFOs (3.7, SHIFTCTRL). */
  SET(PIO_SM_SHIFTCTRL(PIO0, SM)) = SHIFTCTRL_FJOIN_RX;
  CLEAR(PIO_SM_SHIFTCTRL(PIO0, SM)) = SHIFTCTRL_FJOIN_RX;
  SET(PIO_CTRL(PIO0)) = CTRL_SM_RESTART(SM);
  PIO_SM_INSTR(PIO0, SM) = PIO_JMP(PIO_ALWAYS, AT_START) | SIDE(0);
  PIO_IRQ(PIO0) = 1u << FLAG_ENDED | 1u << FLAG_DEFERRED;
  has_ended = false;
}

void transmit_line_start(void) {
  clear();
  is_started = true;
  SET(PIO_CTRL(PIO0)) = CTRL_SM_ENABLE(SM);
}

void transmit_line_stop(void) {
  clear();
  is_started = false;
}

void transmit_line_forget(void) {
  is_under_way = false;
  if (is_started) transmit_line_start();
}

void transmit_line_set_duplex(bool is_full) {
  is_full_duplex = is_full;
  PIO_SM_EXECCTRL(PIO0, SM) = execctrl();
}

bool transmit_line_has_ended(void) { return has_ended; }

void pio0_interrupt(void) {
  PIO_IRQ(PIO0) = 1u << FLAG_ENDED;
  has_ended = true;
}

/* ---- Frames ---- */

/* The first octets are in the FIFO long before the gap is over, and each next one is there 40 clocks early. */
bool hal_ethernet_send(const uint8_t *frame, size_t length) {
  if (!is_started || is_under_way) return false;
  is_under_way = true;
  is_on_line = false;
  octets = (uint32_t)length;
  since = hal_now();
  if (length == 0 || length > MAX_FRAME) return true; /* jabber: ends as aborted */
  DMA_DBG_CTDREQ(DMA_SEND) = 0;
  DMA_READ_ADDR(DMA_SEND) = dma_address(frame);
  DMA_WRITE_ADDR(DMA_SEND) = dma_address(&PIO_TXF(PIO0, SM));
  DMA_TRANS_COUNT(DMA_SEND) = octets;
  interrupts_off(); /* with the count the gap begins: 9.6 µs, which an interrupt of the UART could use up before the DMA */
  PIO_TXF(PIO0, SM) = DIBITS_OF_OCTET * octets - 1;
  DMA_CTRL_TRIG(DMA_SEND) = DMA_EN | DMA_BYTES | DMA_INCR_READ | DMA_TREQ(DREQ_PIO0_TX0) | DMA_CHAIN_TO(DMA_SEND) | DMA_IRQ_QUIET;
  interrupts_on();
  return true;
}

/* Octets for which there was no room in FIFO and OSR have been taken: the gap is over. */
static bool is_sending(void) { return DMA_TRANS_COUNT(DMA_SEND) + FIFO + 1 < octets; }

static bool is_stuck(void) {
  if (octets == 0 || octets > MAX_FRAME) return true;
  if (!is_on_line && is_sending()) {
    is_on_line = true;
    since = hal_now();
  }
  return hal_now() - since > (is_on_line || is_full_duplex ? (uint32_t)SEND_MOST : (uint32_t)DEFER_MOST);
}

static uint32_t read_outcome(void) {
  uint32_t deferred = PIO_IRQ(PIO0) & 1u << FLAG_DEFERRED ? GLN_BOARD_TX_STATUS_DEFERRED_MASK : 0;
  PIO_IRQ(PIO0) = 1u << FLAG_DEFERRED;
  if (PIO_FSTAT(PIO0) & FSTAT_RXEMPTY(SM)) return GLN_BOARD_TX_STATUS_SENT_MASK | deferred;
  uint32_t dibit = DIBITS_OF_OCTET * octets - 1 - PIO_RXF(PIO0, SM);
  transmit_line_start();
  return GLN_BOARD_TX_STATUS_COLLISION_MASK | deferred | 2 * dibit << GLN_BOARD_TX_STATUS_BIT_SHIFT;
}

/* A state machine that has come to the end on another clock than REF_CLK has sent nothing. */
bool hal_ethernet_sent(uint32_t *outcome) {
  if (!is_under_way) return false;
  bool is_clocked = is_started && clock_is_reference();
  if (is_clocked && has_ended) {
    has_ended = false;
    *outcome = read_outcome();
  } else if (!is_clocked || is_stuck()) {
    if (is_started) transmit_line_start();
    *outcome = GLN_BOARD_TX_STATUS_ABORTED_MASK;
  } else {
    return false;
  }
  is_under_way = false;
  return true;
}
