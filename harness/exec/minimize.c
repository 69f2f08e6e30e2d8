/* SPDX-License-Identifier: MIT */
/* minimize: see minimize.h. This file runs trials and judges them; the passes make them. */
#include "exec/minimize.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "exec/minimize_private.h"
#include "support/clock.h"

#define TRIES_MAX  64u
#define STOP_EVERY 16u

static bool is_over(struct search *s)
{
	const struct minimize_options *o = s->o;

	if (s->over)
		return true;
	s->over = (o->max_runs && s->runs >= o->max_runs) ||
		  (s->deadline && clock_ns() >= s->deadline) ||
		  (o->stop && s->runs % STOP_EVERY == 0 && o->stop(o->data, s->runs, s->best->n));
	return s->over;
}

static bool same_finding(const struct search *s, const struct exec_result *r)
{
	return r->difference && !strcmp(r->key, s->key) && !strcmp(r->sense, s->sense);
}

/* What comes after the difference never ran. */
static void cut_after(struct program *p, const struct exec_result *r)
{
	if (r->at < p->n)
		p->n = r->at + 1;
}

static int attempt(struct search *s, struct exec_result *r)
{
	int err;

	if (s->attempt)
		return s->attempt(s, r);
	err = isolate_run(&s->isolate, &s->trial, r, s->e);
	return err ? err : same_finding(s, r);
}

int search_try(struct search *s)
{
	struct exec_result r;
	struct program swap;

	for (uint32_t i = 0; i < s->tries; i++) {
		int ret;

		if (is_over(s))
			return 0;
		s->runs++;
		ret = attempt(s, &r);
		if (ret < 0)
			return ret;
		if (!ret)
			continue;
		cut_after(&s->trial, &r);
		swap = *s->best;
		*s->best = s->trial;
		s->trial = swap;
		*s->r = r;
		return 1;
	}
	return 0;
}

/* @key "": any difference. */
static int replay_isolated(struct search *s, const char *key, struct exec_result *r,
			   uint32_t *shown, uint32_t *replays)
{
	const struct minimize_options *o = s->o;
	struct exec_result one;

	*shown = 0;
	for (*replays = 0; *replays < o->replays; ++*replays) {
		int err;

		/* One is made all the same: what nobody has seen again is not to be given. */
		if (*replays && o->stop && o->stop(o->data, s->runs, s->best->n)) {
			s->over = true;
			break;
		}
		err = isolate_run(&s->isolate, s->best, &one, s->e);

		s->runs++;
		if (err)
			return err;
		if (!one.difference || (*key && strcmp(one.key, key)))
			continue;
		if (!*shown)
			*r = one;
		/* What is counted from here on is this one. */
		key = r->key;
		++*shown;
	}
	return 0;
}

/* So many that a finding that shows in @shown of @n runs is missed once in 20. */
static uint32_t tries_for(uint32_t shown, uint32_t n)
{
	double miss = 1.0 - (double)shown / (double)n, all = 1.0;
	uint32_t tries = 0;

	while (all > 0.05 && tries < TRIES_MAX) {
		all *= miss;
		tries++;
	}
	return tries ? tries : 1;
}

/*
 * Replays the program. On the emulator, where looking closely costs little, the finding may now be
 * seen earlier than it was and have a better name: that is what it is called from here on.
 */
static int confirm(struct search *s, struct minimize_result *result)
{
	struct exec_result r;
	uint32_t shown;
	int err = replay_isolated(s, s->key, &r, &shown, &result->replays);

	if (!err && !shown && *s->key && s->isolate.x->emulated)
		err = replay_isolated(s, "", &r, &shown, &result->replays);
	if (err || !shown)
		return err;
	result->shown_before = shown;
	s->tries = tries_for(shown, result->replays);
	*s->r = r;
	cut_after(s->best, &r);
	memcpy(s->key, r.key, sizeof(s->key));
	memcpy(s->sense, r.sense, sizeof(s->sense));
	return 0;
}

int search_shrink(struct search *s)
{
	static int (*const passes[])(struct search * s) = {
		minimize_cut, minimize_fields, minimize_names, minimize_device, minimize_cut_pairs,
	};
	const uint32_t n = sizeof(passes) / sizeof(passes[0]);
	uint32_t idle = 0; /* passes in a row that changed nothing */

	for (uint32_t i = 0; idle < n && !s->over; i = (i + 1) % n) {
		int ret = passes[i](s);

		if (ret < 0)
			return ret;
		idle = ret ? 0 : idle + 1;
	}
	return 0;
}

int search_copy(struct search *s)
{
	return program_copy(&s->trial, s->best);
}

static int search(struct search *s, struct minimize_result *result)
{
	struct exec_result first, last;
	struct program original;
	int err;

	err = confirm(s, result);
	if (err || !result->shown_before)
		return err;
	first = *s->r;
	program_init(&original);
	err = program_copy(&original, s->best);
	if (!err)
		err = search_shrink(s);
	if (err)
		goto out;
	err = replay_isolated(s, s->key, &last, &result->shown_after, &result->replays_after);
	/* A result that cannot be shown again is worth less than what there was. */
	if (!err && !result->shown_after) {
		err = program_copy(s->best, &original);
		*s->r = first;
	} else if (!err) {
		*s->r = last;
	}
out:
	program_free(&original);
	return err;
}

int minimize_with(struct executor *x, const struct minimize_options *o, struct program *p,
		  struct exec_result *found, struct minimize_result *result, struct errmsg *e)
{
	uint64_t start = clock_ns();
	struct search s = {
		.o = o,
		.best = p,
		.r = found,
		.tries = 1,
		.deadline = o->budget_ns ? start + o->budget_ns : 0,
		.e = e,
	};
	/* These runs are no part of what was asked for. */
	struct rule_counts rules = x->rules;
	struct exec_trace *trace = x->trace;
	struct matrix *matrix = x->matrix;
	uint32_t inspect_every = x->inspect_every;
	int err;

	memset(result, 0, sizeof(*result));
	memcpy(s.key, found->key, sizeof(s.key));
	memcpy(s.sense, found->sense, sizeof(s.sense));
	x->matrix = NULL;
	x->trace = NULL;
	if (x->emulated)
		x->inspect_every = 1;
	program_init(&s.trial);
	result->before = p->n;
	if (found->difference)
		cut_after(p, found);
	err = isolate_init(&s.isolate, x, e);
	if (!err)
		err = search(&s, result);
	isolate_free(&s.isolate);
	if (err == -ENOMEM && e && !*e->text)
		errmsg_set(e, err, EXIT_ENVIRONMENT, "out of memory");
	program_free(&s.trial);
	x->matrix = matrix;
	x->trace = trace;
	x->inspect_every = inspect_every;
	x->rules = rules;
	result->after = p->n;
	result->runs = s.runs;
	result->ns = clock_ns() - start;
	result->complete = !s.over;
	return err;
}
