#include "pl011.h"

#include "cell.h"
#include "config.h"
#include "cpu.h"

#define REGISTER(offset) (*(volatile uint32_t *)(PL011_BASE + (offset)))
#define UARTDR REGISTER(0x00)
#define UARTFR REGISTER(0x18)
#define UARTIBRD REGISTER(0x24)
#define UARTFBRD REGISTER(0x28)
#define UARTLCR_H REGISTER(0x2c)
#define UARTCR REGISTER(0x30)
#define UARTIFLS REGISTER(0x34)
#define UARTIMSC REGISTER(0x38)
#define UARTICR REGISTER(0x44)
enum { FR_BUSY = 1 << 3, FR_RXFE = 1 << 4, FR_TXFF = 1 << 5 };
enum { INT_RX = 1 << 4, INT_TX = 1 << 5, INT_RT = 1 << 6 };
enum { LCR_H_FEN = 1 << 4, LCR_H_8N1 = 3 << 5, CR_UARTEN = 1 << 0, CR_TXE = 1 << 8, CR_RXE = 1 << 9 };
enum { IFLS_RX_QUARTER = 1 << 3, IFLS_TX_EIGHTH = 0 };

/* A short queue: a cell that waits here can no longer be overtaken by a NAK. */
enum { OUTPUT = 4 * CELL_SIZE };
_Static_assert((PL011_INPUT & (PL011_INPUT - 1)) == 0 && (OUTPUT & (OUTPUT - 1)) == 0, "the indices run freely");

static uint8_t input[PL011_INPUT], output[OUTPUT];
static volatile uint32_t input_head, input_tail; /* taken by the bridge, put by the interrupt */
static volatile uint32_t output_head, output_tail;

void pl011_start(void) {
  uint32_t divisor = (8u * PL011_HZ / SERIAL_BAUD + 1) / 2; /* in 1/64 of 16 clocks, rounded */
  UARTCR = 0;
  UARTIBRD = divisor >> 6;
  UARTFBRD = divisor & 63;
  UARTLCR_H = LCR_H_8N1 | LCR_H_FEN;           /* after the divisor: this write takes it over */
  UARTIFLS = IFLS_RX_QUARTER | IFLS_TX_EIGHTH; /* three quarters of the FIFO are left for what comes before the interrupt is served */
  UARTIMSC = INT_RX | INT_RT;
  UARTCR = CR_UARTEN | CR_TXE | CR_RXE;
}

/* The transmit interrupt comes when the FIFO *falls* to its level: whenever bytes wait here, it has been filled to the brim. */
static void fill_fifo(void) {
  while (output_head != output_tail && (UARTFR & FR_TXFF) == 0) UARTDR = output[output_head++ % OUTPUT];
  UARTIMSC = output_head != output_tail ? INT_RX | INT_RT | INT_TX : INT_RX | INT_RT;
}

void pl011_interrupt(void) {
  UARTICR = INT_RX | INT_TX | INT_RT; /* before the FIFO is emptied: what comes meanwhile asks again */
  while ((UARTFR & FR_RXFE) == 0) {
    uint8_t byte = (uint8_t)UARTDR; /* one that came with an error, too: the cell's CRC tells */
    if (input_tail - input_head < PL011_INPUT) input[input_tail++ % PL011_INPUT] = byte;
  }
  fill_fifo();
}

bool pl011_has_input(void) { return input_head != input_tail; }

size_t pl011_read(uint8_t *into, size_t room) {
  uint32_t head = input_head, tail = input_tail;
  size_t length = 0;
  while (length < room && head != tail) into[length++] = input[head++ % PL011_INPUT];
  keep_order();
  input_head = head;
  return length;
}

size_t pl011_room(void) { return OUTPUT - (output_tail - output_head); }

void pl011_write(const uint8_t *bytes, size_t length) {
  uint32_t tail = output_tail;
  for (size_t i = 0; i < length; i++) output[tail++ % OUTPUT] = bytes[i];
  interrupts_off(); /* the interrupt takes from the same FIFO */
  output_tail = tail;
  fill_fifo();
  interrupts_on();
}

bool pl011_is_drained(void) { return output_head == output_tail && (UARTFR & FR_BUSY) == 0; }
