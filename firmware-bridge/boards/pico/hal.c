/* The whole of the board: its start, its sleep, and its way into the boot loader. */
#include "hal.h"

#include "cpu.h"
#include "parts.h"
#include "pins.h"
#include "rp2040.h"

enum { SHORTEST_SLEEP = 10, DRAIN_MOST = 20000 }; /* µs */

/* Both serial lines work before anything that may fail: a module that is not there, or wired wrongly, can be reported. */
void hal_start(void) {
  interrupts_off();
  leave_reset(RESET_IO_BANK0 | RESET_PADS_BANK0);
  clock_start();
  uart_start();
  usb_start();
  interrupts_on();
  rmii_start();
  clock_poll();
}

/* With interrupts off nothing is missed between the look and the WFI: a pending interrupt ends it all the same. */
void hal_idle(uint32_t most) {
  if (most < SHORTEST_SLEEP) return;
  interrupts_off();
  if (!lines_have_input() && !rmii_has_work() && !usb_wants_boot_loader()) {
    alarm_set(most);
    wait_for_interrupt();
    alarm_clear();
  }
  interrupts_on();
}

/* What the ROM offers (2.8.3): functions by a code of two letters. */
extern const uint16_t rom_function_table, rom_table_lookup;
typedef void *(*lookup_function)(const uint16_t *table, uint32_t code);
typedef void (*reset_usb_boot_function)(uint32_t activity_led, uint32_t interfaces_off);

/* The LED shows what the boot loader does; its drive and PICOBOOT are both there. */
void hal_boot_loader(void) {
  for (uint32_t began = hal_now(); !lines_are_drained() && hal_now() - began < DRAIN_MOST;) {
  }
  lookup_function look_up = (lookup_function)(uintptr_t)rom_table_lookup;
  const uint16_t *table = (const uint16_t *)(uintptr_t)rom_function_table;
  reset_usb_boot_function reset_usb_boot = (reset_usb_boot_function)look_up(table, 'U' | 'B' << 8);
  reset_usb_boot(1u << PIN_LED, 0);
}
