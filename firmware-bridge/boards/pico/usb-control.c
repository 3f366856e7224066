/* Endpoint 0: the requests of USB 2.0 chapter 9.4 and of CDC PSTN 1.2 chapter 6.3. */
#include <string.h>

#include "bytes.h"
#include "parts.h"
#include "usb-data.h"
#include "usb-descriptors.h"
#include "usb-device.h"
#include "usb-registers.h"

enum { BUFFER_EP0 = 0x100, BUFFER_NOTIFY = 0x180 };

/* bmRequestType in bits 7:0, bRequest in bits 15:8. */
enum request {
  GET_DEVICE_STATUS = 0x0080,
  GET_INTERFACE_STATUS = 0x0081,
  GET_ENDPOINT_STATUS = 0x0082,
  CLEAR_ENDPOINT_FEATURE = 0x0102,
  SET_ENDPOINT_FEATURE = 0x0302,
  SET_ADDRESS = 0x0500,
  GET_DESCRIPTOR = 0x0680,
  GET_CONFIGURATION = 0x0880,
  SET_CONFIGURATION = 0x0900,
  GET_INTERFACE = 0x0a81,
  SET_INTERFACE = 0x0b01,
  SET_LINE_CODING = 0x2021,
  GET_LINE_CODING = 0x21a1,
  SET_CONTROL_LINE_STATE = 0x2221,
  SEND_BREAK = 0x2321,
};
enum { FEATURE_ENDPOINT_HALT = 0, STATE_DTR = 1 };
enum { LINE_CODING_LENGTH = 7, BOOT_LOADER_BAUD = 1200 };

struct setup {
  enum request request;
  uint16_t value, index, length;
};

static volatile enum { IDLE, DATA_IN, DATA_OUT, STATUS_IN, STATUS_IN_OF_ADDRESS } stage;
static const uint8_t *to_send;
static size_t left;     /* of to_send */
static bool end_owed;   /* the answer is shorter than the host asks for: it must end with a short packet (5.5.3) */
static uint32_t toggle; /* BUFFER_DATA1 or 0, of the next data packet */
static uint8_t new_address;

static uint8_t configuration;
static bool is_dtr, notify_halted;
static volatile bool touched; /* the port was open at 1200 baud, and was closed */
static uint8_t line_coding[LINE_CODING_LENGTH] = {0x00, 0xc2, 0x01, 0x00, 0, 0, 8}; /* 115200, 8N1; no baud rate means anything here, but one */

/* ---- Packets ---- */

static void give(bool out, uint32_t header) {
  USB_BUFFER_CONTROL(0, out) = header | BUFFER_LAST | BUFFER_SELECT_0;
  usb_settle();
  USB_BUFFER_CONTROL(0, out) = header | BUFFER_LAST | BUFFER_SELECT_0 | BUFFER_AVAILABLE;
}

static void send_next(void) {
  uint32_t packet[USB_PACKET / 4] = {0};
  size_t length = left < USB_PACKET ? left : USB_PACKET;
  memcpy(packet, to_send, length);
  for (size_t i = 0; i < (length + 3) / 4; i++) USB_BUFFER(BUFFER_EP0)[i] = packet[i];
  to_send += length;
  left -= length;
  if (length < USB_PACKET) end_owed = false;
  give(USB_IN, BUFFER_FULL | toggle | length);
  toggle ^= BUFFER_DATA1;
}

/* The data stage to the host. The status stage is ready from the start: the host may end the data early (8.5.3). */
static bool answer(const struct setup *setup, const uint8_t *bytes, size_t length) {
  to_send = bytes;
  left = length < setup->length ? length : setup->length;
  end_owed = length < setup->length;
  stage = DATA_IN;
  give(USB_OUT, BUFFER_DATA1 | USB_PACKET);
  send_next();
  return true;
}

/* The status stage of a request without data, or with data from the host. */
static bool accept(void) {
  stage = STATUS_IN;
  give(USB_IN, BUFFER_FULL | BUFFER_DATA1);
  return true;
}

