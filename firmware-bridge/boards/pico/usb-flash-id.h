/* The unique id of the flash chip: the only number that a Pico has of its own. */
#ifndef GLASSNIC_USB_FLASH_ID_H
#define GLASSNIC_USB_FLASH_ID_H

#include <stdbool.h>
#include <stdint.h>

enum { FLASH_ID_LENGTH = 8 };

/* For some µs the flash cannot be read as memory; nothing does, for all code lies in RAM. False: no answer. */
bool flash_id(uint8_t id[FLASH_ID_LENGTH]);

#endif
