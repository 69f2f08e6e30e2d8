/* SPDX-License-Identifier: MIT */
/*
 * campaign: engines on one fuzz target for a given time, in as many sessions as it takes: corpus
 * and findings live in a folder (store.h), and each session goes on where the last one ended,
 * however that was. Each instance of an engine is started again when it ended or was ended by a
 * finding, with a seed of its own that comes from the campaign's.
 */
#ifndef IRQSTORM_CAMPAIGN_CAMPAIGN_H
#define IRQSTORM_CAMPAIGN_CAMPAIGN_H

#include "campaign/engine.h"
#include "campaign/state.h"

#define CAMPAIGN_JOBS_MAX 256u

struct campaign_config {
	struct engine_paths paths;
	const char *out;    /* folder */
	const char *corpus; /* further inputs, NULL for none */
	uint64_t seconds;   /* of all sessions together */
	uint32_t jobs;
	uint64_t seed;
	bool seed_given; /* else a campaign that goes on keeps its own */
	uint32_t timeout_s, max_len;
	bool merge; /* make the corpus small at the end */
	uint64_t minimize_ns;
	bool quiet;
};

struct campaign_result {
	struct campaign_state state; /* to be freed */
	char root[PATH_MAX];         /* the folder, absolute */
	size_t new_findings;         /* of this session */
	double session_s;
	uint64_t session_execs;
	int signal; /* that ended it, 0: none */
	bool over;  /* nothing of the time is left */
};

/*
 * SIGINT and SIGTERM must be blocked (sigstop.h): either ends the session in good order. 0, or
 * -errno with @e; @r->state then is what is on record, if anything is.
 */
int campaign_run(const struct campaign_config *c, struct campaign_result *r, struct errmsg *e);

#endif
