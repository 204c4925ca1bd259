/* SPDX-License-Identifier: Apache-2.0 */
/* HTTP by libcurl, which is loaded when it is needed: linked, it would cost every start of the
 * server 20 ms and 4 MB. */
#include "cli/remote.h"

#include <curl/curl.h>
#include <dlfcn.h>
#include <jansson.h>
#include <stdlib.h>

#include "base/mem.h"
#include "cli/cli.h"
#include "net/loop.h"
#include "server/running.h"
#include "server/secrets.h"

#define TOKEN_LIFE_S 60
#define CONNECT_MS 3000
#define ANSWER_MS 10000

/* What is used of libcurl, which stays loaded. */
struct curl_door {
    __typeof__(&curl_easy_init) init;
    __typeof__(&curl_easy_setopt) set;
    __typeof__(&curl_easy_perform) perform;
    __typeof__(&curl_easy_getinfo) get;
    __typeof__(&curl_easy_cleanup) cleanup;
    __typeof__(&curl_slist_append) append;
    __typeof__(&curl_slist_free_all) free_list;
    __typeof__(&curl_easy_strerror) error;
};

/* The bytes of an answer; more than this is none of ours. */
#define ANSWER_MOST (64 * 1024 * 1024)

static bool find(void *handle, const char *name, void *function)
{
    void *at = dlsym(handle, name);

    memcpy(function, &at, sizeof at);
    return at != NULL;
}

static bool door_open(struct curl_door *d, struct str *message)
{
    void *handle = dlopen("libcurl.so.4", RTLD_NOW | RTLD_LOCAL);

    if (handle && find(handle, "curl_easy_init", &d->init) &&
        find(handle, "curl_easy_setopt", &d->set) &&
        find(handle, "curl_easy_perform", &d->perform) &&
        find(handle, "curl_easy_getinfo", &d->get) &&
        find(handle, "curl_easy_cleanup", &d->cleanup) &&
        find(handle, "curl_slist_append", &d->append) &&
        find(handle, "curl_slist_free_all", &d->free_list) &&
        find(handle, "curl_easy_strerror", &d->error))
        return true;
    str_append(message, "libcurl.so.4 is not there; `make setup` installs it");
    return false;
}

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

static size_t on_bytes(char *bytes, size_t size, size_t count, void *answer)
{
    struct str *out = answer;

    if (out->size + size * count > ANSWER_MOST)
        return 0;
    str_append_span(out, span_of(bytes, size * count));
    return size * count;
}

/* Our own server by its own certificate, whatever name stands in it. */
static void set_trust(const struct curl_door *d, CURL *c, const char *cert)
{
    if (!cert || !cert[0])
        return;
    d->set(c, CURLOPT_CAINFO, cert);
    d->set(c, CURLOPT_SSL_VERIFYHOST, 0L);
}

static long perform(const struct curl_door *d, CURL *c, const struct remote_request *q,
                    struct str *answer, struct str *message)
{
    long status = 0;

    d->set(c, CURLOPT_CUSTOMREQUEST, q->method);
    d->set(c, CURLOPT_URL, q->url);
    d->set(c, CURLOPT_PROTOCOLS_STR, "http,https");
    d->set(c, CURLOPT_NOPROXY, "*");
    d->set(c, CURLOPT_NOSIGNAL, 1L);
    d->set(c, CURLOPT_CONNECTTIMEOUT_MS, (long)CONNECT_MS);
    d->set(c, CURLOPT_TIMEOUT_MS, (long)ANSWER_MS);
    d->set(c, CURLOPT_WRITEFUNCTION, on_bytes);
    d->set(c, CURLOPT_WRITEDATA, answer);
    set_trust(d, c, q->cert);
    CURLcode code = d->perform(c);
    if (code == CURLE_OK) {
        d->get(c, CURLINFO_RESPONSE_CODE, &status);
        return status;
    }
    const char *path = strchr(strstr(q->url, "://") + 3, '/');
    str_printf(message, "no answer from %.*s: %s; start it with `bedrud run`, or name its --listen",
               (int)(path ? (size_t)(path - q->url) : strlen(q->url)), q->url, d->error(code));
    return 0;
}

static struct curl_slist *add_header(const struct curl_door *d, struct curl_slist *list,
                                     const char *name, const char *value)
{
    struct str line;

    str_init(&line);
    str_printf(&line, "%s: %s", name, value);
    list = d->append(list, line.text);
    if (line.size)
        mem_wipe(line.text, line.size);
    str_fini(&line);
    return list;
}

long remote_http(const struct remote_request *q, struct str *answer, struct str *message)
{
    struct curl_door door = {0};
    struct str bearer;
    long status = 0;

    if (!door_open(&door, message))
        return 0;
    CURL *c = door.init();
    str_init(&bearer);
    str_printf(&bearer, "Bearer %s", q->token ? q->token : "");
    struct curl_slist *headers =
        q->token ? add_header(&door, NULL, "Authorization", bearer.text) : NULL;
    if (q->content_type)
        headers = add_header(&door, headers, "Content-Type", q->content_type);
    if (c) {
        door.set(c, CURLOPT_HTTPHEADER, headers);
        if (q->content_type) {
            door.set(c, CURLOPT_POSTFIELDSIZE, (long)q->body.size);
            door.set(c, CURLOPT_POSTFIELDS, q->body.size ? (const char *)q->body.data : "");
        }
        status = perform(&door, c, q, answer, message);
    }
    door.free_list(headers);
    door.cleanup(c);
    mem_wipe(bearer.text, bearer.size);
    str_fini(&bearer);
    return status;
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
