/* SPDX-License-Identifier: MIT */
#include "nightly/plan.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "nightly/nights.h"
#include "report/value.h"
#include "support/clock.h"
#include "support/version.h"

/* A step that takes so much longer than its share hangs; a guest has its own limit below that. */
#define HANGS_TIMES 4.0
#define HANGS_MIN_S 7200.0
#define NAME_SIZE   64

static void now_as(const char *format, char *buf, size_t size)
{
	time_t now = time(NULL);
	struct tm tm;

	gmtime_r(&now, &tm);
	strftime(buf, size, format, &tm);
}

void plan_now(char *buf, size_t size)
{
	now_as("%Y-%m-%dT%H:%M:%SZ", buf, size);
}

const char *plan_command(const json_t *step, char *buf, size_t size)
{
	const char *program = value_text(step, "program");
	size_t n = (size_t)snprintf(buf, size, "%s", *program ? program : "irqstorm"), i;
	json_t *word;

	json_array_foreach(json_object_get(step, "argv"), i, word)
	{
		const char *text = json_string_value(word);
		const char *quote = strpbrk(text, " \t'\"$&;<>|*?()") || !*text ? "'" : "";

		if (n < size)
			n += (size_t)snprintf(buf + n, size - n, " %s%s%s", quote, text, quote);
	}
	return buf;
}

/* Every word of --steps must name one: a night without what was meant would look well. */
static int check_steps(const struct nightly_config *c, const json_t *steps, struct errmsg *e)
{
	const char *at = c->steps;

	while (at && *at) {
		size_t n = strcspn(at, ","), i;
		bool found = false;
		json_t *step;

		json_array_foreach(steps, i, step)
		{
			const char *name = value_text(step, "name");

			found = found || (!strncmp(name, at, n) && (!name[n] || name[n] == '-'));
		}
		if (n && !found)
			return errmsg_set(e, -EINVAL, EXIT_USAGE,
					  "--steps: there is no step '%.*s'; irqstorm nightly "
					  "--list has them all",
					  (int)n, at);
		at += n + (at[n] == ',');
	}
	return 0;
}

static size_t pending_of(const json_t *steps, const struct step_kind *k)
{
	size_t i, n = 0;
	json_t *step;

	json_array_foreach(steps, i, step)
	{
		n += doc_is(step, "kind", k->name) && doc_is(step, "state", "pending");
	}
	return n;
}

/* The time goes to the kinds that can run, by weight, and within a kind evenly. */
static void share_time(const struct night_plan *p)
{
	const struct step_kind *k;
	double weights = 0, budget = (double)p->c->budget_ns / 1e9, seconds;
	json_t *step;
	size_t i;

	for (i = 0; (k = step_kind_at(i)); i++)
		weights += pending_of(p->steps, k) ? k->weight : 0;
	json_array_foreach(p->steps, i, step)
	{
		if (!doc_is(step, "state", "pending"))
			continue;
		k = step_kind_find(value_text(step, "kind"));
		seconds = budget * k->weight / weights / (double)pending_of(p->steps, k);
		k->command(p, step, seconds);
		doc_number(step, "share_s", seconds);
		doc_number(step, "timeout_s", HANGS_MIN_S + HANGS_TIMES * seconds);
	}
}

static int expand_all(struct night_plan *p, struct errmsg *e)
{
	const struct step_kind *k;
	int err = 0;

	for (size_t i = 0; !err && (k = step_kind_at(i)); i++)
		err = k->expand(p, k, e);
	return err ? err : check_steps(p->c, p->steps, e);
}

/* A name that no night has: two may begin in one minute with one seed. */
static void name_night(const char *root, const char *minute, uint64_t seed, char name[NAME_SIZE],
		       char folder[DOC_PATH])
{
	int n = snprintf(name, NAME_SIZE, "%s-%016llx", minute, (unsigned long long)seed);

	snprintf(folder, DOC_PATH, "%s/nights/%s", root, name);
	for (int i = 2; !access(folder, F_OK); i++) {
		snprintf(name + n, NAME_SIZE - (size_t)n, "-%d", i);
		snprintf(folder, DOC_PATH, "%s/nights/%s", root, name);
	}
}

int plan_night(const struct nightly_config *c, const char *root, const json_t *last, json_t **night,
	       struct errmsg *e)
{
	char name[NAME_SIZE], minute[32], now[32], folder[DOC_PATH];
	struct night_plan p = {.c = c, .root = root, .folder = folder, .last = last};
	int err;

	now_as("%Y-%m-%dT%H%MZ", minute, sizeof(minute));
	plan_now(now, sizeof(now));
	name_night(root, minute, c->seed, name, folder);
	p.steps = json_array();
	*night = json_pack("{ss ss ss ss ss ss ss so}", "schema", NIGHT_SCHEMA, "version",
			   irqstorm_version, "name", name, "state", "running", "verdict", "",
			   "started", now, "ended", "", "steps", p.steps);
	if (!*night)
		return errmsg_no_memory(e);
	doc_textf(*night, "seed", "0x%llx", (unsigned long long)c->seed);
	doc_text(*night, "kernels", c->kernels);
	doc_text(*night, "plant", c->plant ? c->plant : "");
	doc_number(*night, "budget_s", (double)c->budget_ns / 1e9);
	doc_count(*night, "starts", 0);
	err = expand_all(&p, e);
	if (err) {
		json_decref(*night);
		*night = NULL;
		return err;
	}
	share_time(&p);
	return 0;
}
