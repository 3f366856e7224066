/* DMA (data sheet 2.5): the channels of this board, and their registers. */
#ifndef GLASSNIC_DMA_H
#define GLASSNIC_DMA_H

#include <stdint.h>

#include "rp2040.h"

/* What each channel does: rmii-receive.c and rmii-transmit.c. */
enum { DMA_DIBITS = 0, DMA_REARM = 1, DMA_ENDED = 2, DMA_POSITION = 3, DMA_SEND = 4 };

#define DMA_READ_ADDR(channel) REG(0x50000000 + 0x40 * (channel))
#define DMA_WRITE_ADDR(channel) REG(0x50000004 + 0x40 * (channel))
#define DMA_TRANS_COUNT(channel) REG(0x50000008 + 0x40 * (channel))
#define DMA_CTRL_TRIG(channel) REG(0x5000000c + 0x40 * (channel))
#define DMA_AL1_CTRL(channel) REG(0x50000010 + 0x40 * (channel))
#define DMA_AL1_TRANS_COUNT_TRIG(channel) REG(0x5000001c + 0x40 * (channel))
#define DMA_DBG_CTDREQ(channel) REG(0x50000800 + 0x40 * (channel))
#define DMA_CHAN_ABORT REG(0x50000444)

enum { DMA_EN = 1 << 0, DMA_HIGH_PRIORITY = 1 << 1, DMA_BYTES = 0 << 2, DMA_WORDS = 2 << 2, DMA_INCR_READ = 1 << 4, DMA_INCR_WRITE = 1 << 5,
       DMA_IRQ_QUIET = 1 << 21, DMA_BUSY = 1 << 24 };
#define DMA_RING_WRITE(bits) ((uint32_t)(bits) << 6 | 1u << 10)
#define DMA_CHAIN_TO(channel) ((uint32_t)(channel) << 11) /* itself: to none */
#define DMA_TREQ(request) ((uint32_t)(request) << 15)
enum { DREQ_PIO0_TX0 = 0, DREQ_PIO1_RX0 = 12, DREQ_PIO1_RX1 = 13, TREQ_ALWAYS = 63 };

static inline uint32_t dma_address(const volatile void *of) { return (uint32_t)(uintptr_t)of; }

/*
 * Stops these channels (bits) wherever they are. By erratum E13 an aborted channel may still complete, which would start the one it chains to, and CHAN_ABORT
 * says too early that it is over: so EN and the chain go first, and BUSY tells. It takes a few clocks; a fault of the chip must not hang us: the wait has an
 * end.
 */
static inline void dma_stop(uint32_t channels) {
  for (uint32_t channel = 0; channels >> channel != 0; channel++) {
    if (channels >> channel & 1) DMA_AL1_CTRL(channel) = DMA_CHAIN_TO(channel);
  }
  DMA_CHAN_ABORT = channels;
  for (uint32_t channel = 0; channels >> channel != 0; channel++) {
    if ((channels >> channel & 1) == 0) continue;
    for (uint32_t i = 0; i < 32 && (DMA_AL1_CTRL(channel) & DMA_BUSY) != 0; i++) {
    }
  }
}

#endif
