/* SPDX-License-Identifier: MIT */
/*
 * errmsg: how a library function says what went wrong. The function returns 0 or a negative errno
 * and, on failure, leaves one line here: what failed, where, the errno, and what to do. Only the
 * command line prints it. The exit code rides along, because only the place that failed knows
 * whether the user (usage) or the machine (environment) is at fault.
 */
#ifndef IRQSTORM_SUPPORT_ERRMSG_H
#define IRQSTORM_SUPPORT_ERRMSG_H

/* Exit codes of every subcommand (documented in --help). */
enum exit_code {
	EXIT_PASS = 0,
	EXIT_FINDING = 1,     /* bug, unexplained loss, divergence, regression */
	EXIT_USAGE = 2,       /* the command line is wrong */
	EXIT_ENVIRONMENT = 3, /* the machine, a device, a file or the harness itself */
	EXIT_SKIP = 4,        /* the target cannot do what was asked (NORESIZE, ...) */
	EXIT_UNTRUSTED = 5,   /* measured, but too noisy to mean anything */
};

struct errmsg {
	enum exit_code exit;
	char text[1024];
};

/* Fill @e and return @err, so that callers can write `return errmsg_set(e, ...)`. @e may be NULL.
 */
__attribute__((format(printf, 4, 5))) int errmsg_set(struct errmsg *e, int err, enum exit_code exit,
						     const char *fmt, ...);

/* The same of memory that could not be had: -ENOMEM. */
int errmsg_no_memory(struct errmsg *e);

#endif
