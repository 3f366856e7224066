/* Instructions of a Cortex-M that C has no word for. */
#ifndef GLASSNIC_CPU_H
#define GLASSNIC_CPU_H

/* What an interrupt puts into a buffer is read before its place is given back: the compiler may not change the order, and these processors do not. */
static inline void keep_order(void) { __asm__ volatile("" ::: "memory"); }
static inline void interrupts_off(void) { __asm__ volatile("cpsid i" ::: "memory"); }
static inline void interrupts_on(void) { __asm__ volatile("cpsie i" ::: "memory"); }
static inline void wait_for_interrupt(void) { __asm__ volatile("dsb\n wfi" ::: "memory"); }

#endif
