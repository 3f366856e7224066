#include <stdint.h>
#include <string.h>

void *memcpy(void *restrict to, const void *restrict from, size_t length) { return memmove(to, from, length); }

/* The Cortex-M3 takes words at any address. */
void *memmove(void *to, const void *from, size_t length) {
  uint8_t *target = to;
  const uint8_t *source = from;
  if (target <= source || target >= source + length) {
    for (; length >= 4; length -= 4, target += 4, source += 4) __builtin_memcpy(target, source, 4);
    while (length-- > 0) *target++ = *source++;
  } else {
    while (length-- > 0) target[length] = source[length];
  }
  return to;
}

void *memset(void *to, int value, size_t length) {
  for (uint8_t *target = to; length > 0; length--) *target++ = (uint8_t)value;
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
