/* The flash's command 4Bh (Winbond W25Q16JV, 8.2.13) through the SSI (RP2040 data sheet, 4.10). boot2 has left the chip in its plain serial mode. */
#include "usb-flash-id.h"

#include <stddef.h>

#include "rp2040.h"

#define SSI_CTRLR0 REG(0x18000000)
#define SSI_SSIENR REG(0x18000008)
#define SSI_SER REG(0x18000010)
#define SSI_BAUDR REG(0x18000014)
#define SSI_RXFLR REG(0x18000024)
#define SSI_DR0 REG(0x18000060)

enum { CTRLR0_8_BITS = 7 << 16, CLOCK_DIVISOR = 8 };
enum { READ_UNIQUE_ID = 0x4b, HEAD = 5 /* command and four bytes that say nothing */, LENGTH = HEAD + FLASH_ID_LENGTH };
enum { TRIES = 1000 };

/*
 * The chip is selected as long as the transmit FIFO has something, and nothing leaves it before SER names a slave: so all 13 bytes are put into its 16 places
 * first, and no interrupt can tear them apart. rp2040js has no answer to it: RXFLR stays 0.
 */
bool flash_id(uint8_t id[FLASH_ID_LENGTH]) {
  uint32_t mode = SSI_CTRLR0, divisor = SSI_BAUDR;
  SSI_SSIENR = 0;
  SSI_CTRLR0 = CTRLR0_8_BITS;
  SSI_BAUDR = CLOCK_DIVISOR;
  SSI_SER = 0;
  SSI_SSIENR = 1;
  SSI_DR0 = READ_UNIQUE_ID;
  for (size_t i = 1; i < LENGTH; i++) SSI_DR0 = 0;
  SSI_SER = 1;
  for (size_t i = 0; i < TRIES && SSI_RXFLR < LENGTH; i++) {
  }
  bool came = SSI_RXFLR >= LENGTH;
  uint8_t any = 0, all = 0xff;
  for (size_t i = 0; came && i < LENGTH; i++) {
    uint8_t byte = (uint8_t)SSI_DR0;
    if (i < HEAD) continue;
    id[i - HEAD] = byte;
    any |= byte;
    all &= byte;
  }
  SSI_SSIENR = 0;
  SSI_CTRLR0 = mode;
  SSI_BAUDR = divisor;
  SSI_SSIENR = 1;
  return came && any != 0 && all != 0xff; /* a chip that does not know the command leaves its line at rest */
}
