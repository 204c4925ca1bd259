/* SPDX-License-Identifier: Apache-2.0 */
/* `bedrud token create`: a LiveKit join token, signed with the API key of the data directory. */
#include <stdio.h>
#include <stdlib.h>

#include "base/mem.h"
#include "cli/cli.h"
#include "net/loop.h"
#include "server/config.h"
#include "server/secrets.h"
#include "wire/signal.h"

#define LIFE_MAX_S (365 * 24 * 3600)

static const char usage[] =
    "usage: bedrud token create --room ROOM --identity IDENTITY [options]\n\n"
    "  --name NAME        display name\n"
    "  --ttl TIME         how long it may be used to join: 90s, 30m, 1h (default), 7d\n"
    "  --grant GRANT      may be repeated, or a list with commas; default is to publish, "
    "subscribe\n"
    "                     and send data:\n"
    "                       admin, create, list, hidden, update-metadata, subscribe-only,\n"
    "                       no-publish, no-subscribe, no-data,\n"
    "                       camera, microphone, screen_share, screen_share_audio (only these)\n"
    "  --dev              sign with devkey/secret\n"
    "  --config FILE, --data-dir DIR   where the API key is, as for `bedrud run`\n"
    "  --json             {\"token\":...,\"expires\":...}\n";

struct request {
    struct claims claims;
    struct grant grant;
    int64_t life_s;
    bool json;
    char *config_args[8]; /* what goes to config_load */
    int config_argc;
};

static int wrong(const char *what, const char *value)
{
    fprintf(stderr, "bedrud token: %s%s%s\n", what, value ? ": " : "", value ? value : "");
    return EXIT_USAGE;
}

/* "90s", "30m", "1h", "7d"; 0 when it is none of them. */
static int64_t parse_life(const char *text)
{
    char *end;
    long n = strtol(text, &end, 10);
    int64_t unit = *end == 's'   ? 1
                   : *end == 'm' ? 60
                   : *end == 'h' ? 3600
                   : *end == 'd' ? 86400
                                 : 0;

    if (n <= 0 || n > LIFE_MAX_S || unit == 0 || end[1] || n * unit > LIFE_MAX_S)
        return 0;
    return n * unit;
}

static bool apply_grant(struct request *r, const char *name)
{
    struct permission *p = &r->grant.permission;
    const struct {
        const char *name;
        bool *flag;
        bool value;
    } flags[] = {{"admin", &r->claims.room_admin, true},
                 {"create", &r->claims.room_create, true},
                 {"list", &r->claims.room_list, true},
                 {"hidden", &p->hidden, true},
                 {"update-metadata", &p->can_update_metadata, true},
                 {"no-publish", &p->can_publish, false},
                 {"subscribe-only", &p->can_publish, false},
                 {"no-subscribe", &p->can_subscribe, false},
                 {"no-data", &p->can_publish_data, false}};
    static const struct {
        const char *name;
        int source;
    } sources[] = {{"camera", LIVEKIT__TRACK_SOURCE__CAMERA},
                   {"microphone", LIVEKIT__TRACK_SOURCE__MICROPHONE},
                   {"screen_share", LIVEKIT__TRACK_SOURCE__SCREEN_SHARE},
                   {"screen_share_audio", LIVEKIT__TRACK_SOURCE__SCREEN_SHARE_AUDIO}};

    for (size_t i = 0; i < sizeof flags / sizeof flags[0]; i++) {
        if (strcmp(name, flags[i].name) == 0) {
            *flags[i].flag = flags[i].value;
            return true;
        }
    }
    for (size_t i = 0; i < sizeof sources / sizeof sources[0]; i++) {
        if (strcmp(name, sources[i].name) == 0) {
            p->sources |= 1u << sources[i].source;
            return true;
        }
    }
    return false;
}

