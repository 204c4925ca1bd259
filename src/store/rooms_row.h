/* SPDX-License-Identifier: Apache-2.0 */
/* A row of rooms as queries give it. For rooms.c and rooms_search.c. */
#ifndef STORE_ROOMS_ROW_H
#define STORE_ROOMS_ROW_H

#include "store/rooms.h"

#define ROOMS_COLUMNS                                                                              \
    "rooms.id, rooms.name, rooms.created_by, rooms.admin_id, rooms.mode, rooms.is_active, "        \
    "rooms.is_public, rooms.max_participants, rooms.settings_allow_chat, "                         \
    "rooms.settings_allow_video, rooms.settings_allow_audio, rooms.settings_require_approval, "    \
    "rooms.settings_e2_ee, rooms.settings_is_persistent, rooms.settings_recordings_allowed, "      \
    "rooms.expires_at, rooms.last_activity_at, rooms.created_at, rooms.updated_at, "               \
    "rooms.deleted_at"
#define ROOMS_COLUMN_COUNT 20

void rooms_read_row(const struct db_query *q, struct arena *a, struct room_row *out);

#endif
