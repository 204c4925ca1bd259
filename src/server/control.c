/* SPDX-License-Identifier: Apache-2.0 */
/* The control thread: HTTP and WebSocket connections, the directory, mail from the workers, SCTP's
 * timers, signals. Blocks nowhere. */
#include "server/control.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/limits.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/random.h"
#include "net/loop.h"
#include "net/thread.h"
#include "room/evil.h"
#include "rtc/assoc.h"
#include "server/api_upload.h"
#include "server/auth.h"
#include "server/housekeeping.h"
#include "server/media_engine.h"
#include "server/media_livekit.h"
#include "server/messages.h"
#include "server/routes.h"
#include "server/secrets.h"
#include "server/storage.h"
#include "server/tasks.h"

#define SCTP_TICK_MS 20
#define DRAIN_LOOK_MS 20

struct control {
    struct loop *loop;
    struct web *web;
    struct mailbox *mailbox;
    struct dtls_context *dtls;
    struct worker_table workers;
    struct directory directory;
    struct sessions sessions;
    struct calls calls;
    struct routes routes;
    struct pool *pool;
    struct admissions admissions;
    struct mailbox *media_calls;
    struct media_engine media[LIMIT_API_THREADS];
    struct media_livekit livekit[LIMIT_API_THREADS]; /* of another server, in place of these */
    struct token_keys livekit_keys;
    struct tasks *tasks;
    struct api_config api;
    struct api_door door;
    struct housekeeping housekeeping;
    char node_id[16];
    int64_t draining_since_us; /* 0: not */
    unsigned done;             /* workers that have told their clients */
};

static int64_t unix_s(void)
{
    return clock_unix_ms() / 1000;
}

/* ---- the web's handlers ---- */

static void on_request(void *arg, const struct web_request *r)
{
    struct control *c = arg;

    routes_request(&c->routes, r, unix_s());
}

static void on_message(void *arg, web_id id, struct span bytes, bool text)
{
    struct control *c = arg;

    /* Text frames would be JSON, which no current SDK sends. */
    if (!text)
        session_message(&c->sessions, id, bytes);
}

static void on_closed(void *arg, web_id id)
{
    struct control *c = arg;

    session_closed(&c->sessions, id);
}

/* ---- mail from the workers ---- */

/* Takes the item when others are to be told of it. */
static bool tell_others(struct control *c, struct outbox_item *item)
{
    if (item->size == 0)
        return false;
    if (tasks_event(c->tasks, item))
        return true;
    log_limited(LOG_WARN, 2, "webhook_lost", LOG_STR("event", item->event),
                LOG_STR("reason", "too many wait for the database"));
    return false;
}

static bool on_event(struct control *c, struct outbox_item *item)
{
    if (strcmp(item->event, "room_started") == 0)
        directory_started(&c->directory, item->room);
    else if (strcmp(item->event, "room_finished") == 0)
        directory_finished(&c->directory, item->room);
    log_limited(LOG_INFO, 200, item->event, LOG_STR("room", item->room),
                LOG_STR("identity", item->identity), LOG_STR("detail", item->detail));
    return tell_others(c, item);
}

/* Whether the item is taken. */
static bool on_item(struct control *c, struct outbox_item *item)
{
    switch (item->kind) {
    case OUTBOX_SIGNAL:
    case OUTBOX_CLOSE:
    case OUTBOX_REFRESH:
        session_on_item(&c->sessions, item, unix_s());
        break;
    case OUTBOX_REPLY:
        call_on_reply(&c->calls, item);
        break;
    case OUTBOX_EVENT:
        return on_event(c, item);
    }
    return false;
}

static void on_mail(void *arg)
{
    struct control *c = arg;
    struct mail *chain = mailbox_take(c->mailbox);
    struct message *m;

    while ((m = message_next(&chain)) != NULL) {
        if (m->kind == MESSAGE_ITEM && on_item(c, m->item))
            m->item = NULL;
        else if (m->kind == MESSAGE_STORED)
            tasks_stored(c->tasks, m->id);
        else if (m->kind == MESSAGE_PLACED)
            directory_placed(&c->directory, (const char *)m->bytes);
        else if (m->kind == MESSAGE_DONE)
            c->done++;
        message_free(m);
    }
}

