/* SPDX-License-Identifier: Apache-2.0 */
/* Accounts in answers, and the beginning of a session: tokens in the body and in cookies, in every
 * spelling that clients look for. API threads. */
#ifndef SERVER_API_SESSION_H
#define SERVER_API_SESSION_H

#include "server/api.h"

struct json_t *api_session_user(const struct user *u);
/* Texts that people type, in the arena; NULL when they do not fit. Names lose control characters
 * and those that mean something in HTML; addresses are trimmed and in small letters. */
const char *api_session_name(struct api_call *c, const char *text, size_t least, size_t most);
const char *api_session_email(struct api_call *c, const char *text);

/* Adds a session of this user; within a transaction a part of it. */
int api_session_add(struct api_call *c, const struct user *u, const char **session);
/* Tokens of a session, in an object that is there already, and in cookies. */
void api_session_tokens(struct api_call *c, struct json_t *object, const struct user *u,
                        const char *session, int64_t generation);
/* Adds a session and answers with user and tokens. */
void api_session_begin(struct api_call *c, const struct user *u);
/* For the API alone, out of the reach of scripts. */
void api_session_cookie(struct api_call *c, const char *name, const char *value, int64_t life_ms);
void api_session_clear_cookies(struct api_call *c);

#endif
