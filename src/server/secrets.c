/* SPDX-License-Identifier: Apache-2.0 */
/* Files of one line: "<key> <secret>", and secrets in hex. Each is written once, to
 * a temporary name and renamed, so that a crash leaves either none or a whole one. */
#include "server/secrets.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/encode.h"
#include "base/mem.h"
#include "base/random.h"

#define KEY_SIZE 15    /* "API" and 12 letters and digits, as LiveKit's tools make them */
#define SECRET_SIZE 44 /* 262 bits */

static int fail(struct str *message, const char *what, const char *path)
{
    int error = errno;
    char reason[128];

    str_printf(message, "data_dir: cannot %s %s: %s", what, path,
               strerror_r(error, reason, sizeof reason));
    return -error;
}

static int write_whole(int fd, struct span text)
{
    ssize_t n = write(fd, text.data, text.size);

    if (n != (ssize_t)text.size || fsync(fd) != 0)
        return -1;
    return 0;
}

/* Writes the line to `temporary` and gives it its name. */
static int put_file(const char *temporary, const char *path, struct span line, struct str *message)
{
    int fd = open(temporary, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

    if (fd < 0)
        return fail(message, "write", temporary);
    int failed = write_whole(fd, line);
    close(fd);
    if (failed || rename(temporary, path) != 0)
        return fail(message, "write", path);
    return 0;
}

static int make_file(const char *path, struct span line, struct str *message)
{
    struct str temporary;

    str_init(&temporary);
    str_printf(&temporary, "%s.new", path);
    int error = put_file(temporary.text, path, line, message);
    str_fini(&temporary);
    return error;
}

static int make_key_file(const char *path, struct str *message)
{
    char key[KEY_SIZE + 1] = "API", secret[SECRET_SIZE + 1], line[KEY_SIZE + SECRET_SIZE + 3];

    random_text(key + 3, KEY_SIZE - 3);
    random_text(secret, SECRET_SIZE);
    int size = snprintf(line, sizeof line, "%s %s\n", key, secret);
    int error = make_file(path, span_of(line, (size_t)size), message);
    mem_wipe(line, sizeof line);
    mem_wipe(secret, sizeof secret);
    return error;
}

static int read_key_file(const char *path, struct token_keys *keys, struct str *message)
{
    char line[512], key[256], secret[256];
    FILE *f = fopen(path, "re");

    if (!f)
        return fail(message, "read", path);
    bool good = fgets(line, sizeof line, f) && sscanf(line, "%255s %255s", key, secret) == 2;
    fclose(f);
    if (!good) {
        str_printf(message,
                   "%s: expected one line with key and secret; remove the file to have "
                   "a new pair made",
                   path);
        return -EINVAL;
    }
    token_keys_add(keys, key, secret);
    mem_wipe(line, sizeof line);
    mem_wipe(secret, sizeof secret);
    return 0;
}

static int open_key_file(const char *data_dir, struct token_keys *keys, struct str *message)
{
    struct str path;
    int error = 0;

    str_init(&path);
    str_printf(&path, "%s/api-key", data_dir);
    if (access(path.text, F_OK) != 0)
        error = make_key_file(path.text, message);
    if (!error)
        error = read_key_file(path.text, keys, message);
    str_fini(&path);
    return error;
}

int secrets_open(const struct config *config, struct token_keys *keys, struct str *message)
{
    int error = 0;

    if (mkdir(config->data_dir, 0700) != 0 && errno != EEXIST)
        return fail(message, "make the directory", config->data_dir);
    if (config->api_key)
        token_keys_add(keys, config->api_key, config->api_secret);
    else
        error = open_key_file(config->data_dir, keys, message);
    if (!error && config->dev)
        token_keys_add(keys, "devkey", "secret");
    return error;
}

/* ---- 32 bytes in hex ---- */

/* A secret in a file of its own. `loss` says what making a new one costs. */
struct hex_file {
    const char *name, *loss;
};

static int make_hex_file(const char *path, struct str *message)
{
    uint8_t secret[SECRETS_SESSION_SIZE];
    char line[2 * SECRETS_SESSION_SIZE + 2];

    random_bytes(secret, sizeof secret);
    hex_encode(span_of(secret, sizeof secret), line);
    line[2 * SECRETS_SESSION_SIZE] = '\n';
    int error = make_file(path, span_of(line, sizeof line - 1), message);
    mem_wipe(secret, sizeof secret);
    mem_wipe(line, sizeof line);
    return error;
}

static int read_hex_file(const char *path, const char *loss, uint8_t out[SECRETS_SESSION_SIZE],
                         struct str *message)
{
    char line[2 * SECRETS_SESSION_SIZE + 2] = "";
    size_t size = 0;
    FILE *f = fopen(path, "re");

    if (!f)
        return fail(message, "read", path);
    bool good = fgets(line, sizeof line, f) != NULL;
    fclose(f);
    line[strcspn(line, "\n")] = 0;
    good = good && hex_decode(span_of_str(line), out, SECRETS_SESSION_SIZE, &size) &&
           size == SECRETS_SESSION_SIZE;
    mem_wipe(line, sizeof line);
    if (good)
        return 0;
    str_printf(message,
               "%s: expected 64 hex digits; remove the file to have new ones made, which %s", path,
               loss);
    return -EINVAL;
}

static int open_hex_file(const struct config *config, const struct hex_file *which,
                         uint8_t out[SECRETS_SESSION_SIZE], struct str *message)
{
    struct str path;
    int error = 0;

    str_init(&path);
    str_printf(&path, "%s/%s", config->data_dir, which->name);
    if (access(path.text, F_OK) != 0)
        error = make_hex_file(path.text, message);
    if (!error)
        error = read_hex_file(path.text, which->loss, out, message);
    str_fini(&path);
    return error;
}

int secrets_session(const struct config *config, uint8_t out[SECRETS_SESSION_SIZE],
                    struct str *message)
{
    static const struct hex_file which = {"session-secret", "logs everybody out"};

    return open_hex_file(config, &which, out, message);
}

int secrets_operator(const struct config *config, char out[SECRETS_OPERATOR_SIZE],
                     struct str *message)
{
    static const struct hex_file which = {"operator-token", "takes effect at the next start"};
    uint8_t bytes[SECRETS_SESSION_SIZE] = {0};
    int error = open_hex_file(config, &which, bytes, message);

    hex_encode(span_of(bytes, sizeof bytes), out);
    mem_wipe(bytes, sizeof bytes);
    return error;
}
