/* SPDX-License-Identifier: MIT */
/*
 * grid: what a bench runs: target x strategy x consumer x vectors x load, one cell each. Owns the
 * lists as the user wrote them and the cells that follow from them, in one fixed order; the order
 * in which a round runs them is shuffled anew from the seed.
 */
#ifndef IRQSTORM_BENCH_GRID_H
#define IRQSTORM_BENCH_GRID_H

#include "stress/engine.h"
#include "support/errmsg.h"

#define GRID_CELLS_MAX 4096u

struct grid_lists {
	const char *targets;    /* separated by spaces */
	const char *strategies; /* the others by commas; NULL: all */
	const char *consumers;
	const char *vectors; /* NULL: 64, or what the device has */
	const char *loads;   /* MODE[:RATE] */
};

struct grid_cell {
	char name[96]; /* a file name, unique among the cells */
	const char *target;
	const struct strategy *strategy;
	enum consumer_kind consumer;
	uint32_t vectors;
	bool vectors_given; /* more than the device has are refused, not cut */
	enum stress_mode mode;
	uint64_t rate_hz; /* 0: max */
};

struct grid {
	struct grid_cell *cell;
	uint32_t n;
	char **target; /* each once, NULL-terminated */
};

/* 0, or -errno with @e: a list that cannot be read is exit 2. grid_free() in any case. */
int grid_init(struct grid *m, const struct grid_lists *lists, struct errmsg *e);
void grid_free(struct grid *m);

/* The cells of @round in their order: @order has m->n entries. */
void grid_order(const struct grid *m, uint64_t seed, uint32_t round, uint32_t *order);

/* "closed:100k" */
const char *grid_load(const struct grid_cell *c, char *buf, size_t size);

#endif
