/* SPDX-License-Identifier: MIT */
/* withheld, see docs/rules.md R39 */
#include "program/withheld.h"

#define SEEN_ALL 3u

void withheld_start(struct withheld *w)
{
	*w = (struct withheld){.next = PROGRAM_SLOTS};
	for (uint32_t s = 0; s < PROGRAM_SLOTS; s++)
		w->id[s] = s;
}

void withheld_unordered(struct withheld *w)
{
	/* What was closed may be open again by then. */
	for (uint32_t s = 0; s < PROGRAM_SLOTS; s++)
		w->id[s] = w->id[s] == UINT32_MAX ? w->next++ : w->id[s];
	w->unordered = true;
}

static void forget(struct withheld *w)
{
	memset(w->seen, 0, sizeof(w->seen));
	w->set = false;
}

static bool note(struct withheld *w, uint32_t slot, uint8_t seen)
{
	uint32_t id = w->id[slot];

	if (id == UINT32_MAX)
		return false;
	if ((w->seen[slot] | seen) == SEEN_ALL)
		return true;
	for (uint32_t s = 0; s < PROGRAM_SLOTS; s++) {
		if (w->id[s] == id)
			w->seen[s] |= seen;
	}
	return false;
}

static bool join(struct withheld *w, uint32_t from, uint32_t to)
{
	uint32_t id = w->id[to];
	uint8_t seen = w->seen[from] | w->seen[to];

	if (seen == SEEN_ALL)
		return true;
	for (uint32_t s = 0; s < PROGRAM_SLOTS; s++) {
		if (w->id[s] == id)
			w->id[s] = w->id[from];
		if (w->id[s] == w->id[from])
			w->seen[s] = seen;
	}
	return false;
}

static bool slot_op(struct withheld *w, const struct op *op)
{
	uint32_t slot = op->slot % PROGRAM_SLOTS, to = op->slot2 % PROGRAM_SLOTS;

	if (w->unordered)
		return op->kind == OP_DUP && join(w, slot, to);
	if (op->kind == OP_DUP) {
		if (w->id[slot] == UINT32_MAX)
			return false;
		w->id[to] = w->id[slot];
		w->seen[to] = w->seen[slot];
	} else {
		w->id[slot] = op->kind == OP_OPEN ? w->next++ : UINT32_MAX;
		w->seen[slot] = 0;
	}
	return false;
}

static bool call(struct withheld *w, const struct op *op)
{
	bool fails = w->fails, trigger;
	struct request_head h;
	int32_t fd;

	w->fails = false;
	op_request_head(op, &h);
	if (h.index != VFIO_PCI_INTX_IRQ_INDEX)
		return false;
	if (h.flags == (VFIO_IRQ_SET_ACTION_TRIGGER | VFIO_IRQ_SET_DATA_NONE) && !h.count &&
	    !h.start && h.argsz == IRQ_SET_HDR_SIZE && h.size == h.argsz && !fails && !w->unordered)
		forget(w);
	if (!(h.flags & VFIO_IRQ_SET_DATA_EVENTFD) || !h.count)
		return false;
	trigger = h.flags & VFIO_IRQ_SET_ACTION_TRIGGER;
	if (!trigger && !w->set && !w->unordered)
		return false;
	w->set |= trigger;
	if (!trigger && !(h.flags & VFIO_IRQ_SET_ACTION_UNMASK))
		return false;
	if (h.size < IRQ_SET_HDR_SIZE + sizeof(fd))
		return false;
	fd = op_request_fd(op, 0);
	return fd >= 0 && fd < (int32_t)PROGRAM_SLOTS && note(w, (uint32_t)fd, trigger ? 1 : 2);
}

bool withheld_op(struct withheld *w, const struct op *op)
{
	switch (op->kind) {
	case OP_SET_IRQS:
	case OP_RAW:
		return call(w, op);
	case OP_OPEN:
	case OP_CLOSE:
	case OP_DUP:
		return slot_op(w, op);
	case OP_FAIL:
		w->fails = true;
		return false;
	default:
		return false;
	}
}

uint32_t withheld_strip(struct program *p)
{
	struct withheld w;
	uint32_t kept = 0, n = 0;
	bool out = false;

	withheld_start(&w);
	for (uint32_t i = 0; i < p->n; i++) {
		if (p->ops[i].kind != OP_EXPECT) {
			out = withheld_op(&w, &p->ops[i]);
			n += out;
		}
		if (!out)
			p->ops[kept++] = p->ops[i];
	}
	p->n = kept;
	return n;
}
