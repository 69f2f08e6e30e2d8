/* SPDX-License-Identifier: MIT */
#include "stress/account.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

uint64_t word_next(uint64_t w, enum vector_state state)
{
	bool lossy = state == VEC_SWAPPING || state == VEC_TEARDOWN;
	uint64_t wide = w & WORD_WIDE;

	if (lossy)
		wide = state == VEC_TEARDOWN ? WORD_WIDE : 0;
	return (uint64_t)state | wide | ((word_seq(w) + 1) & WORD_COUNT_MASK) << WORD_SEQ_SHIFT |
	       ((word_lossy(w) + lossy) & WORD_COUNT_MASK) << WORD_LOSSY_SHIFT;
}

enum fire_class fire_classify(uint64_t before, uint64_t after)
{
	enum vector_state s = word_state(before);
	bool in_lossy = s == VEC_SWAPPING || s == VEC_TEARDOWN;

	if (s == VEC_ARMED && word_seq(before) == word_seq(after))
		return FIRE_MUST;
	if (in_lossy || (s == VEC_ARMED && word_lossy(before) != word_lossy(after)))
		return after & WORD_WIDE ? FIRE_TEARDOWN : FIRE_SWAP;
	return FIRE_REMOVED;
}

/*
 * Has the vector of a fire that was armed, or covered by a lossy call, been removed since? A lossy
 * call changes the state twice, a removal does it without being counted as one.
 */
static bool was_removed(uint64_t before, uint64_t now)
{
	uint64_t changes = (word_seq(now) - word_seq(before)) & WORD_COUNT_MASK;
	uint64_t lossy = (word_lossy(now) - word_lossy(before)) & WORD_COUNT_MASK;

	/* the first of them ended the call that had begun */
	if (word_state(before) != VEC_ARMED && changes)
		changes--;
	return changes > 2 * lossy;
}

int ledger_init(struct ledger *l, uint32_t vector, uint32_t ring_size, enum vector_state state)
{
	memset(l, 0, sizeof(*l));
	l->ring = calloc(ring_size, sizeof(*l->ring));
	if (!l->ring)
		return -ENOMEM;
	l->ring_mask = ring_size - 1;
	l->vector = vector;
	atomic_init(&l->word, (uint64_t)state);
	return 0;
}

void ledger_destroy(struct ledger *l)
{
	free(l->ring);
	l->ring = NULL;
}

void ledger_set_state(struct ledger *l, enum vector_state state)
{
	uint64_t w = atomic_load_explicit(&l->word, memory_order_relaxed);

	/*
	 * A fire that meets the call's effect on the device must then read the word that announced
	 * the call. Release would do where device state passes through a lock; seq_cst keeps the
	 * order for a device that is reached by a bare store, too.
	 */
	atomic_store_explicit(&l->word, word_next(w, state), memory_order_seq_cst);
}

/* Signals of @l that are beyond every fire. */
static void add_extra(struct ledger *l, struct tally *t, uint64_t count, uint64_t now)
{
	/* acquire: the state that ended a call comes after the time of its end */
	enum vector_state state = word_state(atomic_load_explicit(&l->word, memory_order_acquire));
	bool settled = state == VEC_ARMED || state == VEC_DISARMED || state == VEC_REMOVING;
	uint32_t n = t->extras.n;

	t->extra += count;
	tally_event(&t->extras, now, l->vector, count);
	if (n < t->extras.n)
		t->extras.at[n].renewed =
			settled ? atomic_load_explicit(&l->renewed, memory_order_relaxed) : now;
}

static uint64_t stamp_sent(const struct stamp *s)
{
	return s->intended + stamp_lag(s->lag);
}

static void finalise(struct ledger *l, uint64_t n)
{
	uint64_t f = atomic_load_explicit(&l->finalised, memory_order_relaxed);

	/* release: a closed-loop producer may fire again, after all that was counted */
	atomic_store_explicit(&l->finalised, f + n, memory_order_release);
}

/* The class of a fire whose signal came, as far as it is known at this moment. */
static enum fire_class classify_now(struct ledger *l, const struct account_rules *r,
				    const struct stamp *s)
{
	uint64_t after;

	if (!r->sync_fire)
		return fire_classify(s->before,
				     atomic_load_explicit(&l->word, memory_order_acquire));
	after = atomic_load_explicit(&s->after, memory_order_acquire);
	/* a signal that came before fire() returned: delivered, and nothing to take back */
	return after ? fire_classify(s->before, after) : FIRE_MUST;
}

/* Did the workload want the vector when the fire was made? Else it waits for its vector. */
static bool was_wanted(const struct stamp *s)
{
	enum vector_state state = word_state(s->before);

	return state != VEC_DISARMED && state != VEC_ADDING;
}

