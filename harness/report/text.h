/* SPDX-License-Identifier: MIT */
/* text: a summary for the terminal: the table, the cost of a resize, and the verdict. */
#ifndef IRQSTORM_REPORT_TEXT_H
#define IRQSTORM_REPORT_TEXT_H

#include <jansson.h>
#include <stdio.h>

#include "report/page.h"
#include "support/table.h"

typedef void (*text_word_fn)(const char *word, const char *meaning, void *data);

/* Every heading of the tables, with what it says. */
void text_words(text_word_fn tell, void *data);

extern const struct table_column text_cost_columns[], text_comparison_columns[];

void text_summary(const json_t *summary, FILE *f);

/* What changed from @a to @b, cell by cell. */
void text_comparison(const struct page_run *a, const struct page_run *b, FILE *f);

#endif
