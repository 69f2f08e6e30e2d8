/* SPDX-License-Identifier: MIT */
#include "nightly/change.h"

#include <errno.h>
#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "support/stats.h"

#define ALPHA  0.01
#define A12    0.71
#define SHARED 2 /* places whose windows are about one */

static int median(const double *v, size_t n, double *out)
{
	double *copy = malloc(n * sizeof(*copy));

	if (!copy)
		return -ENOMEM;
	memcpy(copy, v, n * sizeof(*copy));
	*out = stats_median(copy, n).median;
	free(copy);
	return 0;
}

/* Of @v, all of it, before and after @c->at. 1: they differ enough. */
static int medians(const double *v, size_t n, struct change *c)
{
	int err = median(v, c->at, &c->before);

	if (!err)
		err = median(v + c->at, n - c->at, &c->after);
	return err ? err : fabs(c->after - c->before) > CHANGE_SHIFT_MIN * fabs(c->before);
}

/* The best place in @v for a cut into @c; 1 when it is a change, 0 when not, or -ENOMEM. */
static int cut(const double *v, size_t n, struct change *c)
{
	size_t places = n - 2 * CHANGE_SIDE_MIN + 1;
	double a12 = .5;

	c->p = 2;
	for (size_t i = CHANGE_SIDE_MIN; i + CHANGE_SIDE_MIN <= n; i++) {
		size_t before = i < CHANGE_WINDOW ? i : CHANGE_WINDOW;
		size_t after = n - i < CHANGE_WINDOW ? n - i : CHANGE_WINDOW;
		struct stats_shift shift;
		int err = stats_compare(v + i - before, before, v + i, after, &shift);

		if (err)
			return err;
		if (shift.p < c->p) {
			c->p = shift.p;
			c->at = i;
			a12 = shift.a12;
		}
	}
	if (!(c->p * fmax(1, (double)places / SHARED) < ALPHA) || (a12 < A12 && a12 > 1 - A12))
		return 0;
	return medians(v, n, c);
}

static int find(const double *v, size_t first, size_t n, struct change out[CHANGE_MAX], int found)
{
	struct change c;
	int ret;

	if (n < 2 * CHANGE_SIDE_MIN || found == (int)CHANGE_MAX)
		return found;
	ret = cut(v + first, n, &c);
	if (ret <= 0)
		return ret ? ret : found;
	found = find(v, first, c.at, out, found);
	if (found < 0 || found == (int)CHANGE_MAX)
		return found;
	ret = (int)c.at;
	c.at += first;
	out[found++] = c;
	return find(v, c.at, n - (size_t)ret, out, found);
}

/* What a mark says is the level up to the next mark, however the series was cut. */
static int levels(const double *v, size_t n, struct change *c, int found)
{
	for (int i = 0; i < found; i++) {
		size_t from = i ? c[i - 1].at : 0, to = i + 1 < found ? c[i + 1].at : n;
		int err = median(v + from, c[i].at - from, &c[i].before);

		if (!err)
			err = median(v + c[i].at, to - c[i].at, &c[i].after);
		if (err)
			return err;
	}
	return found;
}

int change_find(const double *v, size_t n, struct change out[CHANGE_MAX])
{
	int found = find(v, 0, n, out, 0);

	return found > 0 ? levels(v, n, out, found) : found;
}
