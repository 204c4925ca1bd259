/* SPDX-License-Identifier: Apache-2.0 */
/* What the tap writes: sizes and packets, appended. */
#include "../temp.h"
#include "server/tap.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

static void appends_sizes_and_packets(void **state)
{
    (void)state;
    char path[TEMP_SIZE];
    int fd = mkstemp(temp_path(path, "tap"));
    uint8_t bytes[64];

    assert_true(fd >= 0);
    struct tap *first = tap_new(path), *second = tap_new(path);
    assert_non_null(first);
    assert_non_null(second);
    tap_packet(first, SPAN_LITERAL("one"));
    tap_packet(second, SPAN_LITERAL("second"));
    tap_packet(first, SPAN_LITERAL("3"));
    tap_free(first);
    tap_free(second);
    static const uint8_t want[] = "\0\0\0\3one\0\0\0\6second\0\0\0\0013";
    assert_int_equal(read(fd, bytes, sizeof bytes), sizeof want - 1);
    assert_memory_equal(bytes, want, sizeof want - 1);
    close(fd);
    unlink(path);
}

static void says_when_there_is_no_file(void **state)
{
    (void)state;
    assert_null(tap_new("/proc/none/tap"));
    tap_free(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(appends_sizes_and_packets),
        cmocka_unit_test(says_when_there_is_no_file),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
