/*
 * The bridge as a program of the host.
 *
 *   posix --serial <port> | --stdio   the serial line: a TCP port of this machine, tried again for as long as the parent lives, or stdin and stdout
 *         [--cable <local> <remote>]  the cable: UDP ports of this machine; one datagram is one line frame, preamble … FCS
 *
 * SIGUSR1 pulls the cable out, SIGUSR2 plugs it in.
 */
#define _POSIX_C_SOURCE 200809L
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bridge.h"
#include "hal.h"
#include "posix.h"

static uint16_t port(const char *text) {
  char *end;
  long number = strtol(text, &end, 10);
  if (*text == 0 || *end != 0 || number < 1 || number > 65535) {
    fprintf(stderr, "posix: not a port: %s\n", text);
    exit(2);
  }
  return (uint16_t)number;
}

int main(int argc, char **argv) {
  for (int i = 1; i < argc;) {
    if (strcmp(argv[i], "--stdio") == 0) {
      serial_on_stdio();
      i += 1;
    } else if (strcmp(argv[i], "--serial") == 0 && i + 1 < argc) {
      serial_on_tcp(port(argv[i + 1]));
      i += 2;
    } else if (strcmp(argv[i], "--cable") == 0 && i + 2 < argc) {
      cable_on_udp(port(argv[i + 1]), port(argv[i + 2]));
      i += 3;
    } else {
      fprintf(stderr, "posix: what is %s?\n", argv[i]);
      return 2;
    }
  }
  hal_start();
  bridge_start();
  for (;;) bridge_poll();
}
