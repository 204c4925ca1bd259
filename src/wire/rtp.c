/* SPDX-License-Identifier: Apache-2.0 */
/* RTP headers and the first-byte demultiplexer. Owns nothing; pure. */
#include "wire/rtp.h"

#include "base/reader.h"

enum datagram_kind datagram_kind(struct span datagram)
{
    if (datagram.size < 2)
        return DATAGRAM_OTHER;
    uint8_t first = datagram.data[0], second = datagram.data[1];
    if (first <= 3)
        return DATAGRAM_STUN;
    if (first >= 20 && first <= 63)
        return DATAGRAM_DTLS;
    if (first >= 128 && first <= 191)
        return second >= 192 && second <= 223 ? DATAGRAM_RTCP : DATAGRAM_RTP;
    return DATAGRAM_OTHER;
}

bool rtp_parse_header(struct span packet, struct rtp *out)
{
    struct reader r = reader_of(packet);
    uint8_t first = reader_u8(&r), second = reader_u8(&r);
    *out = (struct rtp){0};
    out->marker = second >> 7;
    out->payload_type = second & 0x7f;
    out->seq = reader_u16(&r);
    out->timestamp = reader_u32(&r);
    out->ssrc = reader_u32(&r);
    reader_take(&r, (first & 0x0fu) * 4u);
    if (first & 0x10) {
        out->extension_profile = reader_u16(&r);
        out->extension = reader_take(&r, reader_u16(&r) * (size_t)4);
    }
    /* Beyond 65,535 bytes it is no datagram, and header_size could not say its size. */
    if (r.bad || first >> 6 != 2 || packet.size > UINT16_MAX)
        return false;
    out->header_size = (uint16_t)(packet.size - reader_left(&r));
    out->payload = reader_rest(&r);
    return true;
}

bool rtp_parse(struct span packet, struct rtp *out)
{
    if (!rtp_parse_header(packet, out))
        return false;
    if (!(packet.data[0] & 0x20))
        return true;
    /* The last byte counts the padding, itself included (RFC 3550 5.1). */
    uint8_t padding = packet.data[packet.size - 1];
    if (padding == 0 || padding > out->payload.size)
        return false;
    out->padding = padding;
    out->payload.size -= padding;
    return true;
}

void rtp_write_header(struct writer *w, const struct rtp *header)
{
    size_t words = (header->extension.size + 3) / 4;
    if (words > UINT16_MAX)
        w->bad = true;
    writer_u8(w, (uint8_t)(0x80 | (header->padding ? 0x20 : 0) | (words ? 0x10 : 0)));
    writer_u8(w, (uint8_t)((header->marker ? 0x80 : 0) | (header->payload_type & 0x7f)));
    writer_u16(w, header->seq);
    writer_u32(w, header->timestamp);
    writer_u32(w, header->ssrc);
    if (words == 0)
        return;
    writer_u16(w, header->extension_profile);
    writer_u16(w, (uint16_t)words);
    writer_bytes(w, header->extension);
    writer_zeroes(w, words * 4 - header->extension.size);
}
