/* From the reset to the bridge. */
#include <stddef.h>
#include <stdint.h>

#include "bridge.h"
#include "cpu.h"
#include "hal.h"
#include "lm3s6965.h"
#include "parts.h"
#include "pl011.h"

extern uint32_t data_start[], data_end[], data_load[], bss_start[], bss_end[], stack_top[];

/* A fault has no way out but the reset: the host notices the new session (hw/LINK.md, 4.2). */
static void on_fault(void) {
  AIRCR = 0x05fa0004; /* SYSRESETREQ */
  for (;;) {
  }
}

__attribute__((noreturn)) void reset(void);

void reset(void) {
  const uint32_t *from = data_load;
  for (uint32_t *to = data_start; to < data_end; to++) *to = *from++;
  for (uint32_t *to = bss_start; to < bss_end; to++) *to = 0;
  hal_start();
  bridge_start();
  for (;;) bridge_poll();
}

typedef void (*vector)(void);

__attribute__((section(".vectors"), used)) static const vector vectors[16 + IRQ_ETHERNET + 1] = {
    [0] = (vector)stack_top,
    [1] = reset,
    [2 ... 15] = on_fault,
    [16 ... 16 + IRQ_UART0 - 1] = on_fault,
    [16 + IRQ_UART0] = pl011_interrupt,
    [16 + IRQ_UART0 + 1 ... 16 + IRQ_TIMER0A - 1] = on_fault,
    [16 + IRQ_TIMER0A] = alarm_interrupt,
    [16 + IRQ_TIMER0A + 1 ... 16 + IRQ_ETHERNET - 1] = on_fault,
    [16 + IRQ_ETHERNET] = ethernet_interrupt,
};

void hal_start(void) {
  clock_start();
  serial_start();
  ethernet_start();
  interrupts_on();
}

/* With interrupts off nothing is missed between the look and the WFI: a pending interrupt ends it all the same. */
void hal_idle(uint32_t most) {
  if (most == 0) return;
  interrupts_off();
  if (!pl011_has_input() && !ethernet_has_frame()) {
    alarm_set(most);
    wait_for_interrupt();
    alarm_clear();
  }
  interrupts_on();
}

void hal_boot_loader(void) {}
