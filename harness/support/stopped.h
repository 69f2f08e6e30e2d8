/* SPDX-License-Identifier: MIT */
/*
 * stopped: the one rule for SIGINT and SIGTERM. A subcommand that is told to stop prints what it
 * has, says STOPPED with how much of what was planned is done, writes its files, and ends with 130
 * or 143, as a shell tells of a program that such a signal ended. What was found by then is a
 * finding, exit code 1; a result that cannot be written is an error, exit code 3. It never passes.
 */
#ifndef IRQSTORM_SUPPORT_STOPPED_H
#define IRQSTORM_SUPPORT_STOPPED_H

#include <stdbool.h>
#include <stdio.h>

/* The exit code of what would have ended with @code. @sig: the signal that stopped it, 0: none. */
int stopped_code(int code, int sig);

/* "SIGINT", "SIGTERM". */
const char *stopped_by(int sig);

/* The line "STOPPED  by SIGINT: TEXT", folded to the width of @f. Nothing when @sig is 0. */
__attribute__((format(printf, 3, 4))) void stopped_say(FILE *f, int sig, const char *fmt, ...);

/*
 * For who has a handler for both signals, and no more: while @on, one that comes ends a wait for
 * input, which may never come (EINTR). Else it lets write() go on, so that what is printed is
 * whole. By the main thread. Nothing where they are blocked, ignored or have no handler.
 */
void stopped_ends_input(bool on);

#endif