static bool answer_byte(const struct setup *setup, uint8_t value, size_t length) {
  static uint8_t bytes[2];
  bytes[0] = value;
  return answer(setup, bytes, length);
}

/* Until the next SETUP, at which the controller takes it away by itself (4.1.2.7: EP_STALL_ARM). */
static void refuse(void) {
  USB_EP_STALL_ARM = STALL_ARM_EP0_IN | STALL_ARM_EP0_OUT;
  USB_BUFFER_CONTROL(0, USB_IN) = BUFFER_STALL;
  USB_BUFFER_CONTROL(0, USB_OUT) = BUFFER_STALL;
}

/* ---- Standard requests ---- */

static bool get_descriptor(const struct setup *setup) {
  size_t length;
  const uint8_t *descriptor = usb_descriptor(setup->value, &length);
  return descriptor != NULL && answer(setup, descriptor, length);
}

static void set_dtr(bool dtr) {
  if (dtr == is_dtr) return;
  is_dtr = dtr;
  usb_data_forget();
  if (!dtr && get32(line_coding) == BOOT_LOADER_BAUD) touched = true;
}

static void configure(uint8_t value) {
  configuration = value;
  is_dtr = notify_halted = false;
  USB_EP_CONTROL(USB_EP_NOTIFY, USB_IN) = value == 0 ? 0 : ep_enable | EP_INTERRUPT_PER_BUFFER | EP_INTERRUPT | BUFFER_NOTIFY;
  USB_BUFFER_CONTROL(USB_EP_NOTIFY, USB_IN) = 0; /* it never says anything: NAK */
  if (value == 0) {
    usb_data_close();
  } else {
    usb_data_open();
  }
}

/* The status stage still has the old one (9.4.6). */
static bool set_address(const struct setup *setup) {
  new_address = setup->value & 0x7f;
  accept();
  stage = STATUS_IN_OF_ADDRESS;
  return true;
}

static bool set_configuration(const struct setup *setup) {
  if (setup->value > USB_CONFIGURATION) return false;
  configure((uint8_t)setup->value);
  return accept();
}

static bool is_interface(const struct setup *setup) { return configuration != 0 && setup->index < USB_INTERFACES; }

/* Another setting than 0 there is not; this one begins the pipes anew (9.1.1.5). */
static bool set_interface(const struct setup *setup) {
  if (!is_interface(setup) || setup->value != 0) return false;
  if (setup->index == USB_INTERFACE_DATA) usb_data_open();
  return accept();
}

/* Endpoint 0 is never halted, and always there. */
static bool is_endpoint(uint16_t index) {
  if ((index & 0x7f) == 0) return true;
  return configuration != 0 && (index == USB_EP_DATA || index == (0x80 | USB_EP_DATA) || index == (0x80 | USB_EP_NOTIFY));
}

static bool is_halted(uint16_t index) {
  if ((index & 0x7f) == 0) return false;
  return index == (0x80 | USB_EP_NOTIFY) ? notify_halted : usb_data_is_halted((index & 0x80) == 0);
}

static bool set_halt(const struct setup *setup, bool halted) {
  uint16_t index = setup->index;
  if (setup->value != FEATURE_ENDPOINT_HALT || !is_endpoint(index)) return false;
  if (index == (0x80 | USB_EP_NOTIFY)) {
    notify_halted = halted;
    USB_BUFFER_CONTROL(USB_EP_NOTIFY, USB_IN) = halted ? BUFFER_STALL : 0;
  } else if ((index & 0x7f) != 0) {
    usb_data_halt((index & 0x80) == 0, halted);
  }
  return accept();
}

/* ---- Requests of the class ---- */

static bool set_line_coding(const struct setup *setup) {
  if (setup->length != LINE_CODING_LENGTH) return false;
  stage = DATA_OUT;
  give(USB_OUT, BUFFER_DATA1 | USB_PACKET);
  return true;
}

