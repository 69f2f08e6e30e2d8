/* SPDX-License-Identifier: MIT */
/* style: which family a strategy is of, and how its curve looks in all charts. */
#ifndef IRQSTORM_REPORT_STYLE_H
#define IRQSTORM_REPORT_STYLE_H

#include <stdbool.h>

#include "report/svg.h"

enum style_family { STYLE_IN_PLACE, STYLE_TORN_DOWN, STYLE_REPLACED };

/* `none` is of every family; what is not known is of STYLE_TORN_DOWN, as it may do anything. */
bool style_is_of(const char *strategy, enum style_family family);
const struct svg_style *style_of(const char *strategy);

#endif
