/* SPDX-License-Identifier: MIT */
/*
 * The scenarios that compare times. In a round the baseline runs twice and the candidate once, in
 * an order drawn from the seed and with the same seed; against a baseline in a file the candidate
 * runs twice. Slices are short, so that a machine that is busy for a while meets all of a round.
 */
#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "gate/baseline.h"
#include "gate/gate_private.h"
#include "support/clock.h"
#include "support/rng.h"
#include "support/stats.h"
#include "support/units.h"

/* Against a binary: baseline, candidate, baseline. Else the candidate twice. */
enum role { ROLE_A1, ROLE_B, ROLE_A2, ROLES };

struct race {
	struct gate_run *g;
	const struct scenario *s;
	size_t at[GATE_METRICS], n; /* its checks */
	enum gate_metric metric[GATE_METRICS];
	unsigned int roles;
	size_t rounds, done;
	double *ns[ROLES][GATE_METRICS], *ratio[ROLES][GATE_METRICS];
	double *room;
	double typical_ns; /* response of the baseline */
	struct rng rng;
};

static struct gate_check *check_of(const struct race *t, size_t i)
{
	return &t->g->r->at[t->at[i]];
}

static bool is_candidate(const struct race *t, enum role role)
{
	return t->roles == 2 || role == ROLE_B;
}

/* A resize has no counterpart in the control: side by side its time itself is the better measure.
 */
static double *values(const struct race *t, enum role role, enum gate_metric m)
{
	return t->roles == ROLES && m == METRIC_RESIZE_P50 ? t->ns[role][m] : t->ratio[role][m];
}

/* What the candidate is held against; NULL: it is measured for a file only. */
static const struct baseline_row *saved_of(const struct race *t, const struct gate_check *check)
{
	return t->g->c->saved ? baseline_find(t->g->c->saved, check->name) : NULL;
}

static void setting_of(const struct race *t, char *text, size_t size)
{
	const struct scenario *s = t->s;
	struct gate_job job;

	gate_job(t->g, s, 0, &job);
	snprintf(text, size,
		 "%.100s %.80s strategy %.40s pattern %.40s mode %.20s consumer %.20s vectors "
		 "%" PRIu64 " rate %" PRIu64 " resize_rate %" PRIu64 " slice %" PRIu64 " ms",
		 job.target, job.kernel ? job.kernel : "here", s->strategy,
		 *s->pattern ? s->pattern : "own", s->mode, s->consumer, s->vectors, s->rate,
		 s->resize_rate, (uint64_t)(s->slice_ns / NSEC_PER_MSEC));
}

static bool needs_control(const struct race *t)
{
	return t->roles == 2 || t->s->metrics != 1u << METRIC_RESIZE_P50;
}

static enum gate_verdict slice(struct race *t, enum role role, struct outcome *out)
{
	struct gate_check *check = check_of(t, 0);
	struct gate_job job;
	char planted[512];
	enum gate_verdict v;

	gate_job(t->g, t->s, check->seed + t->done, &job);
	job.strategy = t->s->strategy;
	job.control = needs_control(t);
	if (!is_candidate(t, role))
		job.binary = t->g->c->against;
	else
		job.target = gate_plant(t->g, check, job.target, t->typical_ns, planted,
					sizeof(planted));
	if (!job.target) {
		snprintf(check->says, sizeof(check->says), "target and plant too long");
		return VERDICT_ERROR;
	}
	v = gate_child(t->g, check, &job, out);
	if (v == VERDICT_FAIL && !is_candidate(t, role)) {
		char why[sizeof(check->says)];

		memcpy(why, check->says, sizeof(why));
		snprintf(check->says, sizeof(check->says), "the baseline itself: %.450s", why);
		v = VERDICT_ERROR;
	}
	if (v == VERDICT_PASS && out->interrupted) {
		t->g->stopped = true;
		v = VERDICT_STOPPED;
	}
	return v;
}

static void shuffle(struct race *t, enum role order[ROLES])
{
	for (unsigned int i = 0; i < t->roles; i++)
		order[i] = (enum role)i;
	for (unsigned int i = t->roles; i > 1; i--) {
		uint32_t k = rng_below(&t->rng, i);
		enum role was = order[i - 1];

		order[i - 1] = order[k];
		order[k] = was;
	}
}

