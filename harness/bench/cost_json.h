/* SPDX-License-Identifier: MIT */
/* cost_json: curves of cost.h as the tree that summaries have (docs/bench-json.md). */
#ifndef IRQSTORM_BENCH_COST_JSON_H
#define IRQSTORM_BENCH_COST_JSON_H

#include <jansson.h>

#include "bench/cost.h"

/* {schema, target, curves: [...]}; NULL: out of memory. */
json_t *cost_json(const char *target, const struct cost_curve *curves, uint32_t n);

#endif
