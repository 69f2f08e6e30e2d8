/* SPDX-License-Identifier: MIT */
/*
 * minimize: makes a program that shows a difference as short and as plain as it gets while it
 * shows the same one: the same key (finding_key.h), in the same way. It never trades a finding for
 * another. On the emulator each trial has a process of its own (isolate.h), so that crashes can be
 * made smaller, too, and the same program gives the same result, unless the time runs out. A
 * real device that shows the finding only now and then is asked often enough
 * to be right 19 times in 20.
 */
#ifndef IRQSTORM_EXEC_MINIMIZE_H
#define IRQSTORM_EXEC_MINIMIZE_H

#include "exec/executor.h"

struct minimize_options {
	uint32_t replays;   /* of the program at the start and of the result, at least 1 */
	uint32_t max_runs;  /* end after so many, 0: no limit */
	uint64_t budget_ns; /* and after so long, 0: no limit */
	/* Called between runs, now and then; true ends the search with what it has. */
	bool (*stop)(void *data, uint32_t runs, uint32_t ops);
	void *data;
};

struct minimize_result {
	uint32_t before, after; /* operations */
	uint32_t replays;       /* of the first; fewer than was asked for when it was stopped */
	uint32_t replays_after; /* of the second */
	uint32_t shown_before;  /* by so many of them */
	uint32_t shown_after;   /* 0: not once, so the program was put back */
	uint32_t runs;          /* in all */
	uint64_t ns;            /* in all */
	bool complete;          /* nothing was left to try */
};

/*
 * @found and @p: a program and what it showed, or no difference if that is not known yet. Both are
 * replaced by the smallest that was found,
 * @found by what that one shows. A difference that no replay shows again (shown_before 0) leaves
 * them as they are, but for operations that never ran. 0 or -errno with @e.
 */
int minimize_with(struct executor *x, const struct minimize_options *o, struct program *p,
		  struct exec_result *found, struct minimize_result *result, struct errmsg *e);

#endif