/* What a read at `now` delivers. */
struct delivery {
	struct tally *t;
	const struct account_rules *r;
	uint64_t now;
	uint64_t newest; /* when the last of them was made; 0: none that was wanted */
};

static void record(struct delivery *d, uint64_t intended, uint32_t lag)
{
	uint64_t response = d->now > intended ? d->now - intended : 0;
	uint64_t sent = intended + stamp_lag(lag);

	hist_record(&d->t->response[stamp_phase(lag)], response);
	d->t->late += response > d->r->deadline_ns;
	if (sent > d->newest)
		d->newest = sent;
}

static uint64_t pop_delivered(struct ledger *l, struct delivery *d, uint64_t count)
{
	uint64_t head = atomic_load_explicit(&l->head, memory_order_relaxed);
	uint64_t first = head;

	for (; count && ledger_has(l, head); head++, count--) {
		const struct stamp *s = &l->ring[head & l->ring_mask];
		enum fire_class cls = classify_now(l, d->r, s);

		if (cls != FIRE_MUST)
			l->popped_may[cls]++;
		if (was_wanted(s))
			record(d, s->intended, s->lag);
	}
	if (head != first) {
		d->t->delivered += head - first;
		/* release: the producer may reuse the slots */
		atomic_store_explicit(&l->head, head, memory_order_release);
		finalise(l, head - first);
	}
	if (!ledger_has(l, head))
		memset(l->popped_may, 0, sizeof(l->popped_may));
	return count;
}

static void keep_stamp(struct ledger *l, const struct stamp *s, enum fire_class hold)
{
	if (l->n_held < HELD_STAMPS)
		l->held[l->n_held++] = (struct held_stamp){
			.intended = s->intended,
			.before = s->before,
			.lag = s->lag,
			.hold = (uint8_t)hold,
			.wanted = was_wanted(s),
		};
}

/* The oldest stamp of @hold is taken out. False: there is none. */
static bool take_stamp(struct ledger *l, enum fire_class hold, struct held_stamp *out)
{
	for (uint32_t i = 0; i < l->n_held; i++) {
		if (l->held[i].hold != hold)
			continue;
		*out = l->held[i];
		memmove(&l->held[i], &l->held[i + 1], (--l->n_held - i) * sizeof(*l->held));
		return true;
	}
	return false;
}

static void forget_stamps(struct ledger *l, enum fire_class hold)
{
	struct held_stamp s;

	while (take_stamp(l, hold, &s))
		;
}

static uint64_t pay_hold(struct ledger *l, struct delivery *d, struct hold *h, enum fire_class cls,
			 uint64_t count)
{
	uint64_t open = h->n - h->paid;
	uint64_t take = open < count ? open : count;
	struct held_stamp s;

	for (uint64_t i = 0; i < take; i++) {
		if (!take_stamp(l, cls, &s))
			d->t->untimed++;
		else if (s.wanted)
			record(d, s.intended, s.lag);
	}
	h->paid += take;
	d->t->delivered += take;
	finalise(l, take);
	return take;
}

/* Signals left over when the ring is empty: late ones, and replays of held fires. */
static uint64_t pay_holds(struct ledger *l, struct delivery *d, uint64_t count)
{
	uint64_t take = pay_hold(l, d, &l->overdue, FIRE_MUST, count);

	count -= take;
	for (int k = 0; k < FIRE_MAY_CLASSES && count; k++) {
		take = pay_hold(l, d, &l->hold[k], (enum fire_class)k, count);
		if (k == FIRE_REMOVED)
			tally_forget(&d->t->departed, l->vector, false, take);
		count -= take;
	}
	return count;
}

#define VERDICT_COALESCED (FIRE_MUST + 1)

/* The counter of a verdict: of a class that did not arrive, or of what was merged. */
static uint64_t *verdict(struct tally *t, int k)
{
	uint64_t *const counters[FIRE_VERDICTS] = {
		[FIRE_REMOVED] = &t->unarmed,         [FIRE_SWAP] = &t->lost_explained,
		[FIRE_TEARDOWN] = &t->lost_explained, [FIRE_MUST] = &t->lost_unexplained,
		[VERDICT_COALESCED] = &t->coalesced,
	};

	return counters[k];
}

/*
 * A signal that no open fire accounts for, on a vector where fires were given up by age not long
 * ago: then one of those verdicts was wrong.
 */
