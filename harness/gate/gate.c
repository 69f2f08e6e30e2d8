/* SPDX-License-Identifier: MIT */
#include "gate/gate.h"

#include <errno.h>
#include <fnmatch.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "campaign/findings.h"
#include "exec/sequence.h"
#include "gate/baseline.h"
#include "gate/gate_private.h"
#include "gate/launch.h"
#include "guest/fsutil.h"
#include "support/clock.h"
#include "support/rng.h"
#include "support/stopped.h"

/* Beyond what a child was told to take: its start, its end, and a machine that is busy. */
#define SLACK_NS       (60 * NSEC_PER_SEC)
#define SLACK_GUEST_NS (300 * NSEC_PER_SEC)

static void name_of(const struct scenario *s, const char *part, char name[GATE_NAME])
{
	snprintf(name, GATE_NAME, "%s%s%s", s->name, part ? ":" : "", part ? part : "");
}

/* @patterns, separated by commas. */
static bool matches(const char *patterns, const char *name)
{
	char one[256];

	while (*patterns) {
		size_t n = strcspn(patterns, ",");

		snprintf(one, sizeof(one), "%.*s", (int)n, patterns);
		if (!fnmatch(one, name, 0))
			return true;
		patterns += n + (patterns[n] == ',');
	}
	return false;
}

bool gate_wants(const struct gate_run *g, const struct scenario *s, const char *part)
{
	char name[GATE_NAME];

	name_of(s, part, name);
	/* the name of a scenario stands for all of its checks */
	return !g->c->only || matches(g->c->only, name) || matches(g->c->only, s->name);
}

struct gate_check *gate_add(struct gate_run *g, const struct scenario *s, const char *part)
{
	struct gate_check *more = reallocarray(g->r->at, g->r->n + 1, sizeof(*more)), *check;
	uint64_t x = g->c->seed;

	if (!more)
		return NULL;
	g->r->at = more;
	check = &more[g->r->n++];
	memset(check, 0, sizeof(*check));
	name_of(s, part, check->name);
	check->s = s;
	check->unit = "";
	/* Its own name, not its place: a check alone has the seed that it has among others. */
	for (const char *p = check->name; *p; p++)
		x = rng_splitmix64(&x) ^ (unsigned char)*p;
	/* 62 bits, so that neither it nor those counted up from it outgrow JSON readers' integers.
	 */
	check->seed = rng_splitmix64(&x) >> 2;
	return check;
}

static const char *kernel_of(const struct gate_run *g, const struct scenario *s)
{
	if (!strcmp(s->guest, GATE_GUEST_NONE))
		return NULL;
	return strcmp(s->guest, GATE_GUEST_ASK) ? s->guest : g->c->guest;
}

void gate_job(struct gate_run *g, const struct scenario *s, uint64_t seed, struct gate_job *job)
{
	*job = (struct gate_job){
		.s = s,
		.binary = g->c->self,
		.target = s->target,
		.kernel = kernel_of(g, s),
		.corpus = g->c->corpus,
		.seed = seed,
		.control = true,
	};
	if (g->c->target && !job->kernel)
		job->target = g->c->target;
}

const char *gate_plant(const struct gate_run *g, const struct gate_check *check, const char *target,
		       double typical_ns, char *buf, size_t size)
{
	const char *plant = g->c->plant, *at = plant ? strchr(plant, '@') : NULL;
	int len = at ? (int)(at - plant) : plant ? (int)strlen(plant) : 0, n;
	char sep = strncmp(target, "emu", 3) || strchr(target, ':') ? ',' : ':';
	unsigned int percent;

	if (!plant || (at && !matches(at + 1, check->name)))
		return target;
	if (sscanf(plant, "latency:%u", &percent) == 1) {
		n = snprintf(buf, size, "%s%cfault=delay:1:%.0fns", target, sep,
			     typical_ns * percent / 100);
		if (!(typical_ns > 0))
			return target;
	} else {
		n = snprintf(buf, size, "%s%c%.*s", target, sep, len, plant);
	}
	return n < 0 || (size_t)n >= size ? NULL : buf;
}

