/* SPDX-License-Identifier: Apache-2.0 */
/* The web pages inside the binary. They are packed by tools/pack.py at build time into one run of
 * bytes, which this file only reads; safe on every thread.
 *
 * The pack: "BPK1", the number of entries (32 bits), the entries sorted by path, then their bytes.
 * An entry is seven pairs of offset from the pack's start and length (32 bits each) for path, type,
 * ETag, scripts, identity, gzip and brotli, then 32 bits of flags. Integers are big-endian; each of
 * the seven runs is followed by a zero byte that its length does not count. */
#ifndef SERVER_ASSETS_H
#define SERVER_ASSETS_H

#include "base/span.h"

struct asset {
    const char *mime; /* for Content-Type */
    const char *etag; /* with its quotes */
    const char
        *scripts;   /* of a page: its inline scripts as a policy names them, "'sha256-...'"; "" */
    bool immutable; /* the name carries a hash of the content: may be cached for ever */
    struct span identity; /* the file as it is */
    struct span gzip;     /* empty: there is no such form, the file is small or dense already */
    struct span brotli;   /* empty: likewise */
};

/* The asset served at an URL path ("/test", "/assets/main-3f9a.js"; no query). False when there is
 * none, always so in a build without web pages. The asset lives as long as the program. */
bool assets_find(struct span path, struct asset *out);

/* The same over any pack; false too when the pack is damaged. */
bool assets_find_in(struct span pack, struct span path, struct asset *out);

#endif
