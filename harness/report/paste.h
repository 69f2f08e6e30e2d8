/* SPDX-License-Identifier: MIT */
/*
 * paste: a summary for elsewhere: Markdown for a mail or a pull request, of which no line is wider
 * than PASTE_WIDTH but a single word, and CSV for a spreadsheet.
 */
#ifndef IRQSTORM_REPORT_PASTE_H
#define IRQSTORM_REPORT_PASTE_H

#include <stdio.h>

#include "report/page.h"

#define PASTE_WIDTH 80

/*
 * Where a table would be too wide its last columns are left out, p99 first and then the fires; a
 * line below it says so.
 */
void paste_markdown(FILE *f, const struct page_run *runs, size_t n);

/* One line for each cell of all runs, after one of headings (RFC 4180); missing values are empty.
 */
void paste_csv(FILE *f, const struct page_run *runs, size_t n);

#endif
