/* SPDX-License-Identifier: Apache-2.0 */
/* The operator's calls. Whether a server runs is asked of its lock and not of the network, so a
 * call never changes the store behind a server's back. */
#include "cli/remote_api.h"

#include <errno.h>
#include <jansson.h>
#include <stdio.h>
#include <sys/stat.h>

#include "cli/cli.h"
#include "cli/remote.h"
#include "server/auth.h"
#include "server/running.h"
#include "server/secrets.h"
#include "store/migrate.h"

/* A new database becomes one of ours; one of another version is left as it is. */
static int check_version(struct db *db, struct str *message)
{
    unsigned version;
    int error = migrate_version(db, &version);

    if (error)
        str_append(message, "database: cannot read the version of its schema; the log says why");
    else if (version == 0 || version > schema.count)
        error = migrate_up(db, &schema, NULL, message);
    else if (version < schema.count) {
        str_printf(message,
                   "database: its schema is version %u, this program has %u; run `bedrud db "
                   "migrate`, or start the server",
                   version, schema.count);
        error = -ENOTSUP;
    }
    return error;
}

static int open_store(struct remote_api *r, struct str *message)
{
    if (!auth_init() || secrets_session(&r->config, r->api.secret, message) != 0)
        return -EIO;
    int error = db_open(r->config.database, &r->db, message);
    return error ? error : check_version(r->db, message);
}

int remote_api_open(struct remote_api *r, int argc, char **argv, struct str *message)
{
    struct stat st;

    *r = (struct remote_api){0};
    str_init(&r->url);
    str_init(&r->cert);
    if (config_load(argc, argv, &r->config, message) != CONFIG_OK)
        return EXIT_USAGE;
    if (stat(r->config.data_dir, &st) != 0) {
        str_printf(message,
                   "data_dir: there is no %s; name the server's with --data-dir (the first "
                   "`bedrud run` makes it)",
                   r->config.data_dir);
        return 1;
    }
    if (secrets_operator(&r->config, r->api.operator_token, message) != 0)
        return 1;
    r->running = running_find(r->config.data_dir, &r->url, &r->cert);
    if (r->running && !r->url.size) {
        str_append(message, "the server is just starting; try again");
        return 1;
    }
    return r->running || open_store(r, message) == 0 ? 0 : 1;
}

void remote_api_close(struct remote_api *r)
{
    db_close(r->db);
    mem_wipe(&r->api, sizeof r->api);
    str_fini(&r->url);
    str_fini(&r->cert);
    config_fini(&r->config);
}

static unsigned ask_server(const struct remote_api *r, const struct api_local *q,
                           struct str *answer, struct str *message)
{
    struct str url;

    str_init(&url);
    str_printf(&url, "%s/api%s", r->url.text, q->target);
    long status = remote_http(
        &(struct remote_request){.method = q->method,
                                 .url = url.text,
                                 .cert = r->cert.text,
                                 .token = r->api.operator_token,
                                 .content_type = q->body.size ? "application/json" : NULL,
                                 .body = q->body},
        answer, message);
    str_fini(&url);
    return (unsigned)status;
}

static void say_error(struct str *message, unsigned status, const struct str *body)
{
    json_t *json = json_loadb(body->text ? body->text : "", body->size, 0, NULL);
    const char *text = json_string_value(json_object_get(json, "error"));

    if (text)
        str_append(message, text);
    else
        str_printf(message, "what answers is no bedrud, or another version: HTTP status %u",
                   status);
    json_decref(json);
}

int remote_api_ask(struct remote_api *r, const struct api_local *q, struct str *answer,
                   struct str *message)
{
    unsigned status =
        r->running ? ask_server(r, q, answer, message) : api_local(&r->api, r->db, q, answer);

    if (status >= 200 && status < 300)
        return 0;
    if (status)
        say_error(message, status, answer);
    return 1;
}
