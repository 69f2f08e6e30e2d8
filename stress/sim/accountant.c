/* SPDX-License-Identifier: MIT */
#include "stress/sim/accountant.h"
#include "stress/sim/values.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#define MS 1000000ULL

enum { DELIVERED = 1, COALESCED = 2, UNARMED = 4, EXPLAINED = 8, UNEXPLAINED = 16, OUTCOMES = 5 };
static const char *const outcome_names[] = {"delivered", "coalesced", "unarmed", "explained",
					    "unexplained"};

enum state { OUT, LIVE, IN_ADD, IN_REMOVE, IN_SWAP, IN_TEAR };

/* What an eventfd cannot tell of a vector. */
struct lane {
	bool late;   /* a fire was delivered when it may have been given up */
	uint8_t may; /* what delivered fires that need not have arrived would have been */
	bool odd;    /* whose signal is whose is not to be seen */
	uint64_t last_read;
};

enum { ALL = PHASES, SERVICE, RESIZES, VALUES };
static const char *const value_names[VALUES] = {"steady",   "resize",  "settle",
						"response", "service", "resizes"};

struct books {
	const struct truth *t;
	const struct stress_config *cfg;
	const struct stress_result *r;
	bool sync, timed, open;
	bool replayed;         /* a replay may have gone astray: whose it was is not known */
	uint64_t late, extras; /* fires of that kind; signals without a fire that were read */
	uint64_t slack;        /* how far off a verdict by age may be */
	struct lane *lanes;
	uint8_t *outcome; /* of each fire */
	enum state *before;
	uint64_t *newest; /* fire of each wake-up */
	struct values values[VALUES];
	char *why, *room;
	size_t size, size_of_room, used;
};

static bool within(struct books *b, const char *what, uint64_t engine, uint64_t lo, uint64_t hi)
{
	if (engine >= lo && engine <= hi)
		return true;
	snprintf(b->why, b->size, "%s %" PRIu64 ", not %" PRIu64 " to %" PRIu64, what, engine, lo,
		 hi);
	return false;
}

#define is(b, what, engine, truth) within(b, what, engine, truth, truth)

static void *room_for(struct books *b, uint64_t n, size_t size)
{
	void *p = b->room + b->used;

	b->used += (n * size + 15) / 16 * 16;
	return b->room && b->used <= b->size_of_room ? p : (abort(), NULL);
}

static enum state state_at(const struct truth_lane *l, uint64_t when)
{
	static const enum state during[] = {IN_ADD, IN_REMOVE, IN_SWAP, IN_TEAR};
	enum state s = OUT;

	for (uint32_t i = 0; i < l->covers.n && LANE_COVER(l, i)->begin < when; i++) {
		if (when <= LANE_COVER(l, i)->end)
			return during[LANE_COVER(l, i)->kind];
		s = LANE_COVER(l, i)->kind == COVER_REMOVE ? OUT : LIVE;
	}
	return s;
}

/* docs/accounting.md, How a fire is judged: what it is if nothing arrives, seen from @until. */
static uint8_t label(const struct truth_lane *l, enum state before, uint64_t sent, uint64_t until)
{
	bool begun = false, lossy = before == IN_SWAP || before == IN_TEAR;

	for (uint32_t i = 0; i < l->covers.n && LANE_COVER(l, i)->begin <= until; i++) {
		if (LANE_COVER(l, i)->begin <= sent)
			continue;
		begun = true;
		lossy |= before == LIVE && LANE_COVER(l, i)->kind >= COVER_SWAP;
	}
	return before == LIVE && !begun ? UNEXPLAINED : lossy ? EXPLAINED : UNARMED;
}

/* All that may be said of it: with an asynchronous device the horizon is a matter of age. */
static uint8_t labels(const struct books *b, const struct truth_fire *f, enum state before)
{
	const struct truth_lane *l = &b->t->lanes[f->vector];
	uint64_t half = f->sent + 50 * MS, reach;
	uint8_t set = label(l, before, f->sent, half);

	if (b->sync)
		return label(l, before, f->sent, f->returned);
	reach = (set == UNEXPLAINED ? 100 * MS : 50 * MS) + b->slack;
	if (b->open) /* and what it was when a signal was given to it */
		set |= label(l, before, f->sent, f->sent);
	for (uint32_t i = 0; i < l->covers.n; i++) {
		uint64_t begin = LANE_COVER(l, i)->begin;

		if (begin <= f->sent || begin - f->sent > reach || (begin <= half && !b->open))
			continue;
		if (set == UNEXPLAINED && begin - f->sent <= 100 * MS)
			set = 0; /* a call is seen before the fire is lost */
		set |= label(l, before, f->sent, begin);
	}
	return set;
}

