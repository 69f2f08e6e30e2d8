/* SPDX-License-Identifier: MIT */
/*
 * interleave_order: looks for an order of the model's steps that gives what was seen. The order in
 * which the callers ran is known, and so is where their operations began and ended; what is not is
 * how far into an operation of the model a caller had come when another went on. So each such place
 * is tried with every number of steps, and states that were there before are not tried again.
 */
#include <stdlib.h>
#include <string.h>

#include "exec/interleave_private.h"
#include "program/text.h"
#include "support/digest.h"

#define ENTRIES 64u /* of the MSI-X table, looked at */

/* What can be seen of the device at the end. */
struct final {
	uint64_t counters[PROGRAM_SLOTS];
	struct backend_inspect inspect;
	uint32_t references;
	bool entries;
	uint64_t unmasked, pending;
};

struct search {
	struct interleave *il;
	struct final final;
	/* The way that came farthest, and then differed in the least. */
	uint32_t farthest, differences;
	bool gave_up;
	/* The event at which an operation takes igate, if it does: nothing is done before. */
	uint32_t takes[INTERLEAVE_CALLERS][INTERLEAVE_OPS];
};

static bool of_igate(const struct event *e, enum event_kind kind)
{
	return e->kind == kind && e->lock == LOCK_IGATE;
}

static void find_igate(struct search *s)
{
	for (uint32_t i = 0; i < s->il->n_events; i++) {
		const struct event *e = &s->il->events[i];

		if (of_igate(e, EVENT_TAKES))
			s->takes[e->who][e->op] = i;
	}
}

static bool look(struct interleave *il, struct final *final)
{
	struct executor *x = il->x;
	struct backend *be = x->be;

	memset(final, 0, sizeof(*final));
	if (x->slots->ops->peek_all(x->slots, final->counters) ||
	    backend_inspect(be, &final->inspect))
		return false;
	final->references = x->slots->ops->references(x->slots);
	final->entries = !be->ops->entries(be, &final->unmasked, &final->pending);
	return true;
}

static void tell(struct search *s, const char *key, const char *text)
{
	struct interleave_result *r = s->il->r;

	snprintf(r->key, sizeof(r->key), "%s", key);
	snprintf(r->text, sizeof(r->text), "%s", text);
}

/* This way ends at event @i, by what the caller's operation answered. */
static void differs_at(struct search *s, uint32_t i, const struct turn_op *t, const char *what,
		       long long want, long long got)
{
	char class[48], key[FINDING_KEY_MAX], text[160];

	if (i < s->farthest)
		return;
	s->farthest = i;
	s->differences = UINT32_MAX;
	snprintf(key, sizeof(key), "order-%s:R10:%s", what,
		 text_op_class(&t->op, class, sizeof(class)));
	snprintf(text, sizeof(text),
		 "no order gives what %s of %s answered: expected %lld, say, got %lld", class,
		 interleave_who_name(s->il->events[i].who), want, got);
	tell(s, key, text);
}

static bool answers(struct search *s, uint32_t i, const struct turn_op *t,
		    const struct expectation *want)
{
	const struct outcome *got = &t->out;

	if (want->ret != got->ret) {
		differs_at(s, i, t, "return", want->ret, got->ret);
		return false;
	}
	if (want->has_value && (got->value < want->value_lo || got->value > want->value_hi)) {
		differs_at(s, i, t, "value", (long long)want->value_lo, (long long)got->value);
		return false;
	}
	if (want->has_info &&
	    (want->info_flags != got->info_flags || want->info_count != got->info_count)) {
		differs_at(s, i, t, "info", want->info_count, got->info_count);
		return false;
	}
	if (got->wrote) {
		differs_at(s, i, t, "written", WROTE_RIGHT, got->wrote);
		return false;
	}
	return true;
}

struct comparison {
	uint32_t differences;
	const char *what; /* the first one */
	uint32_t index;
	uint64_t want, got;
};

static void compare(struct comparison *c, const char *what, uint32_t index, uint64_t want,
		    uint64_t got)
{
	if (want == got)
		return;
	if (!c->differences++) {
		c->what = what;
		c->index = index;
		c->want = want;
		c->got = got;
	}
}

static struct comparison compare_final(const struct final *final, const struct model *m)
{
	const struct backend_inspect *seen = &final->inspect;
	struct comparison c = {0};
	uint64_t active = m->active.bits[0], lo, hi;

