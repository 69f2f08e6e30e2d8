/* SPDX-License-Identifier: MIT */
/*
 * state: what a campaign remembers from one session to the next: campaign.json (schema
 * irqstorm.campaign/1), which is its result as well. It is replaced by a rename, so it is whole at
 * any time. A file that is not is refused, never overwritten.
 */
#ifndef IRQSTORM_CAMPAIGN_STATE_H
#define IRQSTORM_CAMPAIGN_STATE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "support/errmsg.h"

#define CAMPAIGN_KEY_MAX 160

struct campaign_finding {
	char key[CAMPAIGN_KEY_MAX];
	char folder[CAMPAIGN_KEY_MAX + 16]; /* below findings/ */
	char what[512];
	uint64_t hits;  /* inputs with this key, the first one included */
	uint64_t execs; /* of the campaign until the first */
	double seconds;
	uint64_t session;        /* that found it */
	uint64_t replays, shown; /* how often a replay shows it */
	uint64_t ops, ops_min;   /* of the program, 0: none; made shorter, 0: was not */
	/* What irqstorm run says of the program, "" if nothing: it compares after each operation.
	 */
	char program_key[CAMPAIGN_KEY_MAX];
	char repeat[2048]; /* the command that shows it again */
};

struct campaign_state {
	char engine[16], target[64];
	uint64_t seed;
	uint64_t sessions; /* begun */
	uint64_t execs;    /* exact for processes that ended */
	double seconds;    /* spent fuzzing */
	uint64_t corpus;   /* inputs in corpus/ */
	struct campaign_finding *findings;
	size_t n_findings;
};

/* The finding with @key, or NULL. */
struct campaign_finding *state_finding(const struct campaign_state *s, const char *key);
/* One more with @key, or NULL: no memory. Earlier pointers are gone. */
struct campaign_finding *state_add(struct campaign_state *s, const char *key);
void state_free(struct campaign_state *s);

/* 1: read; 0: there is no such file; -errno with @e: it cannot be read, or is damaged (exit 3). */
int state_load(const char *path, struct campaign_state *s, struct errmsg *e);
/* To a stream, whose errors are its owner's. */
void state_print(FILE *f, const struct campaign_state *s);
int state_save(const char *path, const struct campaign_state *s, struct errmsg *e);

#endif
