/* SPDX-License-Identifier: MIT */
/* engine_private: what engine.c needs to know of each engine; inside of engine.h. */
#ifndef IRQSTORM_CAMPAIGN_ENGINE_PRIVATE_H
#define IRQSTORM_CAMPAIGN_ENGINE_PRIVATE_H

#include "campaign/child.h"
#include "campaign/engine.h"

struct engine_ops {
	/* Its command line, and what it wants in its environment. */
	void (*command)(const struct engine *g, struct words *argv, struct words *env);
	/* Read what it told since the last look into g->status. */
	void (*look)(struct engine *g);
	/* The next finding into g->finding: 1, 0 for none, or -errno with @e. */
	int (*next)(struct engine *g, struct errmsg *e);
	/* What it may leave behind when it has gone; may be NULL. */
	void (*gone)(const struct engine *g);
	/* Whether a process that ended with g->exit_status did what it should. */
	bool (*ended_well)(const struct engine *g);
	/* In its log: what precedes the reason of a failure. NULL-terminated. */
	const char *const *complaints;
};

extern const struct engine_ops engine_libfuzzer, engine_afl;

/* What the log got since g->log_at: malloc'd text, NULL for nothing; g->log_at moves on. */
char *engine_log_news(struct engine *g);

#endif
