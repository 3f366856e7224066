/* The parts of this board, for each other. All code and data lie in RAM; the flash is read at the start only. */
#ifndef GLASSNIC_PARTS_H
#define GLASSNIC_PARTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* ---- clock.c: crystal 12 MHz → PLL_USB 48 MHz → clk_peri and clk_usb always, clk_sys until REF_CLK is there ---- */

void clock_start(void);
/* clk_sys is REF_CLK, 50 MHz: the line side can run. */
bool clock_is_reference(void);
/* Looks for REF_CLK from time to time, and changes clk_sys where it has come; after it was lost (RESUS), goes on at 48 MHz. */
void clock_poll(void);
void clocks_interrupt(void);
/* The processor is woken in `delay` µs, unless alarm_clear comes first. */
void alarm_set(uint32_t delay);
void alarm_clear(void);
void alarm_interrupt(void);

/* ---- rmii.c and what belongs to it ---- */

void rmii_start(void);
/* clk_sys has become REF_CLK, or is no longer. Not from an interrupt. */
void rmii_clock_changed(bool is_reference);
/* A frame came, or one has been sent: no time to sleep. With interrupts off. */
bool rmii_has_work(void);
void pio0_interrupt(void);
void pio1_interrupt(void);

/* ---- uart.c: UART0 at SERIAL_BAUD; the rest of it is cortex-m/pl011.h ---- */

void uart_start(void);

/* ---- usb.c: CDC-ACM on the Pico's own socket ---- */

void usb_start(void);
size_t usb_read(uint8_t *into, size_t room);
size_t usb_room(void);
void usb_write(const uint8_t *bytes, size_t length);
bool usb_is_drained(void);
bool usb_has_input(void);
void usb_interrupt(void);
/* Configured, and the host has the port open (DTR). */
bool usb_is_open(void);
/* The host has opened and closed the port at 1200 baud: the boot loader is wanted. */
bool usb_wants_boot_loader(void);

/* ---- lines.c: which of the two has the link; hal_serial_read, _room and _write ---- */

/* Some line has input. With interrupts off. */
bool lines_have_input(void);
/* All that was written to either has left. */
bool lines_are_drained(void);

#endif
