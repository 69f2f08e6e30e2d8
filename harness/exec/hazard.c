/* SPDX-License-Identifier: MIT */
/* hazard: see hazard.h. */
#include "exec/hazard.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ACTIONS   VFIO_IRQ_SET_ACTION_TYPE_MASK
#define TYPES     VFIO_IRQ_SET_DATA_TYPE_MASK
#define NO_OBJECT PROGRAM_SLOTS
#define NO_VECTOR UINT32_MAX

/* @text: $a, $b and $n stand for the numbers. */
static const struct {
	const char *rule, *text;
} kinds[HAZARD_KINDS] = {
	[HAZARD_LOOPBACK] = {"R59",
			     "this signals $n, the first of them vector $a, and removes none; "
			     "nobody reads the signals; fd -1 removes a vector, "
			     "TRIGGER NONE with count 0 all"},
	[HAZARD_SAME_FD] = {"R50",
			    "vector $a has this eventfd already (of such there are $n here): "
			    "it is torn down and set up again all the same, and what is on "
			    "its way can be lost (R80)"},
	[HAZARD_NOT_KEPT] = {"R42", "fd -1 removes vector $a, which was live, beside others that "
				    "are set (of such there are $n here): no value leaves a vector "
				    "as it is"},
	[HAZARD_NO_MASK] = {"R11", "-ENOTTY, and nobody looked: SET_IRQS masks INTX alone, vector "
				   "$a is as it was"},
	[HAZARD_UNDISABLED] = {"R19", "-EINVAL, and nobody looked: nothing was disabled; the index "
				      "is not the enabled one, or start is beyond it (R6)"},
	[HAZARD_FEWER] = {"R48", "$a is no success: of $b vectors so many can be had, and none is "
				 "enabled; ask again for no more than that"},
	[HAZARD_SHARED_FD] = {"R58", "vectors $a and $b have one eventfd: only one of them has an "
				     "irq bypass, and who reads it cannot tell them apart"},
};

const char *hazard_rule(enum hazard_kind kind)
{
	return kinds[kind].rule;
}

const char *hazard_text(const struct hazard *h, char *buf, size_t size)
{
	const char *p = kinds[h->kind].text;
	size_t n = 0;

	for (; *p && n + 11 < size; p++) {
		if (*p != '$') {
			buf[n++] = *p;
			continue;
		}
		p++;
		n += (size_t)snprintf(buf + n, size - n, "%u",
				      *p == 'a' ? h->a : (*p == 'b' ? h->b : h->n));
	}
	buf[n] = '\0';
	return buf;
}

void hazard_begin(struct hazard_watch *w)
{
	memset(w, 0, sizeof(*w));
}

static void add(struct hazard_watch *w, const struct hazard *h)
{
	if (w->n < HAZARDS_MAX)
		w->found[w->n++] = *h;
	else
		w->more++;
}

static void settle_unseen(struct hazard_watch *w)
{
	if (w->has_unseen)
		add(w, &w->unseen);
	w->has_unseen = false;
}

void hazard_looked(struct hazard_watch *w)
{
	w->has_unseen = false;
}

static void unseen(struct hazard_watch *w, struct hazard h)
{
	w->unseen = h;
	w->has_unseen = true;
}

/* The eventfd that item @i names, or NO_OBJECT. */
static uint32_t object_of(const struct model *m, const struct op *op, uint32_t i)
{
	int32_t fd = op_request_fd(op, i);

	return fd >= 0 && fd < (int32_t)PROGRAM_SLOTS && m->slot[fd] < PROGRAM_SLOTS ? m->slot[fd]
										     : NO_OBJECT;
}

/* Whom the loopback that @op is signals: eventfds, and how many interrupts from which on. */
static uint32_t signalled(const struct model *m, const struct op *op, const struct request_head *h,
			  struct hazard *out)
{
	bool bools = (h->flags & TYPES) == VFIO_IRQ_SET_DATA_BOOL;
	uint32_t eventfds = 0;