/* When it came its verdict may have been given already. */
static bool came_late(const struct books *b, const struct truth_fire *f, uint8_t set)
{
	/* a reader may have stood still between the read and the report */
	uint64_t took =
		f->read - f->sent + (b->cfg->consumer == CONSUMER_READ ? b->t->worst_ns : 0);

	return b->timed ? took > (set == UNEXPLAINED ? 900 * MS : 140 * MS) : f->delayed;
}

static void judge_fire(struct books *b, uint32_t i)
{
	const struct truth_fire *f = TRUTH_FIRE(b->t, i);
	const struct truth_lane *of = &b->t->lanes[f->vector];
	struct lane *l = &b->lanes[f->vector];
	uint8_t set = labels(b, f, b->before[i] = state_at(of, f->sent));

	if (!f->read) {
		set |= f->strayed && set & EXPLAINED ? UNARMED : 0;
		b->outcome[i] = f->fate == FATE_MERGED ? set | COALESCED : set;
		if (!b->sync) /* the next one's signal may have passed for its own */
			l->may |= (uint8_t)(set & ~UNEXPLAINED);
		l->odd |= b->open;
		b->replayed |= f->fate == FATE_GAP && b->before[i] == OUT;
		return;
	}
	if (!b->sync) /* what it was when it was read */
		set |= label(of, b->before[i], f->sent, f->read);
	b->outcome[i] = DELIVERED;
	if (came_late(b, f, set)) {
		l->late = true;
		b->late++;
		l->odd = true;
		b->outcome[i] |= set;
	}
	if (set != UNEXPLAINED)
		l->may |= (uint8_t)(set & ~UNEXPLAINED) | (of->merges ? COALESCED : 0);
	/* a replay may pass for the signal of a younger fire */
	l->odd |= b->open &&
		  (f->read < l->last_read || (set != UNEXPLAINED && f->signalled > f->returned));
	l->last_read = f->read > l->last_read ? f->read : l->last_read;
}

static void judge_fires(struct books *b)
{
	for (uint32_t i = 0; i < b->t->fires.n; i++)
		judge_fire(b, i);
	/* what an eventfd cannot tell apart */
	for (uint32_t i = 0; i < b->t->fires.n; i++) {
		const struct lane *l = &b->lanes[TRUTH_FIRE(b->t, i)->vector];
		bool mixed = l->late || b->t->lanes[TRUTH_FIRE(b->t, i)->vector].extras;

		if (b->outcome[i] != DELIVERED && (mixed || b->open))
			b->outcome[i] |= l->may | (mixed ? DELIVERED | COALESCED : 0);
	}
}

static bool check_classes(struct books *b)
{
	const struct tally *t = &b->r->tally;
	uint64_t lo[OUTCOMES] = {0}, hi[OUTCOMES] = {0}, signals = 0, refused = 0;
	const uint64_t engine[OUTCOMES] = {t->delivered, t->coalesced, t->unarmed,
					   t->lost_explained, t->lost_unexplained};

	for (uint32_t i = 0; i < b->t->fires.n; i++) {
		const struct truth_fire *f = TRUTH_FIRE(b->t, i);
		const struct truth_lane *l = &b->t->lanes[f->vector];

		for (int k = 0; k < OUTCOMES; k++) {
			lo[k] += b->outcome[i] == 1 << k;
			hi[k] += b->outcome[i] >> k & 1;
		}
		refused +=
			f->refused && label(l, b->before[i], f->sent, f->returned) == UNEXPLAINED;
	}
	for (uint32_t i = 0; i < b->t->wakeups.n; i++)
		signals += TRUTH_WAKEUP(b->t, i)->count;
	for (int k = 0; k < OUTCOMES; k++) {
		if (!within(b, outcome_names[k], engine[k], lo[k], hi[k]))
			return false;
	}
	return is(b, "fired", b->r->fired, b->t->fires.n) &&
	       is(b, "signals", t->signals, signals) &&
	       is(b, "wake-ups", t->wakeups, b->t->wakeups.n) &&
	       is(b, "delivered and extra", t->delivered + t->extra, signals) &&
	       within(b, "extra", t->extra, 0, b->extras + b->late) &&
	       is(b, "fires refused", b->r->self.fire_errors, refused) &&
	       (t->missing.n == ACCOUNT_MAX_EVENTS ||
		is(b, "losses listed", t->missing.n, t->lost_unexplained));
}

