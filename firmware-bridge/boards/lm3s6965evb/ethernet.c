/* The Ethernet controller: a MAC that makes preamble and FCS itself, and its PHY. */
#include "config.h"
#include "cpu.h"
#include "hal.h"
#include "lm3s6965.h"
#include "parts.h"
#include "registers.h"

enum { RIS_RXINT = 1 << 0, RIS_TXER = 1 << 1, RIS_TXEMP = 1 << 2, RIS_FOV = 1 << 3, RIS_RXER = 1 << 4 };
enum { RCTL_RXEN = 1 << 0, RCTL_AMUL = 1 << 1, RCTL_PRMS = 1 << 2, RCTL_BADCRC = 1 << 3, RCTL_RSTFIFO = 1 << 4 };
enum { TCTL_TXEN = 1 << 0, TCTL_PADEN = 1 << 1, TCTL_CRC = 1 << 2, TCTL_DUPLEX = 1 << 4 };
enum { MCTL_START = 1 << 0, MCTL_WRITE = 1 << 1, TR_NEWTX = 1 << 0, MDIO_TRIES = 10000 };
enum { HEADER = 14, FCS = 4, LENGTH_WORD = 2, FIFO = 2048 };
enum { LOOK_AT_LINE = 50000 }; /* µs */

static bool has_phy;
static uint32_t line;
static volatile uint32_t receive_errors;
static volatile bool transmit_error;
static bool sending;

/* ---- Management ---- */

static uint16_t run_mdio(uint32_t command) {
  MAC_MCTL = command | MCTL_START;
  for (int i = 0; i < MDIO_TRIES && (MAC_MCTL & MCTL_START) != 0; i++) {
  }
  return (uint16_t)MAC_MRXD;
}

/* The PHY in the chip is the only one there can be. */
uint16_t hal_mdio_read(uint8_t phy, uint8_t reg) { return phy == 0 ? run_mdio((uint32_t)reg << 3) : 0xffff; }

void hal_mdio_write(uint8_t phy, uint8_t reg, uint16_t value) {
  if (phy != 0) return;
  MAC_MTXD = value;
  run_mdio((uint32_t)reg << 3 | MCTL_WRITE);
}

/* What both partners offer, best first: clause 28B.3. */
static uint32_t measure_line(void) {
  if (!has_phy) return GLN_BOARD_STATUS_LINK_UP_MASK | GLN_BOARD_STATUS_SPEED100_MASK | GLN_BOARD_STATUS_FULL_DUPLEX_MASK;
  if ((hal_mdio_read(0, 1) & 0x0004) == 0) return 0;
  uint16_t common = hal_mdio_read(0, 4) & hal_mdio_read(0, 5);
  uint32_t speed100 = common & 0x0180 ? GLN_BOARD_STATUS_SPEED100_MASK : 0;
  uint32_t full = common & 0x0100 || (!speed100 && common & 0x0040) ? GLN_BOARD_STATUS_FULL_DUPLEX_MASK : 0;
  return GLN_BOARD_STATUS_LINK_UP_MASK | speed100 | full;
}

uint32_t hal_line_status(void) {
  static uint32_t looked_at;
  uint32_t now = hal_now();
  if (now - looked_at >= LOOK_AT_LINE) {
    looked_at = now;
    line = measure_line();
  }
  return line;
}

uint32_t hal_caps(void) {
  uint32_t always = GLN_BOARD_CAPS_OWN_MAC_MASK | GLN_BOARD_CAPS_SPEED10_MASK | GLN_BOARD_CAPS_SPEED100_MASK |
                    GLN_BOARD_CAPS_TIMESTAMPS_MASK | GLN_BOARD_CAPS_LOOPBACK_MASK | GLN_BOARD_CAPS_ADDRESS_FILTER_MASK;
  return has_phy ? always | GLN_BOARD_CAPS_MDIO_MASK | GLN_BOARD_CAPS_LINK_STATUS_MASK : always;
}

/* ---- Start, reset, control ---- */

void ethernet_start(void) {
  GPIOF_AFSEL |= 3 << 2; /* PF2, PF3: the LEDs of the socket */
  GPIOF_DEN |= 3 << 2;
  MAC_IM = 0;
  MAC_MDV = 9; /* 50 MHz / 2 / (9 + 1) = 2.5 MHz */
  /* QEMU has the MAC but no PHY: every register of it reads 0. CAPS then offers neither MDIO nor link status. */
  uint16_t id = hal_mdio_read(0, 2);
  has_phy = id != 0 && id != 0xffff;
  line = measure_line();
  hal_line_reset();
  NVIC_ISER1 = 1u << (IRQ_ETHERNET - 32);
}

