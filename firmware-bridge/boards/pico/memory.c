#include <stdint.h>
#include <string.h>

enum { WORD = 4 };
typedef uint32_t __attribute__((may_alias)) word; /* whatever lies there */

static int is_aligned(const void *at) { return ((uintptr_t)at & (WORD - 1)) == 0; }

/*
 * Words where both sides are at one; where they are not, words put together from two: a Cortex-M0+ faults at any other address, and bytes cost three times
 * as much. Reads whole words of the source, never one of which it needs nothing.
 */
static void copy_up(uint8_t *to, const uint8_t *from, size_t length) {
  for (; length > 0 && !is_aligned(to); length--) *to++ = *from++;
  word *target = (word *)(void *)to;
  if (is_aligned(from)) {
    const word *source = (const word *)(const void *)from;
    for (size_t words = length / WORD; words > 0; words--) *target++ = *source++;
  } else if (length >= WORD) {
    unsigned skip = (uintptr_t)from & (WORD - 1);
    const word *source = (const word *)(const void *)(from - skip);
    unsigned low = 8 * skip, high = 32 - low;
    uint32_t first = *source++;
    for (size_t words = length / WORD; words > 0; words--) {
      uint32_t next = *source++;
      *target++ = first >> low | next << high;
      first = next;
    }
  }
  for (size_t at = length & ~(size_t)(WORD - 1); at < length; at++) to[at] = from[at];
}

void *memcpy(void *restrict to, const void *restrict from, size_t length) {
  copy_up(to, from, length);
  return to;
}

void *memmove(void *to, const void *from, size_t length) {
  uint8_t *target = to;
  const uint8_t *source = from;
  if (target <= source || target >= source + length) {
    copy_up(target, source, length);
  } else {
    while (length-- > 0) target[length] = source[length];
  }
  return to;
}

void *memset(void *to, int value, size_t length) {
  uint8_t *target = to;
  for (; length > 0 && !is_aligned(target); length--) *target++ = (uint8_t)value;
  uint32_t four = (uint8_t)value * 0x01010101u;
  for (; length >= WORD; length -= WORD, target += WORD) *(word *)(void *)target = four;
  for (; length > 0; length--) *target++ = (uint8_t)value;
  return to;
}

void *memchr(const void *in, int value, size_t length) {
  for (const uint8_t *at = in; length > 0; at++, length--) {
    if (*at == (uint8_t)value) return (void *)(uintptr_t)at;
  }
  return NULL;
}

int memcmp(const void *a, const void *b, size_t length) {
  const uint8_t *left = a, *right = b;
  for (size_t i = 0; i < length; i++) {
    if (left[i] != right[i]) return left[i] - right[i];
  }
  return 0;
}
