#include "crc16.h"

/* One half-octet a step: 32 bytes of table, and fast enough for 3 Mbaud on a Cortex-M3. */
static const uint16_t step[16] = {0x0000, 0x1021, 0x2042, 0x3063, 0x4084, 0x50a5, 0x60c6, 0x70e7,
                                  0x8108, 0x9129, 0xa14a, 0xb16b, 0xc18c, 0xd1ad, 0xe1ce, 0xf1ef};

uint16_t crc16(const uint8_t *bytes, size_t length) {
  uint16_t crc = 0xffff;
  for (size_t i = 0; i < length; i++) {
    crc = (uint16_t)(crc << 4 ^ step[crc >> 12 ^ bytes[i] >> 4]);
    crc = (uint16_t)(crc << 4 ^ step[crc >> 12 ^ (bytes[i] & 15)]);
  }
  return crc;
}
