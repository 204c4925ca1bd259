/* SPDX-License-Identifier: Apache-2.0 */
/* What others are told, and how it is signed. Two kinds: LiveKit's webhooks, to addresses in the
 * configuration, as LiveKit's server SDKs receive them; and the rooms' events, to those whom a
 * superadmin entered, signed with a secret of their own. Both wait in the table of jobs, a lane for
 * each receiver. May block. */
#ifndef SERVER_WEBHOOK_H
#define SERVER_WEBHOOK_H

#include "base/addr.h"
#include "base/mem.h"
#include "server/proxy.h"
#include "server/token.h"
#include "store/jobs.h"

struct webhook_config {
    const struct token_keys *keys; /* the first signs LiveKit's */
    const char *urls;              /* of LiveKit's, with commas between them; NULL: none */
    const struct proxy_nets *nets; /* private networks in which receivers of events may be */
    const uint8_t *secret;         /* the server's, API_SECRET_SIZE bytes */
};

#define WEBHOOK_SECRET_SIZE 65
/* What a receiver of this id checks signatures with, as text. */
void webhook_secret(const uint8_t *secret, const char *id, int64_t generation,
                    char out[WEBHOOK_SECRET_SIZE]);
/* Whether this is the name of an event. */
bool webhook_has_event(const char *name, size_t size);

/* Whether it can be asked for: http or https, and nothing in it that is somebody's password. */
bool webhook_url_fits(const char *text, size_t size);
/* Whether anybody wants to be told anything. */
bool webhook_is_wanted(struct db *db, const struct webhook_config *c);
/* Adds the jobs that follow from a WebhookEvent of the media plane. */
int webhook_store(struct db *db, const struct webhook_config *c, struct span event, int64_t now_ms);

struct webhook_event {
    const char *name; /* "room.created" */
    const char *room_id, *room_name;
    const char *user_id; /* "": nobody in particular */
};

/* Adds jobs for those who want to know; a part of the transaction that is under way. What does not
 * fit a lane any more is left out. */
int webhook_tell(struct db *db, const struct webhook_event *e, int64_t now_ms);
/* The same of an event that the media plane calls so, in a room that the store knows by name; what
 * nobody is told of does nothing. */
int webhook_tell_media(struct db *db, const char *event, const char *room, const char *identity,
                       int64_t now_ms);
/* One for this receiver alone, whatever they want to know. */
int webhook_ping(struct db *db, const char *id, int64_t now_ms);

struct webhook_letter {
    const char *url;
    const char *headers[4]; /* whole lines */
    unsigned header_count;
    struct span body;
    bool anywhere; /* the operator named the address: it may be private */
};

#define WEBHOOK_SHOWN 128
/* A lane as the log has it: of an address scheme and host, since its path may be a secret. */
const char *webhook_show(const char *lane, char out[WEBHOOK_SHOWN]);
/* What a job sends now, in the arena; -ENOENT when nobody wants it any more. */
int webhook_write(struct db *db, struct arena *a, const struct webhook_config *c,
                  const struct job_row *job, int64_t now_ms, struct webhook_letter *out);
/* For fetch_request: `arg` is a struct webhook_config. */
bool webhook_may_reach(void *arg, const struct addr *a);

#endif
