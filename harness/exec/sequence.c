/* SPDX-License-Identifier: MIT */
#include "exec/sequence.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "exec/minimize_private.h"

const char *const fresh_verdict_names[] = {"not tried", "alone", "sequence", "not shown", NULL};

/* A search for a smaller one of the programs, among the others. */
struct work {
	struct search search;
	struct minimize_options options;
	struct fresh *f;
	struct sequence *s;
	struct exec_result *found;
	uint32_t place; /* of the program that gets smaller */
	struct errmsg *e;
};

void sequence_free(struct sequence *s)
{
	for (uint32_t i = 0; i < s->n; i++)
		program_free(&s->p[i]);
	s->n = 0;
}

#define HISTORY (SEQUENCE_MAX - 1)

void history_keep(struct history *h, struct program *p)
{
	struct program *oldest = &h->last[h->kept++ % HISTORY];
	struct program swap = *oldest;

	swap.n = 0;
	swap.has_device = p->has_device;
	swap.device = p->device;
	*oldest = *p;
	*p = swap;
}

void history_line_up(struct history *h, struct program *p, struct sequence *s)
{
	uint32_t n = h->kept < HISTORY ? h->kept : HISTORY;

	for (uint32_t i = h->kept - n; i != h->kept; i++) {
		s->p[s->n++] = h->last[i % HISTORY];
		program_init(&h->last[i % HISTORY]);
	}
	s->p[s->n++] = *p;
	program_init(p);
	h->kept = 0;
}

void history_free(struct history *h)
{
	for (uint32_t i = 0; i < HISTORY; i++)
		program_free(&h->last[i]);
	h->kept = 0;
}

static bool is_over(struct work *w)
{
	struct search *search = &w->search;

	search->over = search->over || search->runs >= w->f->max_runs ||
		       (w->f->stop && w->f->stop(w->f, search->runs));
	return search->over;
}

static int try_programs(struct work *w, const struct program *const *p, uint32_t n, uint32_t *which,
			struct exec_result *r)
{
	w->search.runs++;
	return w->f->shows(w->f, p, n, w->found, which, r, w->e);
}

/* The programs without @n of them from @from. */
static uint32_t line_up(const struct sequence *s, uint32_t from, uint32_t n,
			const struct program *line[SEQUENCE_MAX])
{
	uint32_t k = 0;

	for (uint32_t i = 0; i < s->n; i++) {
		if (i - from >= n)
			line[k++] = &s->p[i];
	}
	return k;
}

static void drop_programs(struct sequence *s, uint32_t from, uint32_t n)
{
	for (uint32_t i = from; i < from + n; i++)
		program_free(&s->p[i]);
	memmove(&s->p[from], &s->p[from + n], (s->n - from - n) * sizeof(s->p[0]));
	s->n -= n;
}

/* What is after the one that shows it is of no use. */
static void keep_to(struct sequence *s, uint32_t which)
{
	if (which + 1 < s->n)
		drop_programs(s, which + 1, s->n - which - 1);
}

/* 1: it is shown without them, and they are gone. */
static int try_without(struct work *w, uint32_t from, uint32_t n)
{
	const struct program *line[SEQUENCE_MAX];
	struct exec_result r;
	uint32_t k = line_up(w->s, from, n, line), which = 0;
	int ret;

	if (is_over(w))
		return 0;
	ret = try_programs(w, line, k, &which, &r);
	if (ret <= 0)
		return ret;
	drop_programs(w->s, from, n);
	keep_to(w->s, which);
	*w->found = r;
	return 1;
}

/* From the oldest on: what was left behind was left by one of the later ones most often. */
static int fewer_programs(struct work *w)
{
	for (uint32_t chunk = w->s->n / 2; chunk; chunk /= 2) {
		for (uint32_t i = 0; i + 1 < w->s->n && !w->search.over;) {
			uint32_t left = w->s->n - 1 - i, n = left < chunk ? left : chunk;
			int ret = try_without(w, i, n);

			if (ret < 0)
				return ret;
			i += ret ? 0 : n;
		}
	}
	return 0;
}

