/* The parts of this board, for hal_start and the vectors. */
#ifndef GLASSNIC_PARTS_H
#define GLASSNIC_PARTS_H

#include <stdbool.h>
#include <stdint.h>

void clock_start(void);
/* An interrupt wakes the processor in `delay` µs, unless alarm_clear comes first. */
void alarm_set(uint32_t delay);
void alarm_clear(void);
void alarm_interrupt(void);

void serial_start(void);

void ethernet_start(void);
bool ethernet_has_frame(void);
void ethernet_interrupt(void);

#endif
