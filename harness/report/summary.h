/* SPDX-License-Identifier: MIT */
/*
 * summary: what a number of stress results come to (schema irqstorm.bench/2, docs/bench-json.md).
 * Repeats of a cell of the matrix become counts, which are summed, metrics, of which the median and
 * its interval are told, and histograms, which are merged. All that irqstorm bench and irqstorm
 * report show is read from this tree, a single stress result included, which is one repeat of one
 * cell.
 */
#ifndef IRQSTORM_REPORT_SUMMARY_H
#define IRQSTORM_REPORT_SUMMARY_H

#include <jansson.h>
#include <stdbool.h>

#include "support/errmsg.h"
#include "support/hist.h"

#define SUMMARY_SCHEMA "irqstorm.bench/2"

/*
 * @identity: name, target, strategy, consumer, vectors, mode, rate of the cell, taken over.
 * @repeats: an array of stress results, empty where the target cannot do it (@why) or it was not
 * run yet (@why NULL). NULL: out of memory.
 */
json_t *summary_cell(json_t *identity, const json_t *repeats, const char *why);

/*
 * "finding", "stopped", "pass" or "skipped", the first that is true of any cell; a curve of @costs
 * that was measured is a pass. "skipped": nothing was shown.
 */
const char *summary_verdict(const json_t *cells, const json_t *costs);

/*
 * Of the sums of a measured @cell: lost_per_million.{rate,lo,hi}, lost / fired x 1,000,000 with its
 * exact 95 % interval. For summaries of before, which only had the median over the repeats.
 */
void summary_lost_per_million(json_t *cell);

/* One stress result as a summary. NULL: out of memory. */
json_t *summary_of_stress(const json_t *stress);

/* All response times of a cell of a summary. */
void summary_response(const json_t *cell, struct hist *all);

#endif
