/* SPDX-License-Identifier: Apache-2.0 */
/* PostgreSQL's client library, loaded when the first database of that kind is opened. With it come
 * some twenty others (Kerberos, LDAP, TLS), which take 3.4 MB and a third of the time to start, and
 * most servers keep their data in SQLite. */
#ifndef STORE_PG_LIBRARY_H
#define STORE_PG_LIBRARY_H

#include <libpq-fe.h>

#include "base/str.h"

/* The functions that pg.c calls, without their PQ. */
#define PG_LIBRARY_FUNCTIONS(F)                                                                    \
    F(clear)                                                                                       \
    F(cmdTuples)                                                                                   \
    F(connectdbParams)                                                                             \
    F(errorMessage)                                                                                \
    F(exec)                                                                                        \
    F(execPrepared)                                                                                \
    F(finish)                                                                                      \
    F(getlength)                                                                                   \
    F(getvalue)                                                                                    \
    F(ntuples)                                                                                     \
    F(prepare)                                                                                     \
    F(reset)                                                                                       \
    F(resultErrorField)                                                                            \
    F(resultStatus)                                                                                \
    F(setNoticeProcessor)                                                                          \
    F(status)

#define PG_LIBRARY_MEMBER(name) __typeof__(PQ##name) *name;
struct pg_library {
    PG_LIBRARY_FUNCTIONS(PG_LIBRARY_MEMBER)
};
#undef PG_LIBRARY_MEMBER

/* Valid after pg_library_load, on every thread that called it or heard of it from one that did. */
extern struct pg_library pq;

/* False: it is not there, which `message` says. Safe on every thread. */
bool pg_library_load(struct str *message);

#endif
