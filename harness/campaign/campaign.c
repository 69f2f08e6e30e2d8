/* SPDX-License-Identifier: MIT */
#include "campaign/campaign.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "campaign/corpus.h"
#include "campaign/findings.h"
#include "campaign/store.h"
#include "guest/fsutil.h"
#include "support/clock.h"
#include "support/log.h"
#include "support/rng.h"
#include "support/sigstop.h"
#include "support/units.h"

#define LOOK_NS  (50 * NSEC_PER_MSEC)
#define SAVE_NS  (2 * NSEC_PER_SEC)
/* So long a libFuzzer runs until it starts anew: its figures are exact then, its memory fresh. */
#define SLICE_S  300u
/* One that ended by itself before is no accident. */
#define STEADY_S 30.0
#define MERGE_NS (120 * NSEC_PER_SEC)

struct instance {
	struct engine g;
	char name[16];
	uint64_t rounds;
	bool running;
};

struct session {
	const struct campaign_config *c;
	struct campaign_state *state;
	struct store store;
	struct finding_context finding;
	struct instance *instances;
	struct progress progress;
	uint64_t start, saved;
	double before; /* seconds of earlier sessions */
	uint64_t execs_before;
	size_t found_before;
};

static uint64_t hits(const struct campaign_state *s)
{
	uint64_t n = 0;

	for (size_t i = 0; i < s->n_findings; i++)
		n += s->findings[i].hits;
	return n;
}

/* What no other instance, round or session of this campaign gets. */
static uint64_t seed_of(const struct session *s, uint32_t i)
{
	struct rng rng;

	rng_init(&rng, s->state->seed,
		 s->state->sessions << 40 | (uint64_t)i << 32 |
			 (s->instances[i].rounds & 0xffffffff));
	return rng_u64(&rng);
}

static bool over(const struct session *s)
{
	return s->state->seconds >= (double)s->c->seconds;
}

static uint64_t seconds_left(const struct session *s)
{
	return over(s) ? 0 : (uint64_t)((double)s->c->seconds - s->state->seconds);
}

static int start(struct session *s, uint32_t i, struct errmsg *e)
{
	bool afl = s->c->paths.kind == ENGINE_AFL;
	struct instance *in = &s->instances[i];
	uint64_t limit = seconds_left(s) + 10;
	struct engine_config config = {
		.paths = &s->c->paths,
		.corpus = s->store.corpus,
		.out = s->store.engine,
		.instance = in->name,
		.main = i == 0 && s->c->jobs > 1,
		.seed = seed_of(s, i),
		.limit_s = !afl && limit > SLICE_S ? SLICE_S : limit,
		.timeout_s = s->c->timeout_s,
		.max_len = s->c->max_len,
	};
	int err = engine_start(&in->g, &config, e);

	in->rounds++;
	in->running = !err;
	return err;
}

static void ended(struct session *s, struct instance *in)
{
	if (in->running)
		s->state->execs += in->g.status.execs;
	in->running = false;
}

static uint64_t execs_by_now(const struct session *s)
{
	uint64_t n = s->state->execs;

	for (uint32_t i = 0; i < s->c->jobs; i++) {
		if (s->instances[i].running)
			n += s->instances[i].g.status.execs;
	}
	return n;
}

static void now_is(struct session *s)
{
	s->state->seconds = s->before + (double)(clock_ns() - s->start) / 1e9;
}

/* With what running engines told of themselves, which is less than they did. */
static int save(struct session *s, struct errmsg *e)
{
	struct campaign_state state = *s->state;

	state.execs = execs_by_now(s);
	state.corpus = corpus_count(s->store.corpus);
	s->state->corpus = state.corpus;
	s->saved = clock_ns();
	return state_save(s->store.state, &state, e);
}

/* An input that crashes keeps an engine from ever getting past its corpus. */
static void leave_out(struct session *s, const char *input)
{
	const char *dash = strrchr(input, '-');
	char path[PATH_MAX];

	if (s->c->paths.kind != ENGINE_LIBFUZZER || !dash || strchr(dash, '/'))
		return;
	if (snprintf(path, sizeof(path), "%s/%s", s->store.corpus, dash + 1) < (int)sizeof(path))
		unlink(path);
}

static int take_finding(struct session *s, struct instance *in, struct errmsg *e)
{
	struct engine_finding *f = &in->g.finding;
	uint64_t execs = execs_by_now(s) - in->g.status.execs + f->execs;
	int ret;

	ret = findings_add(&s->finding, s->state, f->input, &f->verdict, execs, s->state->seconds,
			   e);
	if (ret > 0) {
		const struct campaign_finding *added =
			&s->state->findings[s->state->n_findings - 1];

		progress_done(&s->progress);
		log_note("found %s: %s", added->key, added->what);
		ret = save(s, e);
	}
	if (ret)
		return ret;
	leave_out(s, f->input);
	unlink(f->input);
	return 0;
}

