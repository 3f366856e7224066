/*
 * Clocks (2.15 to 2.18) and time (4.6). The crystal, 12 MHz, is clk_ref; PLL_USB makes 48 MHz of it for the serial lines, always, and for clk_sys as long as
 * REF_CLK has not been measured at GPIN0. With it clk_sys is REF_CLK itself, so that PIO and PHY count the same clock. Where it stops, RESUS takes clk_sys
 * back to clk_ref, and the interrupt from there to PLL_USB. There is no way on without the crystal: neither USB nor a baud rate could be right.
 */
#include "hal.h"
#include "parts.h"
#include "pins.h"
#include "rp2040.h"

#define CLK_REF_CTRL REG(0x40008030)
#define CLK_REF_SELECTED REG(0x40008038)
#define CLK_SYS_CTRL REG(0x4000803c)
#define CLK_SYS_SELECTED REG(0x40008044)
#define CLK_PERI_CTRL REG(0x40008048)
#define CLK_USB_CTRL REG(0x40008054)
#define CLK_SYS_RESUS_CTRL REG(0x40008078)
#define FC0_REF_KHZ REG(0x40008080)
#define FC0_INTERVAL REG(0x40008090)
#define FC0_SRC REG(0x40008094)
#define FC0_STATUS REG(0x40008098)
#define FC0_RESULT REG(0x4000809c)
#define CLOCKS_INTE REG(0x400080bc)
enum { CLK_REF_SRC_XOSC = 2, CLK_SYS_SRC_REF = 0, CLK_SYS_SRC_AUX = 1, CLK_SYS_AUXSRC_PLL_USB = 1 << 5, CLK_SYS_AUXSRC_GPIN0 = 4 << 5 };
enum { CLK_PERI_AUXSRC_PLL_USB = 2 << 5, CLK_USB_AUXSRC_PLL_USB = 0 << 5, CLK_ENABLE = 1 << 11 };
enum { RESUS_TIMEOUT = 0xff, RESUS_ENABLE = 1 << 8, RESUS_CLEAR = 1 << 16, CLOCKS_INT_RESUS = 1 << 0 };
enum { FC0_SRC_GPIN0 = 6, FC0_DONE = 1 << 4, FC0_RUNNING = 1 << 8, FC0_DIED = 1 << 28, FC0_RESULT_KHZ_SHIFT = 5 };

#define XOSC_CTRL REG(0x40024000)
#define XOSC_STATUS REG(0x40024004)
#define XOSC_STARTUP REG(0x4002400c)
enum { XOSC_1_15_MHZ = 0xaa0, XOSC_ENABLE = 0xfab << 12, XOSC_1_MS = 47 /* times 256 cycles */ };
static const uint32_t xosc_stable = 1u << 31;

#define PLL_USB_CS REG(0x4002c000)
#define PLL_USB_PWR REG(0x4002c004)
#define PLL_USB_FBDIV_INT REG(0x4002c008)
#define PLL_USB_PRIM REG(0x4002c00c)
enum { PLL_REFDIV_1 = 1, PLL_PD = 1 << 0, PLL_POSTDIVPD = 1 << 3, PLL_VCOPD = 1 << 5, PLL_POSTDIV1_5 = 5 << 16, PLL_POSTDIV2_5 = 5 << 12 };
static const uint32_t pll_lock = 1u << 31;

#define WATCHDOG_TICK REG(0x4005802c)
enum { TICK_ENABLE = 1 << 9 };

#define TIMER_ALARM0 REG(0x40054010)
#define TIMER_ARMED REG(0x40054020)
#define TIMER_TIMERAWL REG(0x40054028)
#define TIMER_INTR REG(0x40054034)
#define TIMER_INTE REG(0x40054038)
enum { ALARM_0 = 1 << 0 };

enum { CRYSTAL_MHZ = 12, REFERENCE_KHZ = 50000, REFERENCE_MOST_OFF_KHZ = 250 };
/* 64 µs of counting are exact to 32 kHz (table "FC0 accuracy"); the rest is for the counter's own start. µs. */
enum { FC0_INTERVAL_64_US = 6, MEASURE_MOST = 200, LOOK_AGAIN = 100000 };
enum { SWITCH_TRIES = 1000 };
static const uint32_t led = 1u << PIN_LED;

static volatile bool on_reference;

/* ---- clk_sys: only SRC changes without a glitch, so AUXSRC changes while it is not in use ---- */

/* Bounded, because a stop of the new clock comes out of this by the interrupt, which selects something else. */
static void select_sys(uint32_t source) {
  if (source == CLK_SYS_SRC_AUX) {
    SET(CLK_SYS_CTRL) = CLK_SYS_SRC_AUX;
  } else {
    CLEAR(CLK_SYS_CTRL) = CLK_SYS_SRC_AUX;
  }
  for (int i = 0; i < SWITCH_TRIES && CLK_SYS_SELECTED != 1u << source; i++) {
  }
}

static void sys_from_pll(void) {
  select_sys(CLK_SYS_SRC_REF);
  CLK_SYS_CTRL = CLK_SYS_AUXSRC_PLL_USB;
  select_sys(CLK_SYS_SRC_AUX);
}

static void sys_from_reference(void) {
  select_sys(CLK_SYS_SRC_REF);
  CLK_SYS_CTRL = CLK_SYS_AUXSRC_GPIN0;
  on_reference = true; /* from here on the interrupt may come */
  CLK_SYS_RESUS_CTRL = RESUS_ENABLE | RESUS_TIMEOUT;
  select_sys(CLK_SYS_SRC_AUX);
}

