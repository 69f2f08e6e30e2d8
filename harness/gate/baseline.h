/* SPDX-License-Identifier: MIT */
/*
 * baseline: latencies of a build kept in a file (schema irqstorm.baseline/2), to hold a later build
 * against. Only ratios to the control of the same slice are compared; the times are for people.
 */
#ifndef IRQSTORM_GATE_BASELINE_H
#define IRQSTORM_GATE_BASELINE_H

#include <stdbool.h>
#include <stdio.h>

#include "gate/gate.h"

struct baseline_row {
	char name[GATE_NAME]; /* of the check: "SCENARIO:METRIC" */
	char setting[512];    /* what was measured: rows of another setting are not compared */
	double noise, ns;
	double *ratio;
	size_t n;
};

struct baseline {
	struct baseline_row *at;
	size_t n;
	char version[64];
};

/* 0, or -errno with @e (exit 3); baseline_free() either way. */
int baseline_load(const char *path, struct baseline *b, struct errmsg *e);
void baseline_free(struct baseline *b);
/* NULL: none of that name. */
const struct baseline_row *baseline_find(const struct baseline *b, const char *name);
/* The samples are copied. 0 or -ENOMEM. */
int baseline_add(struct baseline *b, const struct baseline_row *row);
void baseline_write(FILE *f, const struct baseline *b);

#endif
