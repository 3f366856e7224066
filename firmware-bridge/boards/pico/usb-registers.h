/* The USB controller (RP2040 data sheet, 4.1), as a device. Only what is used. */
#ifndef GLASSNIC_USB_REGISTERS_H
#define GLASSNIC_USB_REGISTERS_H

#include <stdint.h>

#include "rp2040.h"

/*
 * The dual-ported memory (4.1.2.5). It has no aliases that set and clear bits. Words and half words only: bytes are right on silicon, but slow in rp2040js.
 * `in` is 0 for the direction to the host, or 1.
 */
#define USB_SETUP(word) REG(0x50100000 + 4 * (word))
#define USB_EP_CONTROL(endpoint, out) REG(0x50100000 + 8 * (endpoint) + 4 * (out)) /* not for endpoint 0 */
#define USB_BUFFER_CONTROL(endpoint, out) REG(0x50100080 + 8 * (endpoint) + 4 * (out))
#define USB_BUFFER(offset) ((volatile uint32_t *)(0x50100000 + (offset)))

enum { EP_DOUBLE = 1 << 30, EP_INTERRUPT_PER_BUFFER = 1 << 29, EP_BULK = 2 << 26, EP_INTERRUPT = 3 << 26 };
static const uint32_t ep_enable = 1u << 31;

/* One buffer of an endpoint: its half of the buffer control register (4.1.2.5.4). */
enum { BUFFER_FULL = 1 << 15, BUFFER_LAST = 1 << 14, BUFFER_DATA1 = 1 << 13, BUFFER_SELECT_0 = 1 << 12, BUFFER_STALL = 1 << 11, BUFFER_AVAILABLE = 1 << 10,
       BUFFER_LENGTH = 0x3ff };

#define USB_ADDR_ENDP REG(0x50110000)
#define USB_MAIN_CTRL REG(0x50110040)
#define USB_SOF_RD REG(0x50110048)
#define USB_SIE_CTRL REG(0x5011004c)
#define USB_SIE_STATUS REG(0x50110050)
#define USB_BUFF_STATUS REG(0x50110058)
#define USB_EP_ABORT REG(0x50110060)
#define USB_EP_ABORT_DONE REG(0x50110064)
#define USB_EP_STALL_ARM REG(0x50110068)
#define USB_MUXING REG(0x50110074)
#define USB_PWR REG(0x50110078)
#define USB_INTE REG(0x50110090)
#define USB_INTS REG(0x50110098)

enum { MAIN_CONTROLLER_EN = 1 << 0 };
enum { SIE_EP0_INT_1BUF = 1 << 29, SIE_PULLUP_EN = 1 << 16 };
enum { SIE_BUS_RESET = 1 << 19, SIE_SETUP_REC = 1 << 17, SIE_RESUME = 1 << 11, SIE_SUSPENDED = 1 << 4 };
enum { STALL_ARM_EP0_IN = 1 << 0, STALL_ARM_EP0_OUT = 1 << 1 };
enum { MUXING_TO_PHY = 1 << 0, MUXING_SOFTCON = 1 << 3 };
enum { PWR_VBUS_DETECT = 1 << 3, PWR_VBUS_DETECT_OVERRIDE_EN = 1 << 2 };
enum { INT_SOF = 1 << 17, INT_SETUP_REQ = 1 << 16, INT_RESUME = 1 << 15, INT_SUSPEND = 1 << 14, INT_BUS_RESET = 1 << 12, INT_BUFF_STATUS = 1 << 4 };

/* An endpoint's bit in BUFF_STATUS, EP_ABORT and EP_ABORT_DONE. */
#define USB_EP_BIT(endpoint, out) (1u << (2 * (endpoint) + (out)))

enum { USB_IN = 0, USB_OUT = 1 };

/*
 * Which buffers may be used is read by the controller at 48 MHz, whenever the host asks: the rest of the register must have arrived before AVAILABLE
 * does (4.1.2.7.1, "concurrent access"; 12 cycles, as the SDK waits, are enough for any clk_sys).
 */
static inline void usb_settle(void) { __asm__ volatile("nop\n nop\n nop\n nop\n nop\n nop\n nop\n nop\n nop\n nop\n nop\n nop" ::: "memory"); }

#endif