/* search.attempt: the trial at its place among the others. */
static int attempt(struct search *search, struct exec_result *r)
{
	struct work *w = (struct work *)search; /* its first member */
	const struct program *line[SEQUENCE_MAX];
	uint32_t n = line_up(w->s, 0, 0, line), which = 0;
	int ret;

	line[w->place] = &search->trial;
	ret = w->f->shows(w->f, line, n, w->found, &which, r, w->e);
	/* One that comes earlier is another program's doing. */
	if (ret <= 0 || which + 1 != n)
		return ret < 0 ? ret : 0;
	*w->found = *r;
	if (w->place != which)
		r->at = UINT32_MAX; /* that operation is not one of the trial's */
	return 1;
}

static bool stop_search(void *data, uint32_t runs, uint32_t ops)
{
	struct work *w = data;

	(void)runs;
	(void)ops;
	return is_over(w);
}

static int shorter_programs(struct work *w)
{
	int err = 0;

	for (uint32_t i = w->s->n; i > 0 && !err && !is_over(w); i--) {
		struct exec_result r = *w->found;

		w->place = i - 1;
		w->search.best = &w->s->p[w->place];
		w->search.r = &r;
		err = search_shrink(&w->search);
	}
	return err;
}

static int take_copy(struct sequence *s, const struct program *p)
{
	struct program copy;
	int err;

	program_init(&copy);
	err = program_copy(&copy, p);
	if (err) {
		program_free(&copy);
		return err;
	}
	sequence_free(s);
	s->p[0] = copy;
	s->n = 1;
	return 0;
}

static int settle(struct work *w, const struct program *shortened, struct settled *out)
{
	const struct program *line[SEQUENCE_MAX];
	const struct program *last = &w->s->p[w->s->n - 1];
	struct exec_result r;
	uint32_t which = 0, n;
	int ret = shortened ? try_programs(w, &shortened, 1, &which, &r) : 0;

	if (ret > 0) {
		out->verdict = FRESH_ALONE;
		*w->found = r;
		return take_copy(w->s, shortened);
	}
	if (!ret)
		ret = try_programs(w, &last, 1, &which, &r);
	if (ret > 0) {
		drop_programs(w->s, 0, w->s->n - 1);
		out->verdict = FRESH_ALONE;
	} else if (!ret && w->s->n > 1) {
		n = line_up(w->s, 0, 0, line);
		ret = try_programs(w, line, n, &which, &r);
		if (ret > 0) {
			keep_to(w->s, which);
			out->verdict = FRESH_SEQUENCE;
		}
	}
	if (ret <= 0) {
		out->verdict = ret < 0 ? FRESH_NOT_TRIED : FRESH_NOT_SHOWN;
		return ret;
	}
	*w->found = r;
	if (out->verdict == FRESH_ALONE && w->f->keep_alone)
		return 0;
	ret = fewer_programs(w);
	if (!ret)
		ret = shorter_programs(w);
	/* One that lost all of its operations may go. */
	return ret ? ret : fewer_programs(w);
}

int sequence_settle(struct fresh *f, const struct program *shortened, struct sequence *s,
		    struct exec_result *found, struct settled *out, struct errmsg *e)
{
	struct work w = {.f = f, .s = s, .found = found, .e = e};
	int err;

	memset(out, 0, sizeof(*out));
	out->before = s->n;
	w.options = (struct minimize_options){
		.max_runs = f->max_runs,
		.stop = stop_search,
		.data = &w,
	};
	w.search.o = &w.options;
	w.search.tries = 1;
	w.search.e = e;
	w.search.attempt = attempt;
	program_init(&w.search.trial);
	err = settle(&w, shortened, out);
	program_free(&w.search.trial);
	if (err == -ENOMEM && e && !*e->text)
		errmsg_set(e, err, EXIT_ENVIRONMENT, "out of memory");
	out->runs = w.search.runs;
	out->after = s->n;
	out->complete = !w.search.over;
	return err;
}

struct fresh_emulator {
	struct fresh f;
	struct isolate isolate;
};

