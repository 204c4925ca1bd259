/* SPDX-License-Identifier: Apache-2.0 */
/* For tests of the store: accounts to work with. */
#ifndef TESTS_STORE_ACCOUNTS_H
#define TESTS_STORE_ACCOUNTS_H

#include "kit.h"

#include "store/users.h"

static inline struct user account(const char *id, const char *email)
{
    return (struct user){.id = id,
                         .email = email,
                         .provider = "local",
                         .name = "A name",
                         .avatar_url = "",
                         .password = "hash",
                         .accesses = ACCESS_USER,
                         .is_active = true,
                         .created_ms = KIT_NOW,
                         .updated_ms = KIT_NOW};
}

static inline void add_account(struct kit *k, const char *id, const char *email)
{
    struct user u = account(id, email);

    assert_int_equal(users_add(k->db, &u), 0);
}

#endif
