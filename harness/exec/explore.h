/* SPDX-License-Identifier: MIT */
/*
 * explore: every program of a small alphabet up to a depth, each against the model. Programs that
 * lead to the same state of the model are continued only once.
 */
#ifndef IRQSTORM_EXEC_EXPLORE_H
#define IRQSTORM_EXEC_EXPLORE_H

#include "exec/executor.h"
#include "exec/sequence.h"

struct explore_options {
	uint32_t depth;
	bool no_merge; /* continue every program, also from states seen before */
	bool (*stop)(void *data, uint32_t depth, uint64_t programs, uint64_t states);
	void *data;
};

struct explore_result {
	uint32_t alphabet; /* operations */
	uint64_t programs, ops, states;
	uint64_t skipped;  /* operations that the target could not do when it came to them */
	uint64_t refused;  /* calls that the host refused, as it may */
	char refusal[256]; /* the first: why */
	uint64_t digest;
	bool stopped; /* before the end: not complete */
	struct exec_result found;
	/* That showed it, what it is worth, and what ran before: as in differential.h. */
	struct program program; /* the caller frees */
	struct settled settled;
	struct sequence sequence; /* the caller frees */
};

/* 0 or -errno with @e; a difference is no error. */
int explore_run(struct executor *x, const struct explore_options *o, struct explore_result *r,
		struct errmsg *e);

#endif
