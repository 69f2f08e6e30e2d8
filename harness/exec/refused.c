/* SPDX-License-Identifier: MIT */
/* refused: see refused.h. */
#include "exec/refused.h"

#include <stdio.h>
#include <string.h>

#include "model/refusal.h"
#include "program/text.h"

/* What can be seen after the call. */
struct seen {
	struct backend_inspect vectors;
	uint64_t counters[PROGRAM_SLOTS];
};

static int look(struct oracle *o, struct seen *seen)
{
	struct executor *x = o->x;
	int err = backend_inspect(x->be, &seen->vectors);

	return err ? err : x->slots->ops->peek_all(x->slots, seen->counters);
}

/* Signals may still be on their way, so too few contradict nothing. */
static bool agrees(const struct model *m, const struct seen *seen)
{
	const struct backend_inspect *v = &seen->vectors;
	bool intx = m->type == VFIO_PCI_INTX_IRQ_INDEX;
	uint64_t lo, hi;

	for (uint32_t w = 0; (v->valid & INSPECT_ACTIVE) && w < v->words && w < m->words; w++) {
		if (v->active[w] != (intx ? w == 0 : m->active.bits[w]))
			return false;
	}
	for (uint32_t s = 0; s < PROGRAM_SLOTS; s++) {
		model_counter(m, s, &lo, &hi);
		if (seen->counters[s] > hi)
			return false;
	}
	return true;
}

/* False: it is none, for want of evidence. */
static bool say(struct oracle *o, const struct host_refusal *refusal, uint32_t index)
{
	struct executor *x = o->x;
	char ret[24], rule[8], text[200];
	bool seen = backend_why_refused(x->be, index, refusal->answer, text, sizeof(text));

	if (!seen && refusal_needs_evidence(refusal))
		return false;
	if (!seen)
		refusal_text(refusal, text, sizeof(text));
	snprintf(o->why, sizeof(o->why), "%s: %s (%s)", text_ret(refusal->answer, ret, sizeof(ret)),
		 text, rule_name(refusal->rule, rule));
	return true;
}

static void count(struct oracle *o, const struct host_refusal *refusal, uint32_t at)
{
	struct exec_result *r = o->r;

	o->x->rules.n[refusal->rule]++;
	o->x->rules.last = refusal->rule + 1;
	if (r->refused++)
		return;
	r->refused_at = at;
	memcpy(r->refusal, o->why, sizeof(r->refusal));
}

/*
 * The possible refusals one by one, from the first: the first that agrees with @seen is taken.
 * Where none does it is the very first, and what differs from it is for the oracle to find. Returns
 * how many were tried, 0: the answer is none that a host may give.
 */
static uint32_t find(struct executor *x, const struct op *op, int32_t ret, const struct seen *seen,
		     struct model *taken, struct expectation *want)
{
	struct model m;
	struct expectation e;
	uint32_t nth = 1;

	for (;; nth++) {
		bool fits;

		m = x->before;
		m.counts = NULL; /* trials are no decisions */
		if (!model_step_refused(&m, op, ret, nth, &e))
			return nth - 1;
		fits = agrees(&m, seen);
		if (nth == 1 || fits) {
			*taken = m;
			*want = e;
		}
		if (fits)
			return nth;
	}
}

/* Could the call have ended, in several places, with vectors that nobody can see? */
static bool is_ambiguous(struct executor *x, const struct op *op, int32_t ret,
			 const struct model *taken)
{
	struct model m;
	struct expectation e;

	for (uint32_t nth = 2;; nth++) {
		m = x->before;
		m.counts = NULL;
		if (!model_step_refused(&m, op, ret, nth, &e))
			return false;
		if (memcmp(&m.active, &taken->active, sizeof(m.active)))
			return true;
	}
}

bool refused_by_host(struct oracle *o, const struct op *op, const struct outcome *got,
		     struct expectation *want, uint32_t at)
{
	struct executor *x = o->x;
	struct request_head head;
	struct expectation refused;
	struct model taken;
	struct seen seen;
	int err;

	if (x->emulated || !op_is_call(op) || !got->ret || want->ret == got->ret)
		return false;
	err = look(o, &seen);
	if (err) {
		o->err = err;
		o->doing = "looking at what a refused call left";
		return false;
	}
	if (!find(x, op, got->ret, &seen, &taken, &refused))
		return false;
	op_request_head(op, &head);
	if (!say(o, &taken.refusal, head.index))
		return false;
	if (!(seen.vectors.valid & INSPECT_ACTIVE))
		o->adrift = is_ambiguous(x, op, got->ret, &taken);
	taken.counts = &x->rules;
	x->model = taken;
	*want = refused;
	count(o, &taken.refusal, at);
	return true;
}

void refused_expected(struct oracle *o)
{
	o->last_refused = false;
	if (!--o->r->refused)
		o->r->refusal[0] = '\0';
}

void refused_note(struct oracle *o)
{
	size_t n = strlen(o->r->text);

	snprintf(o->r->text + n, sizeof(o->r->text) - n, "; a host may refuse that: %.180s",
		 o->why);
}
