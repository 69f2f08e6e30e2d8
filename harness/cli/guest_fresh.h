/* SPDX-License-Identifier: MIT */
/*
 * guest_fresh: what a guest's subcommand found on a real device is tried in guests that were booted
 * for it, before its programs are shown: a device, kernel or host that keeps something lets a
 * search in one guest blame an innocent program (exec/sequence.h). The subcommand hands the finding
 * over in a folder (cli/finding.h); a fuzz target leaves its programs in the memory that survives a
 * guest.
 */
#ifndef IRQSTORM_CLI_GUEST_FRESH_H
#define IRQSTORM_CLI_GUEST_FRESH_H

#include "cli/guest_job.h"
#include "guest/crossing.h"
#include "guest/guest.h"

struct guest_fresh {
	char dir[64]; /* that comes out of the guest; "": nothing is tried */
	uint32_t max_boots;
	bool fuzz, minimize;
	bool stdout_taken; /* by a result of the subcommand (--json -) */
};

/*
 * A folder more for @x, if what runs is one that hands over, and the environment's word for it.
 * @max_boots 0: nothing is tried. 0 or -errno with @e; free in any case.
 */
int guest_fresh_init(struct guest_fresh *g, const struct guest_job *job, uint32_t max_boots,
		     struct crossing *x, struct errmsg *e);
void guest_fresh_free(struct guest_fresh *g);

/*
 * After the guest @c came to @r, before its files are delivered: tries what was handed over, prints
 * what it came to, and puts that into the files. The exit code for @code.
 */
int guest_fresh_settle(struct guest_fresh *g, const struct guest_config *c,
		       const struct guest_result *r);

#endif
