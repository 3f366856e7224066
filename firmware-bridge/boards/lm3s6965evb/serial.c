/* UART0, a PL011 with FIFOs of 16, at PA0 and PA1. */
#include "hal.h"
#include "lm3s6965.h"
#include "parts.h"
#include "pl011.h"

void serial_start(void) {
  GPIOA_AFSEL |= 3;
  GPIOA_DEN |= 3;
  pl011_start();
  NVIC_ISER0 = 1u << IRQ_UART0;
}

size_t hal_serial_read(uint8_t *into, size_t room) { return pl011_read(into, room); }

size_t hal_serial_room(void) { return pl011_room(); }

void hal_serial_write(const uint8_t *bytes, size_t length) { pl011_write(bytes, length); }
