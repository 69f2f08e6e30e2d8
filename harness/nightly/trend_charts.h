/* SPDX-License-Identifier: MIT */
/* trend_charts: the figures of all nights: each a series, a chart, and the changes in it. */
#ifndef IRQSTORM_NIGHTLY_TREND_CHARTS_H
#define IRQSTORM_NIGHTLY_TREND_CHARTS_H

#include <stdio.h>

#include "nightly/change.h"
#include "nightly/doc.h"
#include "report/album.h"

struct series {
	const char *name;  /* borrowed from the history */
	double *night, *v; /* nights counted from 1; only those that have the figure */
	size_t n;
	struct change changes[CHANGE_MAX];
	int n_changes;
};

struct all_series {
	struct series *at;
	size_t n;
};

/* 0 or -ENOMEM; series_free() in any case. Ordered by name. */
int series_collect(const json_t *history, struct all_series *all);
void series_free(struct all_series *all);

/* The name of the night that @c, of @s, begins with. */
const char *series_night(const json_t *history, const struct series *s, const struct change *c);
/* @v as a figure of @s is written: "12.3 us", "123,456". Returns @buf. */
const char *series_value(const struct series *s, double v, char *buf, size_t size);
/* "+12 %" */
const char *series_shift(const struct change *c, char *buf, size_t size);

/* Nights that a figure is in, for a chart of it: one point is no trend. */
#define TREND_MIN 2

/* Charts in groups by the first two parts of their names, into the page of @a. */
void series_write(struct album *a, const json_t *history, const struct all_series *all);
/* The figures that are in too few nights for a chart, as a table. */
void series_write_single(FILE *f, const json_t *history, const struct all_series *all);

#endif
