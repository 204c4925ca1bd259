/* SPDX-License-Identifier: Apache-2.0 */
/* Runs a fuzz target over every file of the corpus folders named on the command line, without a
 * fuzzer: so the corpora are plain tests, under any compiler and sanitizer. Prints one TAP line a
 * folder, so that an empty or missing folder fails instead of passing unseen. Single-threaded. */
#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerInitialize(int *argc, char ***argv) __attribute__((weak));

enum { INPUT_MAX_BYTES = 1 << 20 };

/* The bytes live in a block of exactly their size, so that a sanitizer sees the first overrun. */
static bool replay_file(const char *path)
{
    FILE *file = fopen(path, "rb");
    if (file == NULL) {
        fprintf(stderr, "%s: %s\n", path, strerror(errno));
        return false;
    }
    struct stat st;
    bool ok = fstat(fileno(file), &st) == 0 && st.st_size >= 0 && st.st_size <= INPUT_MAX_BYTES;
    uint8_t *bytes = NULL;
    size_t size = 0;
    if (ok) {
        size = (size_t)st.st_size;
        bytes = malloc(size > 0 ? size : 1);
        ok = bytes != NULL && fread(bytes, 1, size, file) == size;
    }
    if (ok) {
        (void)LLVMFuzzerTestOneInput(bytes, size);
    } else {
        fprintf(stderr, "%s: not readable as an input\n", path);
    }
    free(bytes);
    fclose(file);
    return ok;
}

/* Returns the number of files replayed, or -1 when the folder or a file cannot be read. */
static int replay_folder(const char *folder)
{
    DIR *dir = opendir(folder);
    if (dir == NULL) {
        fprintf(stderr, "%s: %s\n", folder, strerror(errno));
        return -1;
    }
    int count = 0;
    struct dirent *entry;
    while (count >= 0 && (entry = readdir(dir)) != NULL) { // NOLINT(concurrency-mt-unsafe)
        if (entry->d_name[0] == '.') {
            continue;
        }
        char path[PATH_MAX];
        int length = snprintf(path, sizeof(path), "%s/%s", folder, entry->d_name);
        bool fits = length > 0 && (size_t)length < sizeof(path);
        count = fits && replay_file(path) ? count + 1 : -1;
    }
    closedir(dir);
    return count;
}

int main(int argc, char **argv)
{
    if (LLVMFuzzerInitialize != NULL) {
        (void)LLVMFuzzerInitialize(&argc, &argv);
    }
    if (argc < 2) {
        fprintf(stderr, "usage: %s CORPUS_FOLDER...\n", argv[0]);
        return 2;
    }
    bool all = true;
    printf("1..%d\n", argc - 1);
    for (int i = 1; i < argc; i++) {
        int count = replay_folder(argv[i]);
        printf("%s %d - %s, %d inputs\n", count > 0 ? "ok" : "not ok", i, argv[i], count);
        all = all && count > 0;
    }
    return all ? 0 : 1;
}