/* Of use to a plant only; where no response is judged there may be slices without one. */
static void note_typical(struct race *t)
{
	double *copy = malloc((t->done ? t->done : 1) * sizeof(*copy));
	size_t n = 0;

	for (size_t i = 0; copy && i < t->done; i++) {
		double ns = t->ns[ROLE_A1][METRIC_RESPONSE_P50][i];

		if (ns > 0)
			copy[n++] = ns;
	}
	if (n)
		t->typical_ns = stats_median(copy, n).median;
	free(copy);
}

static bool measured_all(const struct race *t, const struct outcome *out)
{
	for (size_t k = 0; k < t->n; k++) {
		enum gate_metric m = t->metric[k];

		if (!(out->ns[m] > 0) || (needs_control(t) && !(out->ratio[m] > 0)))
			return false;
	}
	return true;
}

/*
 * A round counts whole or not at all: on a busy machine a slice may pass without anything having
 * had its turn. That is seen at t->done.
 */
static enum gate_verdict run_round(struct race *t)
{
	enum role order[ROLES];
	struct outcome out;

	shuffle(t, order);
	for (unsigned int i = 0; i < t->roles; i++) {
		enum gate_verdict v = slice(t, order[i], &out);

		if (v != VERDICT_PASS)
			return v;
		if (!measured_all(t, &out))
			return VERDICT_PASS;
		for (int m = 0; m < GATE_METRICS; m++) {
			t->ns[order[i]][m][t->done] = out.ns[m];
			t->ratio[order[i]][m][t->done] = out.ratio[m];
		}
	}
	t->done++;
	/* without another binary every slice has what is planted: it would grow with each round */
	if (t->g->c->against)
		note_typical(t);
	return VERDICT_PASS;
}

/* All rounds; twice as many are tried, at most. */
static enum gate_verdict run_rounds(struct race *t)
{
	enum gate_verdict v = VERDICT_PASS;
	struct gate_check *check;

	t->done = 0;
	for (size_t i = 0; i < 2 * t->rounds && t->done < t->rounds && v == VERDICT_PASS; i++)
		v = run_round(t);
	if (v != VERDICT_PASS || t->done == t->rounds)
		return v;
	check = check_of(t, 0);
	snprintf(check->says, sizeof(check->says),
		 "only %zu rounds of %zu in which every slice measured something: a machine too "
		 "busy, or slices too short",
		 t->done, 2 * t->rounds);
	return VERDICT_UNTRUSTED;
}

static double median_ns(const struct race *t, enum role role, enum gate_metric m)
{
	double *copy = malloc(t->done * sizeof(*copy)), median = NAN;

	if (copy) {
		memcpy(copy, t->ns[role][m], t->done * sizeof(*copy));
		median = stats_median(copy, t->done).median;
	}
	free(copy);
	return median;
}

static int decide_one(const struct race *t, size_t i, struct decision *d)
{
	struct gate_check *check = check_of(t, i);
	const struct baseline_row *row = saved_of(t, check);
	enum gate_metric m = t->metric[i];
	struct decide_limits l = {
		.min_shift = (double)t->s->min_shift / 100,
		.noise_limit = (double)t->s->noise_limit / 100,
	};

	check->ns_b = median_ns(t, t->roles == 2 ? ROLE_A1 : ROLE_B, m);
	check->ns_a = row ? row->ns : median_ns(t, ROLE_A1, m);
	if (check->ns_a > 0)
		l.floor = (double)t->s->floor_ns / check->ns_a;
	if (t->roles == ROLES)
		return decide_interleaved(values(t, ROLE_A1, m), values(t, ROLE_B, m),
					  values(t, ROLE_A2, m), t->done, &l, check->seed, d);
	if (row)
		return decide_saved(row->ratio, row->n, row->noise, values(t, ROLE_A1, m),
				    values(t, ROLE_B, m), t->done, &l, check->seed, d);
	/* With itself: only the noise is of interest. */
	return decide_saved(values(t, ROLE_A1, m), t->done, 0, values(t, ROLE_A1, m),
			    values(t, ROLE_B, m), t->done, &l, check->seed, d);
}

