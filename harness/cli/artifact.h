/* SPDX-License-Identifier: MIT */
/*
 * artifact: what an irqstorm run left behind, made to happen again: a result in JSON that carries
 * its own repeat command, or a program that differed; the folder of a campaign's finding; a guest's
 * program (.guest). Nothing in it is run but irqstorm itself, and no shell.
 */
#ifndef IRQSTORM_CLI_ARTIFACT_H
#define IRQSTORM_CLI_ARTIFACT_H

#include <stdbool.h>

#include "support/errmsg.h"

/* Whether `run` leaves @path to this module: all else is a program. */
bool artifact_is(const char *path);

/*
 * Repeats everything in @path that was a finding; one run alone also if it was none. An enum
 * exit_code, the worst of what was repeated; -errno with @e when it cannot be. @bug: for the
 * emulator of a guest's program, or NULL.
 */
int artifact_run(const char *path, const char *bug, struct errmsg *e);

#endif
