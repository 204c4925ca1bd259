/* SPDX-License-Identifier: Apache-2.0 */
/* For tests of rooms with people: a room, somebody for each role in it, and what is done to them.
 */
#ifndef TESTS_SERVER_HOUSE_H
#define TESTS_SERVER_HOUSE_H

#include "api_kit.h"

#include "store/members.h"
#include "store/rooms.h"
#include "store/users.h"

enum role {
    ROLE_GUEST,
    ROLE_USER,
    ROLE_ADMIN,
    ROLE_BANNED,
    ROLE_MODERATOR,
    ROLE_OWNER,
    ROLE_BOSS,
    ROLES
};

static const char *const role_names[] = {"guest",     "user",  "admin",     "banned moderator",
                                         "moderator", "owner", "superadmin"};

struct house {
    char id[64], name[64];
    struct person people[ROLES];
    struct person target; /* a guest, to whom things are done */
};

/* Asks about something in the room: "kick/<id>". The JSON is the caller's. */
static inline json_t *house_ask(const struct house *h, const char *method, const struct person *who,
                                const char *what, unsigned status, const char *code)
{
    char path[320];

    snprintf(path, sizeof path, "/api/room/%s/%s", h->id, what);
    return api_ask(&(struct question){method, path, who ? who->access : NULL,
                                      strcmp(method, "GET") == 0 ? NULL : "{}", NULL},
                   status, code);
}

/* "kick" and "/off" around the target's identity. */
static inline void house_do(const struct house *h, const struct person *who, const char *before,
                            const struct person *target, const char *after)
{
    char what[192];

    snprintf(what, sizeof what, "%s/%s%s", before, target->id, after);
    json_decref(house_ask(h, "POST", who, what, 200, NULL));
}

static inline void house_set(const struct house *h, const struct person *p, enum member_flag flag,
                             bool on)
{
    struct db *db = api_db();

    assert_int_equal(members_set(db, h->id, p->id, flag, on, 1), 0);
    db_close(db);
}

/* `body`: of the room's making. */
static inline void house_build(struct house *h, const char *body)
{
    api_register("boss", &h->people[ROLE_BOSS]);
    api_register("owner", &h->people[ROLE_OWNER]);
    api_register("moderator", &h->people[ROLE_MODERATOR]);
    api_register("banned", &h->people[ROLE_BANNED]);
    api_register("admin", &h->people[ROLE_ADMIN]);
    api_register("user", &h->people[ROLE_USER]);
    api_guest("guest", &h->people[ROLE_GUEST]);
    api_guest("target", &h->target);
    json_t *room = api_ask(
        &(struct question){"POST", "/api/room/create", h->people[ROLE_OWNER].access, body, NULL},
        200, NULL);
    snprintf(h->id, sizeof h->id, "%s", api_get(room, "id"));
    snprintf(h->name, sizeof h->name, "%s", api_get(room, "name"));
    json_decref(room);
    house_set(h, &h->people[ROLE_MODERATOR], MEMBER_MODERATOR, true);
    house_set(h, &h->people[ROLE_BANNED], MEMBER_MODERATOR, true);
    house_set(h, &h->people[ROLE_BANNED], MEMBER_BANNED, true);
    struct db *db = api_db();
    assert_int_equal(
        users_set_accesses(db, h->people[ROLE_ADMIN].id, ACCESS_USER | ACCESS_ADMIN, 1), 0);
    db_close(db);
}

static inline json_t *house_join(const struct house *h, const struct person *p, unsigned status,
                                 const char *code)
{
    char body[128];

    snprintf(body, sizeof body, "{\"roomName\":\"%s\"}", h->name);
    return api_ask(&(struct question){"POST", "/api/room/join", p->access, body, NULL}, status,
                   code);
}

/* Comes in; `me`, when asked for, is what the server says of them. */
static inline struct peer *house_enter(const struct house *h, const struct person *p,
                                       struct arena *a, const Livekit__ParticipantInfo **me)
{
    const Livekit__SignalResponse *joined;
    json_t *answer = house_join(h, p, 200, NULL);
    struct peer *peer = api_enter(answer, a, &joined);

    json_decref(answer);
    if (me)
        *me = joined->join->participant;
    return peer;
}

/* The status of the door for somebody with this join token. */
static inline unsigned house_knock(const char *token)
{
    struct str target;
    struct peer *p;

    str_init(&target);
    str_printf(&target, "/livekit/rtc/validate?access_token=%s", token);
    unsigned status =
        site_ask(api_site.port, &(struct ask){"GET", target.text, NULL, {NULL, 0}}, &p);
    str_fini(&target);
    peer_free(p);
    return status;
}

/* The next update about somebody, past others; NULL when the connection ends before. */
static inline const Livekit__ParticipantInfo *house_news(struct peer *p, struct arena *a,
                                                         const char *identity)
{
    const Livekit__SignalResponse *r;

    while ((r = site_await(p, a, LIVEKIT__SIGNAL_RESPONSE__MESSAGE_UPDATE)) != NULL)
        for (size_t i = 0; i < r->update->n_participants; i++)
            if (strcmp(r->update->participants[i]->identity, identity) == 0)
                return r->update->participants[i];
    return NULL;
}

#endif
