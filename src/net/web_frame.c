/* SPDX-License-Identifier: Apache-2.0 */
/* WebSocket framing. Holds no state. */
#include "net/web_frame.h"

#include "base/encode.h"

#include <assert.h>
#include <openssl/evp.h>

#define KEY_BYTES 16
#define KEY_TEXT 24
#define SHA1_BYTES 20

static bool opcode_known(unsigned opcode)
{
    return opcode <= WEB_OPCODE_BINARY || (opcode >= WEB_OPCODE_CLOSE && opcode <= WEB_OPCODE_PONG);
}

enum web_frame_result web_frame_parse(struct span in, struct web_frame *out)
{
    if (in.size < 2)
        return WEB_FRAME_MORE;
    unsigned first = in.data[0], second = in.data[1];
    unsigned opcode = first & 0x0f, length = second & 0x7f;
    bool control = opcode >= WEB_OPCODE_CLOSE, final = first & 0x80;
    if ((first & 0x70) || !opcode_known(opcode) || !(second & 0x80))
        return WEB_FRAME_BAD;
    if (control && (!final || length > WEB_FRAME_CONTROL_MAX))
        return WEB_FRAME_BAD;
    size_t extended = length == 126 ? 2 : length == 127 ? 8 : 0;
    if (in.size < 2 + extended + 4)
        return WEB_FRAME_MORE;
    uint64_t size = length;
    if (extended > 0) {
        size = 0;
        for (size_t i = 0; i < extended; i++)
            size = size << 8 | in.data[2 + i];
        if (size < 126 || (extended == 8 && (size <= UINT16_MAX || size > INT64_MAX)))
            return WEB_FRAME_BAD;
    }
    out->opcode = (enum web_opcode)opcode;
    out->final = final;
    out->header_bytes = 2 + extended + 4;
    out->size_bytes = size;
    memcpy(out->mask, in.data + 2 + extended, 4);
    return WEB_FRAME_OK;
}

void web_frame_mask(uint8_t *data, size_t size, const uint8_t mask[4])
{
    for (size_t i = 0; i < size; i++)
        data[i] ^= mask[i & 3];
}

size_t web_frame_write(enum web_opcode opcode, size_t size, uint8_t out[WEB_FRAME_HEADER_MAX])
{
    out[0] = (uint8_t)(0x80 | (unsigned)opcode);
    if (size < 126) {
        out[1] = (uint8_t)size;
        return 2;
    }
    size_t extended = size <= UINT16_MAX ? 2 : 8;
    out[1] = extended == 2 ? 126 : 127;
    for (size_t i = 0; i < extended; i++)
        out[2 + i] = (uint8_t)((uint64_t)size >> (8 * (extended - 1 - i)));
    return 2 + extended;
}

bool web_frame_close_code_valid(uint16_t code)
{
    if (code >= 3000 && code <= 4999)
        return true;
    return code >= 1000 && code <= 1014 && code != 1004 && code != 1005 && code != 1006;
}

bool web_frame_accept(const char *key, char out[WEB_FRAME_ACCEPT_SIZE])
{
    static const char guid[] = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";
    uint8_t raw[KEY_BYTES];
    size_t size;
    if (!base64_decode(span_of_str(key), raw, sizeof(raw), &size) || size != KEY_BYTES)
        return false;
    char joined[KEY_TEXT + sizeof(guid) - 1];
    memcpy(joined, key, KEY_TEXT);
    memcpy(joined + KEY_TEXT, guid, sizeof(guid) - 1);
    uint8_t digest[SHA1_BYTES];
    int ok = EVP_Digest(joined, sizeof(joined), digest, NULL, EVP_sha1(), NULL);
    assert(ok == 1);
    base64_encode(span_of(digest, sizeof(digest)), out);
    return true;
}
