/* SPDX-License-Identifier: MIT */
#include "report/style.h"

#include <string.h>

static const struct {
	const char *strategy;
	enum style_family family;
	struct svg_style style;
} styles[] = {
	{"dynamic", STYLE_IN_PLACE, {"s1", NULL, 'o'}},
	{"track-guest", STYLE_IN_PLACE, {"s3", "7 3", 's'}},
	{"keep", STYLE_IN_PLACE, {"s4", "9 3 2 3", 't'}},
	{"upfront", STYLE_IN_PLACE, {"s5", "4 3", 'd'}},
	{"msi-all", STYLE_IN_PLACE, {"s6", "2 3", 'x'}},
	{"teardown", STYLE_TORN_DOWN, {"s2", NULL, 't'}},
	{"track-guest-v0", STYLE_TORN_DOWN, {"s4", "7 3", 's'}},
	{"msi-teardown", STYLE_TORN_DOWN, {"s1", "9 3 2 3", 'x'}},
	{"random", STYLE_TORN_DOWN, {"s3", "4 3", 'd'}},
	{"swap", STYLE_REPLACED, {"s6", NULL, 'd'}},
	{"swap-masked", STYLE_REPLACED, {"s2", "7 3", 's'}},
	{"swap-fenced", STYLE_REPLACED, {"s3", "4 3", 't'}},
	{"swap-visited", STYLE_REPLACED, {"s4", "9 3 2 3", 'o'}},
};

static const struct svg_style none = {"s0", "1 2", 'p'};
static const struct svg_style unknown = {"s1", "2 2", 'x'};

#define N_STYLES (sizeof(styles) / sizeof(styles[0]))

bool style_is_of(const char *strategy, enum style_family family)
{
	if (!strcmp(strategy, "none"))
		return true;
	for (size_t i = 0; i < N_STYLES; i++) {
		if (!strcmp(styles[i].strategy, strategy))
			return styles[i].family == family;
	}
	return family == STYLE_TORN_DOWN;
}

const struct svg_style *style_of(const char *strategy)
{
	if (!strcmp(strategy, "none"))
		return &none;
	for (size_t i = 0; i < N_STYLES; i++) {
		if (!strcmp(styles[i].strategy, strategy))
			return &styles[i].style;
	}
	return &unknown;
}
