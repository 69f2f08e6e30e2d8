/* SPDX-License-Identifier: MIT */
/* What must not be made: what the target cannot do, or should not be made to do. */
#include "backend/backend.h"
#include "program/generator_private.h"

static bool safe_request(const struct generator *g, const struct request_head *head)
{
	if (!(head->flags & VFIO_IRQ_SET_DATA_EVENTFD) || !irq_index_is_msi(head->index))
		return true;
	return !g->line || g->type == head->index;
}

static bool request_allowed(const struct generator *g, const struct op *op)
{
	struct request_head head;
	uint64_t end;

	if (!g->cfg.max_vectors && !g->cfg.real)
		return true;
	op_request_head(op, &head);
	end = (uint64_t)head.start + head.count;
	if (g->cfg.max_vectors && irq_index_is_msi(head.index) && end <= g->count[head.index] &&
	    (head.flags & VFIO_IRQ_SET_DATA_EVENTFD)) {
		uint64_t set = g->type == head.index ? head.count : end;

		if (set > g->cfg.max_vectors)
			return false;
	}
	return !g->cfg.real || safe_request(g, &head);
}

static bool fire_allowed(const struct generator *g, const struct op *op)
{
	if (op->index >= VFIO_PCI_NUM_IRQS || !g->cfg.fire[op->index] ||
	    op->start >= g->count[op->index])
		return false;
	if (op->index == VFIO_PCI_MSIX_IRQ_INDEX)
		return op->start < g->cfg.fire_max;
	if (op->index != VFIO_PCI_MSI_IRQ_INDEX || !g->cfg.real)
		return true;
	/* Within a block a call may take the trigger away first. */
	return !g->block && g->type == VFIO_PCI_MSI_IRQ_INDEX && gen_is_armed(g, op->start);
}

static bool needs_memory(const struct op *op)
{
	switch (op->kind) {
	case OP_FIRE:
	case OP_LINE:
	case OP_ENTRY:
	case OP_WIPE:
	case OP_SCRIBBLE:
	case OP_TABLE_SIZE:
		return true;
	default:
		return false;
	}
}

bool generator_allows(const struct generator *g, const struct op *op)
{
	int needs = op_device_op((enum op_kind)op->kind);

	if (needs >= 0 && !gen_can(g, (uint32_t)needs))
		return false;
	if (g->cfg.real && (g->memory_off || g->d3hot) && needs_memory(op))
		return false;
	switch (op->kind) {
	case OP_SET_IRQS:
	case OP_RAW:
		return request_allowed(g, op);
	case OP_FIRE:
		return fire_allowed(g, op);
	case OP_LINE:
		return !g->cfg.real || !irq_index_is_msi(g->type);
	case OP_POWER:
		/* A function in D3hot sends nothing (R61), but QEMU's do, with whatever message. */
		if (g->cfg.real && op->value && g->pends)
			return false;
		/* fallthrough */
	case OP_MEMORY:
		/* The trigger has to reach a line that is up, to put it right around INTX. */
		return !g->cfg.real || !g->line || (op->kind == OP_MEMORY) == (op->value != 0);
	case OP_RESET:
		return !g->cfg.no_reset;
	default:
		return true;
	}
}