static void on_api_mail(void *arg)
{
    struct control *c = arg;

    pool_on_mail(c->pool);
}

static void on_media_mail(void *arg)
{
    struct control *c = arg;
    struct mail *chain = mailbox_take(c->media_calls);
    struct media_call *m;

    while ((m = media_engine_next(&chain)) != NULL)
        call_begin_media(&c->calls, m);
}

/* ---- time and signals ---- */

static void on_sctp_tick(void *arg)
{
    (void)arg;
    assoc_global_on_time(SCTP_TICK_MS);
}

static void on_housekeeping(void *arg)
{
    struct control *c = arg;

    if (!c->draining_since_us)
        housekeeping_on_time(&c->housekeeping);
}

/* While draining: the end comes when everybody was told and has gone, or after 5 s. */
static void on_drain_look(void *arg)
{
    struct control *c = arg;

    if (!c->draining_since_us)
        return;
    bool told = c->done == c->workers.count;
    bool late = clock_now_us() - c->draining_since_us > LIMIT_DRAIN_US;
    if ((told && sessions_count(&c->sessions) == 0) || late)
        loop_stop(c->loop);
}

/* Whoever made a new one sends SIGHUP. A pair that does not fit leaves the old one in use. */
static void renew_certificate(struct control *c)
{
    const struct config *config = c->door.config;

    if (!config->tls_cert)
        return;
    if (web_renew_certificate(c->web))
        log_event(LOG_INFO, "certificate_renewed", LOG_STR("file", config->tls_cert));
    else
        log_event(LOG_ERROR, "certificate_not_renewed", LOG_STR("cert", config->tls_cert),
                  LOG_STR("key", config->tls_key));
}

static void on_signal(void *arg, int signal)
{
    struct control *c = arg;

    if (signal == SIGHUP)
        renew_certificate(c);
    if (signal == SIGHUP || c->draining_since_us)
        return;
    log_event(LOG_INFO, "shutting_down", LOG_NUM("sessions", sessions_count(&c->sessions)));
    c->draining_since_us = clock_now_us();
    c->sessions.closing = true;
    for (unsigned i = 0; i < c->workers.count; i++)
        message_post(worker_mailbox(c->workers.workers[i]),
                     message_new(MESSAGE_SHUTDOWN, 0, span_of(NULL, 0)));
}

/* ---- beginning and end ---- */

static void say_busy(struct str *message, const char *key, const struct addr *a, int error,
                     const char *way_out)
{
    char text[ADDR_TEXT_MAX], reason[128];

    str_printf(message, "%s: cannot bind %s: %s; %s", key, addr_format(a, true, text),
               strerror_r(-error, reason, sizeof reason), way_out);
}

static bool start_worker(struct control *c, const struct config *config, unsigned index,
                         struct str *message)
{
    struct addr addrs[CONFIG_MEDIA_IPS];
    unsigned failed = 0;
    int error = 0;

    for (unsigned i = 0; i < config->media_ip_count; i++) {
        addrs[i] = config->media_ips[i];
        addrs[i].port = config->media_port ? (uint16_t)(config->media_port + index) : 0;
    }
    struct worker_config w = {.index = index,
                              .dtls = c->dtls,
                              .cipher = cipher_best(),
                              .addrs = addrs,
                              .addr_count = config->media_ip_count,
                              .node_id = c->node_id,
                              .control = c->mailbox};
    c->workers.workers[index] = worker_new(&w, &error, &failed);
    if (!c->workers.workers[index])
        say_busy(message, "media_port", &addrs[failed], error,
                 "stop what uses it, or choose another with --media-port");
    else
        c->workers.count++;
    return c->workers.workers[index] != NULL;
}

