/* SPDX-License-Identifier: Apache-2.0 */
/* Requests by libcurl, which is loaded for the first of them: linked, it would cost every start of
 * the server 20 ms and 4 MB. */
#include "server/fetch.h"

#include <curl/curl.h>
#include <dlfcn.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <threads.h>

#include "base/limits.h"
#include "base/mem.h"

struct fetch {
    CURL *curl; /* NULL before the first request */
};

/* What is used of libcurl, which stays loaded. */
static struct {
    __typeof__(&curl_global_init) start;
    __typeof__(&curl_easy_init) init;
    __typeof__(&curl_easy_reset) reset;
    __typeof__(&curl_easy_setopt) set;
    __typeof__(&curl_easy_perform) perform;
    __typeof__(&curl_easy_getinfo) get;
    __typeof__(&curl_easy_cleanup) cleanup;
    __typeof__(&curl_slist_append) append;
    __typeof__(&curl_slist_free_all) free_list;
    __typeof__(&curl_easy_strerror) error;
} door;

static bool door_is_open;
static once_flag door_once = ONCE_FLAG_INIT;

static bool find(void *handle, const char *name, void *function)
{
    void *at = dlsym(handle, name);

    memcpy(function, &at, sizeof at);
    return at != NULL;
}

static void open_door(void)
{
    void *handle = dlopen("libcurl.so.4", RTLD_NOW | RTLD_LOCAL);

    door_is_open = handle && find(handle, "curl_global_init", &door.start) &&
                   find(handle, "curl_easy_init", &door.init) &&
                   find(handle, "curl_easy_reset", &door.reset) &&
                   find(handle, "curl_easy_setopt", &door.set) &&
                   find(handle, "curl_easy_perform", &door.perform) &&
                   find(handle, "curl_easy_getinfo", &door.get) &&
                   find(handle, "curl_easy_cleanup", &door.cleanup) &&
                   find(handle, "curl_slist_append", &door.append) &&
                   find(handle, "curl_slist_free_all", &door.free_list) &&
                   find(handle, "curl_easy_strerror", &door.error) &&
                   door.start(CURL_GLOBAL_DEFAULT) == CURLE_OK;
}

struct fetch *fetch_new(void)
{
    return xcalloc(1, sizeof(struct fetch));
}

void fetch_free(struct fetch *f)
{
    if (f && f->curl)
        door.cleanup(f->curl);
    free(f);
}

void fetch_answer_fini(struct fetch_answer *a)
{
    str_fini(&a->body);
}

/* ---- what libcurl asks back ---- */

struct transfer {
    const struct fetch_request *request;
    struct fetch_answer *answer;
    bool refused;
};

static size_t on_bytes(char *bytes, size_t size, size_t count, void *arg)
{
    const struct transfer *t = arg;
    size_t n = size * count;

    if (!t->request->answer_most)
        return n;
    if (n > t->request->answer_most - t->answer->body.size)
        return 0;
    str_append_span(&t->answer->body, span_of(bytes, n));
    return n;
}

static bool read_address(const struct curl_sockaddr *s, struct addr *out)
{
    /* More follows than the member's type shows. */
    const char *sockaddr = (const char *)s + offsetof(struct curl_sockaddr, addr);

    if (s->family == AF_INET) {
        struct sockaddr_in v4;
        uint8_t ip[4];
        memcpy(&v4, sockaddr, sizeof v4);
        memcpy(ip, &v4.sin_addr, sizeof ip);
        *out = addr_v4(ip[0], ip[1], ip[2], ip[3], ntohs(v4.sin_port));
        return true;
    }
    if (s->family == AF_INET6) {
        struct sockaddr_in6 v6;
        if (s->addrlen < sizeof v6)
            return false;
        memcpy(&v6, sockaddr, sizeof v6);
        *out = (struct addr){.port = ntohs(v6.sin6_port)};
        memcpy(out->ip, &v6.sin6_addr, sizeof out->ip);
        return true;
    }
    return false;
}

/* Here names are resolved, and what is asked about is what will be connected to. */
static curl_socket_t on_socket(void *arg, curlsocktype purpose, struct curl_sockaddr *s)
{
    struct transfer *t = arg;
    struct addr a;

    if (purpose != CURLSOCKTYPE_IPCXN || !read_address(s, &a) ||
        (t->request->may_reach && !t->request->may_reach(t->request->arg, &a))) {
        t->refused = true;
        return CURL_SOCKET_BAD;
    }
    return socket(s->family, s->socktype | SOCK_CLOEXEC, s->protocol);
}

