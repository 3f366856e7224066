/* The LAN8720: where it is, and what its line does (phy.c). */
#ifndef GLASSNIC_PHY_H
#define GLASSNIC_PHY_H

#include <stdint.h>

/* linkUp and fullDuplex of STATUS; looked at every 50 ms. */
uint32_t phy_status(void);
/* A register has been written: look at once. */
void phy_changed(void);

#endif
