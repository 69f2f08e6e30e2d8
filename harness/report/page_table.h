/* SPDX-License-Identifier: MIT */
/*
 * page_table: the table of a summary's cells in a page: first the columns that the terminal has,
 * which fit a window, and on a phone become a card a row; all of them are folded below, and scroll.
 */
#ifndef IRQSTORM_REPORT_PAGE_TABLE_H
#define IRQSTORM_REPORT_PAGE_TABLE_H

#include <stdio.h>

#include "report/page.h"

/* Numbers name their path in the summary of run @number. */
void page_table(FILE *f, const struct page_run *run, size_t number);

#endif
