/* SPDX-License-Identifier: MIT */
/* wrapper: a backend around the emulator that goes wrong in ways that the emulator does not. */
#ifndef IRQSTORM_TESTS_EXPORT_WRAPPER_H
#define IRQSTORM_TESTS_EXPORT_WRAPPER_H

#include "exec/executor.h"

enum wrong {
	CRASH_IN_FLR,
	HANG_IN_FLR,
	SOMETIMES_INVALID, /* every third -ENOTTY is -EINVAL, also over processes */
};

struct wrapper {
	struct backend be;
	struct backend_ops ops;
	struct backend *inner;
	enum wrong wrong;
	uint32_t *calls; /* shared with children */
};

/* x->be is @w from now on, and closed with @x. */
void wrapper_put(struct wrapper *w, struct executor *x, enum wrong wrong);

#endif
