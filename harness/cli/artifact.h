/* SPDX-License-Identifier: MIT */
/*
 * artifact: what an irqstorm run left behind, made to happen again: a result in JSON that carries
 * its own repeat command, or a program that differed; the folder of a campaign's finding. Nothing
 * in it is run but irqstorm itself, and no shell.
 */
#ifndef IRQSTORM_CLI_ARTIFACT_H
#define IRQSTORM_CLI_ARTIFACT_H

#include <stdbool.h>
#include <stdint.h>

#include "support/errmsg.h"

/* Whether `run` leaves @path to this module: all else is a program. */
bool artifact_is(const char *path);

/* What `run` was asked for. An artifact that has no use for one of them refuses it (exit 2). */
struct artifact_options {
	const char *target, *json, *bug; /* NULL: not given */
	uint64_t repeat;                 /* 0 and 1: once */
	bool trace;
};

/*
 * Repeats everything in @path that was a finding; one run alone also if it was none. An enum
 * exit_code, the worst of what was repeated; -errno with @e when it cannot be. A result carries
 * its commands whole, so it takes none of @o; what is in a folder is run with them.
 */
int artifact_run(const char *path, const struct artifact_options *o, struct errmsg *e);

#endif