static int look_after(struct session *s, uint32_t i, struct errmsg *e)
{
	struct instance *in = &s->instances[i];
	enum engine_state state = engine_poll(&in->g, e);
	struct errmsg disk;
	int err;

	while (state == ENGINE_FOUND) {
		err = take_finding(s, in, e);
		if (err)
			return err;
		state = engine_poll(&in->g, e);
	}
	if (state == ENGINE_RUNNING)
		return 0;
	ended(s, in);
	if (state == ENGINE_FAILED) {
		/* What an engine says when the disk is full need not say so; this does. */
		err = store_has_room(&s->store, &disk);
		if (err)
			*e = disk;
		if (err || in->g.status.seconds < STEADY_S)
			return err ? err : -ECHILD;
		progress_done(&s->progress);
		log_note("%s; started again", e->text);
		/* afl-fuzz would remove what the one before has left. */
		err = store_take_queues(&s->store, e);
		if (!err && fs_remove_tree(in->g.dir))
			err = errmsg_set(e, -EIO, EXIT_ENVIRONMENT, "cannot remove %s", in->g.dir);
		if (err)
			return err;
	}
	if (state == ENGINE_ENDED && s->c->paths.kind == ENGINE_AFL && seconds_left(s) > 5)
		return errmsg_set(e, -ECHILD, EXIT_ENVIRONMENT, "afl-fuzz ended by itself; see %s",
				  in->g.log);
	return start(s, i, e);
}

static void show(struct session *s)
{
	struct progress_part part = {.unit = "s"};
	char execs[32], corpus[32];
	uint64_t all = s->state->execs, inputs = s->state->corpus;
	double rate = 0;

	for (uint32_t i = 0; i < s->c->jobs; i++) {
		const struct engine_status *st = &s->instances[i].g.status;
		double guess = st->execs_per_s * st->seconds;

		/* What an engine told some time ago, and its rate since. */
		all += guess > (double)st->execs ? (uint64_t)guess : st->execs;
		rate += st->execs_per_s;
		/* AFL++ keeps what it found in its queue until the session ends. */
		if (st->corpus > inputs)
			inputs = st->corpus;
	}
	part.done = (uint64_t)s->state->seconds;
	part.total = s->c->seconds;
	part.left_ns = seconds_left(s) * NSEC_PER_SEC;
	progress_part(
		&s->progress, &part,
		"%s executions, %.0f/s, corpus %s, findings %zu (%zu new, %llu more inputs of "
		"known ones)",
		units_format_count(all, execs, sizeof(execs)), rate,
		units_format_count(inputs, corpus, sizeof(corpus)), s->state->n_findings,
		s->state->n_findings - s->found_before,
		(unsigned long long)(hits(s->state) - s->state->n_findings));
}

/* Until the time is over (0), a signal came (its number), or something failed (-errno). */
static int fuzz(struct session *s, const sigset_t *signals, struct errmsg *e)
{
	int ret = 0;

	while (!ret && !over(s)) {
		uint64_t now = clock_ns();

		now_is(s);
		for (uint32_t i = 0; !ret && i < s->c->jobs; i++)
			ret = look_after(s, i, e);
		if (!ret && now - s->saved >= SAVE_NS)
			ret = store_has_room(&s->store, e);
		if (!ret && now - s->saved >= SAVE_NS)
			ret = save(s, e);
		if (!ret && progress_due(&s->progress, now)) {
			s->state->corpus = corpus_count(s->store.corpus);
			show(s);
		}
		if (!ret)
			ret = sigstop_wait_until(signals, clock_ns() + LOOK_NS);
	}
	now_is(s);
	progress_done(&s->progress);
	return ret;
}

/* Ends the engines and takes in what they have left. */
static int finish(struct session *s, struct errmsg *e)
{
	struct engine *all[CAMPAIGN_JOBS_MAX];
	uint32_t n = 0;
	int err = 0;

	for (uint32_t i = 0; i < s->c->jobs; i++) {
		if (s->instances[i].running)
			all[n++] = &s->instances[i].g;
	}
	engine_stop_all(all, n);
	for (uint32_t i = 0; i < s->c->jobs; i++) {
		struct instance *in = &s->instances[i];

		while (in->running && !err && engine_poll(&in->g, e) == ENGINE_FOUND)
			err = take_finding(s, in, e);
		ended(s, in);
		replay_free(&in->g.finding.verdict);
	}
	if (!err && s->c->paths.kind == ENGINE_AFL)
		err = store_take_queues(&s->store, e);
	if (!err && s->c->merge && s->c->paths.kind == ENGINE_LIBFUZZER) {
		uint64_t inputs = corpus_count(s->store.corpus);

		err = store_merge(&s->store, &s->c->paths, s->c->timeout_s, s->c->max_len, MERGE_NS,
				  e);
		if (!err && inputs > 1)
			log_note("the corpus was not merged: it stays as it is, larger than "
				 "it need be");
		err = err < 0 ? err : 0;
	}
	return err;
}

