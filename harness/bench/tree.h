/* SPDX-License-Identifier: MIT */
/* tree: a stress result as the JSON tree that a reader of its file would have. */
#ifndef IRQSTORM_BENCH_TREE_H
#define IRQSTORM_BENCH_TREE_H

#include <jansson.h>

#include "stress/report.h"

/* NULL: out of memory. */
json_t *tree_of_stress(const struct stress_report *r);

#endif
