#include "interrupts.h"

#include "registers.h"

static uint32_t status, enable, news;

static const uint32_t all = GLN_BOARD_IRQ_STATUS_LINK_CHANGE_MASK | GLN_BOARD_IRQ_STATUS_RX_DROPPED_MASK |
                            GLN_BOARD_IRQ_STATUS_TX_ERROR_MASK | GLN_BOARD_IRQ_STATUS_BOARD_ERROR_MASK;

/* The one place where the two registers change: what is pending and enabled now, and was not before, is news. */
static void set(uint32_t new_status, uint32_t new_enable) {
  uint32_t before = status & enable;
  status = new_status;
  enable = new_enable;
  news = (news | ~before) & status & enable;
}

void interrupts_raise(uint32_t causes) { set(status | causes, enable); }

void interrupts_acknowledge(uint32_t causes) { set(status & ~causes, enable); }

void interrupts_enable(uint32_t causes) { set(status, causes & all); }

uint32_t interrupts_status(void) { return status; }

uint32_t interrupts_enabled(void) { return enable; }

uint32_t interrupts_take_news(void) {
  uint32_t causes = news == 0 ? 0 : status & enable;
  news = 0;
  return causes;
}

void interrupts_reset(void) { set(0, enable); }
