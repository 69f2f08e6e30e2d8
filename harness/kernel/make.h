/* SPDX-License-Identifier: MIT */
/* make: the kernel's make, with what it says in files beside the objects and its progress told. */
#ifndef IRQSTORM_KERNEL_MAKE_H
#define IRQSTORM_KERNEL_MAKE_H

#include <stdbool.h>
#include <stdint.h>

#include "support/errmsg.h"

struct kernel_make {
	const char *source;      /* folder */
	const char *objects;     /* folder; make.out and make.err are there */
	const char *const *vars; /* further words, NULL-terminated */
	uint32_t jobs;
	uint32_t total; /* objects that there will be, as far as is known; 0: not known */
};

/* Are all programs and headers there that a kernel is made with? 0, or -ENOENT with @e. */
int make_tools(int sigfd, struct errmsg *e);

/*
 * Make @target; @loud: tell the progress by objects. 0; -EINTR when stopped; -ENOSPC when the disk
 * is full; else -errno; with @e (exit 3).
 */
int make_run(const struct kernel_make *m, const char *target, bool loud, int sigfd,
	     struct errmsg *e);

/* The objects that make.out of @objects tells of. */
uint32_t make_objects(const char *objects);

#endif
