/* SPDX-License-Identifier: MIT */
/*
 * needs: what irqstorm needs of a guest's kernel that a small configuration leaves out. One table
 * tells each call, how to try it, and the option that brings it, so that a kernel that lacks
 * something is told in the words of its .config.
 */
#ifndef IRQSTORM_GUEST_NEEDS_H
#define IRQSTORM_GUEST_NEEDS_H

#include <stddef.h>

#include "support/errmsg.h"

struct need {
	const char *call;
	int (*try)(void); /* 0 or -errno; NULL: whoever makes the call tells */
	const char *option;
	const char *user; /* what does not work without it */
};

/*
 * Try each: 0, or the first's -errno with all that is missing in one line of @e (exit 3). The call
 * is named with its errno; the option, when that errno says that the kernel does not have it.
 */
int needs_check_all(const struct need *needs, size_t n, struct errmsg *e);

/* The same with the table of what every command needs. */
int needs_check(struct errmsg *e);

/* A call of the table, or another one, has failed with @err > 0. Returns -@err with @e (exit 3). */
int needs_failed(const char *call, int err, struct errmsg *e);

#endif
