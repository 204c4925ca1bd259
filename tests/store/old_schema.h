/* SPDX-License-Identifier: Apache-2.0 */
/* The schema as it was released, step by step, with rows as that program wrote them. Never changed:
 * databases in the world look like this. */
#ifndef TESTS_STORE_OLD_SCHEMA_H
#define TESTS_STORE_OLD_SCHEMA_H

#include "store/migrate.h"

static const char old_accounts[] =
    "CREATE TABLE users ("
    "  id {text} NOT NULL PRIMARY KEY,"
    "  email {text} NOT NULL,"
    "  provider {text} NOT NULL,"
    "  name {text} NOT NULL,"
    "  avatar_url {text} NOT NULL,"
    "  password {text} NOT NULL,"
    "  accesses {int} NOT NULL,"
    "  is_active {bool} NOT NULL,"
    "  email_verified_at {int} NOT NULL,"
    "  password_changed_at {int} NOT NULL,"
    "  created_at {int} NOT NULL,"
    "  updated_at {int} NOT NULL,"
    "  UNIQUE (email, provider)) {table};"
    "CREATE INDEX users_created ON users (created_at, id);"

    "CREATE TABLE user_preferences ("
    "  user_id {text} NOT NULL PRIMARY KEY REFERENCES users (id) ON DELETE CASCADE,"
    "  preferences_json {text} NOT NULL) {table};"

    "CREATE TABLE sessions ("
    "  id {text} NOT NULL PRIMARY KEY,"
    "  user_id {text} NOT NULL REFERENCES users (id) ON DELETE CASCADE,"
    "  client {text} NOT NULL,"
    "  generation {int} NOT NULL,"
    "  created_at {int} NOT NULL,"
    "  rotated_at {int} NOT NULL,"
    "  expires_at {int} NOT NULL) {table};"
    "CREATE INDEX sessions_user ON sessions (user_id, created_at);"
    "CREATE INDEX sessions_expiry ON sessions (expires_at);"

    "CREATE TABLE invite_tokens ("
    "  id {text} NOT NULL PRIMARY KEY,"
    "  token {text} NOT NULL UNIQUE,"
    "  email {text} NOT NULL,"
    "  created_by {text} NOT NULL,"
    "  created_at {int} NOT NULL,"
    "  expires_at {int} NOT NULL,"
    "  used_at {int} NOT NULL,"
    "  used_by {text} NOT NULL) {table};"
    "CREATE INDEX invite_tokens_created ON invite_tokens (created_at, id);"

    "CREATE TABLE settings ("
    "  name {text} NOT NULL PRIMARY KEY,"
    "  value {text} NOT NULL) {table};"

    "CREATE TABLE audit_log ("
    "  id {serial},"
    "  happened_at {int} NOT NULL,"
    "  actor_id {text} NOT NULL,"
    "  action {text} NOT NULL,"
    "  target {text} NOT NULL,"
    "  detail {text} NOT NULL) {table}";