static bool check_extras(struct books *b)
{
	const struct stress_result *r = b->r;
	uint64_t kinds[EXTRA_KINDS] = {0}, extra = r->tally.extra;
	uint64_t lost = r->tally.lost_unexplained, pair = 0, others, spurious = 0;

	for (uint32_t i = 0; i < b->t->extras.n; i++)
		kinds[TRUTH_EXTRA(b->t, i)->kind] += TRUTH_EXTRA(b->t, i)->read != 0;
	/* a loss and a signal too many on two vectors, soon: nothing else can be said */
	if (!b->timed && extra == 1 && lost == 1 && r->elapsed_ns < 500 * MS &&
	    r->tally.missing.at[0].vector != r->tally.extras.at[0].vector)
		pair = 1;
	others = b->late + kinds[EXTRA_DOUBLE] + kinds[EXTRA_MISROUTED];
	/* a stray alone is known, where it is soon seen */
	if (kinds[EXTRA_STRAY] > 1 || others || b->replayed || b->open || lost ||
	    b->slack > 40 * MS)
		spurious = extra;
	return is(b, "extra", r->misrouted + r->spurious + r->strays, extra) &&
	       within(b, "misrouted", r->misrouted, pair, lost) &&
	       within(b, "strays", r->strays, 0, b->sync ? 0 : kinds[EXTRA_STRAY] + others) &&
	       within(b, "spurious", r->spurious, 0, spurious);
}

/* Response of each fire, and service of each wake-up: from the newest fire in it. */
static void measure(struct books *b)
{
	uint64_t *newest = b->newest;

	for (uint32_t i = 0; i < b->t->fires.n; i++) {
		const struct truth_fire *f = TRUTH_FIRE(b->t, i);
		struct values *phase = &b->values[f->resize   ? PHASE_RESIZE
						  : f->settle ? PHASE_SETTLE
							      : PHASE_STEADY];
		uint64_t due = f->due + f->due_slack < f->sent ? f->due + f->due_slack : f->sent;

		if (b->lanes[f->vector].odd) {
			values_add(&b->values[ALL], 0, VALUES_OPEN);
			for (int k = 0; k < PHASES; k++)
				values_add(&b->values[k], 0, VALUES_OPEN);
		} else if (f->read && b->before[i] != OUT && b->before[i] != IN_ADD) {
			values_add(&b->values[ALL], f->read - due, f->read - f->due);
			values_add(phase, f->read - due, f->read - f->due);
			newest[f->wakeup] =
				f->sent > newest[f->wakeup] ? f->sent : newest[f->wakeup];
		}
	}
	for (uint32_t i = 0; i < b->t->wakeups.n; i++) {
		const struct truth_wakeup *w = TRUTH_WAKEUP(b->t, i);
		uint64_t took = w->at - newest[i];

		if (b->lanes[w->vector].odd)
			values_add(&b->values[SERVICE], 0, VALUES_OPEN);
		else if (newest[i]) /* a lag is kept in 16 ns, and coarser beyond a second */
			values_add(&b->values[SERVICE], took,
				   took + 16 + (took >> 25) + (b->slack >> 24));
	}
	for (uint32_t i = 0; i < b->t->plans.n; i++) {
		uint64_t took = TRUTH_PLAN(b->t, i)->end - TRUTH_PLAN(b->t, i)->begin;

		values_add(&b->values[RESIZES], took, took);
	}
}

static bool check_latencies(struct books *b)
{
	const struct tally *t = &b->r->tally;
	const struct hist *hists[VALUES] = {&t->response[0], &t->response[1], &t->response[2], NULL,
					    &t->service,     &b->r->resize_ns};
	uint64_t late[2] = {0}, deadline = b->cfg->deadline_ns;
	struct values_said said;
	struct hist all;

	measure(b);
	stress_response(b->r, &all);
	hists[ALL] = &all;
	for (int k = 0; k < VALUES; k++) {
		if (!values_agree(&b->values[k], hists[k], &said))
			return within(b, value_names[k], said.engine, said.lo, said.hi);
	}
	for (uint32_t i = 0; i < b->values[ALL].n; i++) {
		late[0] += b->values[ALL].lo[i] > deadline;
		late[1] += b->values[ALL].hi[i] > deadline;
	}
	return within(b, "late", t->late, late[0], late[1]);
}

