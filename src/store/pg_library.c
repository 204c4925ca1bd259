/* SPDX-License-Identifier: Apache-2.0 */
/* Finds libpq and its functions, once a process, and keeps it to the end. */
#include "store/pg_library.h"

#include <dlfcn.h>
#include <pthread.h>
#include <string.h>

#define FILE_NAME "libpq.so.5" /* of PostgreSQL 8.2 to 18 */

struct pg_library pq;

static pthread_once_t once = PTHREAD_ONCE_INIT;
static char reason[256]; /* why there is none; "" when it was loaded */

/* POSIX lets dlsym's result be a function, ISO C no pointer to void be cast to one. */
static void find(void *library, const char *name, void *out)
{
    void *found = dlsym(library, name);

    memcpy(out, &found, sizeof found);
    if (!found)
        snprintf(reason, sizeof reason, FILE_NAME " has no %s", name);
}

static void load(void)
{
    void *library = dlopen(FILE_NAME, RTLD_NOW | RTLD_LOCAL);

    if (!library) {
        snprintf(reason, sizeof reason, "%s", dlerror()); /* NOLINT(concurrency-mt-unsafe): once */
        return;
    }
#define FIND(name) find(library, "PQ" #name, &pq.name);
    PG_LIBRARY_FUNCTIONS(FIND)
#undef FIND
}

bool pg_library_load(struct str *message)
{
    pthread_once(&once, load);
    if (reason[0])
        str_printf(
            message,
            "database: PostgreSQL's client library cannot be loaded: %s; install it (Debian: "
            "libpq5)",
            reason);
    return !reason[0];
}