/* Whatever happened before: what there is stays. The first failure is the one to tell. */
static int close_session(struct session *s, struct errmsg *e)
{
	struct errmsg ignored;
	int err = finish(s, e), saved = save(s, err ? &ignored : e);

	return err ? err : saved;
}

/* The corpus of this session: never empty, which AFL++ would refuse. */
static int prepare(struct session *s, struct errmsg *e)
{
	uint64_t added = 0;
	int err = store_has_room(&s->store, e);

	if (!err)
		err = store_recover(&s->store, &s->finding, s->state, e);
	if (!err && s->c->corpus) {
		err = store_add_seeds(&s->store, s->c->corpus, s->c->paths.kind == ENGINE_AFL,
				      &s->finding, s->state, &added, e);
		if (!err)
			log_note("%llu new inputs from %s", (unsigned long long)added,
				 s->c->corpus);
	}
	if (!err && !corpus_count(s->store.corpus))
		err = corpus_add(s->store.corpus, "", 1, e);
	return err ? err : save(s, e);
}

/* What was on record, checked against what was asked for. */
static int load(struct session *s, struct errmsg *e)
{
	const struct campaign_config *c = s->c;
	struct campaign_state *state = s->state;
	int got = state_load(s->store.state, state, e);

	if (got < 0)
		return got;
	if (!got) {
		snprintf(state->engine, sizeof(state->engine), "%s", engine_names[c->paths.kind]);
		snprintf(state->target, sizeof(state->target), "%s", c->paths.name);
		state->seed = c->seed;
	} else if (strcmp(state->engine, engine_names[c->paths.kind]) ||
		   strcmp(state->target, c->paths.name)) {
		return errmsg_set(e, -EINVAL, EXIT_USAGE,
				  "%s holds a campaign of %s on %s: give another --out",
				  s->store.root, state->engine, state->target);
	} else if (c->seed_given && state->seed != c->seed) {
		return errmsg_set(e, -EINVAL, EXIT_USAGE,
				  "%s holds a campaign of seed 0x%llx: leave --seed out, or give "
				  "another --out",
				  s->store.root, (unsigned long long)state->seed);
	}
	return got;
}

static int begin(struct session *s, struct errmsg *e)
{
	int err = load(s, e);

	s->before = s->state->seconds;
	s->execs_before = s->state->execs;
	s->found_before = s->state->n_findings;
	if (err < 0)
		return err;
	log_note("seed 0x%llx", (unsigned long long)s->state->seed);
	if (over(s))
		return 0;
	if (err)
		log_note("goes on after %llu sessions, %.0f s, %llu executions, %zu findings",
			 (unsigned long long)s->state->sessions, s->before,
			 (unsigned long long)s->execs_before, s->found_before);
	s->state->sessions++;
	s->finding = (struct finding_context){
		.dir = s->store.findings,
		.paths = &s->c->paths,
		.timeout_s = s->c->timeout_s,
		.minimize_ns = s->c->minimize_ns,
	};
	return prepare(s, e);
}

int campaign_run(const struct campaign_config *c, struct campaign_result *r, struct errmsg *e)
{
	struct session s = {.c = c, .state = &r->state};
	struct errmsg later = {0};
	sigset_t signals;
	int err, ret = 0;

	memset(r, 0, sizeof(*r));
	sigstop_block(&signals);
	err = store_open(&s.store, c->out, e);
	if (err)
		return err;
	snprintf(r->root, sizeof(r->root), "%s", s.store.root);
	progress_init(&s.progress, c->quiet);
	s.instances = calloc(c->jobs, sizeof(*s.instances));
	err = s.instances ? begin(&s, e)
			  : errmsg_set(e, -ENOMEM, EXIT_ENVIRONMENT, "out of memory");
	s.start = clock_ns();
	if (!err && !over(&s)) {
		for (uint32_t i = 0; i < c->jobs && ret >= 0; i++) {
			snprintf(s.instances[i].name, sizeof(s.instances[i].name), "%u", i);
			ret = start(&s, i, e);
		}
		if (!ret)
			ret = fuzz(&s, &signals, e);
		err = close_session(&s, &later);
		if (ret < 0)
			err = ret;
		else if (err)
			*e = later;
	}
	r->signal = ret > 0 ? ret : 0;
	if (!r->signal)
		r->signal = sigstop_wait_until(&signals, 0);
	r->over = over(&s);
	r->new_findings = r->state.n_findings - s.found_before;
	r->session_s = r->state.seconds - s.before;
	r->session_execs = r->state.execs - s.execs_before;
	free(s.instances);
	store_close(&s.store);
	return err;
}