	for (uint32_t i = 0; i < h->count; i++) {
		uint32_t v = h->start + i;
		uint8_t o = MODEL_NO_OBJECT;

		if (bools && !op_request_bool(op, i))
			continue;
		if (irq_index_is_msi(h->index))
			o = vector_in(&m->active, v) ? m->trigger[v] : o;
		else if (h->index == VFIO_PCI_INTX_IRQ_INDEX)
			o = m->virq_disabled ? o : m->intx_trigger;
		else
			o = h->index == VFIO_PCI_ERR_IRQ_INDEX ? m->err : m->req;
		if (o == MODEL_NO_OBJECT)
			continue;
		out->a = out->n++ ? out->a : v;
		eventfds |= o < PROGRAM_SLOTS ? 1u << o : 0;
	}
	return eventfds;
}

static void note_loopback(struct hazard_watch *w, const struct model *before, const struct op *op,
			  const struct request_head *h, uint32_t at)
{
	struct hazard hazard = {.kind = HAZARD_LOOPBACK, .at = at};
	uint32_t eventfds = signalled(before, op, h, &hazard);

	if (!hazard.n)
		return;
	if (!eventfds || w->loopbacks == HAZARD_LOOPBACKS) {
		/* Nobody can read it, or nobody can wait for that any more. */
		if (!eventfds)
			add(w, &hazard);
		return;
	}
	w->loopback[w->loopbacks].hazard = hazard;
	w->loopback[w->loopbacks++].eventfds = eventfds;
}

/* Forget the loopbacks that signalled one of @eventfds: somebody wanted to see it. */
static void were_read(struct hazard_watch *w, uint32_t eventfds)
{
	uint32_t kept = 0;

	for (uint32_t i = 0; i < w->loopbacks; i++) {
		if (!(w->loopback[i].eventfds & eventfds))
			w->loopback[kept++] = w->loopback[i];
	}
	w->loopbacks = kept;
}

/* And those whose eventfds have all gone are hazards now. */
static void drop_closed(struct hazard_watch *w, const struct model *m)
{
	uint32_t kept = 0, open = 0;

	for (uint32_t o = 0; o < PROGRAM_SLOTS; o++)
		open |= m->eventfd[o].files ? 1u << o : 0;
	for (uint32_t i = 0; i < w->loopbacks; i++) {
		w->loopback[i].eventfds &= open;
		if (w->loopback[i].eventfds)
			w->loopback[kept++] = w->loopback[i];
		else
			add(w, &w->loopback[i].hazard);
	}
	w->loopbacks = kept;
}

/* What is set once more as it is, and what is taken away beside something that is set. */
static void check_block(struct hazard_watch *w, const struct model *before, const struct op *op,
			const struct request_head *h, uint32_t at)
{
	struct hazard same = {.kind = HAZARD_SAME_FD, .at = at};
	struct hazard removed = {.kind = HAZARD_NOT_KEPT, .at = at};
	bool sets = false;

	for (uint32_t i = 0; i < h->count; i++) {
		uint32_t v = h->start + i;
		bool live = vector_in(&before->active, v);
		int32_t fd = op_request_fd(op, i);

		sets |= fd >= 0;
		if (live && fd < 0)
			removed.a = removed.n++ ? removed.a : v;
		if (live && object_of(before, op, i) == before->trigger[v])
			same.a = same.n++ ? same.a : v;
	}
	if (same.n)
		add(w, &same);
	if (removed.n && sets)
		add(w, &removed);
}

/* A vector that @op did not set, and that signals @object. */
static uint32_t other_with(const struct model *m, const struct request_head *h, uint32_t object)
{
	for (uint32_t i = 0; i < m->words; i++) {
		for (uint64_t bits = m->active.bits[i]; bits; bits &= bits - 1) {
			uint32_t v = i * 64 + (uint32_t)__builtin_ctzll(bits);

			if (m->trigger[v] == object && (v < h->start || v - h->start >= h->count))
				return v;
		}
	}
	return NO_VECTOR;
}

