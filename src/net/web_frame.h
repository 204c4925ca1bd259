/* SPDX-License-Identifier: Apache-2.0 */
/* WebSocket framing of the server's side (RFC 6455 section 5), without extensions. Pure. */
#ifndef NET_WEB_FRAME_H
#define NET_WEB_FRAME_H

#include "base/span.h"

enum web_opcode {
    WEB_OPCODE_CONTINUATION = 0,
    WEB_OPCODE_TEXT = 1,
    WEB_OPCODE_BINARY = 2,
    WEB_OPCODE_CLOSE = 8,
    WEB_OPCODE_PING = 9,
    WEB_OPCODE_PONG = 10,
};

/* Close codes (RFC 6455 7.4.1). */
#define WEB_CLOSE_NORMAL 1000
#define WEB_CLOSE_PROTOCOL 1002
#define WEB_CLOSE_BAD_TEXT 1007
#define WEB_CLOSE_TOO_LARGE 1009

#define WEB_FRAME_HEADER_MAX 10 /* of a frame that a server sends: without a mask */
#define WEB_FRAME_CONTROL_MAX 125
#define WEB_FRAME_ACCEPT_SIZE 29 /* with the zero */

struct web_frame {
    enum web_opcode opcode;
    bool final;
    size_t header_bytes;
    uint64_t size_bytes;
    uint8_t mask[4];
};

enum web_frame_result { WEB_FRAME_OK, WEB_FRAME_MORE, WEB_FRAME_BAD };

/* Reads the header of a client's frame at the start of `in`. MORE: it is not there as a whole yet.
 * BAD: reserved bits or opcode, no mask, a control frame that is long or fragmented, a size not in
 * its shortest form. */
enum web_frame_result web_frame_parse(struct span in, struct web_frame *out);
/* Takes the mask off, or puts it on. */
void web_frame_mask(uint8_t *data, size_t size, const uint8_t mask[4]);
/* The header of an unfragmented frame without mask; returns its size. */
size_t web_frame_write(enum web_opcode opcode, size_t size, uint8_t out[WEB_FRAME_HEADER_MAX]);
/* Whether a peer may close with this code. */
bool web_frame_close_code_valid(uint16_t code);
/* Sec-WebSocket-Accept for a Sec-WebSocket-Key (RFC 6455 4.2.2); false when the key is not 16 bytes
 * of base64. */
bool web_frame_accept(const char *key, char out[WEB_FRAME_ACCEPT_SIZE]);

#endif
