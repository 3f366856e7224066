/* Registers of the LM3S6965, named as its data sheet names them (Texas Instruments, SPMS278). Only those that are used. */
#ifndef GLASSNIC_LM3S6965_H
#define GLASSNIC_LM3S6965_H

#include <stdint.h>

#define REGISTER(address) (*(volatile uint32_t *)(address))

/* System control, chapter 5. */
#define DID0 REGISTER(0x400fe000)
#define LDOPCTL REGISTER(0x400fe034)
#define SYSCTL_RIS REGISTER(0x400fe050)
#define RCC REGISTER(0x400fe060)
#define RCGC1 REGISTER(0x400fe104)
#define RCGC2 REGISTER(0x400fe108)

/* GPIO, chapter 8. */
#define GPIOA_AFSEL REGISTER(0x40004420)
#define GPIOA_DEN REGISTER(0x4000451c)
#define GPIOF_AFSEL REGISTER(0x40025420)
#define GPIOF_DEN REGISTER(0x4002551c)

/* General-purpose timer 0, chapter 9. */
#define TIMER0_CFG REGISTER(0x40030000)
#define TIMER0_TAMR REGISTER(0x40030004)
#define TIMER0_CTL REGISTER(0x4003000c)
#define TIMER0_IMR REGISTER(0x40030018)
#define TIMER0_ICR REGISTER(0x40030024)
#define TIMER0_TAILR REGISTER(0x40030028)

/* UART0, a PL011, chapter 12. */
#define UART_DR REGISTER(0x4000c000)
#define UART_FR REGISTER(0x4000c018)
#define UART_IBRD REGISTER(0x4000c024)
#define UART_FBRD REGISTER(0x4000c028)
#define UART_LCRH REGISTER(0x4000c02c)
#define UART_CTL REGISTER(0x4000c030)
#define UART_IFLS REGISTER(0x4000c034)
#define UART_IM REGISTER(0x4000c038)
#define UART_ICR REGISTER(0x4000c044)

/* Ethernet controller, chapter 15. */
#define MAC_RIS REGISTER(0x40048000) /* written: MACIACK */
#define MAC_IM REGISTER(0x40048004)
#define MAC_RCTL REGISTER(0x40048008)
#define MAC_TCTL REGISTER(0x4004800c)
#define MAC_DATA REGISTER(0x40048010)
#define MAC_IA0 REGISTER(0x40048014)
#define MAC_IA1 REGISTER(0x40048018)
#define MAC_MCTL REGISTER(0x40048020)
#define MAC_MDV REGISTER(0x40048024)
#define MAC_MTXD REGISTER(0x4004802c)
#define MAC_MRXD REGISTER(0x40048030)
#define MAC_NP REGISTER(0x40048034)
#define MAC_TR REGISTER(0x40048038)

/* Cortex-M3 SysTick and NVIC, chapter 3. */
#define SYST_CSR REGISTER(0xe000e010)
#define SYST_RVR REGISTER(0xe000e014)
#define SYST_CVR REGISTER(0xe000e018)
#define NVIC_ISER0 REGISTER(0xe000e100)
#define NVIC_ISER1 REGISTER(0xe000e104)

#define AIRCR REGISTER(0xe000ed0c)

enum { IRQ_UART0 = 5, IRQ_TIMER0A = 19, IRQ_ETHERNET = 42 };

enum { CLOCK_HZ = 50000000 };

static inline void interrupts_off(void) { __asm volatile("cpsid i" ::: "memory"); }
static inline void interrupts_on(void) { __asm volatile("cpsie i" ::: "memory"); }
static inline void wait_for_interrupt(void) { __asm volatile("dsb\n\twfi" ::: "memory"); }

#endif
