/* UART0 (4.2): a PL011 with FIFOs of 32. */
#include "parts.h"
#include "pins.h"
#include "pl011.h"
#include "rp2040.h"

void uart_start(void) {
  leave_reset(RESET_UART0);
  use_pin(PIN_UART_TX, FUNCTION_UART, PAD_4_MA);
  use_pin(PIN_UART_RX, FUNCTION_UART, PAD_INPUT | PAD_SCHMITT | PAD_PULL_UP); /* quiet where nothing is connected */
  pl011_start();
  NVIC_ISER = 1u << IRQ_UART0;
}