static void repeat(const struct race *t, struct gate_check *check)
{
	const struct gate_config *c = t->g->c;

	snprintf(check->repeat, sizeof(check->repeat),
		 "irqstorm gate%s%s%s%s --only %s%s%s%s%s --seed 0x%" PRIx64,
		 c->file ? " --file " : "", c->file ? c->file : "",
		 c->against ? " --against " : " --baseline ", c->against ? c->against : "FILE",
		 check->name, c->target ? " --target " : "", c->target ? c->target : "",
		 c->plant ? " --plant-b " : "", c->plant ? c->plant : "", c->seed);
}

/* Why it is not what its figures look like. */
static const char *caveat(const struct gate_check *check)
{
	if (check->d.verdict == VERDICT_UNTRUSTED)
		return ": noise over its limit";
	if (check->d.verdict == VERDICT_FAIL && check->verdict != VERDICT_FAIL)
		return ": slower, but not seen twice";
	return "";
}

static void describe(const struct race *t, size_t i, bool compared)
{
	struct gate_check *check = check_of(t, i);
	const struct decision *d = &check->d;
	char what[160], a[32], b[32];

	units_format_ns(check->ns_a, a, sizeof(a));
	units_format_ns(check->ns_b, b, sizeof(b));
	check->n = t->done;
	check->unit = "rounds";
	if (compared && values(t, ROLE_A1, t->metric[i]) == t->ns[ROLE_A1][t->metric[i]])
		snprintf(what, sizeof(what), "%s to %s", a, b);
	else if (compared)
		snprintf(what, sizeof(what), "%.2f to %.2f of the control (%s to %s)", d->median_a,
			 d->median_b, a, b);
	if (!compared)
		snprintf(check->says, sizeof(check->says),
			 "%.2f of the control (%s), noise %.1f %%, n %zu", d->median_b, b,
			 d->noise * 100, d->n_b);
	else
		snprintf(check->says, sizeof(check->says),
			 "%+.1f %%, %s: p %.2g, A12 %.3f, bound %.1f %%, noise %.1f %%, "
			 "n %zu and %zu%s",
			 d->shift * 100, what, d->p,
			 floor(d->a12 * 1000) / 1000 /* what is not met does not look it */,
			 d->bound * 100, d->noise * 100, d->n_a, d->n_b, caveat(check));
	repeat(t, check);
}

static bool is_settled(const struct gate_check *check)
{
	const struct looks *l = &check->looks;

	return l->passes + l->fails + l->untrusted && looks_settled(l);
}

/*
 * A verdict that is not about time is that of all: of those, if no more than the run ended, that
 * were still open.
 */
static void all_end(struct race *t, enum gate_verdict v)
{
	const struct gate_check *from = check_of(t, 0);

	for (size_t i = 0; i < t->n; i++) {
		struct gate_check *check = check_of(t, i);

		if (v != VERDICT_FAIL && is_settled(check))
			continue;
		check->verdict = v;
		if (check == from)
			continue;
		check->exit = from->exit;
		memcpy(check->says, from->says, sizeof(check->says));
		memcpy(check->repeat, from->repeat, sizeof(check->repeat));
	}
}

static int add_sample(struct race *t, size_t i)
{
	struct gate_check *check = check_of(t, i);
	enum gate_metric m = t->metric[i];
	struct baseline_row row = {.noise = check->d.noise, .ns = check->ns_b, .n = 2 * t->done};
	int err;

	memcpy(row.name, check->name, sizeof(row.name));
	setting_of(t, row.setting, sizeof(row.setting));
	row.ratio = malloc(row.n * sizeof(*row.ratio));
	if (!row.ratio)
		return -ENOMEM;
	memcpy(row.ratio, t->ratio[ROLE_A1][m], t->done * sizeof(*row.ratio));
	memcpy(row.ratio + t->done, t->ratio[ROLE_B][m], t->done * sizeof(*row.ratio));
	err = baseline_add(t->g->c->sample, &row);
	free(row.ratio);
	return err;
}

