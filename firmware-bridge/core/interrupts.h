/* IRQ_STATUS and IRQ_ENABLE: which causes are pending, and when the host is told. */
#ifndef GLASSNIC_INTERRUPTS_H
#define GLASSNIC_INTERRUPTS_H

#include <stdbool.h>
#include <stdint.h>

void interrupts_raise(uint32_t causes);
void interrupts_acknowledge(uint32_t causes);
void interrupts_enable(uint32_t causes);
uint32_t interrupts_status(void);
uint32_t interrupts_enabled(void);

/* Causes to be told with an INTERRUPT event now; 0: none. Telling them is done with that. */
uint32_t interrupts_take_news(void);

/* Nothing is pending any more. What is enabled stays. */
void interrupts_reset(void);

#endif
