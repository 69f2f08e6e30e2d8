/* SPDX-License-Identifier: MIT */
/* page_css: page.css as C, by embed.cmake. */
#ifndef IRQSTORM_REPORT_PAGE_CSS_H
#define IRQSTORM_REPORT_PAGE_CSS_H

extern const char page_css[];

#endif
