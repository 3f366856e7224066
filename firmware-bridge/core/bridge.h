/* The bridge: a serial line on one side, a cable on the other. */
#ifndef GLASSNIC_BRIDGE_H
#define GLASSNIC_BRIDGE_H

/* Once, after hal_start. */
void bridge_start(void);

/* One turn: serial bytes in, operations, line side, serial bytes out; waits (hal_idle) where there is nothing to do. */
void bridge_poll(void);

#endif
