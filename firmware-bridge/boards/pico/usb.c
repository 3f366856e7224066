/* The USB device: start, interrupt, suspend. Registers: RP2040 data sheet, 4.1. */
#include "parts.h"
#include "rp2040.h"
#include "usb-data.h"
#include "usb-descriptors.h"
#include "usb-device.h"
#include "usb-registers.h"

/*
 * Erratum RP2040-E5 (steppings B0 and B1): on a busy bus, behind a hub, the controller may not notice the end of a reset, and the computer does not find the
 * board. The known way round it forces a level on GPIO15, which is MDC here, for a millisecond at each reset; it is not taken. A board with an early chip then
 * wants a port of its own at the computer, or the other serial line.
 */

#define SYSINFO_CHIP_ID REG(0x40000000)
enum { RESET_SYSINFO = 1 << 19, REVISION_B2 = 2, ABORT_TRIES = 500 };

static bool can_abort;
static volatile bool is_suspended;
static bool frames_are_told;

/* Once told, a suspend is not told again, whether SIE_STATUS says it as a level or as an event: the bus must wake first. */
static void enable_interrupts(void) {
  uint32_t causes = INT_SETUP_REQ | INT_BUS_RESET | INT_BUFF_STATUS;
  if (frames_are_told) causes |= INT_SOF;
  USB_INTE = causes | (is_suspended ? INT_RESUME : INT_SUSPEND);
}

static void set_suspended(bool suspended) {
  is_suspended = suspended;
  enable_interrupts();
}

void usb_tell_frames(bool tell) {
  if (tell == frames_are_told) return;
  frames_are_told = tell;
  enable_interrupts();
}

void usb_start(void) {
  SET(RESETS_RESET) = RESET_USBCTRL;
  leave_reset(RESET_USBCTRL | RESET_SYSINFO);
  can_abort = SYSINFO_CHIP_ID >> 28 >= REVISION_B2;
  for (uint32_t word = 0; word < 64; word++) USB_BUFFER(0)[word] = 0; /* SETUP, all endpoints and their buffers */
  usb_descriptors_start();
  USB_MUXING = MUXING_TO_PHY | MUXING_SOFTCON;
  USB_PWR = PWR_VBUS_DETECT | PWR_VBUS_DETECT_OVERRIDE_EN; /* the Pico does not lead VBUS to the controller */
  USB_MAIN_CTRL = MAIN_CONTROLLER_EN;
  USB_SIE_CTRL = SIE_EP0_INT_1BUF;
  usb_control_reset();
  set_suspended(false);
  NVIC_ISER = 1u << IRQ_USBCTRL;
  SET(USB_SIE_CTRL) = SIE_PULLUP_EN; /* the computer sees the board from here on */
}

/*
 * The controller is told to leave the buffers alone, and has done so when the packet under way, at most 64 bytes, has ended. Chips before B2 cannot do it
 * (erratum RP2040-E2); there, and on a bus that stands still, it is enough that the host has given up what it asked for before this is called.
 */
void usb_revoke(uint32_t bit, volatile uint32_t *buffer_control, uint32_t status) {
  bool aborts = can_abort && (*buffer_control & (BUFFER_AVAILABLE | BUFFER_AVAILABLE << 16)) != 0;
  if (aborts) {
    SET(USB_EP_ABORT) = bit;
    for (int i = 0; i < ABORT_TRIES && (USB_EP_ABORT_DONE & bit) == 0; i++) {
    }
  }
  *buffer_control = status;
  if (aborts) {
    USB_EP_ABORT_DONE = bit;
    CLEAR(USB_EP_ABORT) = bit;
  }
}

static void on_reset(void) {
  USB_SIE_STATUS = SIE_BUS_RESET | SIE_SETUP_REC; /* what came before it is void */
  USB_BUFF_STATUS = USB_BUFF_STATUS;
  usb_control_reset();
  set_suspended(false);
}

void usb_interrupt(void) {
  uint32_t causes = USB_INTS;
  if (causes & INT_BUS_RESET) {
    on_reset();
    return;
  }
  if (causes & INT_SETUP_REQ) usb_control_halt();
  if (causes & INT_SOF) {
    (void)USB_SOF_RD; /* takes the cause away */
    usb_data_frame();
  }
  if (causes & INT_SUSPEND) {
    USB_SIE_STATUS = SIE_SUSPENDED;
    set_suspended(true);
  } else if (is_suspended) {
    USB_SIE_STATUS = SIE_RESUME;
    set_suspended(false);
  }
  /* Buffers before SETUP: a status stage ends before the next request begins, and SET_ADDRESS waits for it. */
  if (causes & INT_BUFF_STATUS) {
    uint32_t back = USB_BUFF_STATUS;
    USB_BUFF_STATUS = back; /* before the buffers are looked at: one that comes meanwhile asks again */
    usb_control_interrupt(back);
    usb_data_interrupt();
  }
  if (causes & INT_SETUP_REQ) usb_control_setup();
}

/* A computer that sleeps, or was unplugged, which looks the same without VBUS, does not read. */
bool usb_is_open(void) { return usb_control_is_open() && !is_suspended; }
