/* SPDX-License-Identifier: Apache-2.0 */
/* The clock, and the control thread's event loop (libuv) with timers and mailboxes on it. */
#ifndef NET_LOOP_H
#define NET_LOOP_H

#include <stdbool.h>
#include <stdint.h>

/* Microseconds of the monotonic clock. */
int64_t clock_now_us(void);
/* Milliseconds since 1970 of the wall clock. */
int64_t clock_unix_ms(void);

struct loop;

/* From then on the process ignores SIGPIPE and SIGXFSZ: a peer that is gone, and a file that may
 * not grow, show as an error of the write. */
struct loop *loop_new(void);
void loop_free(struct loop *l);
/* Runs until loop_stop. */
void loop_run(struct loop *l);
void loop_stop(struct loop *l);
/* Calls fn on this thread every interval until the loop ends. */
void loop_every(struct loop *l, unsigned interval_ms, void (*fn)(void *arg), void *arg);
/* Calls fn when the descriptor becomes readable (an eventfd of a mailbox). */
bool loop_watch(struct loop *l, int fd, void (*fn)(void *arg), void *arg);
/* Ends all timers and watches that were made with this arg. */
void loop_forget(struct loop *l, const void *arg);
/* SIGTERM, SIGINT and SIGHUP come here as calls on the loop's thread. */
void loop_on_signal(struct loop *l, void (*fn)(void *arg, int signal), void *arg);

#endif
