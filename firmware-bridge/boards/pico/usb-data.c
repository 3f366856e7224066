/* The two bulk pipes of the CDC data interface: RP2040 data sheet, 4.1.2; USB 2.0, 5.8. */
#include "usb-data.h"

#include <string.h>

#include "cpu.h"
#include "hal.h"
#include "parts.h"
#include "usb-descriptors.h"
#include "usb-device.h"
#include "usb-registers.h"

enum { INPUT = 4096, WAITING = 4, PACKET_WORDS = USB_PACKET / 4 };
_Static_assert((INPUT & (INPUT - 1)) == 0 && (WAITING & (WAITING - 1)) == 0, "the indices run freely");

/* Offsets in the dual-ported memory. The second buffer of a pipe lies 64 bytes behind the first. */
enum { BUFFERS_OUT = 0x200, BUFFERS_IN = 0x280 };

/*
 * Two buffers are used in turn, one each packet, so that the controller has one while the other is copied; the toggle changes with the packet, too: buffer 0
 * is always DATA0, buffer 1 DATA1.
 */
struct pipe {
  volatile uint16_t *control; /* of the two buffers, which are written one at a time: the controller writes the other */
  volatile uint32_t *buffers;
  uint32_t bit;         /* in EP_ABORT */
  volatile uint32_t given, back; /* buffers, to the controller and from it */
  bool fresh;           /* since it has begun, nothing was given */
  bool halted;
};

static struct pipe out = {.control = (volatile uint16_t *)&USB_BUFFER_CONTROL(USB_EP_DATA, USB_OUT),
                          .buffers = USB_BUFFER(BUFFERS_OUT),
                          .bit = USB_EP_BIT(USB_EP_DATA, USB_OUT)};
static struct pipe in = {.control = (volatile uint16_t *)&USB_BUFFER_CONTROL(USB_EP_DATA, USB_IN),
                         .buffers = USB_BUFFER(BUFFERS_IN),
                         .bit = USB_EP_BIT(USB_EP_DATA, USB_IN)};

static bool is_running; /* configured */

/* From the host. The host is not asked (NAK) for what has no room here. */
static uint8_t input[INPUT];
static volatile uint32_t input_head, input_tail; /* taken by the bridge, put by the interrupt */

/* To the host: few, for a cell that waits here can no longer be overtaken by a NAK. usb_room says when it is full. */
static struct {
  uint32_t words[PACKET_WORDS];
  uint8_t length;
} waiting[WAITING];
static volatile uint32_t waiting_head, waiting_tail; /* taken by the interrupt, put by the bridge */
static bool end_owed;                                /* the last packet was a full one: the host's driver waits for more */

enum { FRAMES_MOST = 20000 };
static uint32_t frame_at, given_at; /* µs: the last start of a frame that was told, and the last packet */

/* ---- A pipe ---- */

static volatile uint32_t *buffer(const struct pipe *pipe, uint32_t number) { return pipe->buffers + PACKET_WORDS * (number & 1); }

static void give(struct pipe *pipe, uint32_t header) {
  uint32_t number = pipe->given++;
  header |= BUFFER_LAST; /* each packet is a transfer of its own */
  if (number & 1) header |= BUFFER_DATA1;
  if (pipe->fresh) header |= BUFFER_SELECT_0;
  pipe->fresh = false;
  pipe->control[number & 1] = (uint16_t)header;
  usb_settle();
  pipe->control[number & 1] = (uint16_t)(header | BUFFER_AVAILABLE);
}

/* The controller has done with the buffer that was given first: filled it (`full` BUFFER_FULL), or emptied it (0). */
static bool is_back(const struct pipe *pipe, uint32_t full) {
  return pipe->back != pipe->given && (pipe->control[pipe->back & 1] & (BUFFER_AVAILABLE | BUFFER_FULL)) == full;
}

static void begin(struct pipe *pipe, uint32_t status) {
  usb_revoke(pipe->bit, (volatile uint32_t *)pipe->control, status);
  pipe->given = pipe->back = 0;
  pipe->fresh = true;
}

/* ---- From the host ---- */

static void put_input(const volatile uint32_t *from, size_t length) {
  uint32_t packet[PACKET_WORDS];
  for (size_t i = 0; i < (length + 3) / 4; i++) packet[i] = from[i];
  size_t at = input_tail % INPUT, first = length < INPUT - at ? length : INPUT - at;
  memcpy(input + at, packet, first);
  memcpy(input, (const uint8_t *)packet + first, length - first);
  input_tail += (uint32_t)length;
}

/* Room for whole packets in what the controller has, too. */
static bool has_input_room(void) {
  return INPUT - (input_tail - input_head) >= USB_PACKET * (out.given - out.back + 1);
}

static void run_out(void) {
  if (!is_running || out.halted) return;
  while (is_back(&out, BUFFER_FULL)) {
    size_t length = out.control[out.back & 1] & BUFFER_LENGTH;
    put_input(buffer(&out, out.back), length < USB_PACKET ? length : USB_PACKET);
    out.back++;
  }
  while (out.given - out.back < 2 && has_input_room()) give(&out, USB_PACKET);
}