static int emulator_shows(struct fresh *f, const struct program *const *p, uint32_t n,
			  const struct exec_result *want, uint32_t *which, struct exec_result *r,
			  struct errmsg *e)
{
	struct fresh_emulator *fe = (struct fresh_emulator *)f; /* its first member */
	int err = isolate_run_all(&fe->isolate, p, n, want, which, r, e);

	return err ? err : finding_is(r, want);
}

/* Looked at closely the finding may be seen earlier than it was, and have a better name. */
static int rename_finding(struct fresh_emulator *fe, const struct sequence *s,
			  struct exec_result *found, bool *renamed, struct errmsg *e)
{
	const struct program *line[SEQUENCE_MAX];
	uint32_t which, n = line_up(s, 0, 0, line);
	struct exec_result r;
	int err = isolate_run_all(&fe->isolate, line, n, NULL, &which, &r, e);

	*renamed = !err && r.difference;
	if (*renamed)
		*found = r;
	return err;
}

int sequence_settle_emulated(struct executor *x, uint32_t max_runs, struct sequence *s,
			     struct exec_result *found, struct settled *out, struct errmsg *e)
{
	struct fresh_emulator fe = {.f = {.shows = emulator_shows, .max_runs = max_runs}};
	uint32_t inspect_every = x->inspect_every;
	bool renamed = false;
	int err;

	memset(out, 0, sizeof(*out));
	x->inspect_every = 1;
	err = isolate_init(&fe.isolate, x, e);
	if (!err)
		err = sequence_settle(&fe.f, NULL, s, found, out, e);
	if (!err && out->verdict == FRESH_NOT_SHOWN)
		err = rename_finding(&fe, s, found, &renamed, e);
	if (!err && renamed)
		err = sequence_settle(&fe.f, NULL, s, found, out, e);
	isolate_free(&fe.isolate);
	x->inspect_every = inspect_every;
	return err;
}

void settled_free(struct settled *s)
{
	free(s->target);
	s->target = NULL;
}

/*
 * The newest program alone, where planted faults strike as they did. @out says so if that is
 * another target than the one given.
 */
static int shorten_with_faults(struct executor *x, const struct minimize_options *o,
			       struct program *p, struct exec_result *found, struct settled *out,
			       struct errmsg *e)
{
	struct minimize_result m;
	char *given = x->spec;
	char *target = executor_target(x, e);
	int err;

	if (!target)
		return -ENOMEM;
	x->spec = target;
	err = minimize_with(x, o, p, found, &m, e);
	x->spec = given;
	if (!err && (m.shown_before || !x->emulated)) {
		out->verdict = x->emulated ? FRESH_ALONE : FRESH_NOT_TRIED;
		out->target = target;
	} else {
		free(target);
	}
	return err;
}

int sequence_shorten(struct executor *x, uint32_t max_runs, struct program *p, struct sequence *s,
		     struct exec_result *found, struct settled *out, struct errmsg *e)
{
	struct minimize_options o = {.replays = 1, .max_runs = max_runs};
	const struct exec_result as_found = *found;
	struct minimize_result m;
	int err;

	memset(out, 0, sizeof(*out));
	if (x->faulty && !x->emulated)
		return shorten_with_faults(x, &o, p, found, out, e);
	err = minimize_with(x, &o, p, found, &m, e);
	if (err || !x->emulated)
		return err;
	/* Each of those trials was on a new emulator: what none showed is not that program's. */
	if (m.shown_before) {
		out->verdict = FRESH_ALONE;
		return 0;
	}
	err = sequence_settle_emulated(x, max_runs, s, found, out, e);
	if (err)
		return err;
	if (out->verdict == FRESH_NOT_SHOWN && x->faulty) {
		*found = as_found;
		return shorten_with_faults(x, &o, p, found, out, e);
	}
	if (out->verdict == FRESH_NOT_SHOWN)
		return 0;
	err = program_copy(p, &s->p[s->n - 1]);
	return err ? errmsg_set(e, err, EXIT_ENVIRONMENT, "out of memory") : 0;
}
