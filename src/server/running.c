/* SPDX-License-Identifier: Apache-2.0 */
/* The file `running`: two lines, and a lock for as long as the server lives. It is never removed,
 * since whoever waits for the lock of a removed file waits for another one. */
#include "server/running.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <sys/file.h>
#include <unistd.h>

static int open_file(const char *data_dir, int flags)
{
    struct str path;

    str_init(&path);
    str_printf(&path, "%s/running", data_dir);
    int fd = open(path.text, flags | O_CLOEXEC | O_NOFOLLOW, 0600);
    str_fini(&path);
    return fd < 0 ? -errno : fd;
}

static int fail(int fd)
{
    int error = -errno;

    close(fd);
    return error;
}

int running_begin(const char *data_dir, const char *url, const char *cert)
{
    int fd = open_file(data_dir, O_RDWR | O_CREAT);

    if (fd < 0)
        return fd;
    if (flock(fd, LOCK_EX | LOCK_NB) != 0 || ftruncate(fd, 0) != 0)
        return fail(fd);
    if (dprintf(fd, "%s\n%s\n", url, cert ? cert : "") < 0)
        return fail(fd);
    return fd;
}

void running_end(int fd)
{
    if (fd < 0)
        return;
    (void)!ftruncate(fd, 0);
    close(fd);
}

/* Takes a line off the text. */
static void take_line(struct span *text, struct str *out)
{
    const uint8_t *end = text->size ? memchr(text->data, '\n', text->size) : NULL;
    size_t size = end ? (size_t)(end - text->data) : 0;

    str_append(out, "");
    str_append_span(out, span_first(*text, size));
    *text = span_from(*text, size + (end != NULL));
}

bool running_find(const char *data_dir, struct str *url, struct str *cert)
{
    char bytes[PATH_MAX + 256];
    int fd = open_file(data_dir, O_RDONLY);

    str_append(url, "");
    str_append(cert, "");
    if (fd < 0)
        return false;
    bool runs = flock(fd, LOCK_SH | LOCK_NB) != 0 && errno == EWOULDBLOCK;
    ssize_t n = runs ? pread(fd, bytes, sizeof bytes, 0) : 0;
    struct span text = span_of(bytes, n > 0 ? (size_t)n : 0);
    take_line(&text, url);
    take_line(&text, cert);
    close(fd);
    return runs;
}
