#include "phy.h"

#include <stdbool.h>

#include "hal.h"
#include "registers.h"

enum { BMCR = 0, BMSR = 1, PHYID1 = 2, ANAR = 4, PHY_SPECIAL = 31 }; /* LAN8720A, 4.2 */
enum { BMCR_RESET = 1 << 15, BMCR_LOOPBACK = 1 << 14, BMCR_AN = 1 << 12, BMCR_POWER_DOWN = 1 << 11, BMCR_ISOLATE = 1 << 10, BMCR_RESTART = 1 << 9 };
enum { BMSR_LINK = 1 << 2 };
enum { ANAR_10_ONLY = 0x0061 /* 10BASE-T, both duplexes, IEEE 802.3 */, ANAR_100 = 7 << 7 };
enum { SPEED = 7 << 2, SPEED_10_HALF = 1 << 2, SPEED_10_FULL = 5 << 2 };
enum { ADDRESSES = 32, NOWHERE = ADDRESSES, LOOK_AT = 50000 }; /* µs */

static const uint32_t link_up = GLN_BOARD_STATUS_LINK_UP_MASK, full_duplex = GLN_BOARD_STATUS_FULL_DUPLEX_MASK;
static uint8_t where = NOWHERE;
static uint32_t status, looked_at;
static bool has_looked;

static bool is_there(uint8_t phy) {
  uint16_t id = hal_mdio_read(phy, PHYID1);
  return id != 0xffff && id != 0;
}

/* The partner shall negotiate 10BASE-T. Forced, without negotiation, it would take us for half duplex (clause 28.2.3.1). */
static void offer_10_only(void) {
  hal_mdio_write(where, ANAR, ANAR_10_ONLY);
  hal_mdio_write(where, BMCR, BMCR_AN | BMCR_RESTART);
}

static void find(void) {
  for (where = 0; where < ADDRESSES; where++) {
    if (is_there(where)) break;
  }
  if (where != NOWHERE) offer_10_only();
}

static uint32_t measure(void) {
  if (where == NOWHERE || !is_there(where)) find();
  if (where == NOWHERE) return 0;
  uint16_t control = hal_mdio_read(where, BMCR);
  if (control & (BMCR_RESET | BMCR_POWER_DOWN | BMCR_ISOLATE)) return 0;
  if (control & BMCR_LOOPBACK) return link_up | full_duplex; /* the selftest needs no cable */
  hal_mdio_read(where, BMSR); /* a link that was lost since the last time: told once */
  if ((hal_mdio_read(where, BMSR) & BMSR_LINK) == 0) return 0;
  switch (hal_mdio_read(where, PHY_SPECIAL) & SPEED) {
    case SPEED_10_HALF: return link_up;
    case SPEED_10_FULL: return link_up | full_duplex;
    default: /* a PHY that has been reset offers everything again; one that does not, and a partner that is forced to 100, are left as they are */
      if ((control & BMCR_AN) && (hal_mdio_read(where, ANAR) & ANAR_100)) offer_10_only();
      return 0;
  }
}

uint32_t phy_status(void) {
  uint32_t now = hal_now();
  if (has_looked && now - looked_at < LOOK_AT) return status;
  status = measure();
  looked_at = now;
  has_looked = true;
  return status;
}

void phy_changed(void) { has_looked = false; }
