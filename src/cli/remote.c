/* SPDX-License-Identifier: Apache-2.0 */
/* Configuration, keys and address of the server on this machine; requests and calls to it. */
#include "cli/remote.h"

#include <jansson.h>
#include <stdlib.h>

#include "base/mem.h"
#include "cli/cli.h"
#include "net/loop.h"
#include "server/fetch.h"
#include "server/running.h"
#include "server/secrets.h"

#define TOKEN_LIFE_S 60
#define ANSWER_MS 10000

/* The bytes of an answer; more than this is none of ours. */
#define ANSWER_MOST (64 * 1024 * 1024)

/* ---- beginning and end ---- */

int remote_open(struct remote *r, int argc, char **argv, struct str *message)
{
    *r = (struct remote){0};
    if (config_load(argc, argv, &r->config, message) != CONFIG_OK)
        return EXIT_USAGE;
    return secrets_open(&r->config, &r->keys, message) == 0 ? 0 : 1;
}

void remote_close(struct remote *r)
{
    token_keys_fini(&r->keys);
    config_fini(&r->config);
}

void remote_url(const struct config *c, uint16_t port, struct str *url)
{
    char text[ADDR_TEXT_MAX];
    struct addr at = c->listen;

    if (addr_is_any(&at))
        at = addr_v4(127, 0, 0, 1, 0);
    at.port = port;
    str_printf(url, "%s://%s", c->tls_cert ? "https" : "http", addr_format(&at, true, text));
}

/* ---- HTTP ---- */

static void say_silence(struct str *message, const char *url, const struct fetch_answer *got)
{
    const char *path = strchr(strstr(url, "://") + 3, '/');

    str_printf(message, "no answer from %.*s: %s; start it with `bedrud run`, or name its --listen",
               (int)(path ? (size_t)(path - url) : strlen(url)), url, got->error);
}

long remote_http(const struct remote_request *q, struct str *answer, struct str *message)
{
    struct str bearer, type;
    const char *headers[2];
    struct fetch_answer got;
    struct fetch *f = fetch_new();
    struct fetch_request r = {.method = q->method,
                              .url = q->url,
                              .headers = headers,
                              .body = q->body,
                              .trust = q->cert && q->cert[0] ? q->cert : NULL,
                              .timeout_ms = ANSWER_MS,
                              .answer_most = ANSWER_MOST};

    str_init(&bearer);
    str_init(&type);
    str_printf(&bearer, "Authorization: Bearer %s", q->token ? q->token : "");
    if (q->token)
        headers[r.header_count++] = bearer.text;
    if (q->content_type) {
        str_printf(&type, "Content-Type: %s", q->content_type);
        headers[r.header_count++] = type.text;
        r.body.data = q->body.data ? q->body.data : (const uint8_t *)"";
    }
    fetch_ask(f, &r, &got);
    if (got.status)
        str_append_span(answer, str_span(&got.body));
    else
        say_silence(message, q->url, &got);
    fetch_answer_fini(&got);
    fetch_free(f);
    mem_wipe(bearer.text, bearer.size);
    str_fini(&bearer);
    str_fini(&type);
    return got.status;
}

/* ---- RoomService ---- */

/* {"code":...,"msg":...}, or whatever else came. */
static int say_error(struct str *message, const struct remote *r, long status,
                     const struct str *body)
{
    int result = 1;
    json_t *json = json_loadb(body->text ? body->text : "", body->size, 0, NULL);
    const char *code = json_string_value(json_object_get(json, "code"));
    const char *text = json_string_value(json_object_get(json, "msg"));

    if (code && strcmp(code, "unauthenticated") == 0)
        str_printf(message, "the server does not take the API key of %s: name its --data-dir",
                   r->config.data_dir);
    else if (code && text)
        str_printf(message, "%s", text);
    else
        str_printf(message, "what answers is no bedrud, or another version: HTTP status %ld",
                   status);
    if (code && strcmp(code, "not_found") == 0)
        result = REMOTE_ABSENT;
    json_decref(json);
    return result;
}

/* The server of the data directory says where it listens; else it is where it was configured to. */
static void find_url(const struct remote *r, struct str *url, struct str *cert)
{
    if (!r->config.listen_given && running_find(r->config.data_dir, url, cert) && url->size)
        return;
    str_clear(url);
    str_clear(cert);
    remote_url(&r->config, r->config.listen.port, url);
    str_append(cert, r->config.tls_cert ? r->config.tls_cert : "");
}

int remote_call(const struct remote *r, struct claims *claims, const char *method,
                struct span request, struct str *answer, struct str *message)
{
    struct str url, cert;

    claims->grant->expires_unix_s = clock_unix_ms() / 1000 + TOKEN_LIFE_S;
    char *token = token_sign(&r->keys, claims);
    if (!token) {
        str_append(message, "there is no API key to sign with");
        return 1;
    }
    str_init(&url);
    str_init(&cert);
    find_url(r, &url, &cert);
    str_printf(&url, "/twirp/%s", method);
    long status = remote_http(&(struct remote_request){.method = "POST",
                                                       .url = url.text,
                                                       .cert = cert.text,
                                                       .token = token,
                                                       .content_type = "application/protobuf",
                                                       .body = request},
                              answer, message);
    int result = status == 200 ? 0 : status ? say_error(message, r, status, answer) : 1;
    free(token);
    str_fini(&url);
    str_fini(&cert);
    return result;
}
