/* SPDX-License-Identifier: MIT */
/*
 * tally: what the tries at one planted bug come to: how many found it, and after how long. A try
 * that did not find it took for ever.
 */
#ifndef IRQSTORM_CAMPAIGN_TALLY_H
#define IRQSTORM_CAMPAIGN_TALLY_H

#include "campaign/hunt.h"

struct hunt_tally {
	uint32_t tries, reached, found;
	bool median_found; /* half of them and more found it: the medians say something */
	uint64_t median_execs;
	double median_s, slowest_s;
	double total_s;  /* of all tries, found or not */
	const char *key; /* that most of the findings have, of one of @tries; NULL: nothing found */
};

/* Sorts @tries. */
void hunt_tally(struct hunt_result *tries, uint32_t n, struct hunt_tally *t);

#endif
