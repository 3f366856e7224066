#include "cell.h"

#include <string.h>

#include "bytes.h"
#include "crc16.h"

bool cell_is_valid(const uint8_t *cell) {
  return cell[CELL_AT_SYNC] == CELL_SYNC && cell_type(cell) < CELL_TYPES && cell[CELL_AT_LENGTH] <= CELL_PAYLOAD &&
         crc16(cell, CELL_AT_CRC) == get16(cell + CELL_AT_CRC);
}

void cell_seal(uint8_t *cell) {
  uint8_t length = cell[CELL_AT_LENGTH];
  cell[CELL_AT_SYNC] = CELL_SYNC;
  memset(cell + CELL_AT_PAYLOAD + length, 0, (size_t)CELL_PAYLOAD - length);
  put16(cell + CELL_AT_CRC, crc16(cell, CELL_AT_CRC));
}
