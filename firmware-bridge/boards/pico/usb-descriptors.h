/* What the board says of itself over USB. */
#ifndef GLASSNIC_USB_DESCRIPTORS_H
#define GLASSNIC_USB_DESCRIPTORS_H

#include <stddef.h>
#include <stdint.h>

enum { USB_CONFIGURATION = 1, USB_INTERFACE_CONTROL = 0, USB_INTERFACE_DATA = 1, USB_INTERFACES = 2 };
/* Endpoint numbers. Both directions of the data are endpoint 2. */
enum { USB_EP_NOTIFY = 1, USB_EP_DATA = 2 };
enum { USB_PACKET = 64 };

/* Once, at the start: reads the flash's unique id, by which the computer tells two boards apart. */
void usb_descriptors_start(void);

/* The descriptor that wValue of GET_DESCRIPTOR asks for, and its length; NULL: there is none. Valid until the next call. */
const uint8_t *usb_descriptor(uint16_t value, size_t *length);

#endif
