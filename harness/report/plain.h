/* SPDX-License-Identifier: MIT */
/*
 * plain: results that are no storms, as what they are: figures by name. The JSON of gate, diff,
 * explore, run, zoo, campaign and of what else names its schema is taken apart into paths ("checks.
 * stress:none.n": an element of an array is called by its own name), and two of a kind are set side
 * by side: figures with their ratio, shares with their exact intervals, and what differs else.
 */
#ifndef IRQSTORM_REPORT_PLAIN_H
#define IRQSTORM_REPORT_PLAIN_H

#include <jansson.h>
#include <stdio.h>

/* All figures of @doc. */
void plain_text(const json_t *doc, FILE *f);

/* @b against @a, called so; of the same schema. */
void plain_comparison(const json_t *a, const char *name_a, const json_t *b, const char *name_b,
		      FILE *f);

#endif
