/* The line side as a whole: when it runs, and what the line is. It runs only while clk_sys is the PHY's clock: each di-bit is then 10 of our clocks. */
#include "dma.h"
#include "hal.h"
#include "mdio.h"
#include "parts.h"
#include "phy.h"
#include "pins.h"
#include "pio.h"
#include "registers.h"
#include "rmii-receive.h"
#include "rmii-transmit.h"

static bool is_clocked, is_receiving;
static uint32_t control;

/*
 * No pulls on what the PHY drives: RXD0, RXD1 and CRS_DV are its MODE straps while it is reset. TX_EN is read back by the receiver; TXD1 is read as low, for
 * the transmitter takes it for a pin that is never high.
 */
static void use_pins(void) {
  use_pin(PIN_RXD0, FUNCTION_PIO1, PAD_INPUT | PAD_SCHMITT);
  use_pin(PIN_RXD1, FUNCTION_PIO1, PAD_INPUT | PAD_SCHMITT);
  use_pin(PIN_CRS_DV, FUNCTION_PIO1, PAD_INPUT | PAD_SCHMITT);
  use_pin(PIN_TXD0, FUNCTION_PIO0, PAD_4_MA);
  use_pin(PIN_TXD1, FUNCTION_PIO0 | INPUT_OVERRIDE_LOW, PAD_4_MA);
  use_pin(PIN_TX_EN, FUNCTION_PIO0, PAD_4_MA | PAD_INPUT);
}

void rmii_start(void) {
  leave_reset(RESET_DMA | RESET_PIO0 | RESET_PIO1);
  transmit_line_load();
  receive_line_load();
  transmit_line_stop();
  receive_line_stop();
  use_pins();
  mdio_start();
  NVIC_ICPR = 1u << IRQ_PIO0_0 | 1u << IRQ_PIO1_0;
  NVIC_ISER = 1u << IRQ_PIO0_0 | 1u << IRQ_PIO1_0;
}

static void receive_as_wanted(void) {
  bool wanted = is_clocked && (control & GLN_BOARD_CONTROL_RX_ENABLE_MASK) != 0;
  if (wanted && !is_receiving) receive_line_start();
  if (!wanted && is_receiving) receive_line_stop();
  is_receiving = wanted;
}

void rmii_clock_changed(bool is_reference) {
  is_clocked = is_reference;
  if (is_reference) {
    transmit_line_start();
  } else {
    transmit_line_stop();
  }
  receive_as_wanted();
}

bool rmii_has_work(void) { return receive_line_has_frame() || transmit_line_has_ended(); }

void hal_line_reset(void) {
  control = 0;
  receive_as_wanted();
  transmit_line_forget();
  hal_ethernet_errors();
}

void hal_line_control(uint32_t wanted, uint32_t station_low, uint32_t station_high) {
  (void)station_low; /* rawLine: the host looks at the addresses */
  (void)station_high;
  control = wanted;
  bool is_full = (wanted & GLN_BOARD_CONTROL_FULL_DUPLEX_MASK) != 0;
  transmit_line_set_duplex(is_full);
  receive_line_set_duplex(is_full);
  receive_as_wanted();
}

uint32_t hal_line_status(void) {
  uint32_t line = phy_status();
  return clock_is_reference() ? line | GLN_BOARD_STATUS_REF_CLOCK_MASK : 0;
}

uint32_t hal_caps(void) {
  return GLN_BOARD_CAPS_RAW_LINE_MASK | GLN_BOARD_CAPS_HALF_DUPLEX_MASK | GLN_BOARD_CAPS_SPEED10_MASK | GLN_BOARD_CAPS_MDIO_MASK |
         GLN_BOARD_CAPS_TIMESTAMPS_MASK | GLN_BOARD_CAPS_LOOPBACK_MASK | GLN_BOARD_CAPS_LINK_STATUS_MASK | GLN_BOARD_CAPS_BOOT_LOADER_MASK;
}
