/* From the second boot stage to the bridge. Core 1 stays where the ROM keeps it, asleep. */
#include <stdint.h>

#include "bridge.h"
#include "hal.h"
#include "parts.h"
#include "pl011.h"
#include "rp2040.h"

extern uint32_t data_start[], data_end[], data_load[], bss_start[], bss_end[], stack_top[];

typedef void (*vector)(void);

#define PSM_WDSEL REG(0x40010008)
#define WATCHDOG_CTRL REG(0x40058000)
#define VTOR REG(0xe000ed08)
enum { PSM_ALL = 0x1ffff, PSM_ROSC = 1 << 0, PSM_XOSC = 1 << 1 };
static const uint32_t watchdog_trigger = 1u << 31;

/* ---- In the flash: what has to run while the RAM is not there yet, or no longer as it should be ---- */

#define IN_FLASH __attribute__((section(".boot")))

/*
 * A fault has no way out but the reset: the host notices the new session (hw/LINK.md, 4.2). By the watchdog, because SYSRESETREQ resets a processor
 * only (2.4.2.9), and PIO, DMA and USB would go on. The oscillators run on.
 */
IN_FLASH static void on_fault(void) {
  PSM_WDSEL = PSM_ALL & ~(PSM_ROSC | PSM_XOSC);
  WATCHDOG_CTRL = watchdog_trigger;
  for (;;) {
  }
}

/* From the flash to the RAM is farther than a branch reaches. */
__attribute__((noreturn, noinline, long_call)) static void run(void);

/* Sixteen words at a time: it is most of the RAM, and the clock is still the ring oscillator's. */
IN_FLASH static void clear(uint32_t *from, const uint32_t *to) {
  __asm__ volatile(
      "mov r4, #0\n mov r5, #0\n mov r6, #0\n mov r7, #0\n"
      "1: stmia %0!, {r4-r7}\n stmia %0!, {r4-r7}\n stmia %0!, {r4-r7}\n stmia %0!, {r4-r7}\n"
      "cmp %0, %1\n blo 1b"
      : "+l"(from)
      : "l"(to)
      : "r4", "r5", "r6", "r7", "cc", "memory");
}

__attribute__((noreturn)) IN_FLASH void reset(void);

void reset(void) {
  const uint32_t *from = data_load;
  for (uint32_t *to = data_start; to < data_end; to++) *to = *from++;
  clear(bss_start, bss_end);
  run();
}

extern const vector boot_vectors[16];
__attribute__((section(".boot.vectors"))) const vector boot_vectors[16] = {
    [0] = (vector)stack_top,
    [1] = reset,
    [2 ... 15] = on_fault,
};

/* ---- In the RAM ---- */

__attribute__((section(".vectors"))) static const vector vectors[16 + IRQ_COUNT] = {
    [0] = (vector)stack_top,
    [1] = reset,
    [2 ... 15] = on_fault,
    [16 + IRQ_TIMER_0] = alarm_interrupt,
    [16 + 1 ... 16 + IRQ_USBCTRL - 1] = on_fault,
    [16 + IRQ_USBCTRL] = usb_interrupt,
    [16 + IRQ_USBCTRL + 1] = on_fault,
    [16 + IRQ_PIO0_0] = pio0_interrupt,
    [16 + IRQ_PIO0_1] = on_fault,
    [16 + IRQ_PIO1_0] = pio1_interrupt,
    [16 + IRQ_PIO1_0 + 1 ... 16 + IRQ_CLOCKS - 1] = on_fault,
    [16 + IRQ_CLOCKS] = clocks_interrupt,
    [16 + IRQ_CLOCKS + 1 ... 16 + IRQ_UART0 - 1] = on_fault,
    [16 + IRQ_UART0] = pl011_interrupt,
    [16 + IRQ_UART0 + 1 ... 16 + IRQ_COUNT - 1] = on_fault,
};

static void run(void) {
  VTOR = (uint32_t)(uintptr_t)vectors;
  hal_start();
  bridge_start();
  for (;;) {
    bridge_poll();
    clock_poll();
    if (usb_wants_boot_loader()) hal_boot_loader();
  }
}
