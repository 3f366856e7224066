/* Programmable IO (data sheet chapter 3): its registers, and its instructions as an assembler would write them. Only what is used. */
#ifndef GLASSNIC_PIO_H
#define GLASSNIC_PIO_H

#include <stdint.h>

#include "rp2040.h"

/* ---- Registers (3.7) ---- */

enum { PIO0 = 0x50200000, PIO1 = 0x50300000 };
#define PIO_CTRL(pio) REG((pio) + 0x000)
#define PIO_FSTAT(pio) REG((pio) + 0x004)
#define PIO_TXF(pio, sm) REG((pio) + 0x010 + 4 * (sm))
#define PIO_RXF(pio, sm) REG((pio) + 0x020 + 4 * (sm))
#define PIO_IRQ(pio) REG((pio) + 0x030)
#define PIO_INSTR_MEM(pio, at) REG((pio) + 0x048 + 4 * (at))
#define PIO_SM_CLKDIV(pio, sm) REG((pio) + 0x0c8 + 0x18 * (sm))
#define PIO_SM_EXECCTRL(pio, sm) REG((pio) + 0x0cc + 0x18 * (sm))
#define PIO_SM_SHIFTCTRL(pio, sm) REG((pio) + 0x0d0 + 0x18 * (sm))
#define PIO_SM_INSTR(pio, sm) REG((pio) + 0x0d8 + 0x18 * (sm))
#define PIO_SM_PINCTRL(pio, sm) REG((pio) + 0x0dc + 0x18 * (sm))
#define PIO_IRQ0_INTE(pio) REG((pio) + 0x12c)

#define CTRL_SM_ENABLE(sm) (1u << (sm))
#define CTRL_SM_RESTART(sm) (1u << (4 + (sm)))
#define FSTAT_TXEMPTY(sm) (1u << (24 + (sm)))
#define FSTAT_RXEMPTY(sm) (1u << (8 + (sm)))
#define INTE_FLAG(flag) (1u << (8 + (flag)))

#define CLKDIV_NONE (1u << 16)
#define EXECCTRL_JMP_PIN(pin) ((uint32_t)(pin) << 24)
#define EXECCTRL_WRAP(from, to) ((uint32_t)(from) << 12 | (uint32_t)(to) << 7)
#define SHIFTCTRL_AUTOPUSH(bits) (1u << 16 | 1u << 18 | ((bits) & 31u) << 20) /* with IN_SHIFTDIR: the first bit becomes the lowest */
#define SHIFTCTRL_AUTOPULL(bits) (1u << 17 | 1u << 19 | ((bits) & 31u) << 25) /* with OUT_SHIFTDIR: the lowest bit leaves first */
#define SHIFTCTRL_FJOIN_RX (1u << 31)
#define PINCTRL_OUT(base, count) ((uint32_t)(base) | (uint32_t)(count) << 20)
#define PINCTRL_SET(base, count) ((uint32_t)(base) << 5 | (uint32_t)(count) << 26)
#define PINCTRL_SIDE(base, count) ((uint32_t)(base) << 10 | (uint32_t)(count) << 29)
#define PINCTRL_IN(base) ((uint32_t)(base) << 15)

/* ---- Instructions (3.4) ---- */

enum pio_condition { PIO_ALWAYS, PIO_NOT_X, PIO_X_DEC, PIO_NOT_Y, PIO_Y_DEC, PIO_X_NE_Y, PIO_PIN, PIO_NOT_OSRE };
/* Sources of IN and MOV, destinations of OUT, MOV and SET. */
enum pio_place { PIO_PINS, PIO_X, PIO_Y, PIO_NULL, PIO_PINDIRS, PIO_STATUS, PIO_ISR, PIO_OSR };

#define PIO_JMP(condition, to) (0x0000u | (uint32_t)(condition) << 5 | (uint32_t)(to))
#define PIO_WAIT_GPIO(level, pin) (0x2000u | (uint32_t)(level) << 7 | (uint32_t)(pin))
#define PIO_WAIT_IRQ(flag) (0x20c0u | (uint32_t)(flag)) /* for 1, and clears it */
#define PIO_IN(source, bits) (0x4000u | (uint32_t)(source) << 5 | ((bits) & 31u))
#define PIO_OUT(destination, bits) (0x6000u | (uint32_t)(destination) << 5 | ((bits) & 31u))
#define PIO_PUSH (0x8020u)
#define PIO_PULL (0x80a0u)
#define PIO_MOV(destination, source) (0xa000u | (uint32_t)(destination) << 5 | (uint32_t)(source))
#define PIO_IRQ_SET(flag) (0xc000u | (uint32_t)(flag))
#define PIO_SET(destination, value) (0xe000u | (uint32_t)(destination) << 5 | (uint32_t)(value))

/* Clocks behind an instruction; 31 at most, 15 in a program with one side-set pin. */
#define DELAY(clocks) ((uint32_t)(clocks) << 8)
/* The level of the one side-set pin, while and after the instruction. */
#define SIDE(level) ((uint32_t)(level) << 12)

static inline void pio_load(uint32_t pio, const uint16_t *program, uint32_t length) {
  for (uint32_t i = 0; i < length; i++) PIO_INSTR_MEM(pio, i) = program[i];
}

#endif
