/* SPDX-License-Identifier: Apache-2.0 */
/* Threads that wait for mail, a descriptor and a deadline. */
#ifndef NET_THREAD_H
#define NET_THREAD_H

#include <stdbool.h>
#include <stdint.h>

struct thread;

/* Starts a named thread (15 characters) with all signals blocked. */
struct thread *thread_start(const char *name, void (*run)(void *arg), void *arg);
/* Waits for its end. */
void thread_join(struct thread *t);
/* Processor time that it has used so far. */
int64_t thread_cpu_ns(const struct thread *t);
/* Waits until one of the descriptors is readable or the monotonic time is reached (INT64_MAX: for
 * ever). */
void thread_wait(const int *fds, unsigned count, int64_t until_us);

#endif
