/* SPDX-License-Identifier: Apache-2.0 */
/* What a client asks before it knows anybody: is this a server, which one, what does it offer. */
#include "server/api_match.h"

#include <jansson.h>

#include "server/api_json.h"
#include "store/settings.h"

static void health(struct api_call *c)
{
    json_t *answer = json_object();

    api_json_text(answer, "status", "healthy");
    api_json_int(answer, "time", c->now_ms / 1000);
    api_json_text(answer, "version", BEDRUD_VERSION);
    api_reply(c, 200, answer);
}

/* Whether it can do its work: the store answers. */
static void ready(struct api_call *c)
{
    struct settings s;
    int error = settings_read(c->db, &c->arena, &s);

    if (error) {
        api_header(c, "Retry-After", "2");
        api_reply(c, 503,
                  json_pack("{s:s,s:s,s:s}", "status", "not_ready", "error",
                            "the database does not answer", "code", "database_unavailable"));
        return;
    }
    api_reply(c, 200, json_pack("{s:s,s:I}", "status", "ready", "time", c->now_ms / 1000));
}

static void version(struct api_call *c)
{
    api_reply(c, 200, json_pack("{s:s,s:s}", "name", "bedrud", "version", BEDRUD_VERSION));
}

/* What this server does not have is said to be off, so that clients do not offer it. */
static void add_absent(json_t *answer)
{
    static const char *const off[] = {"passkeysEnabled", "requireEmailVerification",
                                      "recordingsEnabled", "rnnoiseEnabled", "krispEnabled"};

    for (size_t i = 0; i < sizeof off / sizeof off[0]; i++)
        api_json_bool(answer, off[i], false);
    json_object_set_new(answer, "oauthProviders", json_array());
    json_object_set_new(
        answer, "webxdc",
        json_pack("{s:b,s:b,s:s}", "enabled", 0, "experimental", 0, "baseDomain", ""));
}

static void auth_settings(struct api_call *c)
{
    struct settings s;
    int error = settings_read(c->db, &c->arena, &s);

    if (error) {
        api_fail_store(c, error);
        return;
    }
    json_t *answer = json_object();
    api_json_text(answer, "serverName", s.server_name);
    api_json_bool(answer, "registrationEnabled", s.registration_enabled);
    api_json_bool(answer, "tokenRegistrationOnly", s.token_registration_only);
    api_json_bool(answer, "guestLoginEnabled", s.guest_login_enabled);
    api_json_int(answer, "chatMaxMessageCount", s.chat_max_message_count);
    api_json_int(answer, "chatMessageTTLHours", s.chat_message_ttl_hours);
    api_json_int(answer, "chatUploadMaxBytes", LIMIT_UPLOAD_BYTES);
    api_json_int(answer, "chatUploadMaxDimension", LIMIT_UPLOAD_SIDE);
    add_absent(answer);
    api_reply(c, 200, answer);
}

const struct api_route api_system_routes[] = {
    {"GET", "/health", API_ANYBODY, API_RATE_NONE, health, false},
    {"GET", "/ready", API_ANYBODY, API_RATE_GENERAL, ready, false},
    {"GET", "/version", API_ANYBODY, API_RATE_GENERAL, version, false},
    {"GET", "/auth/settings", API_ANYBODY, API_RATE_GENERAL, auth_settings, false},
    {.method = NULL},
};
