/* SPDX-License-Identifier: MIT */
/*
 * hunt: one try to find one planted bug (emulator/zoo.h) from nothing: a fuzzing engine that starts
 * with an empty corpus, or the generator of `irqstorm diff`, with one seed and so much time. It
 * owns the folder that its engine works in, which is gone afterwards. Not thread-safe; several may
 * be under way at once, but for HUNT_RANDOM, which runs in this process.
 */
#ifndef IRQSTORM_CAMPAIGN_HUNT_H
#define IRQSTORM_CAMPAIGN_HUNT_H

#include <signal.h>

#include "campaign/engine.h"
#include "emulator/zoo.h"

enum hunter {
	HUNT_RANDOM,          /* programs made by the generator, no feedback at all */
	HUNT_LIBFUZZER,       /* structured mutator, coverage and state feedback */
	HUNT_AFL,             /* the same */
	HUNT_LIBFUZZER_PLAIN, /* the engine's own mutations of bytes, coverage alone */
	HUNT_AFL_PLAIN,       /* the same */
};
extern const char *const hunter_names[]; /* in enum order, NULL-terminated */

struct hunt_config {
	const struct zoo_entry *bug;
	enum hunter hunter;
	uint64_t seed, budget_ns;
	const char *fuzz_dir; /* where the targets are, NULL: engine_locate() looks */
};

struct hunt_result {
	bool possible; /* this hunter can look for this bug at all */
	bool reached;  /* the wrong code ran */
	bool found;
	uint64_t execs; /* inputs or programs until it was found, or in all */
	double seconds; /* likewise */
	char key[160];  /* of the finding */
};

struct hunt {
	struct hunt_config cfg;
	struct hunt_result result;
	bool over;
	/* Private from here on. */
	struct engine_paths paths;
	struct engine engine;
	bool started, failed;
	char dir[64], corpus[80], out[80], canaries[80];
	char env_bug[48], env_log[112];
	const char *env[5];
};

/* Can @hunter look for @bug at all? The generator knows one caller only. */
bool hunt_possible(const struct zoo_entry *bug, enum hunter hunter);

/* 0, or -errno with @e. HUNT_RANDOM is over when this returns; a signal of @signals ends it. */
int hunt_start(struct hunt *h, const struct hunt_config *cfg, const sigset_t *signals,
	       struct errmsg *e);
/* Looks in; h->over says whether there is a result. 0, or -errno with @e. */
int hunt_poll(struct hunt *h, struct errmsg *e);
/* Stops what runs and removes the folder, but for that of an engine that failed, whose log is in
 * it. Safe on one that is zeroed, or over. */
void hunt_end(struct hunt *h);

#endif
