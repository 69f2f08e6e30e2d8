/* SPDX-License-Identifier: MIT */
/*
 * report_private: figures that the text and the JSON of a storm both show. Part of report_text.c
 * and report_json.c.
 */
#ifndef IRQSTORM_STRESS_REPORT_PRIVATE_H
#define IRQSTORM_STRESS_REPORT_PRIVATE_H

#include "stress/report.h"
#include "support/stats.h"

static const char *const phase_names[PHASES] = {"steady", "resize", "settle"};

static inline uint64_t lost(const struct stress_result *r)
{
	return r->tally.lost_explained + r->tally.lost_unexplained;
}

/* Of all fires of the run; docs/accounting.md. */
static inline struct stats_share lost_per_million(const struct stress_result *r)
{
	return stats_per_million((double)lost(r), (double)r->fired);
}

/* Fires that could have been lost. */
static inline uint64_t at_risk(const struct stress_result *r)
{
	return r->fired - r->tally.unarmed - r->tally.coalesced;
}

#endif
