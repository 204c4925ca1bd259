/* SPDX-License-Identifier: Apache-2.0 */
/* All rooms, as an administrator looks for them. */
#include "store/rooms.h"

#include "store/rooms_row.h"

#define STATE(number)                                                                              \
    "((" number " = 0 AND rooms.deleted_at = 0) OR (" number                                       \
    " = 1 AND rooms.is_active = 1) OR (" number                                                    \
    " = 2 AND rooms.is_active = 0 AND rooms.deleted_at = 0) OR (" number                           \
    " = 3 AND rooms.deleted_at > 0))"

#define FOUND                                                                                      \
    " FROM rooms LEFT JOIN users ON users.id = rooms.created_by WHERE ($1 = '' OR "                \
    "lower(rooms.name) LIKE $1 ESCAPE '!') AND ($2 = '' OR rooms.created_by = $2 OR "              \
    "lower(users.name) LIKE $3 ESCAPE '!' OR lower(users.email) LIKE $3 ESCAPE '!') AND "          \
    "($4 < 0 OR rooms.is_public = $4) AND " STATE("$5")

#define VALUES 5

static int read_count(struct db_query *q, int64_t *count)
{
    *count = db_step(q) ? db_column_int(q, 0) : 0;
    return db_end(q);
}

int rooms_find_all(struct db *db, struct arena *a, const struct rooms_search *s,
                   struct room_found *list, unsigned *count, int64_t *total)
{
#define BY(column, direction)                                                                      \
    "SELECT " ROOMS_COLUMNS ", coalesce(users.name, ''), coalesce(users.email, '')" FOUND          \
    " ORDER BY rooms." column " " direction ", rooms.id LIMIT $6 OFFSET $7"
    static const char *const texts[ROOMS_ORDERS][2] = {
        [ROOMS_BY_CREATION] = {BY("created_at", "ASC"), BY("created_at", "DESC")},
        [ROOMS_BY_NAME] = {BY("name", "ASC"), BY("name", "DESC")},
        [ROOMS_BY_ACTIVITY] = {BY("last_activity_at", "ASC"), BY("last_activity_at", "DESC")},
        [ROOMS_BY_SIZE] = {BY("max_participants", "ASC"), BY("max_participants", "DESC")}};
#undef BY
    const struct db_value values[] = {db_text(db_contains(s->text, a)),
                                      db_text(s->owner),
                                      db_text(db_contains(s->owner, a)),
                                      db_int(s->is_public),
                                      db_int(s->state),
                                      db_int(s->page.limit),
                                      db_int(s->page.offset)};

    *count = 0;
    int error = read_count(db_query_run(db, "SELECT count(*)" FOUND, values, VALUES), total);
    if (error)
        return error;
    struct db_query *q = db_query_run(db, texts[s->order][s->descending], values, VALUES + 2);
    while (db_step(q)) {
        struct room_found *one = &list[(*count)++];
        rooms_read_row(q, a, &one->room);
        one->owner_name = arena_strdup(a, db_column(q, ROOMS_COLUMN_COUNT));
        one->owner_email = arena_strdup(a, db_column(q, ROOMS_COLUMN_COUNT + 1));
    }
    return db_end(q);
}

int rooms_count_state(struct db *db, enum rooms_state state, int64_t *count)
{
    return read_count(db_query(db, "SELECT count(*) FROM rooms WHERE " STATE("$1"), db_int(state)),
                      count);
}
