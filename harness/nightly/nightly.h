/* SPDX-License-Identifier: MIT */
/*
 * nightly: the campaign of every night: a row of steps, each a child process, in a folder that
 * remembers. Below the folder:
 *
 *	nights/NAME/night.json      the night (schema irqstorm.nightly/1), replaced after every step
 *	nights/NAME/STEP/           log, result and artifacts of a step
 *	campaign/ENGINE-TARGET/     corpora and findings, from night to night
 *	known.json                  every finding ever seen (known.h)
 *	history.jsonl, trend.html   the figures of all nights
 *
 * One nightly at a time has the folder. A night that did not end is gone on with by the next start.
 */
#ifndef IRQSTORM_NIGHTLY_NIGHTLY_H
#define IRQSTORM_NIGHTLY_NIGHTLY_H

#include <jansson.h>
#include <limits.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "support/errmsg.h"
#include "support/table.h"

#define NIGHTLY_LINES 15u /* of the summary, at most */

/* Strings are borrowed; NULL: not given. */
struct nightly_config {
	const char *out;
	uint64_t budget_ns;
	const char *steps, *kernels;
	const char *fuzz_dir, *afl_dir, *zoo, *source, *corpus, *gate, *plant;
	uint64_t seed, keep;
	bool fresh;       /* leave a night alone that did not end */
	bool list;        /* only plan it */
	sigset_t signals; /* blocked, SIGCHLD among them */
};

struct nightly_result {
	char root[PATH_MAX];
	json_t *night, *known; /* to be given back by nightly_free() */
	int stopped;           /* by this signal: the next start goes on; 0: by none */
};

/* 0, or -errno with @e; what was finished by then is on the disk. */
int nightly_run(const struct nightly_config *c, struct nightly_result *r, struct errmsg *e);
void nightly_free(struct nightly_result *r);

/* The verdict first, at most NIGHTLY_LINES lines. */
void nightly_text(FILE *f, const struct nightly_result *r);
/* The night as one JSON document, irqstorm.nightly/1. */
void nightly_json(FILE *f, const struct nightly_result *r);
/* Every step of a plan, and what it lacks. */
void nightly_list(FILE *f, const struct nightly_result *r);
extern const struct table_column nightly_columns[];
/* An enum exit_code. */
int nightly_exit(const struct nightly_result *r);

/* Marks a finding as known, with a note; or forgets it (@note NULL). */
int nightly_mark(const char *out, const char *key, const char *note, struct errmsg *e);

#endif
