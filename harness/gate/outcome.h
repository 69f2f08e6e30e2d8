/* SPDX-License-Identifier: MIT */
/*
 * outcome: what the JSON of a child says, as far as a gate cares: counts that judge, and times
 * relative to the control. A file that is missing, cut short or of another schema is an error.
 */
#ifndef IRQSTORM_GATE_OUTCOME_H
#define IRQSTORM_GATE_OUTCOME_H

#include <stdbool.h>

#include "gate/scenario.h"

struct outcome {
	bool found; /* what the child itself calls a finding */
	bool interrupted;
	char what[400];     /* the finding */
	char repeat[6144];  /* the command that repeats it; "" when there is none in the file */
	char program[1024]; /* corpus: the file of the first program that differed */
	char folder[256];   /* campaign: of the first finding, below findings/ */
	char target[512];   /* corpus, diff: that shows the finding; "": the one that was given */
	char fresh[16];     /* diff: what its program is worth alone (exec/sequence.h) */
	uint64_t programs, ops, skipped, executions;
	uint64_t fired, at_risk, delivered, lost_explained, lost_unexplained, spurious, misrouted;
	uint64_t resizes;
	double ns[GATE_METRICS], ratio[GATE_METRICS]; /* NAN where it was not measured */
};

/* The program of a difference, out of the JSON of a diff into a file. False: there is none. */
bool outcome_save_program(const char *json, const char *path);

/* 0, or -errno with @e (exit 3). */
int outcome_read(const char *path, enum gate_kind kind, bool campaign, struct outcome *out,
		 struct errmsg *e);

#endif
