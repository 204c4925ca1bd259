/* SPDX-License-Identifier: Apache-2.0 */
/* The server API (RoomService and our own bedrud.Rooms) over Twirp, JSON and protobuf
 * (livekit-wire.md 8): authorisation and translation. The calls themselves are the engine's;
 * control.c carries them to the workers and back. Control thread. */
#ifndef SERVER_TWIRP_H
#define SERVER_TWIRP_H

#include "base/str.h"
#include "room/engine.h"
#include "server/token.h"

struct twirp_method; /* a row of the table of calls */

/* A call that was understood and authorised. */
struct twirp_call {
    const struct twirp_method *method;
    enum engine_request request;
    bool json;
    char *room;    /* NULL: asks all workers (ListRooms) */
    uint8_t *body; /* protobuf of the request */
    size_t body_size;
};

/* What arrived by HTTP. */
struct twirp_request {
    struct span path;                         /* what follows "/twirp/" */
    const char *content_type, *authorization; /* NULL: absent */
    struct span body;
};

void twirp_call_fini(struct twirp_call *c);

struct twirp_error {
    const char *code; /* "not_found"; NULL: none */
    char text[256];
    const char *meta; /* what stands under "code" in the error's meta; NULL: no meta */
};

#define TWIRP_NO_SERVICE "this server does not have that service"

/* Fills *out on true, which the caller ends with twirp_call_fini; else *error. */
bool twirp_read(const struct token_keys *keys, int64_t unix_s, const struct twirp_request *r,
                struct twirp_call *out, struct twirp_error *error);
/* The same call made of another server: its path behind "/twirp/", and in *claims the grants that
 * it asks of a token; claims->grant->room is the caller's. */
const char *twirp_path(enum engine_request what, struct claims *claims);
/* What an error of the other server means to the API (media.h): a code, or NULL. */
int twirp_errno(const char *code);
/* The same of an answer that is not 200. */
int twirp_read_errno(struct span body);
/* Status of an error code. */
unsigned twirp_status(const char *code);
/* {"code":...,"msg":...} */
void twirp_write_error(struct str *out, const struct twirp_error *error);
/* The response's protobuf as the caller asked for it. */
void twirp_write_response(struct str *out, const struct twirp_call *c, struct span protobuf);

#endif
