/* SPDX-License-Identifier: Apache-2.0 */
/* Data channel OPEN and ACK. Owns nothing; pure. */
#include "wire/dcep.h"

#include "base/reader.h"

enum { DCEP_ACK = 0x02, DCEP_OPEN = 0x03 };

#define UNORDERED 0x80

bool dcep_is_ack(struct span message)
{
    return message.size == 1 && message.data[0] == DCEP_ACK;
}

bool dcep_parse_open(struct span message, struct dcep_open *out)
{
    struct reader r = reader_of(message);
    uint8_t type = reader_u8(&r), channel = reader_u8(&r);
    *out = (struct dcep_open){0};
    out->priority = reader_u16(&r);
    out->parameter = reader_u32(&r);
    uint16_t label_size = reader_u16(&r), protocol_size = reader_u16(&r);
    out->label = reader_take(&r, label_size);
    out->protocol = reader_take(&r, protocol_size);
    unsigned reliability = channel & (unsigned)~UNORDERED;
    if (r.bad || reader_left(&r) > 0 || type != DCEP_OPEN || reliability > DCEP_MAX_LIFETIME)
        return false;
    out->unordered = channel & UNORDERED;
    out->reliability = (enum dcep_reliability)reliability;
    /* Of a reliable channel the parameter says nothing (RFC 8832 5.1). */
    if (out->reliability == DCEP_RELIABLE)
        out->parameter = 0;
    return true;
}

void dcep_write_open(struct writer *w, const struct dcep_open *open)
{
    if (open->label.size > UINT16_MAX || open->protocol.size > UINT16_MAX)
        w->bad = true;
    writer_u8(w, DCEP_OPEN);
    writer_u8(w, (uint8_t)((unsigned)open->reliability | (open->unordered ? UNORDERED : 0)));
    writer_u16(w, open->priority);
    writer_u32(w, open->reliability == DCEP_RELIABLE ? 0 : open->parameter);
    writer_u16(w, (uint16_t)open->label.size);
    writer_u16(w, (uint16_t)open->protocol.size);
    writer_bytes(w, open->label);
    writer_bytes(w, open->protocol);
}

void dcep_write_ack(struct writer *w)
{
    writer_u8(w, DCEP_ACK);
}
