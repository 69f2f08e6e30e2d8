/* SPDX-License-Identifier: MIT */
#include "vmm/script.h"

#include <string.h>

#include "vmm/plans.h"

#define TRIGGER_EVENTFD (VFIO_IRQ_SET_ACTION_TRIGGER | VFIO_IRQ_SET_DATA_EVENTFD)
#define TRIGGER_NONE    (VFIO_IRQ_SET_ACTION_TRIGGER | VFIO_IRQ_SET_DATA_NONE)

static uint32_t items(const struct request_head *head)
{
	return head->size < IRQ_SET_HDR_SIZE
		       ? 0
		       : (head->size - IRQ_SET_HDR_SIZE) / (uint32_t)sizeof(int32_t);
}

enum script_move script_move_of(const struct op *op, struct request_head *head)
{
	if (op->kind != OP_SET_IRQS && op->kind != OP_RAW)
		return SCRIPT_NONE;
	op_request_head(op, head);
	if (head->index != VFIO_PCI_MSIX_IRQ_INDEX)
		return SCRIPT_NONE;
	if (head->flags == TRIGGER_NONE && !head->count)
		return SCRIPT_DISABLE;
	return head->flags == TRIGGER_EVENTFD && head->count && items(head) ? SCRIPT_SET
									    : SCRIPT_NONE;
}

bool script_resizes(const struct program *p)
{
	struct request_head head;

	for (uint32_t i = 0; i < p->n; i++) {
		if (script_move_of(&p->ops[i], &head) != SCRIPT_NONE)
			return true;
	}
	return false;
}

static void disarm_rest(struct op *op)
{
	uint32_t n = op_items(op), first = 0;

	if (op->kind == OP_RAW) {
		first = IRQ_SET_HDR_SIZE / sizeof(int32_t);
		n /= sizeof(int32_t);
	}
	for (uint32_t k = first; k < n; k++) {
		if (op->data[k] >= (int32_t)PROGRAM_SLOTS)
			op->data[k] = -1;
	}
}

void script_strip(struct program *p)
{
	struct request_head head;
	uint32_t kept = 0;

	for (uint32_t i = 0; i < p->n; i++) {
		struct op *op = &p->ops[i];

		if (script_move_of(op, &head) == SCRIPT_NONE)
			continue;
		disarm_rest(op);
		p->ops[kept++] = *op;
	}
	p->n = kept;
}

/* What an enable sets: as a VMM would, no more than it must where vectors can be added later. */
static uint32_t enabled(const struct vmm_state *s)
{
	uint32_t n = s->limit;

	while (s->dynamic && n > 1 && !s->wanted[n - 1])
		n--;
	return n;
}

static void start(struct vmm_state *s, enum vmm_event event, uint32_t vector, struct vmm_plan *p)
{
	(void)event; /* a script heeds no guest: there is only the enable */
	(void)vector;
	plan_add(p, CALL_SET, 0, enabled(s));
}

static void disable(struct vmm_state *s, struct vmm_plan *p)
{
	plan_begin(p, PLAN_TEARDOWN, 0, s->vectors);
	plan_add(p, CALL_DISABLE, 0, 0);
	plan_add(p, CALL_SET, 0, enabled(s));
}

static void set(struct vmm_state *s, const struct op *op, const struct request_head *head,
		struct vmm_plan *p)
{
	uint32_t first = head->start % s->vectors, most = s->vectors - first;
	uint32_t count = items(head) < head->count ? items(head) : head->count;

	if (count > most)
		count = most;
	for (uint32_t i = 0; i < count; i++) {
		int32_t fd = op_request_fd(op, i);
		uint32_t v = first + i;
		bool arms = fd >= 0 && fd < (int32_t)PROGRAM_SLOTS;

		s->wanted[v] = arms || v < s->stable;
		if (arms)
			s->side[v] = fd & 1;
	}
	plan_begin(p, PLAN_IN_PLACE, first, count);
	plan_add(p, CALL_SET, first, count);
}

static void next(struct vmm_state *s, struct vmm_plan *p)
{
	struct request_head head;
	enum script_move move;

	do {
		const struct op *op = &s->script->ops[s->script_at];

		s->script_at = (s->script_at + 1) % s->script->n;
		move = script_move_of(op, &head);
		if (move == SCRIPT_SET)
			set(s, op, &head, p);
		else if (move == SCRIPT_DISABLE)
			disable(s, p);
	} while (move == SCRIPT_NONE);
}

const struct strategy strategy_script = {
	.name = "program",
	.summary = "the resizes of a program",
	.index = VFIO_PCI_MSIX_IRQ_INDEX,
	.two_sides = true,
	.plan = start,
	.next = next,
};
