/*
 * memcpy for a Cortex-M0+: LDM and STM move four words in ten cycles, where a compiler's loop takes twice that. All of it goes upwards, so that memmove can use
 * it. r0: to, r1: from, r2: length; gives r0 back.
 */
.syntax unified
.cpu cortex-m0plus
.thumb

.section .text.memcpy, "ax", %progbits
.global memcpy
.type memcpy, %function
.thumb_func
memcpy:
  push {r0, r4-r7, lr}
  cmp r2, #8
  blo bytes

align: /* the target: a word at any other address is a fault */
  lsls r3, r0, #30
  beq aligned
  ldrb r3, [r1]
  strb r3, [r0]
  adds r0, #1
  adds r1, #1
  subs r2, #1
  b align

aligned:
  lsls r3, r1, #30
  bne skewed
  subs r2, #16
  blo few
fours:
  ldmia r1!, {r3-r6}
  stmia r0!, {r3-r6}
  subs r2, #16
  bhs fours
few:
  adds r2, #12 /* the length less 4, as the next loop has it */
  bmi last
words:
  ldmia r1!, {r3}
  stmia r0!, {r3}
  subs r2, #4
  bhs words
last:
  adds r2, #4

bytes:
  subs r2, #1
  blo done
  ldrb r3, [r1]
  strb r3, [r0]
  adds r0, #1
  adds r1, #1
  b bytes
done:
  pop {r0, r4-r7, pc}

skewed: /* each word is put together from two; none is read of which nothing is needed */
  lsrs r4, r3, #27 /* bits of the first that are not: 8, 16 or 24 */
  movs r5, #32
  subs r5, r4
  lsrs r3, r4, #3
  subs r1, r3
  ldmia r1!, {r3}
  lsrs r3, r4
  subs r2, #4
merge:
  ldmia r1!, {r6}
  movs r7, r6
  lsls r7, r5
  orrs r3, r7
  stmia r0!, {r3}
  movs r3, r6
  lsrs r3, r4
  subs r2, #4
  bhs merge
  lsrs r5, #3
  subs r1, r5 /* the bytes of the last that are still to come */
  b last
