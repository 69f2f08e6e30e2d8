/* SPDX-License-Identifier: MIT */
/* page_charts: the pictures of one summary, in the order of a page: all but those of losses. */
#ifndef IRQSTORM_REPORT_PAGE_CHARTS_H
#define IRQSTORM_REPORT_PAGE_CHARTS_H

#include "report/album.h"
#include "report/page.h"

void page_charts(struct album *a, const struct page_run *run);

#endif
