/* UART0 (PL011), interrupt driven in both directions. */
#include "cell.h"
#include "config.h"
#include "hal.h"
#include "lm3s6965.h"
#include "parts.h"

enum { FR_RXFE = 1 << 4, FR_TXFF = 1 << 5 };
enum { IM_RX = 1 << 4, IM_TX = 1 << 5, IM_RT = 1 << 6 };
enum { LCRH_FEN = 1 << 4, LCRH_8N1 = 3 << 5, CTL_UARTEN = 1 << 0, CTL_TXE = 1 << 8, CTL_RXE = 1 << 9 };

/* The host never has more than its window under way, and as much again in ACK and NAK cells; what comes beyond is lost and sent again. */
enum { INPUT = 2 * LINK_WINDOW * CELL_SIZE, OUTPUT = 4 * CELL_SIZE };
/* A short queue: a cell that waits here can no longer be overtaken by a NAK. */
_Static_assert((INPUT & (INPUT - 1)) == 0 && (OUTPUT & (OUTPUT - 1)) == 0, "the indices run freely");

static uint8_t input[INPUT], output[OUTPUT];
static volatile uint32_t input_head, input_tail; /* taken by the bridge, put by the interrupt */
static volatile uint32_t output_head, output_tail;

void serial_start(void) {
  GPIOA_AFSEL |= 3; /* PA0, PA1 */
  GPIOA_DEN |= 3;
  uint32_t divisor = (8u * CLOCK_HZ / SERIAL_BAUD + 1) / 2; /* in 1/64 of 16 clocks, rounded */
  UART_CTL = 0;
  UART_IBRD = divisor >> 6;
  UART_FBRD = divisor & 63;
  UART_LCRH = LCRH_8N1 | LCRH_FEN;
  UART_IFLS = 2 << 3 | 0; /* receive at 8 of 16 bytes, transmit at 2 */
  UART_IM = IM_RX | IM_RT;
  UART_CTL = CTL_UARTEN | CTL_TXE | CTL_RXE;
  NVIC_ISER0 = 1u << IRQ_UART0;
}

static void fill_fifo(void) {
  while (output_head != output_tail && (UART_FR & FR_TXFF) == 0) UART_DR = output[output_head++ % OUTPUT];
  UART_IM = output_head != output_tail ? IM_RX | IM_RT | IM_TX : IM_RX | IM_RT;
}

void serial_interrupt(void) {
  UART_ICR = IM_RX | IM_TX | IM_RT; /* before the FIFO is emptied: what comes meanwhile asks again */
  while ((UART_FR & FR_RXFE) == 0) {
    uint8_t byte = (uint8_t)UART_DR; /* one that came with an error, too: the cell's CRC tells */
    if (input_tail - input_head < INPUT) input[input_tail++ % INPUT] = byte;
  }
  fill_fifo();
}

bool serial_has_input(void) { return input_head != input_tail; }

size_t hal_serial_read(uint8_t *into, size_t room) {
  size_t length = 0;
  while (length < room && input_head != input_tail) into[length++] = input[input_head++ % INPUT];
  return length;
}

size_t hal_serial_room(void) { return OUTPUT - (output_tail - output_head); }

void hal_serial_write(const uint8_t *bytes, size_t length) {
  for (size_t i = 0; i < length; i++) output[(output_tail + i) % OUTPUT] = bytes[i];
  interrupts_off(); /* the interrupt takes from the same FIFO */
  output_tail += length;
  fill_fifo();
  interrupts_on();
}
