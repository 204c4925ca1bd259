/* SPDX-License-Identifier: Apache-2.0 */
/* The subcommands of `bedrud`. Each gets its own argv (argv[0] is its name) and gives the exit
 * code: 0, 1 (failed), 2 (wrong usage). */
#ifndef CLI_CLI_H
#define CLI_CLI_H

#define EXIT_USAGE 2

int cli_completion(int argc, char **argv);
int cli_db(int argc, char **argv);
int cli_doctor(int argc, char **argv);
int cli_invite(int argc, char **argv);
int cli_room(int argc, char **argv);
int cli_run(int argc, char **argv);
int cli_token(int argc, char **argv);
int cli_tls(int argc, char **argv);
int cli_user(int argc, char **argv);
int cli_version(int argc, char **argv);

#endif
