/* SPDX-License-Identifier: MIT */
/*
 * charts: what of a summary is shown as a picture. Each draws nothing where there is nothing to be
 * seen. Charts of cells take their name and their note from the first one.
 */
#ifndef IRQSTORM_REPORT_CHARTS_H
#define IRQSTORM_REPORT_CHARTS_H

#include <jansson.h>
#include <stdbool.h>

#include "report/album.h"
#include "report/page.h"

/*
 * chart_losses.c: losses by strategy and kernel, of all runs in one picture: each rate with its
 * 95 % interval, none lost as the bound of that.
 */
void chart_losses(struct album *a, const struct page_run *runs, size_t n);

/*
 * charts.c: percentile curves of @cells, of one target and setting. Strategies come in three
 * families, one chart each, with `none` in all of them, so that no chart has more curves than can
 * be told apart; `none` alone is one chart.
 */
void chart_percentiles(struct album *a, const json_t *const *cells, size_t n);

/* chart_time.c: latency, resizes and losses over time; charts.c: the phases' histograms. */
void chart_timeline(struct album *a, const json_t *cell);
void chart_phases(struct album *a, const json_t *cell);

/* chart_cost.c: what a resize costs against vectors in use, of @curves on one target. */
void chart_cost(struct album *a, const json_t *const *curves, size_t n);

/* Room for all latencies from @lo to @hi; hi 0: there are none. */
struct svg_axis chart_latency_axis(const char *label, double lo, double hi);

/* "emulator 6.12, uring, 64 vectors, ..." Returns @buf. */
const char *chart_note(const json_t *cell, char *buf, size_t size);

#endif
