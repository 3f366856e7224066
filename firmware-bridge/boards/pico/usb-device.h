/* What the files of the USB device share. Called from its interrupt, or with interrupts off. */
#ifndef GLASSNIC_USB_DEVICE_H
#define GLASSNIC_USB_DEVICE_H

#include <stdbool.h>
#include <stdint.h>

/* Takes back what the controller was given for an endpoint, and leaves `status` in its buffer control register. */
void usb_revoke(uint32_t bit, volatile uint32_t *buffer_control, uint32_t status);

/* Whether usb_data_frame is called each ms. */
void usb_tell_frames(bool tell);

/* ---- usb-control.c: endpoint 0 ---- */

/* After a bus reset: no address, not configured, the port is closed. */
void usb_control_reset(void);
/*
 * First of all, when a SETUP packet came: what was given for an earlier request must not answer the tokens that follow, and the controller does not see to
 * that. The host sends the next one some µs later.
 */
void usb_control_halt(void);
/* A SETUP packet came. */
void usb_control_setup(void);
/* Buffers of endpoint 0 have come back, in the bits of BUFF_STATUS. */
void usb_control_interrupt(uint32_t back);
/* Configured, and DTR is set. */
bool usb_control_is_open(void);

#endif
