/* What the counter registers show. They start anew with CONTROL.reset. */
#ifndef GLASSNIC_COUNTERS_H
#define GLASSNIC_COUNTERS_H

#include <stdint.h>

struct counters {
  uint32_t tx_frames, tx_octets, tx_collisions, tx_deferred, tx_errors;
  uint32_t rx_frames, rx_octets, rx_dropped, rx_errors;
  uint32_t link_bad_cells, link_resent;
};

extern struct counters counters;

#endif
