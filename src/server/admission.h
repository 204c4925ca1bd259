/* SPDX-License-Identifier: Apache-2.0 */
/* The question that stands before every door to a room: does the store know it, under which
 * settings, and may this person in? A room that the store knows never opens without its settings.
 * Asked by the control thread, answered by an API thread. */
#ifndef SERVER_ADMISSION_H
#define SERVER_ADMISSION_H

#include "base/list.h"
#include "net/web.h"
#include "server/pool.h"
#include "server/token.h"

enum admission_result {
    ADMISSION_GRANTED,
    ADMISSION_PUT_OUT, /* the token is from before they were put out of the room, or of nobody that
                          the room's book has */
    ADMISSION_BANNED,
    ADMISSION_CLOSED, /* the room is no longer active; another may have its name */
    ADMISSION_NOBODY, /* the account is gone or switched off */
    ADMISSION_UNKNOWN /* the store does not answer */
};

struct admissions {
    struct pool *pool;
    struct list pending;
};

struct admission {
    struct job job;
    struct list node;
    struct admissions *home;
    bool again; /* what it was told may be old by now */
    /* the question */
    char *room, *identity; /* identity NULL: nobody in particular */
    int64_t entry;         /* as in struct claims, like room_id */
    char room_id[RANDOM_UUID_SIZE];
    /* the answer */
    enum admission_result result;
    char *metadata; /* of a person whom the store knows, beside the permission; NULL: the token's */
    struct permission permission;
    struct str open; /* a CreateRoomRequest with the stored settings; empty: the store does not know
                        the room */
    /* whose it is; for the caller's use */
    void (*then)(struct admission *a, void *arg);
    void *arg;
    web_id web;
    uint64_t call;
    struct claims claims;
    bool look_only;
};

void admissions_init(struct admissions *a, struct pool *pool);
/* Asks; `then` is called on the control thread, at once when the pool is full. Takes what `q` owns:
 * room, identity, claims. */
void admission_ask(struct admissions *a, const struct admission *q);
/* Something about the room was changed: answers that are under way are asked for again, so that
 * nobody gets in by what was true before. */
void admission_renew(struct admissions *a, const char *room);
/* What to tell who is refused. */
const char *admission_text(enum admission_result r);

#endif