size_t usb_read(uint8_t *into, size_t room) {
  uint32_t head = input_head;
  size_t length = input_tail - head;
  if (length == 0) return 0;
  if (length > room) length = room;
  size_t at = head % INPUT, first = length < INPUT - at ? length : INPUT - at;
  memcpy(into, input + at, first);
  memcpy(into + first, input, length - first);
  interrupts_off();
  if (input_head == head) input_head = head + (uint32_t)length; /* else it has been forgotten meanwhile */
  run_out();
  interrupts_on();
  return length;
}

bool usb_has_input(void) { return input_head != input_tail; }

/* ---- To the host ---- */

/*
 * Erratum RP2040-E15: an IN packet that runs into the end of a frame (its last 200 µs) can hang the controller, behind the hub of a Raspberry Pi 4. Such a
 * packet waits for the next start of a frame. Not kept from it are one that was given before, and that the host fetches late, and the first after a silence,
 * when frames are not told: they would wake the processor a thousand times a second.
 */
static bool frame_ends(void) {
  uint32_t since = hal_now() - frame_at;
  return since >= 790 && since < 1000;
}

static void give_packet(const uint32_t *words, size_t length) {
  volatile uint32_t *to = buffer(&in, in.given);
  for (size_t i = 0; i < (length + 3) / 4; i++) to[i] = words[i];
  give(&in, BUFFER_FULL | length);
  given_at = hal_now();
  usb_tell_frames(true);
}

static void run_in(void) {
  if (!is_running || in.halted) return;
  while (is_back(&in, 0)) in.back++;
  while (in.given - in.back < 2 && waiting_head != waiting_tail && !frame_ends()) {
    uint32_t at = waiting_head % WAITING;
    give_packet(waiting[at].words, waiting[at].length);
    end_owed = waiting[at].length == USB_PACKET;
    waiting_head++;
  }
  /* A host's read ends with a short packet only (USB 2.0, 5.8.3): where nothing follows a full one, an empty one does. */
  if (end_owed && in.given == in.back && waiting_head == waiting_tail && !frame_ends()) {
    give(&in, BUFFER_FULL);
    end_owed = false;
  }
}

/* Where nobody reads, everything fits, and is gone. */
size_t usb_room(void) {
  return usb_is_open() ? USB_PACKET * (WAITING - (waiting_tail - waiting_head)) : USB_PACKET * WAITING;
}

void usb_write(const uint8_t *bytes, size_t length) {
  interrupts_off();
  bool open = usb_is_open();
  for (size_t part; open && length > 0; bytes += part, length -= part) {
    part = length < USB_PACKET ? length : USB_PACKET;
    if (waiting_tail - waiting_head == WAITING) break; /* never, by usb_room */
    uint32_t at = waiting_tail % WAITING;
    memcpy(waiting[at].words, bytes, part);
    waiting[at].length = (uint8_t)part;
    waiting_tail++;
  }
  run_in();
  interrupts_on();
}

bool usb_is_drained(void) {
  return !usb_is_open() || (waiting_head == waiting_tail && !end_owed && in.given == in.back);
}

/* ---- What the control pipe wants ---- */

void usb_data_forget(void) {
  input_head = input_tail;
  waiting_head = waiting_tail;
  end_owed = false;
}

void usb_data_open(void) {
  usb_data_forget();
  out.halted = in.halted = false;
  begin(&out, 0);
  begin(&in, 0);
  USB_EP_CONTROL(USB_EP_DATA, USB_OUT) = ep_enable | EP_DOUBLE | EP_INTERRUPT_PER_BUFFER | EP_BULK | BUFFERS_OUT;
  USB_EP_CONTROL(USB_EP_DATA, USB_IN) = ep_enable | EP_DOUBLE | EP_INTERRUPT_PER_BUFFER | EP_BULK | BUFFERS_IN;
  is_running = true;
  run_out();
}

void usb_data_close(void) {
  is_running = false;
  begin(&out, 0);
  begin(&in, 0);
  USB_EP_CONTROL(USB_EP_DATA, USB_OUT) = 0;
  USB_EP_CONTROL(USB_EP_DATA, USB_IN) = 0;
  usb_data_forget();
}

void usb_data_halt(bool is_out, bool halted) {
  struct pipe *pipe = is_out ? &out : &in;
  pipe->halted = halted;
  begin(pipe, halted ? BUFFER_STALL : 0);
  usb_data_interrupt();
}

bool usb_data_is_halted(bool is_out) { return is_out ? out.halted : in.halted; }

void usb_data_interrupt(void) {
  run_out();
  run_in();
}

void usb_data_frame(void) {
  frame_at = hal_now();
  run_in();
  if (frame_at - given_at > FRAMES_MOST && waiting_head == waiting_tail) usb_tell_frames(false);
}
