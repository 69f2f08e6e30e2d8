/* SPDX-License-Identifier: MIT */
#include "campaign/hunt.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "exec/differential.h"
#include "exec/target.h"
#include "guest/fsutil.h"
#include "support/clock.h"
#include "support/sigstop.h"
#include "support/tmpdir.h"

const char *const hunter_names[] = {"random",          "libfuzzer", "afl",
				    "libfuzzer-plain", "afl-plain", NULL};

/* The generator's programs have this length on average. */
#define RANDOM_LENGTH 16

static const struct {
	enum engine_kind kind;
	bool plain;
	const char *presets[2];
} engines[] = {
	[HUNT_LIBFUZZER] = {ENGINE_LIBFUZZER, false, {"zoo"}},
	[HUNT_AFL] = {ENGINE_AFL, false, {"zoo-afl"}},
	[HUNT_LIBFUZZER_PLAIN] = {ENGINE_LIBFUZZER, true, {"zoo"}},
	[HUNT_AFL_PLAIN] = {ENGINE_AFL, true, {"zoo-afl"}},
};

bool hunt_possible(const struct zoo_entry *bug, enum hunter hunter)
{
	return hunter != HUNT_RANDOM || !strcmp(bug->target, "program");
}

/* The generator on the emulator, in this process. */

struct random_watch {
	const sigset_t *signals;
	uint64_t start, end, last, programs;
	int stopped; /* by this signal; 0: by none */
};

static bool random_stop(void *data, uint64_t ops, uint64_t programs)
{
	struct random_watch *w = data;

	(void)ops;
	w->last = clock_ns();
	w->programs = programs;
	w->stopped = programs % 64 == 0 ? sigstop_wait_until(w->signals, 0) : 0;
	return w->stopped || w->last >= w->end;
}

static int hunt_random(struct hunt *h, const sigset_t *signals, struct errmsg *e)
{
	char *spec = target_with_bug("emu", h->cfg.bug->id, e);
	struct random_watch w = {.signals = signals};
	struct diff_options o = {
		.ops = UINT64_MAX,
		.seed = h->cfg.seed,
		.length = RANDOM_LENGTH,
		.stop = random_stop,
		.data = &w,
	};
	struct executor x = {0};
	struct diff_result r = {0};
	struct zoo_counts canaries;
	int err;

	if (!spec)
		return -EINVAL;
	err = executor_open(&x, spec, e);
	if (err)
		goto out;
	w.start = w.last = clock_ns();
	w.end = w.start + h->cfg.budget_ns;
	err = differential_run(&x, &o, &r, e);
	if (err)
		goto out;
	emulator_zoo(x.be, &canaries);
	h->result.reached = canaries.reached > 0 || r.found.difference;
	h->result.found = r.found.difference != DIFF_NONE;
	h->result.execs = w.programs + h->result.found;
	/* up to the program before: what follows is spent on making it small */
	h->result.seconds = (double)(w.last - w.start) / 1e9;
	snprintf(h->result.key, sizeof(h->result.key), "%s", r.found.key);
	h->over = true;
	if (w.stopped)
		err = errmsg_set(e, -EINTR, (enum exit_code)(128 + w.stopped),
				 "stopped by signal %d", w.stopped);
out:
	program_free(&r.program);
	sequence_free(&r.sequence);
	settled_free(&r.settled);
	executor_close(&x);
	free(spec);
	return err;
}

/* An engine. */

static int make_folders(struct hunt *h, struct errmsg *e)
{
	const char *tmp = tmpdir();
	char first[112];
	FILE *f;
	int n = snprintf(h->dir, sizeof(h->dir), "%s/irqstorm-zoo-XXXXXX",
			 strlen(tmp) < 32 ? tmp : "/tmp");

	if (n < 0 || !mkdtemp(h->dir)) {
		*h->dir = '\0';
		return errmsg_set(e, -errno, EXIT_ENVIRONMENT,
				  "cannot make a folder in %s: %s (TMPDIR names another)", tmp,
				  strerror(errno));
	}
	snprintf(h->corpus, sizeof(h->corpus), "%s/corpus", h->dir);
	snprintf(h->out, sizeof(h->out), "%s/out", h->dir);
	snprintf(h->canaries, sizeof(h->canaries), "%s/canaries", h->dir);
	if (mkdir(h->corpus, 0777) || mkdir(h->out, 0777))
		return errmsg_set(e, -errno, EXIT_ENVIRONMENT, "cannot make a folder in %s: %s",
				  h->dir, strerror(errno));
	if (h->paths.kind != ENGINE_AFL)
		return 0;
	/* AFL++ takes no empty corpus: one byte that says nothing. */
	snprintf(first, sizeof(first), "%s/0", h->corpus);
	f = fopen(first, "we");
	if (!f || fputc('0', f) == EOF || fclose(f))
		return errmsg_set(e, -errno, EXIT_ENVIRONMENT, "cannot write %s: %s", first,
				  strerror(errno));
	return 0;
}

