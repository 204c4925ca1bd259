/* SPDX-License-Identifier: Apache-2.0 */
/* Settings: rows over defaults. A stored value that no longer fits its bounds counts as absent. */
#include "store/settings.h"

#include <stdlib.h>

#define SETTING(name_, type_, member_, standard_, least_, most_)                                   \
    {                                                                                              \
        .name = (name_), .type = (type_), .offset = offsetof(struct settings, member_),            \
        .standard = (standard_), .least = (least_), .most = (most_)                                \
    }

const struct setting settings_table[] = {
    SETTING("serverName", SETTING_TEXT, server_name, "Bedrud", 1, 64),
    SETTING("registrationEnabled", SETTING_BOOL, registration_enabled, "true", 0, 0),
    SETTING("tokenRegistrationOnly", SETTING_BOOL, token_registration_only, "false", 0, 0),
    SETTING("guestLoginEnabled", SETTING_BOOL, guest_login_enabled, "true", 0, 0),
    SETTING("maxRoomsPerUser", SETTING_INT, max_rooms_per_user, "100", 0, 100000),
    SETTING("maxParticipantsLimit", SETTING_INT, max_participants_limit, "1000", 1, 100000),
    SETTING("chatMaxMessageCount", SETTING_INT, chat_max_message_count, "10000", 0, 1000000),
    SETTING("chatMessageTTLHours", SETTING_INT, chat_message_ttl_hours, "2160", 0, 87600),
};

const unsigned settings_table_size = sizeof settings_table / sizeof settings_table[0];

static bool number_fits(const struct setting *s, struct span value)
{
    int64_t n = 0;

    for (size_t i = 0; i < value.size; i++) {
        if (value.data[i] < '0' || value.data[i] > '9' || n > s->most)
            return false;
        n = n * 10 + (value.data[i] - '0');
    }
    return value.size > 0 && n >= s->least && n <= s->most;
}

bool setting_fits(const struct setting *s, struct span value)
{
    switch (s->type) {
    case SETTING_TEXT:
        return (int64_t)value.size >= s->least && (int64_t)value.size <= s->most;
    case SETTING_BOOL:
        return span_equal(value, SPAN_LITERAL("true")) || span_equal(value, SPAN_LITERAL("false"));
    case SETTING_INT:
        return number_fits(s, value);
    }
    return false;
}

/* `value` has a zero behind it. */
static void apply(const struct setting *s, struct span value, struct arena *a, struct settings *out)
{
    char *at = (char *)out + s->offset;
    const char *text;

    switch (s->type) {
    case SETTING_TEXT:
        text = arena_strdup(a, value);
        memcpy(at, &text, sizeof text);
        break;
    case SETTING_BOOL:
        *(bool *)(void *)at = value.data[0] == 't';
        break;
    case SETTING_INT:
        *(int64_t *)(void *)at = strtoll((const char *)value.data, NULL, 10);
        break;
    }
}

static const struct setting *find(struct span name)
{
    for (unsigned i = 0; i < settings_table_size; i++)
        if (span_equal(name, span_of_str(settings_table[i].name)))
            return &settings_table[i];
    return NULL;
}

int settings_read(struct db *db, struct arena *a, struct settings *out)
{
    struct db_query *q = db_query_run(db, "SELECT name, value FROM settings", NULL, 0);

    for (unsigned i = 0; i < settings_table_size; i++)
        apply(&settings_table[i], span_of_str(settings_table[i].standard), a, out);
    while (db_step(q)) {
        const struct setting *s = find(db_column(q, 0));
        if (s && setting_fits(s, db_column(q, 1)))
            apply(s, db_column(q, 1), a, out);
    }
    return db_end(q);
}

int settings_write(struct db *db, const struct setting *s, const char *value)
{
    return db_exec(db,
                   "INSERT INTO settings (name, value) VALUES ($1, $2) "
                   "ON CONFLICT (name) DO UPDATE SET value = excluded.value",
                   db_text(s->name), db_text(value));
}