static void take_line_coding(void) {
  uint32_t words[2] = {USB_BUFFER(BUFFER_EP0)[0], USB_BUFFER(BUFFER_EP0)[1]};
  if ((USB_BUFFER_CONTROL(0, USB_OUT) & BUFFER_LENGTH) == LINE_CODING_LENGTH) {
    memcpy(line_coding, words, LINE_CODING_LENGTH);
    accept();
  } else {
    stage = IDLE;
    refuse();
  }
}

static bool run_class(const struct setup *setup) {
  if (configuration == 0 || setup->index != USB_INTERFACE_CONTROL) return false;
  switch (setup->request) {
    case SET_LINE_CODING: return set_line_coding(setup);
    case GET_LINE_CODING: return answer(setup, line_coding, LINE_CODING_LENGTH);
    case SET_CONTROL_LINE_STATE: set_dtr((setup->value & STATE_DTR) != 0); return accept();
    case SEND_BREAK: return accept();
    default: return false;
  }
}

static bool run(const struct setup *setup) {
  switch (setup->request) {
    case GET_DESCRIPTOR: return get_descriptor(setup);
    case SET_ADDRESS: return set_address(setup);
    case SET_CONFIGURATION: return set_configuration(setup);
    case GET_CONFIGURATION: return answer_byte(setup, configuration, 1);
    case GET_DEVICE_STATUS: return answer_byte(setup, 0, 2); /* fed by the bus, wakes nobody */
    case GET_INTERFACE_STATUS: return is_interface(setup) && answer_byte(setup, 0, 2);
    case GET_ENDPOINT_STATUS: return is_endpoint(setup->index) && answer_byte(setup, is_halted(setup->index), 2);
    case CLEAR_ENDPOINT_FEATURE: return set_halt(setup, false);
    case SET_ENDPOINT_FEATURE: return set_halt(setup, true);
    case GET_INTERFACE: return is_interface(setup) && answer_byte(setup, 0, 1);
    case SET_INTERFACE: return set_interface(setup);
    default: return run_class(setup);
  }
}

/* ---- Stages ---- */

void usb_control_halt(void) {
  usb_revoke(USB_EP_BIT(0, USB_IN), &USB_BUFFER_CONTROL(0, USB_IN), 0);
  usb_revoke(USB_EP_BIT(0, USB_OUT), &USB_BUFFER_CONTROL(0, USB_OUT), 0);
}

static void forget_transfer(void) {
  usb_control_halt();
  stage = IDLE;
  end_owed = false;
  toggle = BUFFER_DATA1; /* the data stage begins with it (8.5.3) */
}

void usb_control_setup(void) {
  USB_SIE_STATUS = SIE_SETUP_REC; /* before it is read: one that comes meanwhile asks again */
  uint32_t low = USB_SETUP(0), high = USB_SETUP(1);
  struct setup setup = {.request = (enum request)(low & 0xffff), .value = (uint16_t)(low >> 16), .index = (uint16_t)high, .length = (uint16_t)(high >> 16)};
  forget_transfer(); /* one that the host has given up */
  if (!run(&setup)) refuse();
}

void usb_control_interrupt(uint32_t back) {
  if (back & USB_EP_BIT(0, USB_IN)) {
    if (stage == DATA_IN && (left > 0 || end_owed)) {
      send_next();
    } else if (stage == STATUS_IN || stage == STATUS_IN_OF_ADDRESS) {
      if (stage == STATUS_IN_OF_ADDRESS) USB_ADDR_ENDP = new_address;
      stage = IDLE;
    }
  }
  if (back & USB_EP_BIT(0, USB_OUT)) {
    if (stage == DATA_OUT) {
      take_line_coding();
    } else if (stage == DATA_IN) {
      stage = IDLE;
    }
  }
}

void usb_control_reset(void) {
  forget_transfer();
  USB_ADDR_ENDP = 0;
  configure(0);
}

bool usb_control_is_open(void) { return configuration != 0 && is_dtr; }

/* Not before the host has the answer to the request that says so. */
bool usb_wants_boot_loader(void) { return touched && stage == IDLE; }