/* Where the files of a child are; ':' and the like do not go into a name. */
static void path_of(const struct gate_run *g, const struct gate_check *check, const char *ext,
		    char path[PATH_MAX])
{
	char name[GATE_NAME];

	snprintf(name, sizeof(name), "%s", check->name);
	for (char *p = name; *p; p++)
		*p = *p == ':' ? '.' : *p;
	snprintf(path, PATH_MAX, "%.3900s/%s%s", g->r->folder, name, ext);
}

#define KERNEL_LOG ".kernel.log"
static const char *const left_by_a_child[] = {
	".json", ".log", ".irq", ".campaign", KERNEL_LOG, KERNEL_LOG ".last",
};

void gate_discard(struct gate_run *g, const struct gate_check *check)
{
	char path[PATH_MAX];

	for (size_t i = 0; i < sizeof(left_by_a_child) / sizeof(left_by_a_child[0]); i++) {
		path_of(g, check, left_by_a_child[i], path);
		fs_remove_tree(path);
	}
}

static uint64_t timeout_of(const struct gate_job *job)
{
	const struct scenario *s = job->s;
	uint64_t work = s->kind == GATE_LATENCY  ? s->slice_ns
			: s->kind == GATE_STRESS ? job->duration_ns
						 : s->duration_ns;

	if (s->timeout_ns)
		return s->timeout_ns;
	/* 10,000 operations a second is a tenth of what a guest does */
	return 2 * work + s->ops * (NSEC_PER_SEC / 10000) +
	       (job->kernel ? SLACK_GUEST_NS : SLACK_NS);
}

/*
 * What shows a difference again: a program, where one alone does; several are in the result; and
 * what none of them shows takes all that ran before.
 */
static const char *program_of_diff(const struct gate_job *job, struct outcome *out,
				   const char *save)
{
	if (job->fuzz_dir || (job->s->kind != GATE_DIFF && job->s->kind != GATE_FUZZ))
		return NULL;
	if (!strcmp(out->fresh, fresh_verdict_names[FRESH_SEQUENCE]))
		snprintf(out->repeat, sizeof(out->repeat), "irqstorm run %.6000s", job->json);
	if (!strcmp(out->fresh, fresh_verdict_names[FRESH_SEQUENCE]) ||
	    !strcmp(out->fresh, fresh_verdict_names[FRESH_NOT_SHOWN]))
		return NULL;
	return outcome_save_program(job->json, save) ? save : NULL;
}

/* As short as it gets: one program, where it is known which. */
static void repeat_command(struct gate_check *check, const struct gate_job *job,
			   struct outcome *out, const char *save)
{
	const char *program = NULL, *target = *out->target ? out->target : job->target;
	char folder[2 * PATH_MAX];

	if (*out->folder) {
		snprintf(folder, sizeof(folder), "%s/findings/%s", save, out->folder);
		if (finding_has_program(folder))
			snprintf(out->repeat, sizeof(out->repeat), "irqstorm run %.6000s", folder);
	} else if (*out->program) {
		char why[sizeof(check->says)];

		command_program(job, out->program, sizeof(out->program));
		program = out->program;
		memcpy(why, check->says, sizeof(why));
		snprintf(check->says, sizeof(check->says), "%.200s: %.300s", program, why);
	} else {
		program = program_of_diff(job, out, save);
	}
	if (*out->repeat)
		snprintf(check->repeat, sizeof(check->repeat), "%s", out->repeat);
	else if (program && job->kernel)
		snprintf(check->repeat, sizeof(check->repeat),
			 "irqstorm guest --kernel %s --devices %s -- run --target %s %s",
			 job->kernel, job->s->devices, target, program);
	else if (program)
		snprintf(check->repeat, sizeof(check->repeat), "irqstorm run --target %s %s",
			 target, program);
	else
		command_text(job, check->repeat, sizeof(check->repeat));
}

