/* The two bulk pipes: bytes from the host and packets to it. Called from the USB interrupt, or with interrupts off, where nothing else is said. */
#ifndef GLASSNIC_USB_DATA_H
#define GLASSNIC_USB_DATA_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Configured: both pipes begin anew, with DATA0. Also after SET_INTERFACE. */
void usb_data_open(void);
/* Not configured. */
void usb_data_close(void);

/* The port has been opened or closed: what waits is for nobody. A packet that the controller has already goes out: its host ignores it (hw/LINK.md, 4.1). */
void usb_data_forget(void);

/* The halt feature of one direction (USB 2.0, 9.4.5). Taking it away begins the pipe anew, whether it was there or not. */
void usb_data_halt(bool out, bool halted);
bool usb_data_is_halted(bool out);

/* Buffers may have come back from the controller. */
void usb_data_interrupt(void);
/* A frame of 1 ms begins. */
void usb_data_frame(void);

#endif
