/* UART0 (4.2; a PL011 with FIFOs of 32), interrupt driven in both directions. */
#include "cell.h"
#include "config.h"
#include "parts.h"
#include "pins.h"
#include "rp2040.h"

#define UARTDR REG(0x40034000)
#define UARTFR REG(0x40034018)
#define UARTIBRD REG(0x40034024)
#define UARTFBRD REG(0x40034028)
#define UARTLCR_H REG(0x4003402c)
#define UARTCR REG(0x40034030)
#define UARTIFLS REG(0x40034034)
#define UARTIMSC REG(0x40034038)
#define UARTICR REG(0x40034044)
enum { FR_BUSY = 1 << 3, FR_RXFE = 1 << 4, FR_TXFF = 1 << 5 };
enum { INT_RX = 1 << 4, INT_TX = 1 << 5, INT_RT = 1 << 6 };
enum { LCR_H_FEN = 1 << 4, LCR_H_8N1 = 3 << 5, CR_UARTEN = 1 << 0, CR_TXE = 1 << 8, CR_RXE = 1 << 9 };
enum { IFLS_RX_QUARTER = 1 << 3, IFLS_TX_EIGHTH = 0 };
enum { CLK_PERI_HZ = 48000000 };

/* 27 ms of the line: no turn of the bridge is so long. What comes beyond is lost, and sent again. */
enum { INPUT = 128 * CELL_SIZE, OUTPUT = 4 * CELL_SIZE };
/* A short queue: a cell that waits here can no longer be overtaken by a NAK. */
_Static_assert((INPUT & (INPUT - 1)) == 0 && (OUTPUT & (OUTPUT - 1)) == 0, "the indices run freely");

static uint8_t input[INPUT], output[OUTPUT];
static volatile uint32_t input_head, input_tail; /* taken by the bridge, put by the interrupt */
static volatile uint32_t output_head, output_tail;

void uart_start(void) {
  leave_reset(RESET_UART0);
  use_pin(PIN_UART_TX, FUNCTION_UART, PAD_4_MA);
  use_pin(PIN_UART_RX, FUNCTION_UART, PAD_INPUT | PAD_SCHMITT | PAD_PULL_UP); /* quiet where nothing is connected */
  uint32_t divisor = (8u * CLK_PERI_HZ / SERIAL_BAUD + 1) / 2; /* in 1/64 of 16 clocks, rounded */
  UARTIBRD = divisor >> 6;
  UARTFBRD = divisor & 63;
  UARTLCR_H = LCR_H_8N1 | LCR_H_FEN;          /* after the divisor: this write takes it over */
  UARTIFLS = IFLS_RX_QUARTER | IFLS_TX_EIGHTH; /* 8 bytes have come: 24 more, 80 µs, until one is lost; 4 are left to send */
  UARTIMSC = INT_RX | INT_RT;
  UARTCR = CR_UARTEN | CR_TXE | CR_RXE;
  NVIC_ISER = 1u << IRQ_UART0;
}

/* The transmit interrupt comes when the FIFO *falls* to its level: whenever bytes wait here, it has been filled to the brim. */
static void fill_fifo(void) {
  while (output_head != output_tail && (UARTFR & FR_TXFF) == 0) UARTDR = output[output_head++ % OUTPUT];
  UARTIMSC = output_head != output_tail ? INT_RX | INT_RT | INT_TX : INT_RX | INT_RT;
}

void uart_interrupt(void) {
  UARTICR = INT_RX | INT_TX | INT_RT; /* before the FIFO is emptied: what comes meanwhile asks again */
  while ((UARTFR & FR_RXFE) == 0) {
    uint8_t byte = (uint8_t)UARTDR; /* one that came with an error, too: the cell's CRC tells */
    if (input_tail - input_head < INPUT) input[input_tail++ % INPUT] = byte;
  }
  fill_fifo();
}

bool uart_has_input(void) { return input_head != input_tail; }

size_t uart_read(uint8_t *into, size_t room) {
  uint32_t head = input_head, tail = input_tail;
  size_t length = 0;
  while (length < room && head != tail) into[length++] = input[head++ % INPUT];
  keep_order();
  input_head = head;
  return length;
}

size_t uart_room(void) { return OUTPUT - (output_tail - output_head); }

void uart_write(const uint8_t *bytes, size_t length) {
  uint32_t tail = output_tail;
  for (size_t i = 0; i < length; i++) output[tail++ % OUTPUT] = bytes[i];
  interrupts_off(); /* the interrupt takes from the same FIFO */
  output_tail = tail;
  fill_fifo();
  interrupts_on();
}

bool uart_is_drained(void) { return output_head == output_tail && (UARTFR & FR_BUSY) == 0; }
