/* SPDX-License-Identifier: MIT */
/* The guess of the device's state, after the fact. */
#include <string.h>

#include "program/generator_private.h"

static void set_armed(struct generator *g, uint32_t vector, bool armed)
{
	uint64_t bit = 1ULL << vector % 64;

	if (armed)
		g->armed[vector / 64] |= bit;
	else
		g->armed[vector / 64] &= ~bit;
}

static void none_enabled(struct generator *g)
{
	g->type = VFIO_PCI_NUM_IRQS;
	g->nvec = 0;
	g->masked = false;
	memset(g->armed, 0, sizeof(g->armed));
}

static int32_t fd_of(const struct op *op, const struct request_head *head, uint32_t i)
{
	if (head->size < IRQ_SET_HDR_SIZE + (i + 1) * sizeof(int32_t))
		return -1;
	return op_request_fd(op, i);
}

static void intx_done(struct generator *g, const struct request_head *head)
{
	switch (head->flags) {
	case GEN_EVENTFD:
		if (g->type != VFIO_PCI_INTX_IRQ_INDEX) {
			none_enabled(g);
			g->type = VFIO_PCI_INTX_IRQ_INDEX;
			g->masked = g->disintx;
		}
		break;
	case GEN_NONE:
		if (!head->count)
			none_enabled(g);
		break;
	case GEN_MASK | VFIO_IRQ_SET_DATA_NONE:
		g->masked = true;
		break;
	case GEN_UNMASK | VFIO_IRQ_SET_DATA_NONE:
		g->masked = false;
		break;
	default:
		break;
	}
}

static void msi_done(struct generator *g, const struct op *op, const struct request_head *head)
{
	if (head->flags == GEN_NONE && !head->count) {
		none_enabled(g);
		return;
	}
	if (head->flags != GEN_EVENTFD)
		return;
	if (g->type != head->index) {
		none_enabled(g);
		g->type = head->index;
		g->nvec = head->start + head->count;
	}
	for (uint32_t i = 0; i < head->count && head->start + i < IRQ_MAX_VECTORS; i++)
		set_armed(g, head->start + i, fd_of(op, head, i) >= 0);
	if (head->count)
		g->recent[g->recents++ % GENERATOR_RECENT] =
			head->start + (head->count > 1 ? gen_below(g, head->count) : 0);
}

/* Which vectors a failed call took down depends on where it failed (R53): none may be armed. */
static void msi_failed(struct generator *g, const struct request_head *head)
{
	if (head->flags != GEN_EVENTFD || g->type != head->index ||
	    (uint64_t)head->start + head->count > IRQ_MAX_VECTORS)
		return;
	for (uint32_t i = 0; i < head->count; i++)
		set_armed(g, head->start + i, false);
}

static void single_done(struct generator *g, const struct op *op, const struct request_head *head)
{
	bool *set = head->index == VFIO_PCI_ERR_IRQ_INDEX ? &g->err : &g->req;

	if (head->flags == GEN_EVENTFD)
		*set = fd_of(op, head, 0) >= 0;
	else if (head->flags == GEN_NONE && !head->count)
		*set = false;
}

static void request(struct generator *g, const struct op *op, int ret)
{
	struct request_head head;

	op_request_head(op, &head);
	switch (head.index) {
	case VFIO_PCI_INTX_IRQ_INDEX:
		if (!ret)
			intx_done(g, &head);
		break;
	case VFIO_PCI_MSI_IRQ_INDEX:
	case VFIO_PCI_MSIX_IRQ_INDEX:
		if (!ret)
			msi_done(g, op, &head);
		else
			msi_failed(g, &head);
		break;
	case VFIO_PCI_ERR_IRQ_INDEX:
	case VFIO_PCI_REQ_IRQ_INDEX:
		if (!ret)
			single_done(g, op, &head);
		break;
	default:
		break;
	}
}

static void slot_op(struct generator *g, const struct op *op, int ret)
{
	uint8_t bit = (uint8_t)(1u << op->slot % PROGRAM_SLOTS);
	uint8_t bit2 = (uint8_t)(1u << op->slot2 % PROGRAM_SLOTS);

	switch (op->kind) {
	case OP_CLOSE:
		g->open &= (uint8_t)~bit;
		break;
	case OP_OPEN:
		g->open |= bit;
		break;
	default:
		g->open = (uint8_t)(ret < 0 ? g->open & ~bit2 : g->open | bit2);
		break;
	}
}

static void reopened(struct generator *g, const struct op *op)
{
	none_enabled(g);
	g->err = g->req = g->disintx = g->memory_off = g->d3hot = g->pends = false;
	if (op->kind == OP_REBIND && op->value && op->value <= IRQ_MAX_VECTORS)
		g->count[VFIO_PCI_MSIX_IRQ_INDEX] = (uint32_t)op->value;
}

static void device_op(struct generator *g, const struct op *op)
{
	switch (op->kind) {
	case OP_LINE:
		g->line = op->value;
		break;
	case OP_FIRE:
		g->line |= op->index == VFIO_PCI_INTX_IRQ_INDEX;
		g->pends |= op->index == VFIO_PCI_MSIX_IRQ_INDEX &&
			    (g->call_due || g->type != op->index || !gen_is_armed(g, op->start));
		break;
	case OP_DISINTX:
		g->disintx = op->value;
		g->masked = op->value && g->type == VFIO_PCI_INTX_IRQ_INDEX;
		break;
	case OP_MEMORY:
		g->memory_off = !op->value;
		break;
	case OP_POWER:
		g->d3hot = op->value == 3;
		break;
	case OP_REOPEN:
	case OP_REBIND:
		reopened(g, op);
		break;
	case OP_TABLE_SIZE:
		if (op->value <= IRQ_MAX_VECTORS)
			g->count[VFIO_PCI_MSIX_IRQ_INDEX] = (uint32_t)op->value;
		break;
	default:
		break;
	}
}

void generator_note(struct generator *g, const struct op *op, int ret)
{
	switch (op->kind) {
	case OP_SET_IRQS:
	case OP_RAW:
		request(g, op, ret);
		break;
	case OP_CLOSE:
	case OP_OPEN:
	case OP_DUP:
		slot_op(g, op, ret);
		break;
	default:
		if (!ret)
			device_op(g, op);
		break;
	}
}