/* Once through all rounds. @settled: no check needs another look. 0 or -ENOMEM. */
static int look(struct race *t, bool *settled)
{
	struct gate_check first = *check_of(t, 0);
	enum gate_verdict v = run_rounds(t);
	int err = 0;

	*settled = true;
	if (v != VERDICT_PASS) {
		all_end(t, v);
		/* it speaks for the slices, also for those that it did not need any more */
		if (v != VERDICT_FAIL && is_settled(&first))
			*check_of(t, 0) = first;
		return 0;
	}
	for (size_t i = 0; i < t->n && !err; i++) {
		struct gate_check *check = check_of(t, i);
		bool compared = t->roles == ROLES || saved_of(t, check);
		struct decision d;

		if (is_settled(check))
			continue;
		err = decide_one(t, i, &d);
		check->d = d;
		check->compared = compared;
		looks_add(&check->looks,
			  compared || d.verdict != VERDICT_FAIL ? d.verdict : VERDICT_PASS);
		check->verdict = looks_verdict(&check->looks);
		describe(t, i, compared);
		*settled &= looks_settled(&check->looks);
		if (!err && t->g->c->sample && looks_settled(&check->looks) &&
		    check->verdict == VERDICT_PASS)
			err = add_sample(t, i);
	}
	return err;
}

static int room(struct race *t)
{
	size_t n = t->rounds;
	double *at = calloc(n * ROLES * GATE_METRICS * 2, sizeof(*at));

	if (!at)
		return -ENOMEM;
	t->room = at;
	for (int r = 0; r < ROLES; r++) {
		for (int m = 0; m < GATE_METRICS; m++) {
			t->ns[r][m] = at;
			t->ratio[r][m] = at + n;
			at += 2 * n;
		}
	}
	return 0;
}

/* A baseline of another setting would tell how settings differ. */
static bool other_setting(const struct race *t, const struct gate_check *check)
{
	const struct baseline_row *row = saved_of(t, check);
	char now[sizeof(row->setting)];

	setting_of(t, now, sizeof(now));
	return t->g->c->saved && (!row || strcmp(row->setting, now));
}

static int add_checks(struct race *t)
{
	struct gate_check *check;

	for (int m = 0; m < GATE_METRICS; m++) {
		if (!(t->s->metrics & 1u << m) || !gate_wants(t->g, t->s, gate_metric_names[m]))
			continue;
		check = gate_add(t->g, t->s, gate_metric_names[m]);
		if (!check)
			return -ENOMEM;
		if (!t->g->c->against && other_setting(t, check)) {
			check->verdict = VERDICT_SKIP;
			snprintf(check->says, sizeof(check->says),
				 "not in the baseline with these settings; save it again");
			continue;
		}
		t->at[t->n] = t->g->r->n - 1;
		t->metric[t->n++] = (enum gate_metric)m;
	}
	return 0;
}

size_t gate_planned_latency(const struct gate_run *g, const struct scenario *s)
{
	size_t n = 0;

	for (int m = 0; m < GATE_METRICS; m++)
		n += s->metrics & 1u << m && gate_wants(g, s, gate_metric_names[m]);
	return g->c->against || g->c->saved || g->c->sample ? n : 0;
}

/* One slice that does not count: the files are in the cache, and a plant knows what it is of. */
static void warm_up(struct race *t, enum gate_verdict *v)
{
	struct outcome out;
	const struct baseline_row *row = saved_of(t, check_of(t, 0));

	*v = slice(t, ROLE_A1, &out);
	t->typical_ns = row ? row->ns : out.ns[METRIC_RESPONSE_P50];
}

int gate_latency(struct gate_run *g, const struct scenario *s, struct errmsg *e)
{
	struct race t = {.g = g, .s = s, .roles = g->c->against ? ROLES : 2};
	uint64_t start = clock_ns();
	enum gate_verdict v;
	bool settled = false;
	int err;

	if (!g->c->against && !g->c->saved && !g->c->sample) {
		g->r->no_baseline = true;
		return 0;
	}
	t.rounds = g->c->rounds ? g->c->rounds : s->rounds;
	err = add_checks(&t);
	if (!err && !t.n)
		return 0;
	if (!err)
		err = room(&t);
	if (!err) {
		rng_init(&t.rng, check_of(&t, 0)->seed, 1);
		warm_up(&t, &v);
		settled = v != VERDICT_PASS;
		if (settled)
			all_end(&t, v);
	}
	while (!err && !settled)
		err = look(&t, &settled);
	for (size_t i = 0; i < t.n; i++)
		check_of(&t, i)->seconds = (double)(clock_ns() - start) / 1e9;
	if (t.n && check_of(&t, 0)->verdict != VERDICT_ERROR && !*check_of(&t, 0)->artifacts)
		gate_discard(g, check_of(&t, 0));
	free(t.room);
	return err ? errmsg_set(e, err, EXIT_ENVIRONMENT, "out of memory") : 0;
}
