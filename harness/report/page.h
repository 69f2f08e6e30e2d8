/* SPDX-License-Identifier: MIT */
/*
 * page: one HTML file that shows one summary, or several side by side. It needs no network and no
 * script. Every number in it is read from the summary: table cells name their path in it.
 */
#ifndef IRQSTORM_REPORT_PAGE_H
#define IRQSTORM_REPORT_PAGE_H

#include <jansson.h>
#include <stdio.h>

#include "support/errmsg.h"

struct page_run {
	const json_t *summary;
	const char *label; /* where it came from */
};

/* 0 or -ENOMEM; what @f does not take is seen by its owner. */
int page_write(FILE *f, const struct page_run *runs, size_t n);

/*
 * The chart @name of that page, alone, as SVG. 0 or -errno with @e: -ENOENT (exit 2) names those
 * that there are.
 */
int page_chart(FILE *f, const struct page_run *runs, size_t n, const char *name, struct errmsg *e);

/* Into the file @path, whole or not at all. 0 or -errno with @e (exit 3). */
int page_publish(const char *path, const struct page_run *runs, size_t n, struct errmsg *e);

#endif
