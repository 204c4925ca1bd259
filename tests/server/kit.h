/* SPDX-License-Identifier: Apache-2.0 */
/* For tests of the server layer: tokens of a fixed key. */
#ifndef TESTS_SERVER_KIT_H
#define TESTS_SERVER_KIT_H

#include "base/str.h"
#include "server/token.h"

#include <stdlib.h>

#define KIT_NOW 1800000000
#define KIT_KEY "devkey"
#define KIT_SECRET "secret"

/* A token with these grants for `room`; the caller frees. */
static inline char *kit_token(const struct token_keys *keys, const char *room, const char *identity,
                              bool admin, int64_t expires_unix_s)
{
    struct grant g = {.room = (char *)(uintptr_t)room,
                      .identity = (char *)(uintptr_t)identity,
                      .expires_unix_s = expires_unix_s};
    struct claims c = {.grant = &g,
                       .room_join = true,
                       .room_admin = admin,
                       .room_create = admin,
                       .room_list = admin};

    g.permission = (struct permission){.can_subscribe = true,
                                       .can_publish = true,
                                       .can_publish_data = true,
                                       .can_update_metadata = admin};
    return token_sign(keys, &c);
}

#endif
