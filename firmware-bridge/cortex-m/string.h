/* What the core uses of the C library: a bare compiler is enough to build it. */
#ifndef GLASSNIC_STRING_H
#define GLASSNIC_STRING_H

#include <stddef.h>

void *memcpy(void *restrict to, const void *restrict from, size_t length);
void *memmove(void *to, const void *from, size_t length);
void *memset(void *to, int value, size_t length);
void *memchr(const void *in, int value, size_t length);
int memcmp(const void *a, const void *b, size_t length);

#endif