static uint64_t take_back(struct ledger *l, struct tally *t, const struct account_rules *r,
			  uint64_t count, uint64_t now)
{
	static const int worst_first[FIRE_VERDICTS] = {
		FIRE_MUST, FIRE_TEARDOWN, FIRE_SWAP, FIRE_REMOVED, VERDICT_COALESCED,
	};

	/* with reader threads a read may be older than the verdict that it takes back */
	if (now > l->credit_ns + 2 * r->lost_after_ns)
		memset(l->credit, 0, sizeof(l->credit));
	for (size_t i = 0; i < FIRE_VERDICTS && count; i++) {
		int k = worst_first[i];
		uint64_t take = count < l->credit[k] ? count : l->credit[k];

		l->credit[k] -= take;
		count -= take;
		*verdict(t, k) -= take;
		t->delivered += take;
		t->late += take;
		t->untimed += take;
		if (k == FIRE_MUST)
			tally_forget(&t->missing, l->vector, false, take);
		else if (k != VERDICT_COALESCED)
			tally_forget(&t->departed, l->vector, k != FIRE_REMOVED, take);
	}
	return count;
}

void account_read(struct ledger *l, struct tally *t, const struct account_rules *r, uint64_t count,
		  uint64_t now)
{
	struct delivery d = {.t = t, .r = r, .now = now};

	t->wakeups++;
	t->signals += count;
	count = pop_delivered(l, &d, count);
	if (d.newest && now > d.newest && now - d.newest > t->slowest_ns)
		t->slowest_ns = now - d.newest;
	if (count)
		count = pay_holds(l, &d, count);
	if (d.newest)
		hist_record(&t->service, now > d.newest ? now - d.newest : 0);
	if (count && r->timed)
		count = take_back(l, t, r, count, now);
	if (count)
		add_extra(l, t, count, now);
}

/* @n fires have their class now, though see take_back(). */
static void give_verdict(struct ledger *l, struct tally *t, const struct account_rules *r, int k,
			 uint64_t n, uint64_t now)
{
	*verdict(t, k) += n;
	finalise(l, n);
	if (n && r->timed) {
		l->credit[k] += n;
		l->credit_ns = now;
	}
}

/*
 * Losses that a call explains, of a vector that was removed, too, while they were under way or
 * held: the call need not be what became of them.
 */
static void depart_explained(struct ledger *l, struct tally *t, int k, uint64_t word)
{
	for (uint32_t i = 0; i < l->n_held; i++) {
		const struct held_stamp *s = &l->held[i];
		uint32_t n = t->departed.n;

		if (s->hold != k || !was_removed(s->before, word))
			continue;
		tally_event(&t->departed, s->intended + stamp_lag(s->lag), l->vector, 1);
		if (n < t->departed.n)
			t->departed.at[n].explained = true;
	}
}

static void flush_hold(struct ledger *l, struct tally *t, const struct account_rules *r, int k,
		       uint64_t word, uint64_t now)
{
	struct hold *h = &l->hold[k];
	/* one pending bit, one interrupt (P3); what a teardown drops has no bit */
	bool merged = h->paid && k != FIRE_TEARDOWN;

	if (merged && k == FIRE_REMOVED)
		tally_forget(&t->departed, l->vector, false, h->n - h->paid);
	if (!merged && !r->sync_fire && k != FIRE_REMOVED)
		depart_explained(l, t, k, word);
	give_verdict(l, t, r, merged ? VERDICT_COALESCED : k, h->n - h->paid, now);
	*h = (struct hold){0};
	forget_stamps(l, (enum fire_class)k);
}

/* Was the vector's entry unmasked when the fire was made, or since? */
static bool may_have_left(const struct stamp *s, uint64_t word)
{
	return word_state(s->before) != VEC_DISARMED || word_seq(s->before) != word_seq(word);
}

/* A fire below the resolved bound that was not delivered: lost, or held for a replay. */
static void settle_missing(struct ledger *l, struct tally *t, const struct account_rules *r,
			   const struct stamp *s, enum fire_class cls, uint64_t word, uint64_t now)
{
	/*
	 * FIFO order may have given this fire's signal to an earlier one that need not have
	 * arrived: then that one is what is missing.
	 */
	for (int k = 0; k < FIRE_MAY_CLASSES && cls == FIRE_MUST; k++) {
		if (l->popped_may[k]) {
			l->popped_may[k]--;
			cls = (enum fire_class)k;
		}
	}
	if (cls == FIRE_MUST) {
		/* by age it is out of the reach of later calls now, and may still be late */
		l->overdue.n++;
		l->overdue_sent = stamp_sent(s);
		keep_stamp(l, s, FIRE_MUST);
		return;
	}
	/* a replay that came before this fire does not speak for it */
	if (l->hold[cls].paid)
		flush_hold(l, t, r, (int)cls, word, now);
	keep_stamp(l, s, cls);
	if (!l->hold[cls].n++) {
		l->hold_since = now;
		l->rearmed = 0;
	}
	if (!r->sync_fire && cls == FIRE_REMOVED && may_have_left(s, word))
		tally_event(&t->departed, stamp_sent(s), l->vector, 1);
}

