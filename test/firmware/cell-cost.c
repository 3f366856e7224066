/* The core with a board that costs next to nothing: what is left is what a cell costs the processor. The test stops it at each turn (BKPT) and fills the mailbox. */
#include <string.h>

#include "bridge.h"
#include "config.h"
#include "hal.h"
#include "registers.h"

extern uint32_t stack_top[];

/* The mailbox. */
struct {
  uint32_t in_count, out_count, frames, frame_length;
  uint8_t in[4096], out[64];
} mailbox;

static uint8_t frame[MAX_FRAME] __attribute__((aligned(4)));
static uint32_t in_at, now;
static bool sending;

__attribute__((noreturn)) void reset(void);
void reset(void) {
  bridge_start();
  for (;;) {
    __asm__ volatile("bkpt 0" ::: "memory");
    bridge_poll();
  }
}
__attribute__((section(".vectors"), used)) static const void *const vectors[] = {stack_top, reset};

uint32_t hal_now(void) { return now += 10; }
void hal_idle(uint32_t most) { (void)most; }
uint32_t hal_caps(void) { return GLN_BOARD_CAPS_RAW_LINE_MASK | GLN_BOARD_CAPS_MDIO_MASK; }

/* A packet of USB at a time. */
size_t hal_serial_read(uint8_t *into, size_t room) {
  size_t length = mailbox.in_count - in_at;
  if (length > 64) length = 64;
  if (length > room) length = room;
  memcpy(into, mailbox.in + in_at, length);
  in_at += length;
  if (in_at == mailbox.in_count) in_at = mailbox.in_count = 0;
  return length;
}
size_t hal_serial_room(void) { return 64; }
void hal_serial_write(const uint8_t *bytes, size_t length) {
  memcpy(mailbox.out, bytes, length);
  mailbox.out_count++;
}

void hal_line_reset(void) {}
void hal_line_control(uint32_t control, uint32_t low, uint32_t high) { (void)control, (void)low, (void)high; }
uint32_t hal_line_status(void) { return GLN_BOARD_STATUS_LINK_UP_MASK; }
bool hal_ethernet_send(const uint8_t *bytes, size_t length) {
  (void)bytes, (void)length;
  return sending = true;
}
bool hal_ethernet_sent(uint32_t *outcome) {
  bool done = sending;
  *outcome = GLN_BOARD_TX_STATUS_SENT_MASK;
  sending = false;
  return done;
}
size_t hal_ethernet_receive(uint8_t *into, size_t room, uint16_t *flags) {
  (void)room;
  *flags = 0;
  if (mailbox.frames == 0) return 0;
  mailbox.frames--;
  memcpy(into, frame, mailbox.frame_length);
  return mailbox.frame_length;
}
uint32_t hal_ethernet_errors(void) { return 0; }
uint16_t hal_mdio_read(uint8_t phy, uint8_t reg) { return (uint16_t)(phy + reg); }
void hal_mdio_write(uint8_t phy, uint8_t reg, uint16_t value) { (void)phy, (void)reg, (void)value; }
void hal_boot_loader(void) {}