static bool check_times(struct books *b)
{
	const struct stress_result *r = b->r;
	const struct truth *t = b->t;
	uint64_t elapsed = t->storm_end - t->storm_begin, signals = 0, sums[2] = {0};

	for (uint32_t i = 0; i < t->slices.n; i++) {
		const struct truth_slice *s = TRUTH_SLICE(t, i);

		signals += s->signals;
		elapsed -= i && s->resume ? s->resume - s->pause : 0;
	}
	for (uint32_t i = 0; i < r->series.n; i++) {
		const struct series_slice *s = &r->series.slice[i];

		sums[0] += s->fired;
		sums[1] += s->delivered + s->lost_explained + s->lost_unexplained;
	}
	return is(b, "elapsed", r->elapsed_ns, elapsed) &&
	       is(b, "resizes", r->resizes, t->plans.n) &&
	       is(b, "control's signals", r->control.n, signals) &&
	       is(b, "stale", r->self.stale, t->stale) &&
	       is(b, "interrupted", r->interrupted, t->stopped != 0) &&
	       is(b, "fires of the series", sums[0], t->fires.n) &&
	       is(b, "verdicts of the series", sums[1],
		  r->tally.delivered + r->tally.lost_explained + r->tally.lost_unexplained);
}

static uint64_t read_between(const struct truth *t, uint64_t from, uint64_t to)
{
	uint64_t n = 0;

	for (uint32_t i = 0; i < t->wakeups.n; i++) {
		const struct truth_wakeup *w = TRUTH_WAKEUP(t, i);

		n += w->at > from && w->at <= to ? w->count : 0;
	}
	return n;
}

/* Slices of control and segments of the storm between them, and the ratio of the two. */
static bool check_ratio(struct books *b)
{
	const struct stress_control *c = &b->r->control;
	const struct truth *t = b->t;
	uint64_t lag = 4 * MS + b->slack, begin = t->storm_begin, below = 0, above = 0;
	uint32_t n = c->n_segments;

	for (uint32_t i = 0; i < t->slices.n; i++) {
		const struct truth_slice *s = TRUTH_SLICE(t, i);

		if (s->signals &&
		    !within(b, "a slice's time",
			    (uint64_t)((double)s->signals * 1e9 / c->slice_per_s[i] + .5),
			    s->to - s->from, s->end - s->begin))
			return false;
	}
	for (uint32_t i = 0; i < n && i + 1 < t->slices.n; i++) {
		const struct truth_slice *s = TRUTH_SLICE(t, i + 1);
		double ratio =
			2 * c->segment_per_s[i] / (c->slice_per_s[i] + c->slice_per_s[i + 1]);
		uint64_t got =
			(uint64_t)(c->segment_per_s[i] * (double)(s->pause - begin) / 1e9 + .5);

		if (!within(b, "a segment's deliveries", got + b->r->tally.extra,
			    read_between(t, begin, s->pause - lag),
			    read_between(t, begin - lag, s->pause) + b->r->tally.extra))
			return false;
		begin = s->resume;
		below += ratio < c->ratio * .999999;
		above += ratio > c->ratio * 1.000001;
	}
	/* the median: as many lie below it as above */
	return t->slices.n < 2 || (is(b, "segments", n, t->slices.n - 1 + b->r->interrupted) &&
				   within(b, "ratios above the median", above, 0, n / 2) &&
				   within(b, "ratios below the median", below, 0, n / 2));
}

bool accountant_agrees(const struct truth *t, bool sync, const struct stress_config *cfg,
		       const struct stress_result *r, char *why, size_t size)
{
	struct books b = {.t = t, .cfg = cfg, .r = r, .sync = sync, .why = why, .size = size};
	uint64_t most = 1ULL + t->fires.n + t->wakeups.n + t->plans.n;
	bool ok;

	b.timed = !sync || cfg->consumer == CONSUMER_READ;
	b.open = cfg->mode == STRESS_OPEN;
	b.slack = 20 * MS + 4 * t->worst_ns;
	b.size_of_room = 1024 + (16 + 16 * VALUES) * most + sizeof(*b.lanes) * cfg->vectors;
	b.room = calloc(1, b.size_of_room);
	b.lanes = room_for(&b, cfg->vectors, sizeof(*b.lanes));
	for (uint32_t v = 0; v < cfg->vectors; v++) {
		b.lanes[v].odd = t->lanes[v].extras;
		b.extras += t->lanes[v].extras;
	}
	b.outcome = room_for(&b, t->fires.n, sizeof(*b.outcome));
	b.newest = room_for(&b, t->wakeups.n, sizeof(*b.newest));
	b.before = room_for(&b, t->fires.n, sizeof(*b.before));
	for (int k = 0; k < VALUES; k++) {
		b.values[k].lo = room_for(&b, most, sizeof(uint64_t));
		b.values[k].hi = room_for(&b, most, sizeof(uint64_t));
	}
	judge_fires(&b);
	ok = check_classes(&b) && check_extras(&b) && check_times(&b) && check_ratio(&b) &&
	     check_latencies(&b);
	free(b.room);
	return ok;
}
