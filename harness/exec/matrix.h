/* SPDX-License-Identifier: MIT */
/*
 * matrix: which inputs of SET_IRQS a run has tried: index x action x data type x start class x
 * count class x fd class x argsz class x prior state, with counts. A cell that no input can fall
 * into (fds where the type has none) does not exist.
 */
#ifndef IRQSTORM_EXEC_MATRIX_H
#define IRQSTORM_EXEC_MATRIX_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "model/model.h"
#include "support/json.h"

#define MATRIX_DIMENSIONS 8

struct matrix {
	uint64_t *cells;
	uint32_t n;
};

int matrix_init(struct matrix *x);
void matrix_free(struct matrix *x);

/* Count the request of @op, about to be made in the state that @m is in. */
void matrix_count(struct matrix *x, const struct model *m, const struct op *op);

struct matrix_summary {
	uint32_t possible, hit;
	uint32_t pairs_possible, pairs_hit; /* of values of two dimensions each */
	uint64_t requests;
};
void matrix_summarize(const struct matrix *x, struct matrix_summary *s);

/* A few lines: counts by dimension, and the pairs of values that never met. */
void matrix_print(const struct matrix *x, FILE *f);
/* Object @key: cells and pairs hit and never hit, counts by dimension, the pairs that never met. */
void matrix_json(const struct matrix *x, struct json *j, const char *key);
/* Every cell that a request can fall into, with its count: 0 was never hit. */
void matrix_csv(const struct matrix *x, FILE *f);

#endif
