/* SPDX-License-Identifier: MIT */
/*
 * page_css: chart.css and page.css as C, by embed.cmake: what a chart needs, alone or in a page,
 * and what else a page does.
 */
#ifndef IRQSTORM_REPORT_PAGE_CSS_H
#define IRQSTORM_REPORT_PAGE_CSS_H

extern const char chart_css[], page_css[];

#endif