/* REF_CLK has stopped. At once to 48 MHz: with clk_sys at 12 MHz the UART, at 48, would be faster than a PL011 may be. */
void clocks_interrupt(void) {
  select_sys(CLK_SYS_SRC_REF); /* as RESUS forces it; then RESUS can go */
  SET(CLK_SYS_RESUS_CTRL) = RESUS_CLEAR;
  CLK_SYS_RESUS_CTRL = 0; /* off until clk_sys is REF_CLK again */
  sys_from_pll();
  on_reference = false;
}

bool clock_is_reference(void) { return on_reference; }

/* ---- Start ---- */

static void crystal_start(void) {
  XOSC_STARTUP = XOSC_1_MS;
  XOSC_CTRL = XOSC_ENABLE | XOSC_1_15_MHZ;
  while ((XOSC_STATUS & xosc_stable) == 0) {
  }
  CLK_REF_CTRL = CLK_REF_SRC_XOSC;
  while (CLK_REF_SELECTED != 1 << CLK_REF_SRC_XOSC) {
  }
}

/* 12 MHz × 100 / 5 / 5, in the order of 2.18.3. */
static void pll_start(void) {
  SET(RESETS_RESET) = RESET_PLL_USB;
  leave_reset(RESET_PLL_USB);
  PLL_USB_CS = PLL_REFDIV_1;
  PLL_USB_FBDIV_INT = 100;
  CLEAR(PLL_USB_PWR) = PLL_PD | PLL_VCOPD;
  while ((PLL_USB_CS & pll_lock) == 0) {
  }
  PLL_USB_PRIM = PLL_POSTDIV1_5 | PLL_POSTDIV2_5;
  CLEAR(PLL_USB_PWR) = PLL_POSTDIVPD;
}

void clock_start(void) {
  CLK_SYS_RESUS_CTRL = 0; /* a debugger starts the image without a reset of the clocks */
  select_sys(CLK_SYS_SRC_REF);
  crystal_start();
  pll_start();
  sys_from_pll();
  CLK_PERI_CTRL = CLK_PERI_AUXSRC_PLL_USB;
  SET(CLK_PERI_CTRL) = CLK_ENABLE;
  CLK_USB_CTRL = CLK_USB_AUXSRC_PLL_USB;
  SET(CLK_USB_CTRL) = CLK_ENABLE;
  WATCHDOG_TICK = TICK_ENABLE | CRYSTAL_MHZ; /* microseconds for the timer */
  leave_reset(RESET_TIMER);
  TIMER_INTE = ALARM_0;
  use_pin(PIN_REF_CLK, FUNCTION_CLOCK, PAD_INPUT | PAD_SCHMITT | PAD_PULL_DOWN | PAD_NO_OUTPUT);
  use_pin(PIN_LED, FUNCTION_SIO, PAD_4_MA);
  SIO_OE_SET = led;
  CLOCKS_INTE = CLOCKS_INT_RESUS;
  NVIC_ISER = 1u << IRQ_TIMER_0 | 1u << IRQ_CLOCKS;
}

/* ---- REF_CLK ---- */

/* FC0 counts, against clk_ref. rp2040js has no such counter (src/emulator/rp2040/clock-tree.ts has). */
static bool measure_reference(void) {
  if ((FC0_STATUS & FC0_RUNNING) != 0) return false; /* the last time did not end */
  FC0_REF_KHZ = CRYSTAL_MHZ * 1000;
  FC0_INTERVAL = FC0_INTERVAL_64_US;
  FC0_SRC = FC0_SRC_GPIN0; /* begins */
  uint32_t began = hal_now(), status;
  do {
    status = FC0_STATUS;
  } while ((status & (FC0_DONE | FC0_DIED)) == 0 && hal_now() - began < MEASURE_MOST);
  uint32_t khz = FC0_RESULT >> FC0_RESULT_KHZ_SHIFT;
  return (status & (FC0_DONE | FC0_DIED)) == FC0_DONE && khz >= REFERENCE_KHZ - REFERENCE_MOST_OFF_KHZ &&
         khz <= REFERENCE_KHZ + REFERENCE_MOST_OFF_KHZ;
}

/* The LED is on with REF_CLK, and blinks without. */
void clock_poll(void) {
  static bool told;
  static uint32_t look_at;
  uint32_t now = hal_now();
  if (told && !on_reference) {
    told = false;
    look_at = now + LOOK_AGAIN;
    rmii_clock_changed(false);
  }
  if (told || (int32_t)(now - look_at) < 0) return;
  look_at = now + LOOK_AGAIN;
  if (measure_reference()) sys_from_reference();
  told = on_reference;
  if (told) {
    SIO_OUT_SET = led;
    rmii_clock_changed(true);
  } else {
    SIO_OUT_XOR = led;
  }
}

/* ---- Time ---- */

uint32_t hal_now(void) { return TIMER_TIMERAWL; }

/* Fires when the count *is* this: `delay` is long enough that it is not so already. */
void alarm_set(uint32_t delay) { TIMER_ALARM0 = TIMER_TIMERAWL + delay; }

void alarm_clear(void) {
  TIMER_ARMED = ALARM_0;
  TIMER_INTR = ALARM_0;
}

void alarm_interrupt(void) { TIMER_INTR = ALARM_0; }
