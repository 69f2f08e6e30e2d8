/* SPDX-License-Identifier: MIT */
/* page_code: a command on a page, which can be copied, and is folded where a reader would fold it.
 */
#ifndef IRQSTORM_REPORT_PAGE_CODE_H
#define IRQSTORM_REPORT_PAGE_CODE_H

#include <stdbool.h>
#include <stdio.h>

/* @text in <code>; its options are not broken at their own hyphens. */
void page_code(FILE *f, const char *text);

/* @text, as a command or as words. */
void page_text(FILE *f, const char *text, bool code);

#endif
