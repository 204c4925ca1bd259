/* SPDX-License-Identifier: Apache-2.0 */
/* `bedrud run`: configuration, secrets, server. */
#include <stdio.h>
#include <stdlib.h>

#include "base/mem.h"
#include "base/random.h"
#include "cli/cli.h"
#include "cli/remote.h"
#include "net/loop.h"
#include "server/control.h"
#include "server/running.h"
#include "server/secrets.h"

#define TEST_TOKEN_LIFE_S 3600

static int help(void)
{
    struct str text;

    str_init(&text);
    str_append(&text, "usage: bedrud run [options]\n\nOptions, each also a key of the file and a "
                      "variable; flag > variable > file > default.\n\n");
    config_help(&text);
    fputs(text.text, stdout);
    str_fini(&text);
    return 0;
}

/* Where people find this server: "http://127.0.0.1:8090". */
static void write_url(const struct config *config, uint16_t port, struct str *url)
{
    char ip[ADDR_TEXT_MAX];
    struct addr shown = config->listen;

    if (addr_is_any(&shown))
        shown = config->media_ips[0];
    shown.port = port;
    if (config->public_url)
        str_append(url, config->public_url);
    else
        str_printf(url, "%s://%s", config->tls_cert ? "https" : "http",
                   addr_format(&shown, true, ip));
}

static void print_first_steps(const struct control *c, const char *url)
{
    const char *code = control_setup_code(c);

    printf("bedrud " BEDRUD_VERSION " listens on %s\n", url);
    if (code[0] && control_setup_is_local(c))
        printf("The first account, made at %s/auth/register on this machine, owns the server.\n"
               "Under another name than localhost, 127.0.0.1 or [::1] it takes this code: %s\n",
               url, code);
    else if (code[0])
        printf("Nobody owns this server yet. Whoever registers at %s/auth/register with this code "
               "does: %s\n",
               url, code);
}

/* The test page with tokens for two people, behind '#' so that they reach no log. */
static void print_test_page(const struct token_keys *keys, const char *url)
{
    char room[] = "test-xxxxxx", identity[] = "guest-xxxxxx";
    struct grant grant = {.room = room, .identity = identity};
    struct claims claims = {.grant = &grant, .room_join = true};

    random_text(room + 5, 6);
    random_text(identity + 6, 6);
    grant.permission = (struct permission){.can_subscribe = true,
                                           .can_publish = true,
                                           .can_publish_data = true,
                                           .can_update_metadata = true};
    grant.expires_unix_s = clock_unix_ms() / 1000 + TEST_TOKEN_LIFE_S;
    char *first = token_sign(keys, &claims);
    random_text(identity + 6, 6);
    char *second = token_sign(keys, &claims);
    printf("\nTest page, for an hour, one tab each:\n  %s/test#token=%s\n  %s/test#token=%s\n", url,
           first, url, second);
    free(first);
    free(second);
}

static void greet(const struct control *c, const struct config *config,
                  const struct token_keys *keys)
{
    struct str url;

    str_init(&url);
    write_url(config, control_port(c), &url);
    print_first_steps(c, url.text);
    if (config->livekit_url)
        printf("Meetings are carried by %s\n", config->livekit_url);
    else
        print_test_page(keys, url.text);
    fflush(stdout);
    str_fini(&url);
}

/* So that subcommands find it. */
static int announce(const struct config *config, uint16_t port)
{
    struct str url;

    str_init(&url);
    remote_url(config, port, &url);
    int fd = running_begin(config->data_dir, url.text, config->tls_cert);
    if (fd < 0)
        log_event(LOG_WARN, "not_announced", LOG_STR("data_dir", config->data_dir),
                  LOG_NUM("error", -fd));
    str_fini(&url);
    return fd;
}

static int serve(const struct config *config)
{
    struct token_keys keys = {0};
    struct str message;
    int code = 1;

    str_init(&message);
    struct control *c = NULL;
    if (secrets_open(config, &keys, &message) == 0)
        c = control_new(config, &keys, &message);
    if (c) {
        char listen[ADDR_TEXT_MAX];
        struct addr bound = config->listen;
        bound.port = control_port(c);
        log_event(LOG_INFO, "listening", LOG_STR("address", addr_format(&bound, true, listen)),
                  LOG_NUM("media_port", config->media_port), LOG_NUM("workers", config->workers));
        int announced = announce(config, bound.port);
        greet(c, config, &keys);
        control_run(c);
        running_end(announced);
        control_free(c);
        log_event(LOG_INFO, "stopped", LOG_NUM("code", 0));
        code = 0;
    } else {
        fprintf(stderr, "bedrud: %s\n", message.text);
    }
    token_keys_fini(&keys);
    str_fini(&message);
    return code;
}

int cli_run(int argc, char **argv)
{
    struct config config;
    struct str message;
    int code = 0;

    str_init(&message);
    switch (config_load(argc, argv, &config, &message)) {
    case CONFIG_OK:
        log_set_level(config.log);
        code = serve(&config);
        break;
    case CONFIG_PRINT:
        fputs(message.text, stdout);
        break;
    case CONFIG_HELP:
        code = help();
        break;
    case CONFIG_ERROR:
        fprintf(stderr, "bedrud: %s\n", message.text);
        code = EXIT_USAGE;
        break;
    }
    config_fini(&config);
    str_fini(&message);
    return code;
}