void hal_line_reset(void) {
  MAC_RCTL = RCTL_RSTFIFO;
  MAC_TCTL = 0;
  MAC_RIS = 0x7f;
  MAC_IM = RIS_RXINT | RIS_TXER | RIS_TXEMP | RIS_FOV | RIS_RXER;
  sending = false;
  transmit_error = false;
  receive_errors = 0;
}

void hal_line_control(uint32_t control, uint32_t station_low, uint32_t station_high) {
  uint32_t receive = RCTL_BADCRC;
  if (control & GLN_BOARD_CONTROL_RX_ENABLE_MASK) receive |= RCTL_RXEN;
  if (control & GLN_BOARD_CONTROL_ALL_MULTICAST_MASK) receive |= RCTL_AMUL;
  if (control & GLN_BOARD_CONTROL_PROMISCUOUS_MASK) receive |= RCTL_PRMS;
  uint32_t transmit = TCTL_PADEN | TCTL_CRC;
  if (control & GLN_BOARD_CONTROL_TX_ENABLE_MASK) transmit |= TCTL_TXEN;
  if (control & GLN_BOARD_CONTROL_FULL_DUPLEX_MASK) transmit |= TCTL_DUPLEX;
  MAC_IA0 = station_low;
  MAC_IA1 = station_high;
  MAC_RCTL = receive;
  MAC_TCTL = transmit;
}

void ethernet_interrupt(void) {
  uint32_t causes = MAC_RIS;
  MAC_RIS = causes;
  if (causes & (RIS_FOV | RIS_RXER)) receive_errors++;
  if (causes & RIS_TXER) transmit_error = true;
}

/* ---- Frames ---- */

static uint32_t word_at(const uint8_t *bytes) {
  uint32_t word;
  __builtin_memcpy(&word, bytes, sizeof word);
  return word;
}

/* The FIFO takes the length of the data in 16 bits and then the frame, so that every word straddles two of the frame's. */
bool hal_ethernet_send(const uint8_t *frame, size_t length) {
  if ((MAC_TR & TR_NEWTX) != 0) return false;
  sending = true;
  transmit_error = length < HEADER;
  if (transmit_error) return true;
  MAC_DATA = (uint32_t)(length - HEADER) | (uint32_t)frame[0] << 16 | (uint32_t)frame[1] << 24;
  for (size_t at = LENGTH_WORD; at < length; at += 4) MAC_DATA = word_at(frame + at);
  MAC_TR = TR_NEWTX;
  return true;
}

bool hal_ethernet_sent(uint32_t *outcome) {
  if (!sending || (MAC_TR & TR_NEWTX) != 0) return false;
  sending = false;
  *outcome = transmit_error ? GLN_BOARD_TX_STATUS_ABORTED_MASK : GLN_BOARD_TX_STATUS_SENT_MASK;
  transmit_error = false;
  return true;
}

bool ethernet_has_frame(void) { return MAC_NP != 0; }

/* The first half-word is the number of bytes with itself and the FCS, which stays here: QEMU's is wrong, and a real chip has checked it. */
size_t hal_ethernet_receive(uint8_t *into, size_t room, uint16_t *flags) {
  if (MAC_NP == 0) return 0;
  uint32_t word = MAC_DATA;
  size_t whole = word & 0xffff;
  if (whole <= LENGTH_WORD + FCS || whole > FIFO) { /* out of step with the FIFO */
    uint32_t control = MAC_RCTL;
    MAC_RCTL = control | RCTL_RSTFIFO;
    MAC_RCTL = control;
    receive_errors++;
    return 0;
  }
  size_t length = whole - LENGTH_WORD - FCS;
  if (length > room) {
    *flags |= GLN_BOARD_RX_FLAG_TRUNCATED;
    length = room;
  }
  into[0] = (uint8_t)(word >> 16);
  if (length > 1) into[1] = (uint8_t)(word >> 24);
  for (size_t at = LENGTH_WORD; at + LENGTH_WORD < whole; at += 4) {
    word = MAC_DATA;
    if (at + 4 <= length) {
      __builtin_memcpy(into + at, &word, sizeof word);
    } else {
      for (size_t i = at; i < length; i++, word >>= 8) into[i] = (uint8_t)word;
    }
  }
  return length;
}

uint32_t hal_ethernet_errors(void) {
  interrupts_off();
  uint32_t news = receive_errors;
  receive_errors = 0;
  interrupts_on();
  return news;
}
