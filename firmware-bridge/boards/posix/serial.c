/* The serial line: stdin and stdout, or a TCP connection that is made again when it is lost. */
#define _POSIX_C_SOURCE 200809L
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "cell.h"
#include "hal.h"
#include "posix.h"

static uint16_t tcp_port; /* 0: stdin and stdout */
static int in = -1, out = -1;
static pid_t parent;

static uint8_t pending[64 * CELL_SIZE]; /* written, but not taken by the system */
static size_t pending_count;

void serial_on_stdio(void) { tcp_port = 0; }

void serial_on_tcp(uint16_t port) { tcp_port = port; }

static void connect_out(void) {
  struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons(tcp_port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
  int yes = 1;
  int end = socket(AF_INET, SOCK_STREAM, 0);
  if (end < 0) return;
  if (connect(end, (struct sockaddr *)&to, sizeof to) != 0) {
    close(end);
    return;
  }
  setsockopt(end, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
  fcntl(end, F_SETFL, O_NONBLOCK);
  in = out = end;
}

void serial_start(void) {
  parent = getppid();
  if (tcp_port != 0) {
    connect_out();
    return;
  }
  in = STDIN_FILENO;
  out = STDOUT_FILENO;
  fcntl(in, F_SETFL, O_NONBLOCK);
  fcntl(out, F_SETFL, O_NONBLOCK);
}

/* As a cable pulled out: what was under way is gone. */
static void lose_line(void) {
  if (tcp_port == 0) exit(0);
  if (in >= 0) close(in);
  in = out = -1;
  pending_count = 0;
}

static bool would_block(void) { return errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR; }

static void flush_pending(void) {
  while (pending_count > 0 && out >= 0) {
    ssize_t done = write(out, pending, pending_count);
    if (done < 0) {
      if (!would_block()) lose_line();
      return;
    }
    pending_count -= (size_t)done;
    memmove(pending, pending + done, pending_count);
  }
}

bool serial_poll(struct pollfd *input, struct pollfd *output) {
  if (in < 0) {
    if (getppid() != parent) exit(0);
    connect_out();
  }
  if (in < 0) return false;
  *input = (struct pollfd){.fd = in, .events = POLLIN};
  if (pending_count > 0) *output = (struct pollfd){.fd = out, .events = POLLOUT};
  return true;
}

size_t hal_serial_read(uint8_t *into, size_t room) {
  if (in < 0 || room == 0) return 0;
  ssize_t length = read(in, into, room);
  if (length > 0) return (size_t)length;
  if (length == 0 || !would_block()) lose_line();
  return 0;
}

size_t hal_serial_room(void) {
  flush_pending();
  return out < 0 ? 0 : sizeof pending - pending_count;
}

void hal_serial_write(const uint8_t *bytes, size_t length) {
  memcpy(pending + pending_count, bytes, length);
  pending_count += length;
  flush_pending();
}
