#include <stdint.h>
#include <string.h>

/* The Cortex-M3 takes words at any address. */
void *memcpy(void *restrict to, const void *restrict from, size_t length) {
  uint8_t *target = to;
  const uint8_t *source = from;
  for (; length >= 4; length -= 4, target += 4, source += 4) __builtin_memcpy(target, source, 4);
  while (length-- > 0) *target++ = *source++;
  return to;
}
