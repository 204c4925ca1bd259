/* SPDX-License-Identifier: Apache-2.0 */
/* One request of the API on its way: taken in by the door on the control thread (api_door.h),
 * worked on by an API thread, answered by the door. A handler reads its fields, changes the store
 * and leaves one answer; whatever it allocates from the call's arena goes with the call. */
#ifndef SERVER_API_H
#define SERVER_API_H

#include "base/addr.h"
#include "base/limits.h"
#include "base/mem.h"
#include "base/str.h"
#include "net/web.h"
#include "server/media.h"
#include "server/pool.h"
#include "server/token.h"
#include "store/users.h"

struct api_call;
struct api_door;
struct json_t;

/* ---- routes ---- */

enum api_need {
    API_ANYBODY,
    API_MAYBE,    /* anybody, but whoever shows a token is who it names */
    API_SOMEBODY, /* who has a session, guests too */
    API_ACCOUNT,  /* no guests */
    API_SUPERADMIN
};

/* How many calls of a route an address may make in a minute. */
enum api_rate {
    API_RATE_NONE,
    API_RATE_LOGIN,   /* tries a password, or makes an account */
    API_RATE_REFRESH, /* devices of a whole office come back after a break */
    API_RATE_GUEST,
    API_RATE_DEMO, /* makes a room for nobody in particular */
    API_RATE_GENERAL,
    API_RATE_UPLOAD, /* takes a form with a file, instead of JSON */
    API_RATE_SIGNED, /* by the other media server, which tells as much as happens; without one it is
                        general. The handler verifies the body before it calls api_read_body. */
    API_RATE_GROUPS
};

#define API_PARAMS 3

struct api_route {
    const char *method;
    const char *path; /* behind /api; a segment that begins with ':' is a parameter */
    enum api_need need;
    enum api_rate rate;
    void (*handle)(struct api_call *c);
    bool heavy; /* hashes a password */
};

/* ---- what all calls share; nobody changes it while the server runs ---- */

struct api_config {
    struct tasks *tasks;     /* NULL: there is no server */
    const char *livekit_url; /* of the other server that carries the meetings; NULL: ours do */
    const struct token_keys *keys;                /* of LiveKit's tokens */
    struct media_plane *media[LIMIT_API_THREADS]; /* each thread's own */
    uint8_t secret[32];                           /* of our own tokens */
    const char *public_url;  /* "https://host[:port]"; NULL: as the request has it */
    char operator_token[65]; /* of subcommands on this machine; "": none */
    char setup_code[25];     /* makes the first superadmin; "": there is one */
    bool local_setup;        /* without the code, on this machine */
};

/* ---- the call ---- */

struct api_call {
    struct job job;
    struct api_door *door; /* where it goes back to */
    const struct api_config *config;
    const struct api_route *route;
    web_id web;
    struct arena arena;
    /* the request */
    const char *params[API_PARAMS];
    struct span query, body;
    const char *content_type;                                    /* of a form; NULL */
    const char *authorization, *cookie, *client, *host, *origin; /* headers; NULL: absent */
    struct addr from; /* who asks, behind trusted proxies */
    bool secure;      /* came by TLS, to us or to a proxy before us */
    bool local;       /* from this machine, and by no proxy that can be seen */
    bool at_home;     /* and by a name that only this machine has for itself */
    int64_t now_ms;
    /* on the API thread */
    struct db *db;
    struct media_plane *media;
    struct json_t *json;     /* of the body; an empty object without one */
    struct user user;        /* id NULL: nobody, as API_ANYBODY and API_MAYBE allow */
    const char *session;     /* its id */
    const char *wrong_field; /* the first one that did not fit, and why */
    const char *wrong_reason;
    /* the answer */
    unsigned status;
    struct str reply;
    const char *type;  /* of the reply; NULL: JSON */
    const char *cache; /* Cache-Control; NULL: it is kept nowhere */
    struct web_header headers[8];
    unsigned header_count;
};

struct api_call *api_call_new(void);
void api_call_free(struct api_call *c);
/* Whom the operator's token is for; no row of the store. */
#define API_OPERATOR "operator"
/* On the API thread: who asks, what is in the body, the handler. Leaves an answer. */
void api_run(struct api_call *c, struct db *db);
/* Makes c->json of the body; false with an answer when it is none. Done before the handler, but for
 * API_RATE_SIGNED. */
bool api_read_body(struct api_call *c);

/* ---- for handlers: fields. An unfitting one is kept for api_refused and reads as absent. ---- */

/* UTF-8 without control characters, in the arena, of at most `most` bytes; "" when absent. */
const char *api_text(struct api_call *c, const struct json_t *object, const char *name,
                     size_t most);
bool api_flag(struct api_call *c, const struct json_t *object, const char *name, bool absent);
int64_t api_number(struct api_call *c, const struct json_t *object, const char *name,
                   int64_t absent);
/* Answers 400 and returns true when a field did not fit. */
bool api_refused(struct api_call *c);
/* A parameter of the query, in the arena; "" when it is absent, too long or no text. */
const char *api_query(struct api_call *c, const char *name);
/* Which part of a list is asked for: `page` from 1, `limit` of at most 100, else 20. */
struct api_page {
    int number;
    struct db_page part;
};

struct api_page api_page(const struct api_call *c);
/* The value of a cookie of the request; NULL. */
const char *api_cookie(struct api_call *c, const char *name);

/* ---- for handlers: answers ---- */

/* Takes the value. */
void api_reply(struct api_call *c, unsigned status, struct json_t *value);
/* {"error": text, "code": code}; both are literals. False, so that a check may end with it. */
bool api_fail(struct api_call *c, unsigned status, const char *code, const char *text);
/* What an error of the store means to the client: 503 with Retry-After, or 500. */
bool api_fail_store(struct api_call *c, int error);
/* 200 with a part of a list under this name, and "total", "page" and "limit" beside it. Takes the
 * list. */
void api_reply_page(struct api_call *c, const char *name, struct json_t *list,
                    const struct api_page *page, int64_t total);
/* {"message": text} */
void api_say(struct api_call *c, const char *text);
/* Both lie in the arena, or are literals. */
void api_header(struct api_call *c, const char *name, const char *value);

#endif
