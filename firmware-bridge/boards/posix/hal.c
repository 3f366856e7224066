/* Clock and wait. */
#define _POSIX_C_SOURCE 200809L
#include "hal.h"

#include <signal.h>
#include <time.h>

#include "posix.h"

enum { RECONNECT = 20000 }; /* µs between two looks for a serial line */

void hal_start(void) {
  signal(SIGPIPE, SIG_IGN);
  cable_start();
  serial_start(); /* last: who sees the line knows that the rest has gone well */
}

uint32_t hal_now(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return (uint32_t)((uint64_t)now.tv_sec * 1000000 + (uint64_t)now.tv_nsec / 1000);
}

void hal_idle(uint32_t most) {
  struct pollfd ends[3] = {{.fd = cable_socket(), .events = POLLIN}, {.fd = -1}, {.fd = -1}};
  bool line = serial_poll(&ends[1], &ends[2]);
  if (!line && most > RECONNECT) most = RECONNECT;
  if (ends[2].fd >= 0) most = 1000000; /* output waits for the host to read: until then nothing that is due can be done */
  poll(ends, 3, (int)((most + 999) / 1000));
}

void hal_boot_loader(void) {}
