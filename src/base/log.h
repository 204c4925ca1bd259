/* SPDX-License-Identifier: Apache-2.0 */
/* Structured log: one line an event, text on a terminal and JSON otherwise. Never pass a token, key
 * or query string.
 *
 *   log_event(LOG_INFO, "room_opened", LOG_STR("room", name), LOG_NUM("people", n));
 *
 * An event without fields: log_write(level, event, NULL, 0).
 *
 * Events that strangers can cause go through log_limited: at most `burst` lines per 10 s and event
 * site, then one line that says how many were left out. Safe on every thread (one write(2) per
 * line). */
#ifndef BASE_LOG_H
#define BASE_LOG_H

#include "base/span.h"

enum log_level { LOG_DEBUG, LOG_INFO, LOG_WARN, LOG_ERROR };

struct log_field {
    const char *name;
    const char *text; /* NULL: number */
    int64_t number;
};

static inline const char *log_text(const char *s)
{
    return s ? s : "";
}

/* NULL is written as the empty text. */
#define LOG_STR(n, s) ((struct log_field){(n), log_text(s), 0})
#define LOG_NUM(n, v) ((struct log_field){(n), NULL, (int64_t)(v)})

struct log_limiter {
    int64_t window_start_us;
    uint32_t count, suppressed;
};

void log_set_level(enum log_level level);
enum log_level log_level(void);
/* json: -1 decides by isatty(2). */
void log_set_json(int json);
/* "debug" "info" "warn" "error"; false when it is none of them. */
bool log_level_parse(const char *text, enum log_level *out);
void log_write(enum log_level level, const char *event, const struct log_field *fields,
               size_t count);
bool log_allow(struct log_limiter *l, uint32_t burst, const char *event);

#define log_event(level, event, ...)                                                               \
    log_write((level), (event), (const struct log_field[]){__VA_ARGS__},                           \
              sizeof((const struct log_field[]){__VA_ARGS__}) / sizeof(struct log_field))

#define log_limited(level, burst, event, ...)                                                      \
    do {                                                                                           \
        static _Thread_local struct log_limiter limiter;                                           \
        if ((level) >= log_level() && log_allow(&limiter, (burst), (event)))                       \
            log_event((level), (event), __VA_ARGS__);                                              \
    } while (0)

#endif
