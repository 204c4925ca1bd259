/* SPDX-License-Identifier: Apache-2.0 */
/* The media plane at another server that speaks RoomService over HTTP: a LiveKit server, a cluster
 * of them, or another bedrud. What it does differently from our own engine:
 *   - a room is there from when it is made or joined there: its settings travel in the join token,
 *     and again when its webhook says that it has begun (api_livekit.c);
 *   - it knows no revocation: a token is good until it expires, so whoever comes with one that is
 *     void is removed when the webhook tells of them. */
#ifndef SERVER_MEDIA_LIVEKIT_H
#define SERVER_MEDIA_LIVEKIT_H

#include "server/fetch.h"
#include "server/media.h"
#include "server/token.h"

/* One for each API thread. */
struct media_livekit {
    struct media_plane plane;      /* the first member */
    const char *url;               /* "https://host[:port]" */
    const struct token_keys *keys; /* the first is the server's */
    struct fetch *fetch;
    unsigned timeout_ms;
    int64_t pause_until_us; /* it did not answer in time: nobody waits for it again before */
};

void media_livekit_init(struct media_livekit *m, const char *url, const struct token_keys *keys);
void media_livekit_fini(struct media_livekit *m);

#endif
