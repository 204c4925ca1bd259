/* SPDX-License-Identifier: Apache-2.0 */
/* Finds a web page's file in the pack that was linked into the binary. Owns nothing: the bytes are
 * read-only data. Safe on every thread. */
#include "server/assets.h"

#include "base/reader.h"

enum {
    PACK_HEADER_BYTES = 8,
    PACK_ENTRY_BYTES = 60,
    PACK_MAGIC = 0x42504b31, /* BPK1 */
    PACK_FLAG_IMMUTABLE = 1,
};

enum field {
    FIELD_PATH,
    FIELD_MIME,
    FIELD_ETAG,
    FIELD_SCRIPTS,
    FIELD_IDENTITY,
    FIELD_GZIP,
    FIELD_BROTLI,
    FIELDS
};

struct entry {
    struct span fields[FIELDS];
    uint32_t flags;
};

extern const uint8_t assets_pack[], assets_pack_end[];

/* Each run and the zero after it must lie in the pack. */
static bool entry_read(struct span pack, uint32_t index, struct entry *out)
{
    struct reader r =
        reader_of(span_from(pack, PACK_HEADER_BYTES + (size_t)index * PACK_ENTRY_BYTES));
    for (unsigned i = 0; i < FIELDS; i++) {
        size_t offset = reader_u32(&r), size = reader_u32(&r);
        if (r.bad || offset >= pack.size || size >= pack.size - offset ||
            pack.data[offset + size] != 0)
            return false;
        out->fields[i] = span_of(pack.data + offset, size);
    }
    out->flags = reader_u32(&r);
    return !r.bad;
}

static int compare(struct span a, struct span b)
{
    size_t common = a.size < b.size ? a.size : b.size;
    int order = common > 0 ? memcmp(a.data, b.data, common) : 0;
    return order != 0 ? order : (a.size > b.size) - (a.size < b.size);
}

bool assets_find_in(struct span pack, struct span path, struct asset *out)
{
    struct reader r = reader_of(pack);
    bool ours = reader_u32(&r) == PACK_MAGIC;
    uint32_t low = 0, high = reader_u32(&r);
    if (!ours || r.bad)
        return false;
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        struct entry e;
        if (!entry_read(pack, middle, &e))
            return false;
        int order = compare(path, e.fields[FIELD_PATH]);
        if (order < 0) {
            high = middle;
        } else if (order > 0) {
            low = middle + 1;
        } else {
            *out = (struct asset){
                .mime = (const char *)e.fields[FIELD_MIME].data,
                .etag = (const char *)e.fields[FIELD_ETAG].data,
                .scripts = (const char *)e.fields[FIELD_SCRIPTS].data,
                .immutable = (e.flags & PACK_FLAG_IMMUTABLE) != 0,
                .identity = e.fields[FIELD_IDENTITY],
                .gzip = e.fields[FIELD_GZIP],
                .brotli = e.fields[FIELD_BROTLI],
            };
            return true;
        }
    }
    return false;
}

bool assets_find(struct span path, struct asset *out)
{
    /* Two symbols, and so two objects to the compiler: their distance is taken between integers. */
    size_t size = (uintptr_t)assets_pack_end - (uintptr_t)assets_pack;
    return assets_find_in(span_of(assets_pack, size), path, out);
}
