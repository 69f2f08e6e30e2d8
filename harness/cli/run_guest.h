/* SPDX-License-Identifier: MIT */
/*
 * run_guest: `run` of guests' programs (.guest, docs/guest-programs.md). They describe their device
 * themselves, and run on the emulator.
 */
#ifndef IRQSTORM_CLI_RUN_GUEST_H
#define IRQSTORM_CLI_RUN_GUEST_H

#include <stdbool.h>
#include <stdio.h>

#include "support/errmsg.h"
#include "support/json.h"

struct run_guest_options {
	const char *bug; /* planted in the emulator, or NULL */
	uint64_t repeat; /* at least 1 */
	bool trace;
};

enum run_guest_verdict { RUN_GUEST_OK, RUN_GUEST_FINDING, RUN_GUEST_SKIPPED };

bool run_guest_is(const char *path);

/*
 * Runs the program at @path; says what came of it on @text, and as an entry of `programs` of
 * schema irqstorm.run/1 in @j, either NULL. An enum run_guest_verdict, or -errno with @e.
 */
int run_guest(const char *path, const struct run_guest_options *o, FILE *text, struct json *j,
	      struct errmsg *e);

#endif
