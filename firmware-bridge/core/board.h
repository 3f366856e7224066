/* The register file (firmware-bridge/registers.h, hw/REGISTERS.md). */
#ifndef GLASSNIC_BOARD_H
#define GLASSNIC_BOARD_H

#include <stdbool.h>
#include <stdint.h>

/* An address without a register reads 0, and a write there does nothing. */
uint32_t board_read(uint16_t address);
void board_write(uint16_t address, uint32_t value);

/* A new session: every register at its reset value, every queue empty. */
void board_begin_session(void);

/* Line side and interrupts: what came, what is done, what has to be told. */
void board_poll(void);

/* The host wants the boot loader (BOOT_LOADER). */
bool board_is_leaving(void);

#endif