static const char old_rooms[] =
    "CREATE TABLE rooms ("
    "  id {text} NOT NULL PRIMARY KEY,"
    "  name {text} NOT NULL,"
    "  created_by {text} NOT NULL,"
    "  admin_id {text} NOT NULL,"
    "  mode {text} NOT NULL,"
    "  is_active {bool} NOT NULL,"
    "  is_public {bool} NOT NULL,"
    "  max_participants {int} NOT NULL,"
    "  settings_allow_chat {bool} NOT NULL,"
    "  settings_allow_video {bool} NOT NULL,"
    "  settings_allow_audio {bool} NOT NULL,"
    "  settings_require_approval {bool} NOT NULL,"
    "  settings_e2_ee {bool} NOT NULL,"
    "  settings_is_persistent {bool} NOT NULL,"
    "  settings_recordings_allowed {bool} NOT NULL,"
    "  expires_at {int} NOT NULL,"
    "  last_activity_at {int} NOT NULL,"
    "  created_at {int} NOT NULL,"
    "  updated_at {int} NOT NULL,"
    "  deleted_at {int} NOT NULL) {table};"
    "CREATE UNIQUE INDEX rooms_active_name ON rooms (name) WHERE is_active = 1;"
    "CREATE INDEX rooms_name ON rooms (name, created_at);"
    "CREATE INDEX rooms_creator ON rooms (created_by, created_at);"

    "CREATE TABLE room_participants ("
    "  room_id {text} NOT NULL REFERENCES rooms (id) ON DELETE CASCADE,"
    "  user_id {text} NOT NULL REFERENCES users (id) ON DELETE CASCADE,"
    "  joined_at {int} NOT NULL,"
    "  entry {int} NOT NULL,"
    "  is_banned {bool} NOT NULL,"
    "  is_moderator {bool} NOT NULL,"
    "  is_approved {bool} NOT NULL,"
    "  is_on_stage {bool} NOT NULL,"
    "  is_chat_blocked {bool} NOT NULL,"
    "  PRIMARY KEY (room_id, user_id)) {table};"
    "CREATE INDEX room_participants_user ON room_participants (user_id, room_id)";

/* Work that is tried again until it is done, in order within a lane. */
static const char jobs[] = "CREATE TABLE jobs ("
                           "  id {serial},"
                           "  kind {text} NOT NULL,"
                           "  lane {text} NOT NULL,"
                           "  subject {text} NOT NULL,"
                           "  payload {text} NOT NULL,"
                           "  run_at {int} NOT NULL,"
                           "  attempts {int} NOT NULL,"
                           "  created_at {int} NOT NULL) {table};"
                           "CREATE INDEX jobs_lane ON jobs (lane, id)";

static const struct migration old_steps[] = {{"accounts", old_accounts}, {"rooms", old_rooms}};

/* What stood in it, by version. */
static const char *const old_rows[] = {
    "INSERT INTO users VALUES ('u1', 'ada@example.org', 'local', 'Ada \xc3\x84', '', 'hash', 9, 1, "
    "0, 5, "
    "1700000000000, 1700000000001);"
    "INSERT INTO users VALUES ('u2', 'guest_u2@bedrud.guest', 'guest', 'Guest', '', '', 16, 1, 0, "
    "0, "
    "1700000000000, 1700000000000);"
    "INSERT INTO user_preferences VALUES ('u1', '{\"theme\":\"dark\"}');"
    "INSERT INTO sessions VALUES ('s1', 'u1', 'a browser', 3, 1700000000000, 1700000000002, "
    "1900000000000);"
    "INSERT INTO invite_tokens VALUES ('i1', 'token', '', 'u1', 1700000000000, 1900000000000, 0, "
    "'');"
    "INSERT INTO settings VALUES ('serverName', 'Ours');"
    "INSERT INTO audit_log (happened_at, actor_id, action, target, detail) VALUES (1700000000000, "
    "'u1', 'settings', 'serverName', 'it''s ours');"
    "INSERT INTO audit_log (happened_at, actor_id, action, target, detail) VALUES (1700000000001, "
    "'u1', 'settings', 'serverName', '')",
    "INSERT INTO rooms VALUES ('r1', 'kitchen', 'u1', 'u1', 'standard', 1, 1, 20, 1, 1, 1, 0, 1, "
    "0, 1, "
    "1900000000000, 1700000000000, 1700000000000, 1700000000000, 0);"
    "INSERT INTO room_participants VALUES ('r1', 'u2', 1700000000000, 2, 1, 0, 0, 0, 0)"};

#define OLD_VERSIONS (sizeof old_steps / sizeof old_steps[0])

/* Makes an empty database one of this version, with rows. 0 or an error. */
static inline int old_schema_make(struct db *db, unsigned version, struct str *message)
{
    struct migration_list list = {old_steps, version};
    int error = migrate_up(db, &list, NULL, message);

    for (unsigned i = 0; i < version && !error; i++)
        error = db_script(db, old_rows[i]);
    return error;
}

#endif