/* What the end of a child is, apart from what its JSON says. */
static enum gate_verdict judge_end(struct gate_check *check, const struct gate_job *job,
				   const struct launch_end *end)
{
	const char *why = *end->why ? end->why : "it printed nothing";

	check->exit = end->code;
	if (end->stopped) {
		snprintf(check->says, sizeof(check->says), "stopped by a signal");
		return VERDICT_STOPPED;
	}
	if (end->timed_out) {
		snprintf(check->says, sizeof(check->says), "hangs: not done after %.0f s: %s",
			 (double)timeout_of(job) / 1e9, why);
		return VERDICT_FAIL;
	}
	switch (end->code) {
	case EXIT_PASS:
	case EXIT_FINDING:
		return VERDICT_PASS; /* the JSON says more */
	case EXIT_SKIP:
		if (job->s->kind == GATE_CORPUS)
			return VERDICT_PASS; /* some operations were left out */
		snprintf(check->says, sizeof(check->says), "%s", why);
		return VERDICT_SKIP;
	case EXIT_UNTRUSTED:
		snprintf(check->says, sizeof(check->says), "%s", why);
		return VERDICT_UNTRUSTED;
	case EXIT_USAGE:
	case EXIT_ENVIRONMENT:
	case 127:
		snprintf(check->says, sizeof(check->says), "exit code %d: %s", end->code, why);
		return VERDICT_ERROR;
	default:
		snprintf(check->says, sizeof(check->says), "died: exit code %d%s%s: %s", end->code,
			 end->code > 128 ? ", " : "",
			 end->code > 128 ? strsignal(end->code - 128) : "", why);
		return VERDICT_FAIL;
	}
}

static enum gate_verdict judge_child(struct gate_check *check, const struct gate_job *job,
				     const struct launch_end *end, struct outcome *out)
{
	enum gate_verdict v = judge_end(check, job, end);
	struct errmsg e = {0};
	bool read;

	memset(out, 0, sizeof(*out));
	/* A storm that has written its results ran, and fired nothing: too few fires, no skip. */
	if (v == VERDICT_SKIP && job->s->kind >= GATE_STRESS && !access(job->json, R_OK))
		v = VERDICT_PASS;
	if (v != VERDICT_PASS)
		return v;
	read = !outcome_read(job->json, job->s->kind, job->fuzz_dir != NULL, out, &e);
	if (end->code == EXIT_FINDING || out->found) {
		snprintf(check->says, sizeof(check->says), "%s",
			 read && *out->what ? out->what
			 : *end->why        ? end->why
					    : "a finding, exit code 1");
		return VERDICT_FAIL;
	}
	if (read)
		return VERDICT_PASS;
	snprintf(check->says, sizeof(check->says), "exit code %d, but %.480s", end->code, e.text);
	return VERDICT_ERROR;
}

struct shown {
	struct gate_run *g;
	const struct gate_check *check;
	uint64_t start;
};

static void show(void *data)
{
	const struct shown *s = data;
	const struct progress_part part = {
		.done = (uint64_t)(s->check - s->g->r->at),
		.total = s->g->r->planned,
		.left_ns = PROGRESS_PACE,
		.unit = "checks",
	};

	progress_part(&s->g->progress, &part, "%s, run %u, for %.0f s", s->check->name,
		      s->g->children, (double)(clock_ns() - s->start) / 1e9);
}

static int start(struct gate_run *g, const struct gate_check *check, const struct gate_job *job,
		 const char *log, struct launch_end *end, struct errmsg *e)
{
	struct shown shown = {.g = g, .check = check, .start = clock_ns()};
	const struct launch_tick tick = {.show = show, .data = &shown};

	struct words *w = calloc(1, sizeof(*w));
	char **files = NULL;
	int err;

	if (!w)
		return errmsg_set(e, -ENOMEM, EXIT_ENVIRONMENT, "out of memory");
	err = command_build(job, w, &files, e);
	if (!err) {
		err = launch(w, log, timeout_of(job), &g->c->signals, &tick, end);
		if (err)
			errmsg_set(e, err, EXIT_ENVIRONMENT, "cannot run %s: %s", job->binary,
				   strerror(-err));
	}
	command_files_free(files);
	free(w);
	return err;
}

