/* SPDX-License-Identifier: MIT */
#include "nightly/nightly.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/statvfs.h>

#include "guest/fsutil.h"
#include "nightly/history.h"
#include "nightly/known.h"
#include "nightly/nights.h"
#include "nightly/plan.h"
#include "nightly/run.h"
#include "nightly/trend.h"
#include "report/value.h"
#include "support/clock.h"
#include "support/log.h"
#include "support/progress.h"
#include "support/stopped.h"

#define ROOM_MIN (1u << 20) /* bytes that a step wants free at the least */

static void path_of(const struct nightly_result *r, const char *name, char path[DOC_PATH])
{
	snprintf(path, DOC_PATH, "%s/%s", r->root, name);
}

static int save_known(const struct nightly_result *r, struct errmsg *e)
{
	char path[DOC_PATH];

	path_of(r, "known.json", path);
	return known_save(path, r->known, e);
}

/* A step must not go on for hours to find at its end that there is no room for its result. */
static int check_room(const struct nightly_result *r, struct errmsg *e)
{
	struct statvfs fs;

	if (statvfs(r->root, &fs) || fs.f_bavail * fs.f_frsize >= ROOM_MIN)
		return 0;
	return errmsg_set(e, -ENOSPC, EXIT_ENVIRONMENT,
			  "%s: no space left (%llu KiB): make room and give the same command "
			  "again, the night goes on",
			  r->root, (unsigned long long)(fs.f_bavail * fs.f_frsize / 1024));
}

static int begin(const struct nightly_config *c, struct nightly_result *r, struct errmsg *e)
{
	char path[DOC_PATH];
	json_t *history, *last;
	int err;

	path_of(r, "history.jsonl", path);
	history = c->list ? NULL : history_load(path);
	last = json_array_get(history, json_array_size(history) - 1);
	err = plan_night(c, r->root, json_object_get(last, "figures"), &r->night, e);
	json_decref(history);
	if (err || c->list)
		return err;
	snprintf(path, sizeof(path), "%s/nights/%s", r->root, value_text(r->night, "name"));
	err = fs_mkdirs(path);
	return err ? errmsg_set(e, err, EXIT_ENVIRONMENT, "cannot make the folder %s: %s", path,
				strerror(-err))
		   : 0;
}

/* The night that is not over, or a new one, on the disk. */
static int find_night(const struct nightly_config *c, struct nightly_result *r, struct errmsg *e)
{
	int ret = c->list ? 0 : nights_unfinished(r->root, &r->night, e);

	if (ret > 0 && c->fresh) {
		doc_text(r->night, "state", "left");
		ret = nights_save(r->root, r->night, e);
		json_decref(r->night);
		r->night = NULL;
	}
	if (ret < 0)
		return ret;
	if (r->night)
		log_note("goes on with the night %s; --new would begin another",
			 value_text(r->night, "name"));
	else
		ret = begin(c, r, e);
	if (ret < 0 || c->list)
		return ret;
	log_note("seed %s", value_text(r->night, "seed"));
	doc_count(r->night, "starts", (uint64_t)value_number(r->night, "starts") + 1);
	return nights_save(r->root, r->night, e);
}

static bool is_due(const json_t *step)
{
	return doc_is(step, "state", "pending") || doc_is(step, "state", "running");
}

static void say(const json_t *step, size_t i, size_t n)
{
	double limit = json_number_value(json_object_get(step, "limit_s"));

	if (is_due(step) && limit > 0)
		log_note("step %zu of %zu: %s, for %.0f s", i + 1, n, value_text(step, "name"),
			 limit);
	else if (is_due(step))
		log_note("step %zu of %zu: %s", i + 1, n, value_text(step, "name"));
	else
		log_note("  %s after %.0f s%s%s", value_text(step, "state"),
			 value_number(step, "seconds"), *value_text(step, "why") ? ": " : "",
			 value_text(step, "why"));
}

/* What is shown of a night while a step runs. */
struct shown {
	const struct nightly_result *r;
	const json_t *step;
	struct progress *progress;
	size_t at, n;
	uint64_t start, budget_ns; /* of the step; 0: it takes what it takes */
};

static void show(void *data)
{
	const struct shown *s = data;
	uint64_t took = clock_ns() - s->start;
	const struct progress_part part = {
		.done = s->at,
		.total = s->n,
		.left_ns = s->budget_ns > took ? s->budget_ns - took : PROGRESS_PACE,
		.unit = "steps",
	};
	char time[24];

	progress_part(s->progress, &part, "%s, for %s", value_text(s->step, "name"),
		      progress_time(took, time, sizeof(time)));
}

/* What is left of the times that the steps from @at on were given. */
static uint64_t budget_of(const json_t *steps, size_t at)
{
	double seconds = 0;
	json_t *step;
	size_t i;

	json_array_foreach(steps, i, step)
	{
		if (i >= at && is_due(step) && json_object_get(step, "share_s"))
			seconds += value_number(step, "share_s");
	}
	return (uint64_t)(seconds * 1e9);
}

