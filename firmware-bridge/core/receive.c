#include "receive.h"

#include <stdbool.h>

#include "bytes.h"
#include "config.h"
#include "counters.h"
#include "hal.h"
#include "interrupts.h"
#include "outbox.h"
#include "registers.h"

enum { AT_ONCE = 4 }; /* frames in one poll: the serial line must not wait for long */

static uint32_t station_low, station_high;

void receive_set_station(uint32_t low, uint32_t high) {
  station_low = low;
  station_high = high;
}

/* A chip's own filter may let more pass (perfect filters are rare): what is not ours need not cross the serial line. */
static bool is_ours(const uint8_t *frame, uint16_t length, uint32_t control) {
  if ((hal_caps() & GLN_BOARD_CAPS_ADDRESS_FILTER_MASK) == 0) return true;
  if (control & GLN_BOARD_CONTROL_PROMISCUOUS_MASK) return true;
  if (length < 6) return false;
  uint32_t low = get32(frame), high = get16(frame + 4);
  if (low == 0xffffffff && high == 0xffff) return true;
  if (frame[0] & 1) return (control & GLN_BOARD_CONTROL_ALL_MULTICAST_MASK) != 0;
  return low == station_low && high == station_high;
}

void receive_frame(const uint8_t *frame, uint16_t length, uint16_t flags, uint32_t control) {
  if ((control & GLN_BOARD_CONTROL_RX_ENABLE_MASK) == 0) return;
  if (flags & GLN_BOARD_RX_FLAG_TRUNCATED) counters.rx_errors++;
  if (!outbox_received(frame, length, flags, hal_now())) {
    counters.rx_dropped++;
    interrupts_raise(GLN_BOARD_IRQ_STATUS_RX_DROPPED_MASK);
    return;
  }
  counters.rx_frames++;
  counters.rx_octets += length;
}

void receive_poll(uint32_t control) {
  static _Alignas(4) uint8_t frame[MAX_FRAME]; /* hal_ethernet_receive may write words */
  for (int i = 0; i < AT_ONCE; i++) {
    uint16_t flags = 0;
    size_t length = hal_ethernet_receive(frame, sizeof frame, &flags);
    if (length == 0) break;
    if (is_ours(frame, (uint16_t)length, control)) receive_frame(frame, (uint16_t)length, flags, control);
  }
  counters.rx_errors += hal_ethernet_errors();
}
