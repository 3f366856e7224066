/* 50 MHz from the 8 MHz crystal; microseconds from SysTick; an alarm from timer 0. */
#include "hal.h"
#include "lm3s6965.h"
#include "parts.h"

enum { TICKS_PER_US = CLOCK_HZ / 1000000, SYSTICK_MASK = 0xffffff, LOCK_TRIES = 100000 };

static const uint32_t rcc_bypass = 1u << 11, rcc_pwrdn = 1u << 13, rcc_usesysdiv = 1u << 22;
static const uint32_t rcc_xtal_8mhz = 0xeu << 6, rcc_xtal_mask = 0xfu << 6, rcc_oscsrc_mask = 3u << 4, rcc_moscdis = 1u << 0;
static const uint32_t rcc_sysdiv_4 = 3u << 23, rcc_sysdiv_mask = 0xfu << 23, rcc_oen = 1u << 12;
static const uint32_t ris_plllris = 1u << 6;

static void pll_start(void) {
  if ((DID0 & 0xffff) == 2) LDOPCTL = 0x1b; /* errata of revision A2: 2.75 V for the PLL */
  uint32_t rcc = (RCC | rcc_bypass) & ~rcc_usesysdiv;
  RCC = rcc;
  rcc = (rcc & ~(rcc_xtal_mask | rcc_oscsrc_mask | rcc_moscdis | rcc_pwrdn | rcc_oen)) | rcc_xtal_8mhz;
  RCC = rcc;
  rcc = (rcc & ~rcc_sysdiv_mask) | rcc_sysdiv_4 | rcc_usesysdiv; /* 200 MHz / 4 */
  RCC = rcc;
  for (int i = 0; i < LOCK_TRIES && (SYSCTL_RIS & ris_plllris) == 0; i++) {
  }
  RCC = rcc & ~rcc_bypass;
}

void clock_start(void) {
  pll_start();
  RCGC1 |= 1u << 0 | 1u << 16;                         /* UART0, timer 0 */
  RCGC2 |= 1u << 0 | 1u << 5 | 1u << 28 | 1u << 30;    /* ports A and F, Ethernet MAC and PHY */
  for (int i = 0; i < 4; i++) (void)RCGC2;             /* a part may be touched 3 clocks after its own has started */
  SYST_RVR = SYSTICK_MASK;
  SYST_CVR = 0;
  SYST_CSR = 5; /* the processor's clock, no interrupt, on */
  TIMER0_CFG = 0;  /* 32 bits */
  TIMER0_TAMR = 1; /* one shot */
  TIMER0_IMR = 1;
  NVIC_ISER0 = 1u << IRQ_TIMER0A;
}

/* SysTick counts down and wraps every 335 ms; the bridge asks at least every 100 ms. */
uint32_t hal_now(void) {
  static uint32_t last = SYSTICK_MASK, ticks, now;
  uint32_t count = SYST_CVR;
  ticks += (last - count) & SYSTICK_MASK;
  last = count;
  now += ticks / TICKS_PER_US;
  ticks %= TICKS_PER_US;
  return now;
}

void alarm_set(uint32_t delay) {
  TIMER0_TAILR = delay * TICKS_PER_US;
  TIMER0_CTL = 1;
}

void alarm_clear(void) { TIMER0_CTL = 0; }

void alarm_interrupt(void) { TIMER0_ICR = 1; }
