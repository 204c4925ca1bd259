/* SPDX-License-Identifier: Apache-2.0 */
/* RTP header extensions: names, ids, elements. Owns nothing; pure. */
#include "wire/rtpext.h"

#include "base/reader.h"

#define PROFILE_ONE_BYTE 0xbede
#define PROFILE_TWO_BYTE 0x1000 /* the low four bits are free for the application */

#define ID_MAX 14
#define ID_STOP 15

static const char *const uris[EXT_COUNT] = {
    [EXT_NONE] = "",
    [EXT_MID] = "urn:ietf:params:rtp-hdrext:sdes:mid",
    [EXT_RID] = "urn:ietf:params:rtp-hdrext:sdes:rtp-stream-id",
    [EXT_REPAIRED_RID] = "urn:ietf:params:rtp-hdrext:sdes:repaired-rtp-stream-id",
    [EXT_AUDIO_LEVEL] = "urn:ietf:params:rtp-hdrext:ssrc-audio-level",
    [EXT_TRANSPORT_CC] =
        "http://www.ietf.org/id/draft-holmer-rmcat-transport-wide-cc-extensions-01",
    [EXT_ABS_SEND_TIME] = "http://www.webrtc.org/experiments/rtp-hdrext/abs-send-time",
};

const char *rtpext_uri(enum rtpext kind)
{
    return kind < EXT_COUNT ? uris[kind] : "";
}

enum rtpext rtpext_by_uri(struct span uri)
{
    for (unsigned i = EXT_NONE + 1; i < EXT_COUNT; i++)
        if (span_equal(uri, span_of_str(uris[i])))
            return (enum rtpext)i;
    return EXT_NONE;
}

bool rtpext_map_add(struct rtpext_map *map, enum rtpext kind, uint8_t id)
{
    if (id < 1 || id > ID_MAX || kind == EXT_NONE || kind >= EXT_COUNT)
        return false;
    if (map->kinds[id] != EXT_NONE && map->kinds[id] != (uint8_t)kind)
        return false;
    map->kinds[id] = (uint8_t)kind;
    if (map->ids[kind] == 0)
        map->ids[kind] = id;
    return true;
}

static void take(struct rtpext_values *out, enum rtpext kind, struct span data)
{
    switch (kind) {
    case EXT_MID:
        out->mid = data;
        break;
    case EXT_RID:
        out->rid = data;
        break;
    case EXT_REPAIRED_RID:
        out->repaired_rid = data;
        break;
    case EXT_AUDIO_LEVEL:
        if (data.size < 1)
            break;
        out->has_audio_level = true;
        out->voice = data.data[0] >> 7;
        out->audio_level = data.data[0] & 0x7f;
        break;
    case EXT_TRANSPORT_CC:
        if (data.size < 2)
            break;
        out->has_transport_seq = true;
        out->transport_seq = (uint16_t)(data.data[0] << 8 | data.data[1]);
        break;
    case EXT_NONE:
    case EXT_ABS_SEND_TIME:
    case EXT_COUNT:
        break;
    }
}

void rtpext_read(const struct rtp *packet, const struct rtpext_map *map, struct rtpext_values *out)
{
    bool one_byte = packet->extension_profile == PROFILE_ONE_BYTE;
    *out = (struct rtpext_values){0};
    if (!one_byte && (packet->extension_profile & 0xfff0) != PROFILE_TWO_BYTE)
        return;
    struct reader r = reader_of(packet->extension);
    while (reader_left(&r) > 0) {
        uint8_t id = reader_u8(&r);
        size_t size = 0;
        if (id == 0)
            continue; /* padding */
        if (one_byte) {
            size = (id & 15u) + 1;
            id >>= 4;
            if (id == ID_STOP)
                return;
        } else {
            size = reader_u8(&r);
        }
        struct span data = reader_take(&r, size);
        if (r.bad)
            return;
        if (id >= 1 && id <= ID_MAX)
            take(out, (enum rtpext)map->kinds[id], data);
    }
}

void rtpext_write(struct writer *w, uint8_t id, struct span data)
{
    if (id < 1 || id > ID_MAX || data.size < 1 || data.size > 16) {
        w->bad = true;
        return;
    }
    uint8_t *p = writer_reserve(w, 1 + data.size);
    if (!p)
        return;
    p[0] = (uint8_t)((unsigned)id << 4 | (unsigned)(data.size - 1));
    memcpy(p + 1, data.data, data.size);
}