static int on_progress(void *arg, curl_off_t dl_total, curl_off_t dl, curl_off_t ul_total,
                       curl_off_t ul)
{
    const struct transfer *t = arg;

    (void)dl_total;
    (void)dl;
    (void)ul_total;
    (void)ul;
    return t->request->is_over && t->request->is_over(t->request->arg);
}

/* ---- one request ---- */

static void set_request(CURL *c, const struct fetch_request *r)
{
    door.set(c, CURLOPT_URL, r->url);
    if (r->body.data || !r->method) {
        door.set(c, CURLOPT_POSTFIELDSIZE, (long)r->body.size);
        door.set(c, CURLOPT_POSTFIELDS, r->body.size ? (const char *)r->body.data : "");
    }
    if (r->method)
        door.set(c, CURLOPT_CUSTOMREQUEST, r->method);
    if (r->trust) {
        door.set(c, CURLOPT_CAINFO, r->trust);
        door.set(c, CURLOPT_SSL_VERIFYHOST, 0L);
    }
}

static void set_bounds(CURL *c, struct transfer *t)
{
    door.set(c, CURLOPT_PROTOCOLS_STR, "http,https");
    door.set(c, CURLOPT_FOLLOWLOCATION, 0L);
    /* Through a proxy, it would be the proxy's address that is asked about. */
    door.set(c, CURLOPT_NOPROXY, "*");
    door.set(c, CURLOPT_NOSIGNAL, 1L);
    door.set(c, CURLOPT_CONNECTTIMEOUT_MS, (long)LIMIT_FETCH_CONNECT_MS);
    door.set(c, CURLOPT_TIMEOUT_MS,
             (long)(t->request->timeout_ms ? t->request->timeout_ms : LIMIT_FETCH_MS));
    door.set(c, CURLOPT_WRITEFUNCTION, on_bytes);
    door.set(c, CURLOPT_WRITEDATA, t);
    door.set(c, CURLOPT_OPENSOCKETFUNCTION, on_socket);
    door.set(c, CURLOPT_OPENSOCKETDATA, t);
    door.set(c, CURLOPT_XFERINFOFUNCTION, on_progress);
    door.set(c, CURLOPT_XFERINFODATA, t);
    door.set(c, CURLOPT_NOPROGRESS, 0L);
    door.set(c, CURLOPT_USERAGENT, "bedrud/" BEDRUD_VERSION);
    /* A connection that is there already was made under other rules. */
    if (t->request->may_reach) {
        door.set(c, CURLOPT_FRESH_CONNECT, 1L);
        door.set(c, CURLOPT_FORBID_REUSE, 1L);
    }
}

static void perform(CURL *c, struct transfer *t)
{
    struct fetch_answer *out = t->answer;
    CURLcode code = door.perform(c);
    long status = 0;

    if (code == CURLE_OK)
        door.get(c, CURLINFO_RESPONSE_CODE, &status);
    out->status = status > 0 && status < 1000 ? (unsigned)status : 0;
    out->timed_out = code == CURLE_OPERATION_TIMEDOUT;
    if (t->refused)
        snprintf(out->error, sizeof out->error, "its address is not to be reached from here");
    else if (code == CURLE_WRITE_ERROR)
        snprintf(out->error, sizeof out->error, "its answer is too long");
    else if (code != CURLE_OK)
        snprintf(out->error, sizeof out->error, "%s", door.error(code));
}

void fetch_ask(struct fetch *f, const struct fetch_request *r, struct fetch_answer *out)
{
    struct transfer t = {.request = r, .answer = out};
    struct curl_slist *headers = NULL;

    *out = (struct fetch_answer){.status = 0};
    str_init(&out->body);
    call_once(&door_once, open_door);
    if (!f->curl && door_is_open)
        f->curl = door.init();
    if (!f->curl) {
        snprintf(out->error, sizeof out->error,
                 "libcurl.so.4 is not there; `make setup` installs it");
        return;
    }
    door.reset(f->curl);
    for (unsigned i = 0; i < r->header_count; i++)
        headers = door.append(headers, r->headers[i]);
    headers = door.append(headers, "Expect:"); /* nobody waits for a 100 */
    door.set(f->curl, CURLOPT_HTTPHEADER, headers);
    set_request(f->curl, r);
    set_bounds(f->curl, &t);
    perform(f->curl, &t);
    door.set(f->curl, CURLOPT_HTTPHEADER, NULL);
    door.free_list(headers);
}
