/*
 * The second boot stage (data sheet 2.8.1.3.1): the ROM copies the first 256 bytes of the flash to 0x20041f00, where the last four must be their CRC
 * (seal.mjs writes it), and starts them there, whatever address they were linked for. The ROM has left the flash to slow commands without XIP.
 */
  .syntax unified
  .cpu cortex-m0plus
  .thumb

  .equ XIP_SSI, 0x18000000 /* 4.10.13 */
  .equ SSI_CTRLR0, 0x00
  .equ SSI_CTRLR1, 0x04
  .equ SSI_SSIENR, 0x08
  .equ SSI_BAUDR, 0x14
  .equ SSI_SPI_CTRLR0, 0xf4
  .equ VTOR, 0xe000ed08

  .section .boot2, "ax"
  .global boot2
  .thumb_func
boot2:
  ldr r0, =XIP_SSI
  movs r1, #0
  str r1, [r0, #SSI_SSIENR] /* all else may only be written while it is off */
  movs r1, #2               /* clk_sys is the ring oscillator now, at most 12 MHz: every flash is fast enough for half of it */
  str r1, [r0, #SSI_BAUDR]
  ldr r1, =(31 << 16 | 3 << 8) /* standard SPI, 32 bits of data, EEPROM read: first the command, then data in the other direction */
  str r1, [r0, #SSI_CTRLR0]
  ldr r1, =(0x03 << 24 | 2 << 8 | 6 << 2) /* 03h, which every serial flash knows: 8 bits of instruction, 24 of address, no wait */
  movs r2, #SSI_SPI_CTRLR0
  str r1, [r0, r2]
  movs r1, #0 /* one word at a time */
  str r1, [r0, #SSI_CTRLR1]
  movs r1, #1
  str r1, [r0, #SSI_SSIENR]

  /* As the processor does with a vector table at reset. */
  ldr r0, =boot_vectors
  ldr r1, =VTOR
  str r0, [r1]
  ldmia r0!, {r1, r2}
  msr msp, r1
  bx r2
  .ltorg