enum gate_verdict gate_child(struct gate_run *g, struct gate_check *check,
			     const struct gate_job *job, struct outcome *out)
{
	char json[PATH_MAX], log[PATH_MAX], save[PATH_MAX], kernel[PATH_MAX];
	struct gate_job with = *job;
	struct launch_end end = {0};
	struct errmsg e = {0};
	enum gate_verdict v;

	path_of(g, check, ".json", json);
	path_of(g, check, ".log", log);
	path_of(g, check, job->fuzz_dir ? ".campaign" : ".irq", save);
	path_of(g, check, KERNEL_LOG, kernel);
	with.json = json;
	with.save = save;
	with.log = kernel;
	/* what hangs is told by us: its own limit comes later */
	with.timeout_ns = timeout_of(job) + SLACK_NS;
	gate_discard(g, check);
	g->children++;
	if (start(g, check, &with, log, &end, &e)) {
		memset(out, 0, sizeof(*out));
		check->exit = (int)e.exit;
		snprintf(check->says, sizeof(check->says), "%.500s", e.text);
		v = VERDICT_ERROR;
	} else {
		v = judge_child(check, &with, &end, out);
	}
	if (v == VERDICT_STOPPED || end.stop_signal)
		g->stopped = true;
	if (end.stop_signal)
		g->r->stop_signal = end.stop_signal;
	if (v == VERDICT_FAIL || v == VERDICT_ERROR) {
		repeat_command(check, &with, out, save);
		snprintf(check->artifacts, sizeof(check->artifacts), "%s", g->r->folder);
	}
	return v;
}

/* A folder beside the caller's work if it may be written there, else where temporary files go. */
static int make_folder(const struct gate_config *c, struct gate_result *r, struct errmsg *e)
{
	const char *tmp = getenv("TMPDIR");
	int err;

	if (c->out)
		snprintf(r->folder, sizeof(r->folder), "%s", c->out);
	else
		snprintf(r->folder, sizeof(r->folder), "irqstorm-gate-%d", (int)getpid());
	err = fs_mkdirs(r->folder);
	if (err && !c->out) {
		snprintf(r->folder, sizeof(r->folder), "%s/irqstorm-gate-%d", tmp ? tmp : "/tmp",
			 (int)getpid());
		err = fs_mkdirs(r->folder);
	}
	if (!err && access(r->folder, W_OK))
		err = -errno;
	if (err)
		return errmsg_set(e, err, EXIT_ENVIRONMENT, "cannot make folder %s: %s; --out DIR",
				  r->folder, strerror(-err));
	return 0;
}

static bool is_asked_for(const struct gate_run *g, const struct scenario *s)
{
	return strcmp(s->guest, GATE_GUEST_ASK) || g->c->guest;
}

static int run_scenario(struct gate_run *g, const struct scenario *s, struct errmsg *e)
{
	static int (*const run[GATE_KINDS])(struct gate_run *, const struct scenario *,
					    struct errmsg *) = {
		[GATE_CORPUS] = gate_programs, [GATE_DIFF] = gate_programs,
		[GATE_FUZZ] = gate_programs,   [GATE_STRESS] = gate_stress,
		[GATE_LATENCY] = gate_latency,
	};

	if (!is_asked_for(g, s)) {
		g->r->not_asked++;
		return 0;
	}
	return run[s->kind](g, s, e);
}

static size_t checks_of(const struct gate_run *g, const struct scenario *s)
{
	return s->kind == GATE_STRESS    ? gate_planned_stress(g, s)
	       : s->kind == GATE_LATENCY ? gate_planned_latency(g, s)
					 : gate_wants(g, s, NULL);
}

static size_t planned(const struct gate_run *g)
{
	size_t n = 0;

	for (size_t i = 0; i < g->c->scenarios->n; i++) {
		const struct scenario *s = &g->c->scenarios->at[i];

		if (!strcmp(s->guest, GATE_GUEST_ASK) && !g->c->guest)
			continue;
		n += checks_of(g, s);
	}
	return n;
}

