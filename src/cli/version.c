/* SPDX-License-Identifier: Apache-2.0 */
/* `bedrud version`. */
#include <openssl/crypto.h>
#include <stdio.h>
#include <string.h>

#include "cli/cli.h"
#include "rtc/cipher.h"

int cli_version(int argc, char **argv)
{
    bool json = argc == 2 && strcmp(argv[1], "--json") == 0;

    if (argc == 2 && strcmp(argv[1], "--help") == 0) {
        puts("usage: bedrud version [--json]");
        return 0;
    }
    if (argc > 1 && !json) {
        fprintf(stderr, "bedrud version: unknown argument %s\n", argv[1]);
        return EXIT_USAGE;
    }
    printf(json ? "{\"version\":\"%s\",\"cipher\":\"%s\",\"openssl\":\"%s\"}\n"
                : "bedrud %s\nSRTP cipher: %s\n%s\n",
           BEDRUD_VERSION, cipher_best()->name, OpenSSL_version(OPENSSL_VERSION));
    return 0;
}