static void make_environment(struct hunt *h, bool plain)
{
	size_t n = 0;

	snprintf(h->env_bug, sizeof(h->env_bug), "IRQSTORM_BUG=%s", h->cfg.bug->id);
	snprintf(h->env_log, sizeof(h->env_log), "IRQSTORM_ZOO_LOG=%s", h->canaries);
	h->env[n++] = h->env_bug;
	h->env[n++] = h->env_log;
	if (plain) {
		h->env[n++] = "IRQSTORM_MUTATOR=plain";
		h->env[n++] = "IRQSTORM_FEEDBACK=off";
	} else {
		/* Trimming pays off in hours; without it B07 and B20 took a third less time. */
		h->env[n++] = "AFL_DISABLE_TRIM=1";
	}
	h->env[n] = NULL;
}

static int start_engine(struct hunt *h, struct errmsg *e)
{
	bool plain = engines[h->cfg.hunter].plain;
	struct engine_config c = {
		.paths = &h->paths,
		.corpus = h->corpus,
		.out = h->out,
		.seed = h->cfg.seed,
		.limit_s = h->cfg.budget_ns / NSEC_PER_SEC + 5,
		.env = h->env,
	};
	char name[48];
	int err;

	snprintf(name, sizeof(name), "fuzz_irq_%s", h->cfg.bug->target);
	err = engine_locate(engines[h->cfg.hunter].kind, name, h->cfg.fuzz_dir,
			    engines[h->cfg.hunter].presets, &h->paths, e);
	if (err)
		return err;
	if (plain)
		*h->paths.mutator = '\0';
	err = make_folders(h, e);
	if (err)
		return err;
	make_environment(h, plain);
	err = engine_start(&h->engine, &c, e);
	h->started = !err;
	return err;
}

int hunt_start(struct hunt *h, const struct hunt_config *cfg, const sigset_t *signals,
	       struct errmsg *e)
{
	memset(h, 0, sizeof(*h));
	h->cfg = *cfg;
	h->result.possible = hunt_possible(cfg->bug, cfg->hunter);
	if (!h->result.possible) {
		h->over = true;
		return 0;
	}
	return cfg->hunter == HUNT_RANDOM ? hunt_random(h, signals, e) : start_engine(h, e);
}

static void conclude(struct hunt *h)
{
	struct hunt_result *r = &h->result;

	r->reached = r->found || !access(h->canaries, F_OK);
	h->over = true;
}

int hunt_poll(struct hunt *h, struct errmsg *e)
{
	const struct engine_finding *f = &h->engine.finding;

	if (h->over)
		return 0;
	switch (engine_poll(&h->engine, e)) {
	case ENGINE_RUNNING:
		if (h->engine.status.seconds * 1e9 < (double)h->cfg.budget_ns)
			return 0;
		engine_stop(&h->engine);
		break;
	case ENGINE_FOUND:
		if (!f->verdict.shown)
			return 0; /* AFL++: a time-out of the machine's, say */
		h->result.found = true;
		h->result.execs = f->execs;
		h->result.seconds = f->seconds;
		snprintf(h->result.key, sizeof(h->result.key), "%s", f->verdict.key);
		conclude(h);
		return 0;
	case ENGINE_ENDED:
		break;
	case ENGINE_FAILED:
		h->failed = true;
		return -EIO;
	}
	h->result.execs = h->engine.status.execs;
	h->result.seconds = h->engine.status.seconds;
	conclude(h);
	return 0;
}

void hunt_end(struct hunt *h)
{
	if (h->started)
		engine_stop(&h->engine);
	h->started = false;
	if (*h->dir && !h->failed)
		fs_remove_tree(h->dir);
	*h->dir = '\0';
}