static bool start_web(struct control *c, const struct config *config, struct str *message)
{
    /* Everybody comes from the proxy's address then. */
    bool behind_proxy = config->trusted_proxies.count > 0;
    struct web_config w = {.listen = config->listen,
                           .tls_cert = config->tls_cert,
                           .tls_key = config->tls_key,
                           .max_body_bytes = LIMIT_HTTP_BODY,
                           .max_body_of = api_upload_body_most,
                           .max_message_bytes = LIMIT_SIGNAL_MESSAGE,
                           .max_header_bytes = LIMIT_HTTP_HEAD,
                           .max_connections = LIMIT_WEB_CONNECTIONS,
                           .max_connections_per_address =
                               behind_proxy ? 0 : LIMIT_WEB_CONNECTIONS_PER_ADDRESS,
                           .max_held_per_address = behind_proxy ? 0 : LIMIT_WEB_HELD_PER_ADDRESS,
                           .max_queue_bytes = LIMIT_WEB_QUEUE};
    struct web_handlers handlers = {
        .arg = c, .request = on_request, .message = on_message, .closed = on_closed};
    int error = 0;

    c->web = web_new(c->loop, &w, &handlers, &error);
    if (!c->web && error == -EKEYREJECTED)
        str_printf(message,
                   "tls_cert, tls_key: %s and %s are no pair of certificate chain and private key; "
                   "give PEM files that belong together",
                   config->tls_cert, config->tls_key);
    else if (!c->web)
        say_busy(message, "listen", &config->listen, error,
                 "stop what uses it, or choose another with --listen");
    return c->web != NULL;
}

/* Whether whoever comes from this machine can only be its owner. */
static bool is_private(const struct config *config)
{
    return addr_is_loopback(&config->listen) && !config->public_url &&
           config->trusted_proxies.count == 0;
}

/* Our own workers, or another server, whose keys are then the ones for join tokens. */
static void connect_media(struct control *c, const struct config *config)
{
    c->api.livekit_url = c->routes.media_url = config->livekit_url;
    if (config->livekit_url) {
        token_keys_add(&c->livekit_keys, config->livekit_key, config->livekit_secret);
        c->api.keys = &c->livekit_keys;
    }
    for (unsigned i = 0; i < LIMIT_API_THREADS; i++) {
        media_engine_init(&c->media[i], c->media_calls);
        media_livekit_init(&c->livekit[i], config->livekit_url, &c->livekit_keys);
        c->api.media[i] = config->livekit_url ? &c->livekit[i].plane : &c->media[i].plane;
    }
}

static bool start_tasks(struct control *c, const struct config *config,
                        const struct token_keys *keys, struct str *message)
{
    const struct tasks_config t = {.database = config->database,
                                   .webhooks = {.keys = keys,
                                                .urls = config->webhook_urls,
                                                .nets = &config->webhook_nets,
                                                .secret = c->api.secret},
                                   .control = c->mailbox};

    c->tasks = c->api.tasks = tasks_new(&t, message);
    return c->tasks != NULL;
}

static bool start_api(struct control *c, const struct config *config, const struct token_keys *keys,
                      struct str *message)
{
    struct storage_facts facts;
    struct pool_config p = {.database = config->database, .threads = LIMIT_API_THREADS};

    c->api = (struct api_config){
        .keys = keys, .public_url = config->public_url, .local_setup = is_private(config)};
    if (!auth_init() || secrets_session(config, c->api.secret, message) != 0 ||
        secrets_operator(config, c->api.operator_token, message) != 0 ||
        storage_prepare(config, &facts, message) != 0)
        return false;
    if (!facts.has_superadmin)
        random_text(c->api.setup_code, sizeof c->api.setup_code - 1);
    c->pool = pool_new(&p, message);
    admissions_init(&c->admissions, c->pool);
    connect_media(c, config);
    return c->pool != NULL && start_tasks(c, config, keys, message);
}

static void connect_parts(struct control *c, const struct token_keys *keys)
{
    c->sessions.web = c->calls.web = c->routes.web = c->web;
    c->sessions.directory = c->calls.directory = &c->directory;
    c->sessions.workers = c->calls.workers = &c->workers;
    c->sessions.admissions = c->calls.admissions = &c->admissions;
    c->sessions.keys = c->calls.keys = c->routes.keys = keys;
    c->routes.sessions = &c->sessions;
    c->routes.calls = &c->calls;
    c->routes.api = &c->door;
    c->door.web = c->web;
    c->door.pool = c->pool;
    c->door.api = &c->api;
    housekeeping_init(&c->housekeeping, c->pool, c->api.media);
}

