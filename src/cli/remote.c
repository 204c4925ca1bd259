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

/* ---- one call ---- */

static size_t on_bytes(char *bytes, size_t size, size_t count, void *answer)
{
    str_append_span(answer, span_of(bytes, size * count));
    return size * count;
}

static void write_url(struct str *url, const struct config *c)
{
    char text[ADDR_TEXT_MAX];
    struct addr at = c->listen;

    if (addr_is_any(&at)) {
        at = addr_v4(127, 0, 0, 1, 0);
        at.port = c->listen.port;
    }
    str_printf(url, "%s://%s", c->tls_cert ? "https" : "http", addr_format(&at, true, text));
}

/* {"code":...,"msg":...}, or whatever else came. */
static void say_error(struct str *message, const struct remote *r, long status,
                      const struct str *body)
{
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
    json_decref(json);
}

/* Our own server by its own certificate, whatever name stands in it. */
static void set_trust(const struct curl_door *d, CURL *c, const struct config *config)
{
    if (!config->tls_cert)
        return;
    d->set(c, CURLOPT_CAINFO, config->tls_cert);
    d->set(c, CURLOPT_SSL_VERIFYHOST, 0L);
}

/* The status; 0 when there was no answer, with a message. */
static long post(const struct curl_door *d, CURL *c, const char *url, struct str *answer,
                 struct str *message)
{
    long status = 0;

    d->set(c, CURLOPT_URL, url);
    d->set(c, CURLOPT_PROTOCOLS_STR, "http,https");
    d->set(c, CURLOPT_NOPROXY, "*");
    d->set(c, CURLOPT_NOSIGNAL, 1L);
    d->set(c, CURLOPT_CONNECTTIMEOUT_MS, (long)CONNECT_MS);
    d->set(c, CURLOPT_TIMEOUT_MS, (long)ANSWER_MS);
    d->set(c, CURLOPT_WRITEFUNCTION, on_bytes);
    d->set(c, CURLOPT_WRITEDATA, answer);
    CURLcode code = d->perform(c);
    if (code == CURLE_OK)
        d->get(c, CURLINFO_RESPONSE_CODE, &status);
    else
        str_printf(message,
                   "no answer from %.*s: %s; start it with `bedrud run`, or name its --listen",
                   (int)(strstr(url, "/twirp/") - url), url, d->error(code));
    return status;
}

/* One call. */
struct call {
    const struct curl_door *door;
    const struct remote *remote;
    const char *token, *method;
    struct span request;
};

static int call(const struct call *one, struct str *answer, struct str *message)
{
    const struct curl_door *d = one->door;
    struct str url, bearer;
    CURL *c = d->init();
    long status = 0;

    str_init(&url);
    str_init(&bearer);
    write_url(&url, &one->remote->config);
    str_printf(&url, "/twirp/%s", one->method);
    str_printf(&bearer, "Authorization: Bearer %s", one->token);
    struct curl_slist *headers = d->append(NULL, "Content-Type: application/protobuf");
    headers = d->append(headers, bearer.text);
    if (c) {
        d->set(c, CURLOPT_HTTPHEADER, headers);
        d->set(c, CURLOPT_POSTFIELDSIZE, (long)one->request.size);
        d->set(c, CURLOPT_POSTFIELDS, one->request.size ? (const char *)one->request.data : "");
        set_trust(d, c, &one->remote->config);
        status = post(d, c, url.text, answer, message);
    }
    if (status && status != 200)
        say_error(message, one->remote, status, answer);
    d->free_list(headers);
    d->cleanup(c);
    str_fini(&url);
    str_fini(&bearer);
    return status == 200 ? 0 : 1;
}

int remote_call(const struct remote *r, struct claims *claims, const char *method,
                struct span request, struct str *answer, struct str *message)
{
    struct curl_door door = {0};
    int code = 1;

    claims->grant->expires_unix_s = clock_unix_ms() / 1000 + TOKEN_LIFE_S;
    char *token = token_sign(&r->keys, claims);
    if (!token)
        str_append(message, "there is no API key to sign with");
    else if (door_open(&door, message))
        code = call(&(struct call){&door, r, token, method, request}, answer, message);
    free(token);
    return code;
}
