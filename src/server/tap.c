/* SPDX-License-Identifier: Apache-2.0 */
/* The tap's file. A packet is one write in append mode, so workers that share a file do not cut
 * into each other's packets. Called on the worker's thread. */
#include "server/tap.h"

#include <assert.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/uio.h>
#include <unistd.h>

#include "base/mem.h"
#include "base/writer.h"

struct tap {
    int fd;
};

struct tap *tap_new(const char *path)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);

    if (fd < 0)
        return NULL;
    struct tap *t = xmalloc(sizeof *t);
    t->fd = fd;
    return t;
}

void tap_free(struct tap *t)
{
    if (!t)
        return;
    close(t->fd);
    free(t);
}

void tap_packet(void *arg, struct span rtp)
{
    const struct tap *t = arg;
    uint8_t size[4];
    struct writer w = writer_of(size, sizeof size);
    struct iovec parts[2] = {{size, sizeof size}, {(void *)(uintptr_t)rtp.data, rtp.size}};

    writer_u32(&w, (uint32_t)rtp.size);
    /* A packet that is not there whole would make the test that reads the file look at noise. */
    ssize_t n = writev(t->fd, parts, 2);
    assert(n == (ssize_t)(sizeof size + rtp.size));
}