static void check_shared(struct hazard_watch *w, const struct model *after, const struct op *op,
			 const struct request_head *h, uint32_t at)
{
	struct hazard hazard = {.kind = HAZARD_SHARED_FD, .at = at};
	uint32_t first[PROGRAM_SLOTS];

	for (uint32_t o = 0; o < PROGRAM_SLOTS; o++)
		first[o] = other_with(after, h, o);
	for (uint32_t i = 0; i < h->count; i++) {
		uint32_t object = object_of(after, op, i);

		if (object == NO_OBJECT)
			continue;
		if (first[object] != NO_VECTOR) {
			hazard.a = first[object];
			hazard.b = h->start + i;
			add(w, &hazard);
			return;
		}
		first[object] = h->start + i;
	}
}

/* Did the call that comes next heed how many can be had, or turn to another index? */
static void check_fewer(struct hazard_watch *w, const struct request_head *h)
{
	if (w->fewer && (h->flags & TYPES) == VFIO_IRQ_SET_DATA_EVENTFD &&
	    (h->index != w->index || h->start + h->count <= w->fewer))
		w->has_unseen = false;
	w->fewer = 0;
}

static void check_call(struct hazard_watch *w, const struct model *before,
		       const struct model *after, const struct op *op, int32_t ret, uint32_t at)
{
	uint32_t action, type;
	struct request_head h;

	op_request_head(op, &h);
	action = h.flags & ACTIONS;
	type = h.flags & TYPES;
	check_fewer(w, &h);
	settle_unseen(w);
	if (action != VFIO_IRQ_SET_ACTION_TRIGGER) {
		if (ret == -ENOTTY && irq_index_is_msi(h.index) &&
		    (action == VFIO_IRQ_SET_ACTION_MASK || action == VFIO_IRQ_SET_ACTION_UNMASK))
			unseen(w, (struct hazard){.kind = HAZARD_NO_MASK, .at = at, .a = h.start});
		return;
	}
	if (type == VFIO_IRQ_SET_DATA_NONE && !h.count) {
		if (ret == -EINVAL)
			unseen(w, (struct hazard){.kind = HAZARD_UNDISABLED, .at = at});
		return;
	}
	if (ret > 0) {
		unseen(w, (struct hazard){.kind = HAZARD_FEWER,
					  .at = at,
					  .a = (uint32_t)ret,
					  .b = h.start + h.count});
		w->fewer = (uint32_t)ret;
		w->index = h.index;
	}
	if (ret)
		return;
	if (type != VFIO_IRQ_SET_DATA_EVENTFD) {
		note_loopback(w, before, op, &h, at);
	} else if (irq_index_is_msi(h.index)) {
		check_block(w, before, op, &h, at);
		check_shared(w, after, op, &h, at);
	}
}

void hazard_step(struct hazard_watch *w, const struct model *before, const struct model *after,
		 const struct op *op, int32_t ret, uint32_t at)
{
	if (op_is_call(op)) {
		check_call(w, before, after, op, ret, at);
		return;
	}
	/* What a positive number was taken for shows in the next call. */
	if (!w->fewer)
		settle_unseen(w);
	if (op->kind == OP_READ && !ret && after->slot[op->slot] < PROGRAM_SLOTS)
		were_read(w, 1u << after->slot[op->slot]);
	else if (op->kind == OP_CLOSE || op->kind == OP_OPEN || op->kind == OP_DUP)
		drop_closed(w, after);
}

static int by_operation(const void *a, const void *b)
{
	const struct hazard *x = a, *y = b;

	return x->at != y->at ? (x->at > y->at) - (x->at < y->at)
			      : (x->kind > y->kind) - (x->kind < y->kind);
}

void hazard_end(struct hazard_watch *w)
{
	settle_unseen(w);
	for (uint32_t i = 0; i < w->loopbacks; i++)
		add(w, &w->loopback[i].hazard);
	w->loopbacks = 0;
	qsort(w->found, w->n, sizeof(w->found[0]), by_operation);
}
