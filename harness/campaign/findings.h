/* SPDX-License-Identifier: MIT */
/*
 * findings: a folder for each key (exec/finding_key.h) that a campaign came across: findings/KEY/
 * with the input, what the target said, its program as text, the same made as short as it gets, a
 * README with the command that shows it again, and, if the program ran on anything but the emulator
 * of this build, the name of that. Further inputs with the key are counted only.
 */
#ifndef IRQSTORM_CAMPAIGN_FINDINGS_H
#define IRQSTORM_CAMPAIGN_FINDINGS_H

#include "campaign/engine.h"
#include "campaign/state.h"

#define FINDING_REPLAYS 10u
#define FINDING_TARGET  256 /* bytes of a target's name, with the 0 */

struct finding_context {
	const char *dir; /* of all findings, absolute */
	const struct engine_paths *paths;
	uint32_t timeout_s;
	uint64_t minimize_ns; /* for each new one; 0: not at all */
};

/*
 * Input file @input showed @v (verdict.shown false: an engine says so, a replay does not).
 * 1: a new key, whose folder is written; 0: a known one; -errno with @e. @input is left where it
 * is.
 */
int findings_add(const struct finding_context *c, struct campaign_state *s, const char *input,
		 const struct replay_verdict *v, uint64_t execs, double seconds, struct errmsg *e);

/*
 * Whether irqstorm run takes the folder of a finding: some fuzz targets' inputs are no program, and
 * only the target shows them again.
 */
bool finding_has_program(const char *folder);

/* What its program has to be run on; "": an emulator, as irqstorm run takes it. */
void finding_target(const char *folder, char target[FINDING_TARGET]);

#endif
