/* Bit by bit, by the processor: one frame takes about 45 µs. */
#include "mdio.h"

#include "hal.h"
#include "phy.h"
#include "pins.h"
#include "rp2040.h"

enum { READ = 2, WRITE = 1, START = 1, TURN_TO_PHY = 0, TURN_TO_US = 2 };
static const uint32_t mdc = 1u << PIN_MDC, mdio = 1u << PIN_MDIO;

void mdio_start(void) {
  SIO_OUT_CLEAR = mdc | mdio;
  SIO_OE_CLEAR = mdio;
  SIO_OE_SET = mdc;
  use_pin(PIN_MDC, FUNCTION_SIO, PAD_4_MA);
  use_pin(PIN_MDIO, FUNCTION_SIO, PAD_4_MA | PAD_INPUT | PAD_SCHMITT | PAD_PULL_UP);
}

/* 160 ns each half of MDC at the least (clause 22.2.2.13), and 400 ns the whole: 200 ns is 10 clocks of 20 ns, and the rest of the loop makes it longer. */
static void half(void) { __asm__ volatile("nop\n nop\n nop\n nop\n nop\n nop\n nop\n nop\n nop\n nop"); }

/* The PHY takes what is there at the rise of MDC; what it says changes up to 300 ns after it (clause 22.3.4). */
static void give(uint32_t bits, uint32_t count) {
  SIO_OE_SET = mdio;
  while (count-- > 0) {
    if (bits >> count & 1) {
      SIO_OUT_SET = mdio;
    } else {
      SIO_OUT_CLEAR = mdio;
    }
    half();
    SIO_OUT_SET = mdc;
    half();
    SIO_OUT_CLEAR = mdc;
  }
}

static uint32_t take(uint32_t count) {
  uint32_t bits = 0;
  SIO_OE_CLEAR = mdio;
  while (count-- > 0) {
    half();
    bits = bits << 1 | (SIO_IN >> PIN_MDIO & 1);
    SIO_OUT_SET = mdc;
    half();
    SIO_OUT_CLEAR = mdc;
  }
  return bits;
}

static void address(uint32_t operation, uint32_t phy, uint32_t reg) {
  give(0xffffffff, 32);
  give(START << 12 | operation << 10 | (phy & 31) << 5 | (reg & 31), 14);
}

/* The turnaround is one bit that nobody drives and one that a PHY which is there pulls low. */
uint16_t hal_mdio_read(uint8_t phy, uint8_t reg) {
  address(READ, phy, reg);
  uint32_t turn = take(2) & 1;
  uint32_t data = take(16);
  take(1); /* the PHY lets go of the line */
  return turn == TURN_TO_PHY ? (uint16_t)data : 0xffff;
}

void hal_mdio_write(uint8_t phy, uint8_t reg, uint16_t value) {
  address(WRITE, phy, reg);
  give(TURN_TO_US, 2);
  give(value, 16);
  SIO_OE_CLEAR = mdio;
  phy_changed();
}