/* Each name of --only has to be of a check: a gate that leaves out what was asked for says PASS. */
static int check_only(const struct gate_config *c, struct errmsg *e)
{
	for (const char *at = c->only; at && *at; at += strspn(at, ",")) {
		char one[256], names[512] = "";
		struct gate_config alone = *c;
		struct gate_run g = {.c = &alone};
		size_t n = strcspn(at, ","), found = 0, len = 0;

		snprintf(one, sizeof(one), "%.*s", (int)n, at);
		at += n;
		alone.only = one;
		for (size_t i = 0; i < c->scenarios->n; i++) {
			const struct scenario *s = &c->scenarios->at[i];

			found += checks_of(&g, s);
			if (len < sizeof(names))
				len += (size_t)snprintf(names + len, sizeof(names) - len, "%s%s",
							i ? ", " : "", s->name);
		}
		if (!found)
			return errmsg_set(e, -EINVAL, EXIT_USAGE,
					  "--only %s: there is no such check; there are %s", one,
					  names);
	}
	return 0;
}

/* A signal that no child was there to meet. */
static void look_for_signal(struct gate_run *g)
{
	static const struct timespec now = {0};
	int sig;

	while (!g->r->stop_signal && (sig = sigtimedwait(&g->c->signals, NULL, &now)) > 0) {
		if (sig != SIGCHLD)
			g->r->stop_signal = sig;
	}
	g->stopped = g->stopped || g->r->stop_signal;
}

int gate_run(const struct gate_config *c, struct gate_result *r, struct errmsg *e)
{
	struct gate_run g = {.c = c, .r = r, .start = clock_ns()};
	int err;

	memset(r, 0, sizeof(*r));
	err = check_only(c, e);
	if (!err)
		err = make_folder(c, r, e);
	if (err)
		return err;
	r->planned = planned(&g);
	progress_init(&g.progress, c->quiet);
	look_for_signal(&g);
	for (size_t i = 0; i < c->scenarios->n && !err && !g.stopped; i++)
		err = run_scenario(&g, &c->scenarios->at[i], e);
	progress_done(&g.progress);
	look_for_signal(&g);
	r->stopped = g.stopped;
	r->seconds = (double)(clock_ns() - g.start) / 1e9;
	/* Of use only with something in it. */
	if (!rmdir(r->folder))
		r->folder[0] = '\0';
	return err;
}

void gate_free(struct gate_result *r)
{
	free(r->at);
	memset(r, 0, sizeof(*r));
}

size_t gate_count(const struct gate_result *r, enum gate_verdict v)
{
	size_t n = 0;

	for (size_t i = 0; i < r->n; i++)
		n += r->at[i].verdict == v;
	return n;
}

enum gate_verdict gate_verdict(const struct gate_result *r)
{
	static const enum gate_verdict order[] = {VERDICT_FAIL, VERDICT_ERROR, VERDICT_STOPPED,
						  VERDICT_UNTRUSTED};

	/* What went wrong before it was stopped may have gone wrong by that. */
	if (r->stopped && !gate_count(r, VERDICT_FAIL))
		return VERDICT_STOPPED;

	for (size_t i = 0; i < sizeof(order) / sizeof(order[0]); i++) {
		if (gate_count(r, order[i]))
			return order[i];
	}
	return gate_count(r, VERDICT_PASS) ? VERDICT_PASS : VERDICT_SKIP;
}

int gate_exit(const struct gate_result *r)
{
	switch (gate_verdict(r)) {
	case VERDICT_PASS:
		return EXIT_PASS;
	case VERDICT_FAIL:
		return EXIT_FINDING;
	case VERDICT_UNTRUSTED:
		return EXIT_UNTRUSTED;
	case VERDICT_SKIP:
		return EXIT_SKIP;
	case VERDICT_ERROR:
		for (size_t i = 0; i < r->n; i++) {
			if (r->at[i].verdict == VERDICT_ERROR && r->at[i].exit == EXIT_USAGE)
				return EXIT_USAGE;
		}
		return EXIT_ENVIRONMENT;
	default:
		return r->stop_signal ? stopped_code(EXIT_PASS, r->stop_signal) : EXIT_ENVIRONMENT;
	}
}
