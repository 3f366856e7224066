/*
 * What every part of this board needs of the RP2040 (data sheet: sections in brackets). The registers of one peripheral stand in the file that drives it, or
 * in a header beside it.
 */
#ifndef GLASSNIC_RP2040_H
#define GLASSNIC_RP2040_H

#include <stdint.h>

/* A register, and its aliases that set and clear single bits in one access (2.1.2). */
#define REG(address) (*(volatile uint32_t *)(address))
#define SET(reg) (*(volatile uint32_t *)((uintptr_t)&(reg) + 0x2000))
#define CLEAR(reg) (*(volatile uint32_t *)((uintptr_t)&(reg) + 0x3000))

/* Interrupts (2.3.2). */
enum { IRQ_TIMER_0 = 0, IRQ_USBCTRL = 5, IRQ_PIO0_0 = 7, IRQ_PIO0_1 = 8, IRQ_PIO1_0 = 9, IRQ_DMA_0 = 11, IRQ_CLOCKS = 17, IRQ_UART0 = 20, IRQ_COUNT = 26 };
#define NVIC_ISER REG(0xe000e100)
#define NVIC_ICPR REG(0xe000e280)

/* Subsystem resets (2.14). */
#define RESETS_RESET REG(0x4000c000)
#define RESETS_DONE REG(0x4000c008)
enum { RESET_DMA = 1 << 2, RESET_IO_BANK0 = 1 << 5, RESET_PADS_BANK0 = 1 << 8, RESET_PIO0 = 1 << 10, RESET_PIO1 = 1 << 11, RESET_PLL_USB = 1 << 13,
       RESET_TIMER = 1 << 21, RESET_UART0 = 1 << 22, RESET_USBCTRL = 1 << 24 };
static inline void leave_reset(uint32_t blocks) {
  CLEAR(RESETS_RESET) = blocks;
  while ((RESETS_DONE & blocks) != blocks) {
  }
}

/* Pins (2.19): the function of each, and its pad. */
#define IO_CTRL(pin) REG(0x40014004 + 8 * (pin))
#define PADS_GPIO(pin) REG(0x4001c004 + 4 * (pin))
enum { FUNCTION_UART = 2, FUNCTION_SIO = 5, FUNCTION_PIO0 = 6, FUNCTION_PIO1 = 7, FUNCTION_CLOCK = 8, FUNCTION_NONE = 31 };
enum { INPUT_OVERRIDE_LOW = 2 << 16 }; /* beside the function: whoever reads the pin reads 0 */
enum { PAD_SLEW_FAST = 1 << 0, PAD_SCHMITT = 1 << 1, PAD_PULL_DOWN = 1 << 2, PAD_PULL_UP = 1 << 3, PAD_4_MA = 1 << 4, PAD_8_MA = 2 << 4, PAD_12_MA = 3 << 4,
       PAD_INPUT = 1 << 6, PAD_NO_OUTPUT = 1 << 7 };
static inline void use_pin(uint32_t pin, uint32_t function, uint32_t pad) {
  PADS_GPIO(pin) = pad;
  IO_CTRL(pin) = function;
}

/* Single-cycle IO (2.3.1). */
#define SIO_IN REG(0xd0000004)
#define SIO_OUT_SET REG(0xd0000014)
#define SIO_OUT_CLEAR REG(0xd0000018)
#define SIO_OUT_XOR REG(0xd000001c)
#define SIO_OE_SET REG(0xd0000024)
#define SIO_OE_CLEAR REG(0xd0000028)

#endif
