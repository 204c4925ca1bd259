/* SPDX-License-Identifier: Apache-2.0 */
/* The choice among cipher tables. Owns nothing; callable from every thread. */
#include "rtc/cipher.h"

#include "rtc/cipher_impl.h"

const struct cipher_ops *cipher_best(void)
{
    const struct cipher_ops *ops = cipher_ipsec();
    return ops ? ops : cipher_evp();
}

const struct cipher_ops *cipher_by_name(const char *name)
{
    const struct cipher_ops *tables[] = {cipher_evp(), cipher_ipsec()};
    for (size_t i = 0; i < sizeof tables / sizeof *tables; i++)
        if (tables[i] && strcmp(tables[i]->name, name) == 0)
            return tables[i];
    return NULL;
}
