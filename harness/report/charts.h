/* SPDX-License-Identifier: MIT */
/*
 * charts: what of a summary is shown as a picture. Strategies come in three families, one chart
 * each, with `none` in all of them, so that no chart has more curves than can be told apart.
 */
#ifndef IRQSTORM_REPORT_CHARTS_H
#define IRQSTORM_REPORT_CHARTS_H

#include <jansson.h>
#include <stdbool.h>
#include <stdio.h>

#define CHART_FAMILIES 3

extern const char *const chart_families[CHART_FAMILIES]; /* headings */

/* A figure of percentile curves of those of @cells that are of @family. False: there are none. */
bool chart_percentiles(FILE *f, const char *id, const json_t *const *cells, size_t n, int family);

/* Latency and losses over time, and the phases' histograms, of one measured cell. */
void chart_timeline(FILE *f, const char *id, const json_t *cell);
void chart_phases(FILE *f, const char *id, const json_t *cell);

/* What @move ("add", "remove") costs against vectors in use, on the target of the first curve. */
void chart_cost(FILE *f, const char *id, const json_t *const *curves, size_t n, const char *move,
		const char *title);

#endif
