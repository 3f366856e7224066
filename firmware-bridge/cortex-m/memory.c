/* What the core and the boards without an operating system use of the C library, but for memcpy, which each board has for its own processor: upwards, whatever overlaps. */
#include <stdint.h>
#include <string.h>

enum { WORD = 4 };
typedef uint32_t __attribute__((may_alias)) word; /* whatever lies there */

static int is_aligned(const void *at) { return ((uintptr_t)at & (WORD - 1)) == 0; }

void *memmove(void *to, const void *from, size_t length) {
  uint8_t *target = to;
  const uint8_t *source = from;
  if (target <= source || target >= source + length) {
    memcpy(target, source, length); /* upwards */
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
