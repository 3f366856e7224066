/* The line side: UDP datagrams as line frames, a PHY in four registers, and a plug that two signals pull and put. */
#define _POSIX_C_SOURCE 200809L
#include <arpa/inet.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "config.h"
#include "hal.h"
#include "posix.h"
#include "registers.h"

enum { PHY_ADDRESS = 1 };
/* IEEE 802.3, 22.2.4: BMCR and BMSR. */
enum { BMCR_RESET = 0x8000, BMCR_LOOPBACK = 0x4000, BMCR_100 = 0x2000, BMCR_AUTO = 0x1000, BMCR_POWER_DOWN = 0x0800, BMCR_FULL = 0x0100 };
enum { BMCR_START = BMCR_100 | BMCR_AUTO | BMCR_FULL, BMCR_KEPT = 0x7d80 };
enum { BMSR_ABILITIES = 0x7849, BMSR_NEGOTIATED = 0x0020, BMSR_LINK = 0x0004 };

static uint16_t local_port, remote_port;
static int end = -1;
static volatile sig_atomic_t plugged = 1;
static uint16_t bmcr = BMCR_START;
static uint32_t errors;
static bool sending;
/* What was sent while BMCR.loopback is set, until it is received; 0: nothing. */
static uint8_t turned[MAX_FRAME];
static size_t turned_length;

static void on_signal(int signal) { plugged = signal == SIGUSR2; }

void cable_on_udp(uint16_t local, uint16_t remote) {
  local_port = local;
  remote_port = remote;
}

static struct sockaddr_in loopback(uint16_t port) {
  return (struct sockaddr_in){.sin_family = AF_INET, .sin_port = htons(port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
}

void cable_start(void) {
  struct sigaction action = {.sa_handler = on_signal};
  sigaction(SIGUSR1, &action, NULL);
  sigaction(SIGUSR2, &action, NULL);
  if (local_port == 0) return;
  struct sockaddr_in local = loopback(local_port);
  end = socket(AF_INET, SOCK_DGRAM, 0);
  if (end < 0 || bind(end, (struct sockaddr *)&local, sizeof local) != 0) {
    perror("posix: cable");
    exit(1);
  }
  fcntl(end, F_SETFL, O_NONBLOCK);
}

int cable_socket(void) { return end; }

uint32_t hal_caps(void) {
  return GLN_BOARD_CAPS_RAW_LINE_MASK | GLN_BOARD_CAPS_SPEED100_MASK | GLN_BOARD_CAPS_MDIO_MASK |
         GLN_BOARD_CAPS_TIMESTAMPS_MASK | GLN_BOARD_CAPS_LOOPBACK_MASK | GLN_BOARD_CAPS_LINK_STATUS_MASK;
}

void hal_line_reset(void) {
  sending = false;
  turned_length = 0;
  bmcr = BMCR_START;
}

void hal_line_control(uint32_t control, uint32_t station_low, uint32_t station_high) {
  (void)control, (void)station_low, (void)station_high; /* the core enables and turns round; a line has no station */
}

static bool is_up(void) { return plugged && (bmcr & BMCR_POWER_DOWN) == 0; }

uint32_t hal_line_status(void) {
  uint32_t up = GLN_BOARD_STATUS_LINK_UP_MASK | GLN_BOARD_STATUS_SPEED100_MASK | GLN_BOARD_STATUS_FULL_DUPLEX_MASK;
  return GLN_BOARD_STATUS_REF_CLOCK_MASK | (is_up() ? up : 0);
}

bool hal_ethernet_send(const uint8_t *frame, size_t length) {
  struct sockaddr_in remote = loopback(remote_port);
  sending = true;
  if (bmcr & BMCR_LOOPBACK) {
    memcpy(turned, frame, length);
    turned_length = length;
    return true;
  }
  /* A cable loses what nobody takes. */
  if (end >= 0) (void)!sendto(end, frame, length, 0, (struct sockaddr *)&remote, sizeof remote);
  return true;
}

bool hal_ethernet_sent(uint32_t *outcome) {
  bool done = sending;
  sending = false;
  *outcome = GLN_BOARD_TX_STATUS_SENT_MASK;
  return done;
}

size_t hal_ethernet_receive(uint8_t *into, size_t room, uint16_t *flags) {
  if (turned_length > 0 && turned_length <= room) {
    size_t length = turned_length;
    memcpy(into, turned, length);
    turned_length = 0;
    return length;
  }
  if (end < 0) return 0;
  struct iovec piece = {into, room};
  struct msghdr message = {.msg_iov = &piece, .msg_iovlen = 1};
  ssize_t length = recvmsg(end, &message, 0);
  if (length <= 0 || !is_up()) return 0;
  if (message.msg_flags & MSG_TRUNC) *flags |= GLN_BOARD_RX_FLAG_TRUNCATED;
  return (size_t)length;
}

uint32_t hal_ethernet_errors(void) {
  uint32_t news = errors;
  errors = 0;
  return news;
}

uint16_t hal_mdio_read(uint8_t phy, uint8_t reg) {
  if (phy != PHY_ADDRESS) return 0xffff;
  switch (reg) {
    case 0: return bmcr;
    case 1: return BMSR_ABILITIES | (is_up() ? BMSR_LINK | BMSR_NEGOTIATED : 0);
    case 2: return 0x0007; /* as the LAN8720A of the board that users build */
    case 3: return 0xc0f1;
    case 4: return 0x01e1;
    case 5: return is_up() ? 0x41e1 : 0;
    default: return 0;
  }
}

void hal_mdio_write(uint8_t phy, uint8_t reg, uint16_t value) {
  if (phy == PHY_ADDRESS && reg == 0) bmcr = value & BMCR_RESET ? BMCR_START : value & BMCR_KEPT;
}