#ifdef BEDRUD_EVIL
/* Test builds only: which attacks this server is to carry out. */
static bool choose_evil(struct str *message)
{
    const char *names = secure_getenv("BEDRUD_EVIL"), *bad = NULL;

    if (!evil_choose(names, &bad)) {
        str_printf(message, "BEDRUD_EVIL: there is no such attack: %s", bad);
        return false;
    }
    log_event(LOG_WARN, "hostile_server", LOG_STR("attacks", names));
    return true;
}
#endif

struct control *control_new(const struct config *config, const struct token_keys *keys,
                            struct str *message)
{
    struct control *c = xcalloc(1, sizeof *c);
    bool good = true;

    memcpy(c->node_id, "ND_", 3);
    random_text(c->node_id + 3, 12);
    c->loop = loop_new();
    c->mailbox = mailbox_new();
    c->media_calls = mailbox_new();
    c->dtls = dtls_context_new();
    directory_init(&c->directory, config->workers);
    sessions_init(&c->sessions);
    calls_init(&c->calls);
    assoc_global_init(worker_emit_sctp, &c->workers);
    c->door.config = config;
    c->door.rate = config->rate_limits ? rate_new() : NULL;
    good = start_api(c, config, keys, message) && start_web(c, config, message);
#ifdef BEDRUD_EVIL
    good = good && choose_evil(message);
#endif
    unsigned workers = config->livekit_url ? 0 : config->workers;
    for (unsigned i = 0; good && i < workers; i++)
        good = start_worker(c, config, i, message);
    if (!good) {
        control_free(c);
        return NULL;
    }
    connect_parts(c, keys);
    loop_watch(c->loop, mailbox_fd(c->mailbox), on_mail, c);
    loop_watch(c->loop, pool_fd(c->pool), on_api_mail, c);
    loop_watch(c->loop, mailbox_fd(c->media_calls), on_media_mail, c);
    loop_every(c->loop, SCTP_TICK_MS, on_sctp_tick, c);
    loop_every(c->loop, DRAIN_LOOK_MS, on_drain_look, c);
    loop_every(c->loop, LIMIT_HOUSEKEEPING_MS, on_housekeeping, c);
    loop_on_signal(c->loop, on_signal, c);
    on_housekeeping(c);
    return c;
}

void control_run(struct control *c)
{
    loop_run(c->loop);
}

static void dispose(struct mail *mail)
{
    message_free((struct message *)(void *)mail);
}

/* Calls that are being worked on may wait for a worker's word, which nobody brings them any more.
 */
static void end_api(struct control *c)
{
    if (!c->pool)
        return;
    int fds[] = {pool_fd(c->pool), mailbox_fd(c->media_calls)};

    pool_end(c->pool);
    while (!pool_ended(c->pool)) {
        struct mail *chain = mailbox_take(c->media_calls);
        struct media_call *m;
        while ((m = media_engine_next(&chain)) != NULL)
            media_engine_answer(m, "unavailable");
        calls_refuse_media(&c->calls);
        thread_wait(fds, 2, INT64_MAX);
    }
    pool_free(c->pool);
}

void control_free(struct control *c)
{
    if (!c)
        return;
    end_api(c);
    for (unsigned i = 0; i < c->workers.count; i++)
        worker_free(c->workers.workers[i]);
    c->workers.count = 0;
    tasks_free(c->tasks);
    assoc_global_fini();
    for (unsigned i = 0; i < LIMIT_API_THREADS; i++) {
        media_engine_fini(&c->media[i]);
        media_livekit_fini(&c->livekit[i]);
    }
    token_keys_fini(&c->livekit_keys);
    mailbox_free(c->media_calls, dispose);
    rate_free(c->door.rate);
    mem_wipe(&c->api, sizeof c->api);
    if (c->web)
        web_free(c->web);
    calls_fini(&c->calls);
    sessions_fini(&c->sessions);
    directory_fini(&c->directory);
    loop_free(c->loop);
    mailbox_free(c->mailbox, dispose);
    dtls_context_free(c->dtls);
    free(c);
}

uint16_t control_port(const struct control *c)
{
    return web_port(c->web);
}

const char *control_setup_code(const struct control *c)
{
    return c->api.setup_code;
}

bool control_setup_is_local(const struct control *c)
{
    return c->api.local_setup;
}