static bool apply_grants(struct request *r, const char *list)
{
    bool good = *list != 0;

    while (*list && good) {
        size_t size = strcspn(list, ",");
        char *one = xstrndup(list, size);
        good = apply_grant(r, one);
        free(one);
        list += size + (list[size] == ',');
    }
    return good;
}

/* One option; *i moves over its value. 0 or an exit code. */
static int read_option(int argc, char **argv, int *i, struct request *r)
{
    char *name = argv[*i], *value = NULL;

    if (strcmp(name, "--json") == 0) {
        r->json = true;
        return 0;
    }
    if (strcmp(name, "--dev") == 0) {
        r->grant.key_id = (char *)(uintptr_t) "devkey";
        return 0;
    }
    if (*i + 1 >= argc)
        return wrong("needs a value, or is unknown", name);
    value = argv[++*i];
    if (strcmp(name, "--room") == 0)
        r->grant.room = value;
    else if (strcmp(name, "--identity") == 0)
        r->grant.identity = value;
    else if (strcmp(name, "--name") == 0)
        r->grant.name = value;
    else if (strcmp(name, "--ttl") == 0 && (r->life_s = parse_life(value)) == 0)
        return wrong("--ttl: expected a time such as 30m or 1h, at most 365d", value);
    else if (strcmp(name, "--grant") == 0 && !apply_grants(r, value))
        return wrong("--grant: unknown grant in the list", value);
    else if ((strcmp(name, "--config") == 0 || strcmp(name, "--data-dir") == 0) &&
             r->config_argc < 7) {
        r->config_args[r->config_argc++] = name;
        r->config_args[r->config_argc++] = value;
    } else if (strcmp(name, "--ttl") != 0 && strcmp(name, "--grant") != 0)
        return wrong("unknown option", name);
    return 0;
}

static int print_token(const struct token_keys *keys, const struct request *r)
{
    char *token = token_sign(keys, &r->claims);

    if (!token)
        return wrong("there is no API key to sign with", NULL);
    if (r->json)
        printf("{\"token\":\"%s\",\"expires\":%lld}\n", token, (long long)r->grant.expires_unix_s);
    else
        puts(token);
    free(token);
    return 0;
}

static int sign_and_print(struct request *r)
{
    struct config config = {0};
    struct token_keys keys = {0};
    struct str message;
    int code = 1;

    str_init(&message);
    r->grant.expires_unix_s = clock_unix_ms() / 1000 + r->life_s;
    if (config_load(r->config_argc, r->config_args, &config, &message) != CONFIG_OK) {
        code = wrong(message.text, NULL);
    } else {
        config.dev = config.dev || r->grant.key_id;
        if (secrets_open(&config, &keys, &message) == 0)
            code = print_token(&keys, r);
        else
            fprintf(stderr, "bedrud token: %s\n", message.text);
    }
    token_keys_fini(&keys);
    config_fini(&config);
    str_fini(&message);
    return code;
}

int cli_token(int argc, char **argv)
{
    struct request r = {.life_s = 3600, .config_argc = 1, .config_args = {argv[0]}};
    int code = 0;

    if (argc >= 2 && (strcmp(argv[argc - 1], "--help") == 0 || strcmp(argv[1], "-h") == 0)) {
        fputs(usage, stdout);
        return 0;
    }
    if (argc < 2 || strcmp(argv[1], "create") != 0) {
        fputs(usage, stderr);
        return EXIT_USAGE;
    }
    r.claims = (struct claims){.grant = &r.grant, .room_join = true};
    r.grant.permission =
        (struct permission){.can_subscribe = true, .can_publish = true, .can_publish_data = true};
    for (int i = 2; i < argc && code == 0; i++)
        code = read_option(argc, argv, &i, &r);
    if (code)
        return code;
    if (!r.grant.room || !r.grant.room[0] || !r.grant.identity || !r.grant.identity[0])
        return wrong("--room and --identity are needed; see `bedrud token create --help`", NULL);
    return sign_and_print(&r);
}
