/* SPDX-License-Identifier: MIT */
/*
 * change: where a series of noisy figures, one a night, changed its level. Pure functions.
 *
 * A series is cut where the CHANGE_WINDOW nights before and after differ most by rank, with the
 * least p of Mann-Whitney; at the ends a window is shorter. It is a change when all three hold:
 *
 *	p times half of the number of places looked at (neighbours share most of their nights) is
 *	below .01, so that of a hundred series without any change about one shows one;
 *	A12 is at most .29 or at least .71;
 *	the medians differ by more than CHANGE_SHIFT_MIN of the one before.
 *
 * Each side has CHANGE_SIDE_MIN nights at least. The sides are then looked at in the same way. A
 * drift has no place of its own: it is cut somewhere in the middle, and so is seen, too.
 */
#ifndef IRQSTORM_NIGHTLY_CHANGE_H
#define IRQSTORM_NIGHTLY_CHANGE_H

#include <stddef.h>

#define CHANGE_SIDE_MIN  5u
#define CHANGE_WINDOW    14u
#define CHANGE_SHIFT_MIN 0.05
#define CHANGE_MAX       16u /* marks of one series */

struct change {
	size_t at;            /* the first night of the new level */
	double before, after; /* medians of the levels */
	double p;             /* of Mann-Whitney, for this place alone */
};

/* Fills @out in the order of nights. How many, or -ENOMEM. Every value is a number. */
int change_find(const double *v, size_t n, struct change out[CHANGE_MAX]);

#endif
