/* SPDX-License-Identifier: MIT */
/*
 * replay: what an input shows on a fuzz target, whichever engine that is built for (or none): the
 * target runs it in a process of its own and tells. It also reads the same out of what an engine
 * printed. Not thread-safe.
 */
#ifndef IRQSTORM_CAMPAIGN_REPLAY_H
#define IRQSTORM_CAMPAIGN_REPLAY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "support/errmsg.h"

#define REPLAY_TEXT_MAX (64u << 10)

struct replay_verdict {
	bool shown;
	/*
	 * What to sort findings by: that of the target (exec/finding_key.h), or made of what a
	 * sanitizer or the kernel says: crash:heap-use-after-free:irq_put, crash:signal-11, hang.
	 */
	char key[160];
	char what[512]; /* the line that names it */
	char *text;     /* all that the target said of it; malloc'd, NULL for nothing */
};

/*
 * Run @target on the file @input with @env (as engine_config.env). It is a finding that it takes
 * longer than @timeout_s. 0, or -errno with @e when it cannot be run.
 */
int replay_input(const char *target, const char *input, const char *const *env, uint32_t timeout_s,
		 struct replay_verdict *v, struct errmsg *e);

/* What a target or an engine printed: @v->shown says whether there is a finding in it. 0 or -ENOMEM
 */
int replay_judge(const char *text, size_t len, struct replay_verdict *v);

void replay_free(struct replay_verdict *v);

#endif
