/* SPDX-License-Identifier: Apache-2.0 */
/* Completion as the shells do it; of those that are not installed, the text is looked at. */
#include "child.h"

/* What bash offers for these words, the last of which is being typed. */
static void expect_bash(const char *words, const char *offers, const char * not )
{
    char script[512], *argv[] = {(char *)(uintptr_t) "bash", (char *)(uintptr_t) "--norc",
                                 (char *)(uintptr_t) "-c", script, NULL};
    struct str out;
    int status;
    FILE *f = tmpfile();

    snprintf(script, sizeof script,
             "source <('%s' completion bash) || exit 9; COMP_WORDS=(%s); "
             "COMP_CWORD=$((${#COMP_WORDS[@]} - 1)); _bedrud; echo \" ${COMPREPLY[*]} \"",
             child_binary, words);
    pid_t pid = fork();
    if (pid == 0) {
        dup2(fileno(f), STDOUT_FILENO);
        execvp(argv[0], argv);
        _exit(127);
    }
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_int_equal(status, 0);
    str_init(&out);
    child_text(f, &out);
    fclose(f);
    if (!strstr(out.text, offers) || (not &&strstr(out.text, not )))
        fail_msg("%s: %s", words, out.text);
    str_fini(&out);
}

static void completes_in_bash(void **state)
{
    (void)state;
    expect_bash("bedrud ''", " run ", NULL);
    expect_bash("bedrud ''", " db ", " status ");
    expect_bash("bedrud do", " doctor ", " db ");
    expect_bash("bedrud db ''", " restore ", " doctor ");
    expect_bash("bedrud tls self-signed --", " --days ", " --room ");
    expect_bash("bedrud run --", " --media-port ", " --days ");
    expect_bash("bedrud doctor --js", " --json ", " --listen ");
    expect_bash("bedrud version --listen", " --listen ", NULL);
}

static void writes_for_the_others(void **state)
{
    (void)state;
    static const struct child_case cases[] = {
        {{"completion", "zsh", NULL}, 0, "#compdef bedrud\n", NULL},
        {{"completion", "fish", NULL},
         0,
         "complete -c bedrud -n '__fish_seen_subcommand_from db; and __fish_seen_subcommand_from "
         "backup' -l config -r -F -d ",
         NULL},
        {{"completion", "powershell", NULL}, 2, NULL, "expected bash, zsh or fish"},
        {{"completion", NULL}, 2, NULL, "is missing"},
    };

    child_check(cases, sizeof cases / sizeof cases[0]);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(completes_in_bash),
        cmocka_unit_test(writes_for_the_others),
    };
    return child_take_path(argc, argv) ? cmocka_run_group_tests(tests, NULL, NULL) : 2;
}
