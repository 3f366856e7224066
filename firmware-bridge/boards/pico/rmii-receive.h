/* Frames from the line: PIO1 (rmii-receive.c). */
#ifndef GLASSNIC_RMII_RECEIVE_H
#define GLASSNIC_RMII_RECEIVE_H

#include <stdbool.h>

void receive_line_load(void);
/* What came before is forgotten; the next frame that begins is taken. */
void receive_line_start(void);
void receive_line_stop(void);
void receive_line_set_duplex(bool is_full);
bool receive_line_has_frame(void);

#endif
