/* Frames onto the line: PIO0 (rmii-transmit.c). */
#ifndef GLASSNIC_RMII_TRANSMIT_H
#define GLASSNIC_RMII_TRANSMIT_H

#include <stdbool.h>
#include <stdint.h>

void transmit_line_load(void);
/* From now on nothing is under way, and the line is free for us. */
void transmit_line_start(void);
/* TX_EN low, whatever went on. A frame that was under way ends as aborted. */
void transmit_line_stop(void);
void transmit_line_forget(void);
void transmit_line_set_duplex(bool is_full);
/* A frame has ended, and nobody has asked for its outcome. */
bool transmit_line_has_ended(void);

#endif
