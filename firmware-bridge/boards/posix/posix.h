/* The two ends of the program, and what the one wait needs to know of them. */
#ifndef GLASSNIC_POSIX_H
#define GLASSNIC_POSIX_H

#include <poll.h>
#include <stdbool.h>
#include <stdint.h>

void serial_on_stdio(void);
void serial_on_tcp(uint16_t port);
void serial_start(void);
/* False: there is no line now; call again soon. */
bool serial_poll(struct pollfd *in, struct pollfd *out);

void cable_on_udp(uint16_t local, uint16_t remote);
void cable_start(void);
int cable_socket(void);

#endif
