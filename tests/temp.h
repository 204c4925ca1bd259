/* SPDX-License-Identifier: Apache-2.0 */
/* For tests: where their files go. tools/test.sh names a folder in TMPDIR that it removes in the
 * end, whatever became of the test. */
#ifndef TESTS_TEMP_H
#define TESTS_TEMP_H

#include <stdio.h>
#include <stdlib.h>

/* What a temporary path takes; short enough for a socket's name behind it. */
#define TEMP_SIZE 64

/* A template for mkdtemp and mkstemp. */
static inline char *temp_path(char path[TEMP_SIZE], const char *name)
{
    const char *parent = getenv("TMPDIR");

    snprintf(path, TEMP_SIZE, "%.32s/bedrud-test-%.8s-XXXXXX", parent ? parent : "/tmp", name);
    return path;
}

#endif
