/* Management frames (IEEE 802.3 clause 22.2.4.5) on MDC and MDIO: hal_mdio_read and hal_mdio_write (mdio.c). */
#ifndef GLASSNIC_MDIO_H
#define GLASSNIC_MDIO_H

void mdio_start(void);

#endif
