/* SPDX-License-Identifier: MIT */
/*
 * compare: runs side by side. Cells that measure the same thing are matched; of each metric the
 * change of the median is told, and a claim is made only where the intervals do not overlap and the
 * ranks of the repeats could hardly be so by chance (Mann-Whitney, p < 0.05).
 */
#ifndef IRQSTORM_REPORT_COMPARE_H
#define IRQSTORM_REPORT_COMPARE_H

#include <jansson.h>
#include <stddef.h>

#include "report/columns.h"
#include "report/page.h" /* struct page_run */

struct compare_metric {
	const char *key; /* of a cell's metrics */
	const char *heading;
	enum column_format format;
	bool more_is_better;
	bool of_sums; /* a share of the cell's own sums, with its exact interval: no metric */
};

extern const struct compare_metric compare_metrics[]; /* ends with a NULL key */

enum compare_claim {
	COMPARE_NONE,    /* there is nothing on one side */
	COMPARE_FEW,     /* too few repeats for any claim */
	COMPARE_OVERLAP, /* the intervals overlap, or ranks may be so by chance */
	COMPARE_HIGHER,
	COMPARE_LOWER,
};

struct compare_result {
	enum compare_claim claim;
	double shift; /* median(b) / median(a) - 1; NaN where there is none */
};

struct compare_value {
	double v, lo, hi;
};

/* What @cell has for @m: its median or share, and the interval; NaN where there is none. */
struct compare_value compare_value(const json_t *cell, const struct compare_metric *m);

/* "347 (244 - 478)", "0 (< 28.1)", "12.3 us". Returns @buf. */
const char *compare_show(const json_t *cell, const struct compare_metric *m, char *buf,
			 size_t size);

/* "none on emulator 6.1", or "... 6.1 to emulator 6.12" where @b is on another target. */
const char *compare_label(const json_t *a, const json_t *b, char *buf, size_t size);

/*
 * Calls @tell for each setting in which the matched cells, or else the runs, differ, once for each
 * pair of values. What one of the two does not have is no difference: it was not measured, or an
 * older irqstorm did not say it.
 */
void compare_settings(const struct page_run *a, const struct page_run *b,
		      void (*tell)(void *arg, const char *setting, const char *was, const char *is),
		      void *arg);

/*
 * "B1 is incomplete: 3 of 8 cells were not run yet", for a result that was to become more; NULL:
 * it is all there, or no memory. To be freed.
 */
char *compare_incomplete(const struct page_run *run);

/* Cells of @a that have none to be compared with in @b. */
size_t compare_alone(const struct page_run *a, const struct page_run *b);

/* The cell of @b that measures what @cell of @a does; NULL: none. */
const json_t *compare_match(const struct page_run *a, const struct page_run *b, const json_t *cell);

struct compare_result compare_cells(const json_t *a, const json_t *b,
				    const struct compare_metric *m);

/* "+12.3 %", "x 12.3" from the double on; "-" where there is none. Returns @buf. */
const char *compare_change(const struct compare_result *r, char *buf, size_t size);

/* "0.77" of the second to the first; "-" where there is none. Returns @buf. */
const char *compare_ratio(const json_t *a, const json_t *b, const struct compare_metric *m,
			  char *buf, size_t size);

/* "lower by 23 %", "no claim: intervals overlap". Returns @buf. */
const char *compare_text(const struct compare_result *r, char *buf, size_t size);

#endif
