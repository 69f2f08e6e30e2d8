/* SPDX-License-Identifier: MIT */
/*
 * oracle_inspect: what can be seen behind the ioctls, held against the model: type, vectors,
 * references, masks, and the entries of the table.
 */
#include "exec/oracle_private.h"

/* Entries of the MSI-X table that are looked at after a program. */
#define ENTRIES_CHECKED 64u

/* The first vector that only one of the two sets has. @words: as many of them say something. */
static void compare_set(struct oracle *o, enum difference d, const char *what,
			const struct vector_set *want, const uint64_t *got, uint32_t words)
{
	uint32_t used = o->x->model.words, n = words > used ? words : used;

	for (uint32_t w = 0; w < n; w++) {
		uint64_t diff = want->bits[w] ^ (w < words ? got[w] : 0);
		uint32_t v;

		if (!diff)
			continue;
		v = w * 64 + (uint32_t)__builtin_ctzll(diff);
		differ_by(o, d, BY_MODEL, v, vector_in(want, v) ? "missing" : "extra",
			  "vector %u: expected %s%s, it is%s", v, vector_in(want, v) ? "" : "not ",
			  what, vector_in(want, v) ? " not" : "");
		return;
	}
}

static void compare_number(struct oracle *o, enum difference d, const char *what, uint32_t want,
			   uint32_t got)
{
	if (want != got)
		differ(o, d, more_or_less(want, got), "expected %s %u, got %u", what, want, got);
}

void oracle_inspect(struct oracle *o)
{
	static const struct vector_set intx = {.bits = {1}}; /* its one interrupt */
	struct model *m = &o->x->model;
	struct backend_inspect seen;
	int err;

	o->since = 0;
	err = backend_inspect(o->x->be, &seen);
	if (err) {
		o->err = err;
		o->doing = "looking at the vectors";
		return;
	}
	if (seen.valid & INSPECT_TYPE)
		compare_number(o, DIFF_TYPE, "enabled index", m->type, seen.type);
	if (seen.valid & INSPECT_ACTIVE)
		compare_set(o, DIFF_ACTIVE, "active",
			    m->type == VFIO_PCI_INTX_IRQ_INDEX ? &intx : &m->active, seen.active,
			    seen.words);
	if (seen.valid & INSPECT_ALLOCATED)
		compare_set(o, DIFF_ALLOCATED, "allocated", &m->allocated, seen.allocated,
			    seen.words);
	if (seen.valid & INSPECT_REFERENCES)
		compare_number(o, DIFF_REFERENCES, "eventfd references", m->references,
			       seen.references);
	/* The emulator's own count is not enough: it may count what it does not let go. */
	if (o->x->slots->ops->references)
		compare_number(o, DIFF_REFERENCES, "references on eventfds", m->references,
			       o->x->slots->ops->references(o->x->slots));
	if (seen.valid & INSPECT_MASKED)
		compare_number(o, DIFF_MASKED, "INTX masked", m->intx_masked, seen.masked);
	if ((seen.valid & INSPECT_CONTROL) && model_control(m) != seen.control)
		differ(o, DIFF_CONTROL, more_or_less(model_control(m), seen.control),
		       "expected Message Control 0x%x, got 0x%x (1 MSI, 2 MSI-X, 4 Function Mask, "
		       "0x100 a vector of MSI)",
		       model_control(m), seen.control);
	if (seen.valid & INSPECT_PRODUCERS)
		compare_number(o, DIFF_PRODUCERS, "bypass producers",
			       vector_set_size(m, &m->producer), seen.producers);
}

/* All of the entries that are looked at agree; if not, or not known: one by one. */
static bool entries_agree(const struct oracle *o)
{
	const struct model *m = &o->x->model;
	struct backend *be = o->x->be;
	uint64_t unmasked, pending;

	return be->ops->entries && !m->d3hot && !be->ops->entries(be, &unmasked, &pending) &&
	       unmasked == m->unmasked.bits[0] && pending == m->pending.bits[0];
}

/* Mask and pending bits of the table, which an event that comes later would show. */
void oracle_check_entries(struct oracle *o)
{
	struct model *m = &o->x->model;
	struct op op = op_make(OP_ENTRY);
	struct expectation want;

	_Static_assert(ENTRIES_CHECKED == 64, "entries() is of as many");
	if (entries_agree(o))
		return;
	for (op.start = 0; op.start < m->msix_count && op.start < ENTRIES_CHECKED; op.start++) {
		int got = backend_device(o->x->be, BACKEND_DEV_ENTRY, op.start);

		model_step(m, &op, &want);
		if (want.ret != got)
			differ_by(o, DIFF_MASKED, o->x->rules.by[RULED_ENTRIES], op.start,
				  more_or_less((uint32_t)want.ret, (uint32_t)got),
				  "entry %u: expected bits %d, got %d", op.start, want.ret, got);
	}
}
