/* SPDX-License-Identifier: Apache-2.0 */
/* HTTP requests of ours to other servers. They block, so only threads that may do that make them.
 * Redirects are not followed: where a request goes is for whoever named the address to say. */
#ifndef SERVER_FETCH_H
#define SERVER_FETCH_H

#include "base/addr.h"
#include "base/str.h"

struct fetch;

struct fetch_request {
    const char *method;         /* NULL: POST */
    const char *url;            /* http or https */
    const char *const *headers; /* whole lines */
    unsigned header_count;
    struct span body; /* data NULL: none, an empty one of a POST */
    /* A file: the certificate that is trusted, whatever name stands in it; NULL: those that the
     * system trusts, for their names. */
    const char *trust;
    unsigned timeout_ms; /* for all of it; 0: LIMIT_FETCH_MS */
    size_t answer_most;  /* of an answer's body, a longer one is an error; 0: none is kept */
    /* Which addresses may be connected to, asked for each one after names are resolved; NULL: all.
     */
    bool (*may_reach)(void *arg, const struct addr *a);
    /* Looked at about once a second; true ends the request. NULL: never. */
    bool (*is_over)(void *arg);
    void *arg;
};

struct fetch_answer {
    unsigned status; /* 0: there was none */
    bool timed_out;
    struct str body;
    char error[160]; /* why there was none; names no more than a host */
};

/* One for a thread; keeps connections from one request to the next. */
struct fetch *fetch_new(void);
void fetch_free(struct fetch *f);
/* Fills *out, which the caller ends with fetch_answer_fini. */
void fetch_ask(struct fetch *f, const struct fetch_request *r, struct fetch_answer *out);
void fetch_answer_fini(struct fetch_answer *a);

#endif
