/* SPDX-License-Identifier: Apache-2.0 */
/* Test builds only (meson option media_tap): writes down what the engine holds of each RTP packet
 * after SRTP, so that a test can look for clear media in it. */
#ifndef SERVER_TAP_H
#define SERVER_TAP_H

#include "base/span.h"

struct tap;

/* Appends to the file; several taps may share one. NULL when it cannot be opened. */
struct tap *tap_new(const char *path);
void tap_free(struct tap *t);
/* Appends the packet's size (32 bits, big-endian) and its bytes. For engine_set_tap: `arg` is the
 * tap. */
void tap_packet(void *arg, struct span rtp);

#endif