static int run_one(const struct nightly_config *c, struct nightly_result *r, json_t *step,
		   const struct launch_tick *tick, struct errmsg *e)
{
	const char *name = value_text(r->night, "name");
	char folder[DOC_PATH];
	int ret, err;

	doc_text(step, "state", "running");
	err = check_room(r, e);
	if (!err)
		err = nights_save(r->root, r->night, e);
	if (err)
		return err;
	snprintf(folder, sizeof(folder), "%s/nights/%s", r->root, name);
	ret = run_step(r->root, folder, step, &c->signals, tick, e);
	if (ret < 0)
		return ret;
	/* Before the night says that it has the step: a kill in between notes it again. */
	known_note(r->known, name, step);
	err = save_known(r, e);
	if (!err)
		err = nights_save(r->root, r->night, e);
	return err ? err : ret;
}

/* One that no step was there to meet; 0: none. */
static int look_for_signal(const struct nightly_config *c)
{
	static const struct timespec now = {0};
	int sig;

	do
		sig = sigtimedwait(&c->signals, NULL, &now);
	while (sig == SIGCHLD);
	return sig > 0 ? sig : 0;
}

static int run_all(const struct nightly_config *c, struct nightly_result *r, struct errmsg *e)
{
	json_t *steps = json_object_get(r->night, "steps"), *step;
	struct progress progress;
	struct shown shown = {.r = r, .progress = &progress, .n = json_array_size(steps)};
	const struct launch_tick tick = {.show = show, .data = &shown};
	int ret = look_for_signal(c);
	size_t i;

	progress_init_late(&progress, false);

	json_array_foreach(steps, i, step)
	{
		if (ret || !is_due(step))
			continue;
		say(step, i, json_array_size(steps));
		shown.step = step;
		shown.at = i;
		shown.start = clock_ns();
		shown.budget_ns = budget_of(steps, i);
		ret = run_one(c, r, step, &tick, e);
		progress_done(&progress);
		if (!ret)
			say(step, i, json_array_size(steps));
		if (!ret)
			ret = look_for_signal(c);
	}
	return ret;
}

/* All of it can be done twice. The night is over when night.json says so, last. */
static int finish(const struct nightly_config *c, struct nightly_result *r, struct errmsg *e)
{
	static const char *const words[] = {"pass", "finding", "", "error", "skipped", "untrusted"};
	char path[DOC_PATH], now[32];
	json_t *line;
	int err;

	known_close(r->known, r->night);
	plan_now(now, sizeof(now));
	doc_text(r->night, "ended", now);
	doc_text(r->night, "verdict", words[nightly_exit(r)]);
	err = save_known(r, e);
	if (err)
		return err;
	line = history_line(r->night, r->known);
	path_of(r, "history.jsonl", path);
	err = history_append(path, line, e);
	json_decref(line);
	if (!err)
		err = trend_publish(r->root, r->known, e);
	if (err)
		return err;
	doc_text(r->night, "state", "over");
	err = nights_save(r->root, r->night, e);
	return err ? err : nights_rotate(r->root, c->keep, r->known, e);
}

static int open_known(struct nightly_result *r, struct errmsg *e)
{
	char path[DOC_PATH];

	path_of(r, "known.json", path);
	return known_load(path, &r->known, e);
}

int nightly_run(const struct nightly_config *c, struct nightly_result *r, struct errmsg *e)
{
	struct nights_lock lock = {-1, -1};
	int ret = 0;

	memset(r, 0, sizeof(*r));
	if (!c->list)
		ret = nights_open(c->out, r->root, &lock, e);
	if (!ret && !c->list)
		ret = open_known(r, e);
	if (!ret)
		ret = find_night(c, r, e);
	if (!ret && !c->list) {
		ret = run_all(c, r, e);
		r->stopped = ret > 0 ? ret : 0;
		if (!ret)
			ret = finish(c, r, e);
	}
	nights_close(&lock);
	return ret < 0 ? ret : 0;
}

void nightly_free(struct nightly_result *r)
{
	json_decref(r->night);
	json_decref(r->known);
	memset(r, 0, sizeof(*r));
}

static size_t steps_in(const struct nightly_result *r, const char *state)
{
	json_t *step;
	size_t i, n = 0;

	json_array_foreach(json_object_get(r->night, "steps"), i, step)
	{
		n += doc_is(step, "state", state);
	}
	return n;
}

int nightly_exit(const struct nightly_result *r)
{
	const char *night = value_text(r->night, "name");

	if (known_count(r->known, night, KNOWN_NEW) + known_count(r->known, night, KNOWN_THERE))
		return EXIT_FINDING;
	if (r->stopped)
		return stopped_code(EXIT_PASS, r->stopped);
	if (steps_in(r, "error"))
		return EXIT_ENVIRONMENT;
	if (steps_in(r, "untrusted"))
		return EXIT_UNTRUSTED;
	return steps_in(r, "pass") + steps_in(r, "finding") ? EXIT_PASS : EXIT_SKIP;
}

int nightly_mark(const char *out, const char *key, const char *note, struct errmsg *e)
{
	struct nightly_result r = {0};
	struct nights_lock lock;
	int err = nights_open(out, r.root, &lock, e);

	if (err)
		return err;
	err = open_known(&r, e);
	if (!err && known_mark(r.known, key, note))
		err = errmsg_set(e, -ENOENT, EXIT_USAGE, "%s/known.json has no finding '%s'",
				 r.root, key);
	if (!err)
		err = save_known(&r, e);
	nights_close(&lock);
	nightly_free(&r);
	return err;
}
