#include "board.h"

#include <string.h>

#include "config.h"
#include "counters.h"
#include "hal.h"
#include "interrupts.h"
#include "outbox.h"
#include "receive.h"
#include "registers.h"
#include "transmit.h"

enum { MAP_VERSION = 1, FIRMWARE_MAJOR = 1, FIRMWARE_MINOR = 0 };

static const uint32_t version = (uint32_t)MAP_VERSION << GLN_BOARD_VERSION_MAP_SHIFT |
                                (uint32_t)FIRMWARE_MAJOR << GLN_BOARD_VERSION_FIRMWARE_MAJOR_SHIFT |
                                (uint32_t)FIRMWARE_MINOR << GLN_BOARD_VERSION_FIRMWARE_MINOR_SHIFT |
                                (uint32_t)BOARD_NUMBER << GLN_BOARD_VERSION_BOARD_SHIFT;
static const uint32_t buffers = (uint32_t)TX_BUFFERS << GLN_BOARD_BUFFERS_TX_BUFFERS_SHIFT |
                                (uint32_t)RX_KILOBYTES << GLN_BOARD_BUFFERS_RX_KILOBYTES_SHIFT |
                                (uint32_t)MAX_FRAME << GLN_BOARD_BUFFERS_MAX_FRAME_SHIFT;
static const uint32_t control_kept = GLN_BOARD_CONTROL_RX_ENABLE_MASK | GLN_BOARD_CONTROL_TX_ENABLE_MASK |
                                     GLN_BOARD_CONTROL_FULL_DUPLEX_MASK | GLN_BOARD_CONTROL_LOOPBACK_MASK |
                                     GLN_BOARD_CONTROL_PROMISCUOUS_MASK | GLN_BOARD_CONTROL_ALL_MULTICAST_MASK;
static const uint32_t mdio_kept = GLN_BOARD_MDIO_DATA_MASK | GLN_BOARD_MDIO_REGISTER_MASK | GLN_BOARD_MDIO_PHY_MASK |
                                  GLN_BOARD_MDIO_WRITE_MASK;

struct counters counters;
static bool leaving; /* for the boot loader */
static uint32_t control, scratch, mdio, station_low, station_high, line;

/* ---- Writes with an effect ---- */

static void set_control(uint32_t value) {
  control = value & control_kept;
  hal_line_control(control, station_low, station_high);
}

static void set_station(uint32_t low, uint32_t high) {
  station_low = low;
  station_high = high & GLN_BOARD_STATION_HIGH_OCTETS_MASK;
  receive_set_station(station_low, station_high);
  hal_line_control(control, station_low, station_high);
}

/* CONTROL.reset. */
static void reset_line_side(void) {
  transmit_reset();
  outbox_forget_frames();
  interrupts_reset();
  memset(&counters, 0, sizeof counters);
  hal_line_reset();
  mdio = 0;
  control = 0;
  set_station(0, 0);
  line = hal_line_status();
}

static void run_mdio(uint32_t value) {
  uint8_t phy = (uint8_t)((value & GLN_BOARD_MDIO_PHY_MASK) >> GLN_BOARD_MDIO_PHY_SHIFT);
  uint8_t reg = (uint8_t)((value & GLN_BOARD_MDIO_REGISTER_MASK) >> GLN_BOARD_MDIO_REGISTER_SHIFT);
  uint16_t data = value & GLN_BOARD_MDIO_DATA_MASK;
  if ((hal_caps() & GLN_BOARD_CAPS_MDIO_MASK) == 0) {
    data = 0xffff;
  } else if (value & GLN_BOARD_MDIO_WRITE_MASK) {
    hal_mdio_write(phy, reg, data);
  } else {
    data = hal_mdio_read(phy, reg);
  }
  mdio = (value & mdio_kept & ~GLN_BOARD_MDIO_DATA_MASK) | data;
}

/* ---- The map ---- */

uint32_t board_read(uint16_t address) {
  switch (address) {
    case GLN_BOARD_ID: return GLN_BOARD_ID_RESET;
    case GLN_BOARD_VERSION: return version;
    case GLN_BOARD_CAPS: return hal_caps();
    case GLN_BOARD_BUFFERS: return buffers;
    case GLN_BOARD_CONTROL: return control;
    case GLN_BOARD_STATUS: return hal_line_status();
    case GLN_BOARD_IRQ_STATUS: return interrupts_status();
    case GLN_BOARD_IRQ_ENABLE: return interrupts_enabled();
    case GLN_BOARD_SCRATCH: return scratch;
    case GLN_BOARD_MDIO: return mdio;
    case GLN_BOARD_STATION_LOW: return station_low;
    case GLN_BOARD_STATION_HIGH: return station_high;
    case GLN_BOARD_TIME: return hal_now();
    case GLN_BOARD_TX_STATUS: return transmit_status();
    case GLN_BOARD_TX_FRAMES: return counters.tx_frames;
    case GLN_BOARD_TX_OCTETS: return counters.tx_octets;
    case GLN_BOARD_TX_COLLISIONS: return counters.tx_collisions;
    case GLN_BOARD_TX_DEFERRED: return counters.tx_deferred;
    case GLN_BOARD_TX_ERRORS: return counters.tx_errors;
    case GLN_BOARD_RX_FRAMES: return counters.rx_frames;
    case GLN_BOARD_RX_OCTETS: return counters.rx_octets;
    case GLN_BOARD_RX_DROPPED: return counters.rx_dropped;
    case GLN_BOARD_RX_ERRORS: return counters.rx_errors;
    case GLN_BOARD_LINK_BAD_CELLS: return counters.link_bad_cells;
    case GLN_BOARD_LINK_RESENT: return counters.link_resent;
    default: return 0;
  }
}

void board_write(uint16_t address, uint32_t value) {
  switch (address) {
    case GLN_BOARD_CONTROL:
      if (value & GLN_BOARD_CONTROL_RESET_MASK) {
        reset_line_side();
      } else {
        set_control(value);
      }
      break;
    case GLN_BOARD_IRQ_STATUS: interrupts_acknowledge(value); break;
    case GLN_BOARD_IRQ_ENABLE: interrupts_enable(value); break;
    case GLN_BOARD_SCRATCH: scratch = value; break;
    case GLN_BOARD_MDIO: run_mdio(value); break;
    case GLN_BOARD_STATION_LOW: set_station(value, station_high); break;
    case GLN_BOARD_STATION_HIGH: set_station(station_low, value); break;
    case GLN_BOARD_TX_GO: transmit_go(value, control); break;
    case GLN_BOARD_BOOT_LOADER:
      leaving = value == GLN_BOARD_BOOT_MAGIC && (hal_caps() & GLN_BOARD_CAPS_BOOT_LOADER_MASK) != 0;
      break;
    default: break;
  }
}

void board_begin_session(void) {
  reset_line_side();
  outbox_clear();
  interrupts_enable(0);
  scratch = 0;
}

bool board_is_leaving(void) { return leaving; }

void board_poll(void) {
  transmit_poll(control);
  receive_poll(control);
  uint32_t now = hal_line_status();
  if (now != line) interrupts_raise(GLN_BOARD_IRQ_STATUS_LINK_CHANGE_MASK);
  line = now;
  if (!outbox_has_room(0)) return; /* one INTERRUPT always fits beside what is promised, but not two */
  uint32_t causes = interrupts_take_news();
  if (causes != 0) outbox_interrupt(causes, now);
}
