/* SPDX-License-Identifier: MIT */
/* minimize_private: what the parts of the minimizer offer each other. */
#ifndef IRQSTORM_EXEC_MINIMIZE_PRIVATE_H
#define IRQSTORM_EXEC_MINIMIZE_PRIVATE_H

#include "exec/isolate.h"
#include "exec/minimize.h"

struct search {
	struct isolate isolate;
	/* Runs the trial in another way (sequence.c): 1 it shows the finding, 0 or -errno. */
	int (*attempt)(struct search *s, struct exec_result *r);
	const struct minimize_options *o;
	struct program *best;
	struct program trial;
	struct exec_result *r; /* what the best showed */
	char key[FINDING_KEY_MAX], sense[FINDING_SENSE_MAX];
	uint32_t tries; /* runs that a trial gets to show the finding */
	uint32_t runs;
	uint64_t deadline; /* 0: none */
	bool over;         /* out of runs or time, or told to stop */
	struct errmsg *e;
};

/*
 * Does the trial show the finding? 1: yes, it is the best now (the trial is anything). 0: no, or
 * the search is over. -errno with e.
 */
int search_try(struct search *s);

/* The trial becomes the best without operations [@from, @from + @n). 0 or -errno. */
int search_without(struct search *s, uint32_t from, uint32_t n);
/* The trial becomes the best, for an operation to be changed in it. 0 or -errno. */
int search_copy(struct search *s);

/* All of the passes below, until none gets anywhere. 0 or -errno. */
int search_shrink(struct search *s);

/* Each makes the best smaller where it can: 1 when it could, 0, or -errno. */
int minimize_cut(struct search *s);       /* fewer operations */
int minimize_cut_pairs(struct search *s); /* ... that only go together */
int minimize_fields(struct search *s);    /* plainer operations */
int minimize_names(struct search *s);     /* smaller slots and vectors, the same all through */
int minimize_device(struct search *s);    /* a plainer device line, or none */

/*
 * The @k-th number to try in place of @v, smaller than it and plainest first. False: no more.
 */
bool minimize_number(uint64_t v, uint32_t k, uint64_t *out);

#endif
