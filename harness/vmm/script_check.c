/* SPDX-License-Identifier: MIT */
#include "vmm/script_check.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "program/text.h"

/* Why a line is not played; in the order in which they are told. */
enum reason {
	PLAYED,
	/* would change what the resizes come to */
	LOOPBACK,
	OTHER_INDEX,
	CHANGES_DEVICE,
	FAILS_FD,
	FAILS_SIZE,
	/* left out */
	FIRES,
	LOOKS,
	EVENTFDS,
	SINGLE,
	NO_EFFECT,
	MASKS,
	/* played, but not as it stands */
	STABLE,
	BEYOND,
	REASONS,
};

static const struct {
	bool refused;
	const char *text;
} reasons[REASONS] = {
	[LOOPBACK] = {true, "it signals vectors and removes none (R59), and the storm knows of no "
			    "signal but its fires'; fd -1 removes a vector"},
	[OTHER_INDEX] = {true, "the storm is one of MSI-X, and at most one index is enabled (R18)"},
	[CHANGES_DEVICE] = {true, "it changes the device or its host, which the storm does not"},
	[FAILS_FD] = {true, "the call fails for want of an eventfd, and takes the vectors before "
			    "it along (R53); fd -1 removes a vector"},
	[FAILS_SIZE] = {true, "the kernel refuses a request of that size (R8, R9)"},
	[FIRES] = {false, "left out: the storm fires by itself"},
	[LOOKS] = {false, "left out: nothing is compared with it here, `run` does that"},
	[EVENTFDS] = {false, "left out: each vector has two eventfds of the storm's"},
	[SINGLE] = {false, "left out: ERR and REQ do not concern MSI-X (R20)"},
	[NO_EFFECT] = {false, "left out: the kernel does nothing for it"},
	[MASKS] = {false, "left out: SET_IRQS masks INTX alone, this is -ENOTTY (R11)"},
	[STABLE] = {false, "not removed: a stable vector is set again in its place (--stable)"},
	[BEYOND] = {false, "taken modulo --vectors: it reaches beyond them"},
};

struct check {
	const struct program *p;
	uint32_t vectors, stable;
	/* The first line of each reason, and how many there are. */
	uint32_t first[REASONS], n[REASONS];
};

static void note(struct check *c, enum reason reason, uint32_t at)
{
	if (!c->n[reason]++)
		c->first[reason] = at;
}

static enum reason request(const struct request_head *h)
{
	uint32_t action = h->flags & VFIO_IRQ_SET_ACTION_TYPE_MASK;
	uint32_t type = h->flags & VFIO_IRQ_SET_DATA_TYPE_MASK;
	bool whole = h->size >= IRQ_SET_HDR_SIZE && h->argsz >= IRQ_SET_HDR_SIZE;

	if (!whole || h->index >= VFIO_PCI_NUM_IRQS)
		return NO_EFFECT;
	if (h->index == VFIO_PCI_ERR_IRQ_INDEX || h->index == VFIO_PCI_REQ_IRQ_INDEX)
		return SINGLE;
	if (action == VFIO_IRQ_SET_ACTION_MASK || action == VFIO_IRQ_SET_ACTION_UNMASK)
		return h->index == VFIO_PCI_INTX_IRQ_INDEX ? OTHER_INDEX : MASKS;
	if (action != VFIO_IRQ_SET_ACTION_TRIGGER)
		return NO_EFFECT;
	if (h->index != VFIO_PCI_MSIX_IRQ_INDEX)
		return OTHER_INDEX;
	if (h->count && (type == VFIO_IRQ_SET_DATA_NONE || type == VFIO_IRQ_SET_DATA_BOOL))
		return LOOPBACK;
	if (h->count && type == VFIO_IRQ_SET_DATA_EVENTFD)
		return FAILS_SIZE;
	return NO_EFFECT;
}

static enum reason other(const struct op *op)
{
	switch (op->kind) {
	case OP_FIRE:
	case OP_LINE:
		return FIRES;
	case OP_IRQ_INFO:
	case OP_READ:
	case OP_ENTRY:
	case OP_EXPECT:
		return LOOKS;
	case OP_WRITE:
	case OP_CLOSE:
	case OP_OPEN:
	case OP_DUP:
		return EVENTFDS;
	default:
		return CHANGES_DEVICE;
	}
}

static void check_set(struct check *c, const struct op *op, const struct request_head *h,
		      uint32_t at)
{
	uint64_t need = IRQ_SET_HDR_SIZE + (uint64_t)h->count * sizeof(int32_t);

	if (h->argsz < need || h->size < need) {
		note(c, FAILS_SIZE, at);
		return;
	}
	if (h->start >= c->vectors || h->count > c->vectors - h->start)
		note(c, BEYOND, at);
	for (uint32_t i = 0; i < h->count; i++) {
		int32_t fd = op_request_fd(op, i);

		if (fd >= (int32_t)PROGRAM_SLOTS) {
			note(c, FAILS_FD, at);
			return;
		}
		if (fd < 0 && h->start % c->vectors + i < c->stable) {
			note(c, STABLE, at);
			return;
		}
	}
}

static void check_op(struct check *c, const struct op *op, uint32_t at)
{
	struct request_head h;

	switch (script_move_of(op, &h)) {
	case SCRIPT_SET:
		check_set(c, op, &h, at);
		break;
	case SCRIPT_DISABLE:
		break;
	default:
		note(c, op_is_call(op) ? request(&h) : other(op), at);
	}
}

static void add(struct script_notes *out, const struct check *c, enum reason r)
{
	char op[TEXT_OP_MAX], more[48] = "";

	if (c->n[r] > 1)
		snprintf(more, sizeof(more), ", and %u more of the kind", c->n[r] - 1);
	snprintf(out->text[out->n], SCRIPT_NOTE_TEXT, "operation %u: %.120s%s: %s", c->first[r] + 1,
		 text_op(&c->p->ops[c->first[r]], op, sizeof(op)), more, reasons[r].text);
	out->list[out->n] = out->text[out->n];
	out->n++;
}

int script_check(const struct program *p, const char *name, uint32_t vectors, uint32_t stable,
		 struct script_notes *out, struct errmsg *e)
{
	struct check c = {.p = p, .vectors = vectors, .stable = stable};

	_Static_assert(REASONS < SCRIPT_NOTES, "one note each, and one of the device");
	memset(out, 0, sizeof(*out));
	if (!script_resizes(p))
		return errmsg_set(e, -EINVAL, EXIT_USAGE,
				  "--resize program:%s: the program has no operation that resizes "
				  "MSI-X",
				  name);
	for (uint32_t i = 0; i < p->n; i++)
		check_op(&c, &p->ops[i], i);
	for (uint32_t r = PLAYED + 1; r < REASONS; r++) {
		if (!c.n[r])
			continue;
		add(out, &c, (enum reason)r);
		if (reasons[r].refused)
			return errmsg_set(e, -EINVAL, EXIT_USAGE,
					  "--resize program:%s cannot be played: %s", name,
					  out->text[out->n - 1]);
	}
	if (p->has_device) {
		snprintf(out->text[out->n], SCRIPT_NOTE_TEXT,
			 "the line `device`: left out: the device is --target's");
		out->list[out->n] = out->text[out->n];
		out->n++;
	}
	return 0;
}