	if (m->type == VFIO_PCI_INTX_IRQ_INDEX)
		active = 1;
	compare(&c, "type", 0, m->type, seen->type);
	compare(&c, "active", 0, active, seen->active[0]);
	compare(&c, "allocated", 0, m->allocated.bits[0], seen->allocated[0]);
	compare(&c, "references", 0, m->references, seen->references);
	compare(&c, "references", 0, m->references, final->references);
	for (uint32_t s = 0; s < PROGRAM_SLOTS; s++) {
		model_counter(m, s, &lo, &hi);
		compare(&c, "counter", s, lo, final->counters[s]);
	}
	compare(&c, "masked", 0, m->intx_masked, seen->masked);
	compare(&c, "producers", 0, vector_set_size(m, &m->producer), seen->producers);
	compare(&c, "control", 0, model_control(m), seen->control);
	compare(&c, "power", 0, !m->d3hot, final->entries);
	if (final->entries && !m->d3hot) {
		compare(&c, "entries", 0, m->unmasked.bits[0], final->unmasked);
		compare(&c, "pending", 0, m->pending.bits[0], final->pending);
	}
	return c;
}

static bool ends_so(struct search *s, const struct model *m)
{
	struct comparison c = compare_final(&s->final, m);
	char key[FINDING_KEY_MAX], text[160];
	uint32_t i = s->il->n_events;

	if (!c.differences)
		return true;
	if (i < s->farthest || (i == s->farthest && c.differences >= s->differences))
		return false;
	s->farthest = i;
	s->differences = c.differences;
	snprintf(key, sizeof(key), "order-%s:R10:end", c.what);
	if (!strcmp(c.what, "counter"))
		snprintf(text, sizeof(text),
			 "no order gives the counter of e%u: expected %llu, say, got %llu", c.index,
			 (unsigned long long)c.want, (unsigned long long)c.got);
	else
		snprintf(
			text, sizeof(text),
			"no order gives the state at the end: %s: expected 0x%llx, say, got 0x%llx",
			c.what, (unsigned long long)c.want, (unsigned long long)c.got);
	tell(s, key, text);
	return false;
}

/* Was this state met at this event? From now on it was. */
static bool met(struct search *s, uint32_t i, const struct fine *f)
{
	struct interleave *il = s->il;
	uint64_t h = digest_add(digest_add(fine_digest(f), i), il->run);
	uint64_t *at = &il->seen[h % INTERLEAVE_SEEN];

	if (*at == h)
		return true;
	*at = h;
	return false;
}

static bool search(struct search *s, uint32_t i, struct fine *f);

/* The caller @who is left in the middle: how many steps has it made? */
static bool try_steps(struct search *s, uint32_t i, uint32_t who, struct fine *f)
{
	for (;;) {
		struct fine next;

		if (met(s, i, f))
			return false;
		if (++s->il->r->states > INTERLEAVE_STATES) {
			s->gave_up = true;
			return true;
		}
		next = *f;
		if (search(s, i + 1, &next)) {
			*f = next;
			return true;
		}
		if (f->caller[who].finished || fine_step(f, who) == FINE_BLOCKED)
			return false;
		if (f->unsure)
			return true;
	}
}

/* All steps that are left. */
static bool complete(struct search *s, uint32_t i, uint32_t who, const struct turn_op *t,
		     struct fine *f)
{
	struct fine_caller *c = &f->caller[who];

	while (!c->finished) {
		if (fine_step(f, who) == FINE_BLOCKED) {
			differs_at(s, i, t, "wait", 0, t->out.ret);
			return false;
		}
		if (f->unsure)
			return true;
	}
	return true;
}

static bool end(struct search *s, uint32_t i, uint32_t who, const struct turn_op *t, struct fine *f)
{
	if (!complete(s, i, who, t, f))
		return false;
	if (!f->unsure && !answers(s, i, t, &f->caller[who].out))
		return false;
	f->caller[who].op = NULL;
	return true;
}

static bool search(struct search *s, uint32_t i, struct fine *f)
{
	const struct interleave *il = s->il;

	for (; i < il->n_events; i++) {
		const struct event *event = &il->events[i];
		const struct turn_op *t = NULL;

		if (event->op < il->caller[event->who].n)
			t = il->caller[event->who].ops[event->op];
		switch (event->kind) {
		case EVENT_BEGINS:
			fine_start(f, event->who, &t->op, t->fail);
			break;
		case EVENT_ENDS:
			if (!end(s, i, event->who, t, f))
				return false;
			break;
		case EVENT_DROPS: /* and nothing is done after */
			if (of_igate(event, EVENT_DROPS) && !complete(s, i, event->who, t, f))
				return false;
			break;
		case EVENT_LEAVES:
			if (f->caller[event->who].op && i > s->takes[event->who][event->op])
				return try_steps(s, i, event->who, f);
			break;
		}
		if (f->unsure)
			return true;
	}
	return ends_so(s, &f->m);
}

bool interleave_explain(struct interleave *il, struct fine *f)
{
	struct search s = {.il = il};
	struct interleave_result *r = il->r;

	if (il->n_events == INTERLEAVE_EVENTS || !look(il, &s.final)) {
		r->unsure = true;
		return true;
	}
	il->run++;
	find_igate(&s);
	if (search(&s, 0, f)) {
		r->unsure = s.gave_up;
		r->key[0] = r->text[0] = '\0';
		return true;
	}
	r->finding = INTERLEAVE_ORDER;
	return false;
}
