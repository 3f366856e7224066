/* CRC-16/CCITT-FALSE: 0x1021, start 0xFFFF, not reflected, no final xor (hw/LINK.md, 1). */
#ifndef GLASSNIC_CRC16_H
#define GLASSNIC_CRC16_H

#include <stddef.h>
#include <stdint.h>

uint16_t crc16(const uint8_t *bytes, size_t length);

#endif
