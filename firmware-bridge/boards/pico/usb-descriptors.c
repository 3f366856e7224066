/* USB 2.0 chapter 9.6, CDC 1.2 chapter 5.3, PSTN 1.2 chapter 5.3. */
#include "usb-descriptors.h"

#include "usb-flash-id.h"

enum { DEVICE = 1, CONFIGURATION = 2, STRING = 3, INTERFACE = 4, ENDPOINT = 5, INTERFACE_ASSOCIATION = 11, CS_INTERFACE = 0x24 };
enum { CLASS_MISCELLANEOUS = 0xef, CLASS_CDC = 2, CLASS_CDC_DATA = 10, SUBCLASS_ACM = 2 };
enum { TEXT_MANUFACTURER = 1, TEXT_PRODUCT, TEXT_SERIAL, TEXTS };
enum { NOTIFY_PACKET = 16, NOTIFY_INTERVAL = 16 };

#define LOW_HIGH(value) (value) & 0xff, (value) >> 8

/* pid.codes gives 1209:0001 for tests: a product would need a number of its own. */
enum { VENDOR = 0x1209, PRODUCT = 0x0001, RELEASE = 0x0100 };

enum { AT_SERIAL_TEXT = 16 };
static uint8_t device[18] = {
    sizeof device, DEVICE, LOW_HIGH(0x0200), CLASS_MISCELLANEOUS, 2, 1, /* its functions are told by association descriptors: so Windows binds usbser */
    USB_PACKET, LOW_HIGH(VENDOR), LOW_HIGH(PRODUCT), LOW_HIGH(RELEASE), TEXT_MANUFACTURER, TEXT_PRODUCT, 0, 1,
};

enum { CONFIGURATION_LENGTH = 9 + 8 + 9 + 5 + 5 + 4 + 5 + 7 + 9 + 7 + 7, MAX_POWER = 300 / 2 /* mA: Pico and PHY */ };
static const uint8_t configuration[CONFIGURATION_LENGTH] = {
    9, CONFIGURATION, LOW_HIGH(CONFIGURATION_LENGTH), USB_INTERFACES, USB_CONFIGURATION, 0, 0x80, MAX_POWER,
    8, INTERFACE_ASSOCIATION, USB_INTERFACE_CONTROL, USB_INTERFACES, CLASS_CDC, SUBCLASS_ACM, 0, 0,
    9, INTERFACE, USB_INTERFACE_CONTROL, 0, 1, CLASS_CDC, SUBCLASS_ACM, 0, 0, /* no protocol: nobody tries AT commands */
    5, CS_INTERFACE, 0, LOW_HIGH(0x0120),                                    /* header */
    5, CS_INTERFACE, 1, 0, USB_INTERFACE_DATA,                               /* call management: none */
    4, CS_INTERFACE, 2, 1 << 1 | 1 << 2,                                     /* ACM: line coding and state, break */
    5, CS_INTERFACE, 6, USB_INTERFACE_CONTROL, USB_INTERFACE_DATA,           /* union */
    7, ENDPOINT, 0x80 | USB_EP_NOTIFY, 3, LOW_HIGH(NOTIFY_PACKET), NOTIFY_INTERVAL,
    9, INTERFACE, USB_INTERFACE_DATA, 0, 2, CLASS_CDC_DATA, 0, 0, 0,
    7, ENDPOINT, USB_EP_DATA, 2, LOW_HIGH(USB_PACKET), 0,
    7, ENDPOINT, 0x80 | USB_EP_DATA, 2, LOW_HIGH(USB_PACKET), 0,
};

static const uint8_t languages[4] = {sizeof languages, STRING, LOW_HIGH(0x0409)};
static char serial[2 * FLASH_ID_LENGTH + 1];
static const char *const texts[TEXTS] = {[TEXT_MANUFACTURER] = "glassnic", [TEXT_PRODUCT] = "glassnic Pico bridge", [TEXT_SERIAL] = serial};

void usb_descriptors_start(void) {
  static const char digits[] = "0123456789ABCDEF";
  uint8_t id[FLASH_ID_LENGTH];
  if (!flash_id(id)) return; /* no serial number: the same one twice would be worse */
  for (size_t i = 0; i < sizeof id; i++) {
    serial[2 * i] = digits[id[i] >> 4];
    serial[2 * i + 1] = digits[id[i] & 15];
  }
  device[AT_SERIAL_TEXT] = TEXT_SERIAL;
}

static const uint8_t *text(uint8_t number, size_t *length) {
  static uint8_t unicode[2 + 2 * 31];
  if (number == 0) {
    *length = sizeof languages;
    return languages;
  }
  if (number >= TEXTS || texts[number][0] == 0) return NULL;
  size_t at = 2;
  for (const char *from = texts[number]; *from != 0 && at < sizeof unicode; from++, at += 2) {
    unicode[at] = (uint8_t)*from;
    unicode[at + 1] = 0;
  }
  unicode[0] = (uint8_t)at;
  unicode[1] = STRING;
  *length = at;
  return unicode;
}

const uint8_t *usb_descriptor(uint16_t value, size_t *length) {
  uint8_t number = (uint8_t)value;
  switch (value >> 8) {
    case DEVICE:
      *length = sizeof device;
      return number == 0 ? device : NULL;
    case CONFIGURATION:
      *length = sizeof configuration;
      return number == 0 ? configuration : NULL;
    case STRING: return text(number, length);
    default: return NULL; /* a device that knows only full speed has no device qualifier (9.6.2) */
  }
}
