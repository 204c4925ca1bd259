/* SPDX-License-Identifier: Apache-2.0 */
/* The schema as the list of steps that made it. A step that was released is never changed again.
 * Times are milliseconds since 1970, 0 for never; no column holds NULL, and none holds a key with
 * which anything in a meeting is encrypted. */
#include "store/migrate.h"

/* A session's tokens carry its id; what is not in the table is not logged in. */
static const char accounts[] =
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

/* A name belongs to one active room; rooms that are archived keep theirs. entry counts the times
 * that somebody was put out of a room: join tokens carry it, and older ones are no longer good. */
static const char rooms[] =
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

/* Who waits to be let into a room; denied_at is when a moderator said no. */
static const char lobby[] = "CREATE TABLE room_lobby ("
                            "  room_id {text} NOT NULL REFERENCES rooms (id) ON DELETE CASCADE,"
                            "  user_id {text} NOT NULL REFERENCES users (id) ON DELETE CASCADE,"
                            "  asked_at {int} NOT NULL,"
                            "  seen_at {int} NOT NULL,"
                            "  denied_at {int} NOT NULL,"
                            "  PRIMARY KEY (room_id, user_id)) {table};"
                            "CREATE INDEX room_lobby_user ON room_lobby (user_id)";

/* The entry for which somebody was last given a token: media servers that cannot revoke one tell
 * us of who comes, and whoever came with an older one is put out again. */
static const char admissions[] =
    "ALTER TABLE room_participants ADD COLUMN admitted {int} NOT NULL DEFAULT 0";

/* Who is told what happens in rooms. What signs it is worked out, and not kept. */
static const char webhooks[] = "CREATE TABLE webhooks ("
                               "  id {text} NOT NULL PRIMARY KEY,"
                               "  url {text} NOT NULL,"
                               "  events {text} NOT NULL,"
                               "  created_by {text} NOT NULL,"
                               "  generation {int} NOT NULL,"
                               "  is_active {bool} NOT NULL,"
                               "  created_at {int} NOT NULL,"
                               "  updated_at {int} NOT NULL) {table}";

/* The bytes come last: whoever wants to know of a file does not read it. */
static const char uploads[] =
    "CREATE TABLE avatars ("
    "  user_id {text} NOT NULL PRIMARY KEY REFERENCES users (id) ON DELETE CASCADE,"
    "  id {text} NOT NULL UNIQUE,"
    "  type {text} NOT NULL,"
    "  created_at {int} NOT NULL,"
    "  bytes {bytes} NOT NULL) {table};"

    "CREATE TABLE chat_uploads ("
    "  id {text} NOT NULL PRIMARY KEY,"
    "  room_id {text} NOT NULL REFERENCES rooms (id) ON DELETE CASCADE,"
    "  user_id {text} NOT NULL REFERENCES users (id) ON DELETE CASCADE,"
    "  type {text} NOT NULL,"
    "  name {text} NOT NULL,"
    "  size {int} NOT NULL,"
    "  created_at {int} NOT NULL,"
    "  expires_at {int} NOT NULL,"
    "  bytes {bytes} NOT NULL) {table};"
    "CREATE INDEX chat_uploads_user ON chat_uploads (user_id, size);"
    "CREATE INDEX chat_uploads_room ON chat_uploads (room_id);"
    "CREATE INDEX chat_uploads_expiry ON chat_uploads (expires_at)";

static const struct migration steps[] = {
    {"accounts", accounts},     {"rooms", rooms},       {"jobs", jobs},      {"lobby", lobby},
    {"admissions", admissions}, {"webhooks", webhooks}, {"uploads", uploads}};

const struct migration_list schema = {steps, sizeof steps / sizeof steps[0]};
