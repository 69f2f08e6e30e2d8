/* SPDX-License-Identifier: MIT */
/* describe: what a bench must know of the machine and the targets to be repeated. */
#ifndef IRQSTORM_BENCH_DESCRIBE_H
#define IRQSTORM_BENCH_DESCRIBE_H

#include <jansson.h>

#include "backend/backend.h"
#include "bench/run.h"

/* The manifest of @cfg (docs/bench-json.md). NULL with @e: a target cannot be opened. */
json_t *describe_bench(const struct bench_config *cfg, struct errmsg *e);

/* Why a target cannot do a strategy, in a few words; NULL: it can, for all that is known before. */
const char *describe_cannot(const struct strategy *st, const struct backend_desc *d);

#endif
