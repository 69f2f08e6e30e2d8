/* SPDX-License-Identifier: MIT */
/*
 * isolate: a program on a new emulator in a process of its own. What others left behind cannot
 * change its result, and an emulator that crashes or hangs is a result, too: DIFF_CRASH, DIFF_HANG
 * after the operation that did not come back.
 */
#ifndef IRQSTORM_EXEC_ISOLATE_H
#define IRQSTORM_EXEC_ISOLATE_H

#include "exec/executor.h"

struct isolate {
	struct executor *x;
	struct isolate_shared *shared; /* with the child */
	struct fault_counter faults;   /* of a real device, as the program met them */
};

/* Starts nothing as yet. A real device cannot be isolated: its programs run here. 0 or -errno. */
int isolate_init(struct isolate *s, struct executor *x, struct errmsg *e);
void isolate_free(struct isolate *s);

/* As executor_run(). The calling process has one thread. */
int isolate_run(struct isolate *s, const struct program *p, struct exec_result *r,
		struct errmsg *e);

/*
 * Programs one after another on one new emulator, until one shows @want (NULL: any difference);
 * @r: what that one showed, or the last, whose number is in @which.
 */
int isolate_run_all(struct isolate *s, const struct program *const *p, uint32_t n,
		    const struct exec_result *want, uint32_t *which, struct exec_result *r,
		    struct errmsg *e);

/* Is it the same finding: the same key, in the same way? */
bool finding_is(const struct exec_result *r, const struct exec_result *want);

#endif