/*
 * May a replay of class @k still come, to a vector that is armed? Not after a complete pass. By
 * age: not when the time of a flight has gone by, twice, since the vector was armed again; what a
 * swap or a teardown holds was wanted all through, and such calls may follow one another without an
 * end.
 */
static bool replay_is_over(const struct ledger *l, const struct account_rules *r, int k,
			   uint64_t now)
{
	uint64_t since = k == FIRE_REMOVED ? l->rearmed : l->hold_since;

	return !r->timed || (since && now > since + 2 * r->flight_ns);
}

static void flush_holds(struct ledger *l, struct tally *t, const struct account_rules *r,
			uint64_t word, uint64_t now)
{
	enum vector_state state = word_state(word);

	if (state == VEC_DISARMED || state == VEC_ADDING)
		l->rearmed = 0;
	else if (state == VEC_ARMED && !l->rearmed)
		l->rearmed = now;
	for (int k = 0; k < FIRE_MAY_CLASSES && state == VEC_ARMED; k++) {
		if (l->hold[k].n && replay_is_over(l, r, k, now))
			flush_hold(l, t, r, k, word, now);
	}
}

static void flush_overdue(struct ledger *l, struct tally *t, const struct account_rules *r,
			  uint64_t now)
{
	uint64_t lost = l->overdue.n - l->overdue.paid;

	if (r->timed && lost && now < l->overdue_sent + r->lost_after_ns)
		return;
	for (uint64_t i = 0; i < lost; i++)
		tally_event(&t->missing, l->overdue_sent, l->vector, 1);
	give_verdict(l, t, r, FIRE_MUST, lost, now);
	l->overdue = (struct hold){0};
	forget_stamps(l, FIRE_MUST);
}

bool account_held(const struct ledger *l)
{
	if (l->overdue.n)
		return true;
	for (int k = 0; k < FIRE_MAY_CLASSES; k++) {
		if (l->hold[k].n)
			return true;
	}
	return false;
}

/* How far ahead a mark looks: what is beyond is settled by a later pass. */
#define MARK_MAX 4096

void account_mark(struct ledger *l, struct account_mark *m)
{
	uint64_t n = atomic_load_explicit(&l->head, memory_order_relaxed);
	uint64_t end = n + MARK_MAX;
	const struct stamp *last = &l->ring[(n - 1) & l->ring_mask];

	/*
	 * A fire that took an older one's signal before it sent its own has gone from the ring, but
	 * not returned. Its slot may have gone to a younger one: then it has returned.
	 */
	if (n && ledger_has(l, n - 1) &&
	    !atomic_load_explicit(&last->after, memory_order_acquire)) {
		n--;
		end = n;
	}
	/* acquire pairs with ledger_end(); fires return in order */
	while (n < end && ledger_has(l, n) &&
	       atomic_load_explicit(&l->ring[n & l->ring_mask].after, memory_order_acquire))
		n++;
	m->done = n;
	/* in this order: a fire below `done` had returned before `word` was read */
	m->word = atomic_load_explicit(&l->word, memory_order_acquire);
}

void account_resolve(struct ledger *l, struct tally *t, const struct account_rules *r,
		     const struct account_mark *m, uint64_t now)
{
	uint64_t head = atomic_load_explicit(&l->head, memory_order_relaxed);
	uint64_t first = head;
	/*
	 * A fire younger than the mark took a signal: it may have been the replay of an older one
	 * that is held, whose own signal is then still to come.
	 */
	bool unsure = !r->timed && head > m->done;

	for (; head < m->done; head++) {
		const struct stamp *s = &l->ring[head & l->ring_mask];
		uint64_t after = atomic_load_explicit(&s->after, memory_order_relaxed);
		enum fire_class cls = fire_classify(s->before, r->sync_fire ? after : m->word);
		uint64_t sent = stamp_sent(s), age = now > sent ? now - sent : 0;

		/* a call that begins later than two flights explains nothing */
		if (r->timed && age < (cls == FIRE_MUST ? 2 * r->flight_ns : r->flight_ns))
			break;
		settle_missing(l, t, r, s, cls, m->word, now);
	}
	if (head != first)
		atomic_store_explicit(&l->head, head, memory_order_release);
	/* a vector that was armed when the pass began has replayed what it had pending */
	if (account_held(l) && !unsure)
		flush_holds(l, t, r, m->word, now);
	if (l->overdue.n)
		flush_overdue(l, t, r, now);
}

void account_finish(struct ledger *l, struct tally *t, const struct account_rules *r, uint64_t now)
{
	struct account_rules last = *r;
	struct account_mark m;

	last.timed = false;
	do {
		account_mark(l, &m);
		account_resolve(l, t, &last, &m, now);
	} while (account_queued(l));
	/* as if armed: nothing is replayed any more */
	flush_holds(l, t, &last, m.word >> WORD_STATE_BITS << WORD_STATE_BITS | VEC_ARMED, now);
}
