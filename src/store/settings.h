/* SPDX-License-Identifier: Apache-2.0 */
/* What an administrator can change while the server runs. One table names every setting with its
 * type, bounds and default; a row is kept only for what was changed, so that two people who change
 * different settings at once both succeed. */
#ifndef STORE_SETTINGS_H
#define STORE_SETTINGS_H

#include "base/mem.h"
#include "store/db.h"

struct settings {
    const char *server_name;
    bool registration_enabled, token_registration_only, guest_login_enabled;
    int64_t max_rooms_per_user, max_participants_limit;
    int64_t chat_max_message_count, chat_message_ttl_hours;
};

enum setting_type { SETTING_TEXT, SETTING_BOOL, SETTING_INT };

struct setting {
    const char *name; /* in the API and in the table */
    enum setting_type type;
    size_t offset;        /* in struct settings: const char *, bool, int64_t */
    const char *standard; /* as it is stored */
    int64_t least, most;  /* of a number; of a text's length in bytes */
};

extern const struct setting settings_table[];
extern const unsigned settings_table_size;

int settings_read(struct db *db, struct arena *a, struct settings *out);
/* The value as text: "true" or "false", digits, or the text. False when it does not fit. */
bool setting_fits(const struct setting *s, struct span value);
int settings_write(struct db *db, const struct setting *s, const char *value);

#endif
