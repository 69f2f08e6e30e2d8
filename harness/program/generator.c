/* SPDX-License-Identifier: MIT */
#include "program/generator.h"

#include <string.h>

#include "program/generator_private.h"

void generator_init(struct generator *g, const struct generator_config *cfg, struct rng *rng)
{
	memset(g, 0, sizeof(*g));
	g->cfg = *cfg;
	g->rng = rng;
	for (uint32_t i = 0; i <= VFIO_PCI_NUM_IRQS; i++)
		g->cursor[i] = rng_below(rng, GEN_MATRIX);
	generator_start(g);
}

/* After open nothing is enabled; what the user has open is not changed by it. */
static void forget_device(struct generator *g)
{
	g->type = VFIO_PCI_NUM_IRQS;
	g->nvec = 0;
	memset(g->armed, 0, sizeof(g->armed));
	g->recents = 0;
	g->err = g->req = g->masked = g->disintx = g->memory_off = g->d3hot = false;
	g->pends = false;
}

void generator_start(struct generator *g)
{
	forget_device(g);
	memcpy(g->count, g->cfg.count, sizeof(g->count));
	g->line = false;
	g->open = UINT8_MAX;
	g->queue_at = g->queued = g->block = g->lasts = 0;
	g->call_due = false;
}

bool generator_may_end(const struct generator *g)
{
	return !g->block && !g->call_due;
}

static void make_fire(struct generator *g, struct op *op)
{
	static const uint8_t order[16] = {2, 2, 2, 2, 2, 2, 2, 2, 2, 1, 1, 1, 0, 3, 4, 4};
	uint32_t index = g->type;

	if (!irq_index_is_msi(index) || !g->cfg.fire[index] || gen_percent(g, 15))
		index = order[rng_below(g->rng, 16)];
	op_init(op, OP_FIRE);
	op->index = index;
	op->start = gen_vector(g, index);
	if (index == VFIO_PCI_MSIX_IRQ_INDEX && op->start >= g->cfg.fire_max)
		op->start = gen_below(g, g->cfg.fire_max);
}

static void make_slot_op(struct generator *g, enum op_kind kind, struct op *op)
{
	static const uint64_t writes[8] = {1,         1, 1, 5, 0, UINT64_MAX - 1, UINT64_MAX - 2,
					   UINT64_MAX};

	op_init(op, kind);
	op->slot = (uint8_t)gen_slot(g);
	switch (kind) {
	case OP_WRITE:
		op->value = writes[rng_below(g->rng, 8)];
		break;
	case OP_OPEN:
		op->value = gen_percent(g, 25);
		/* Rather one that is closed. */
		for (uint8_t i = 0; i < PROGRAM_SLOTS && g->open != UINT8_MAX; i++) {
			if (!(g->open >> i & 1))
				op->slot = i;
		}
		break;
	case OP_DUP:
		op->slot2 = (uint8_t)rng_below(g->rng, PROGRAM_SLOTS);
		break;
	default:
		break;
	}
}

static void make_irq_info(struct generator *g, struct op *op)
{
	static const uint32_t sizes[8] = {0, 15, 12, 16, 17, 64, UINT32_MAX - 1, 1};

	op_init(op, OP_IRQ_INFO);
	op->index = rng_below(g->rng, 16) ? rng_below(g->rng, 5)
					  : 5 + (uint32_t)(rng_u64(g->rng) & 0x80000003u);
	if (gen_percent(g, 15))
		op->argsz = sizes[rng_below(g->rng, 8)];
}

static void make_device_op(struct generator *g, enum op_kind kind, struct op *op)
{
	uint32_t n = g->count[VFIO_PCI_MSIX_IRQ_INDEX];

	op_init(op, kind);
	switch (kind) {
	case OP_LINE:
		op->value = g->line != gen_percent(g, 85);
		break;
	case OP_DISINTX:
		op->value = g->disintx != gen_percent(g, 85);
		break;
	case OP_MEMORY:
		op->value = g->memory_off == gen_percent(g, 90);
		break;
	case OP_POWER:
		op->value = g->d3hot == gen_percent(g, 90) ? 0 : 3;
		if (!g->cfg.real && gen_percent(g, 5))
			op->value = 1 + rng_below(g->rng, 4);
		break;
	case OP_FUNCTION_MASK:
		op->value = gen_percent(g, 40);
		break;
	case OP_TABLE_SIZE:
	case OP_SRIOV_COUNT:
		op->value = n + rng_below(g->rng, 9);
		if (gen_percent(g, 10))
			op->value = rng_below(g->rng, IRQ_MAX_VECTORS + 2);
		break;
	case OP_REBIND:
		op->value = gen_percent(g, 60) ? 0 : 1 + rng_below(g->rng, 16);
		break;
	case OP_ENTRY:
	case OP_SCRIBBLE:
		op->start = gen_vector(g, VFIO_PCI_MSIX_IRQ_INDEX);
		break;
	default:
		break;
	}
}

/* A few operations that run within the call after them. */
static void make_at(struct generator *g, struct op *op)
{
	struct op call;

	op_init(op, OP_AT);
	op->value = rng_below(g->rng, 24);
	op->n = (uint8_t)(1 + rng_below(g->rng, 3));
	for (uint32_t i = 0; i < op->n; i++) {
		struct op inner;

		if (gen_percent(g, 70))
			make_fire(g, &inner);
		else if (gen_percent(g, 70))
			make_slot_op(g, OP_READ, &inner);
		else
			make_irq_info(g, &inner);
		gen_push(g, inner);
	}
	gen_valid(g, &call);
	gen_push(g, call);
}

static void make_fail(struct generator *g, struct op *op)
{
	struct op call;

	op_init(op, OP_FAIL);
	op->value = 1 + rng_below(g->rng, gen_percent(g, 70) ? 5 : 12);
	if (gen_percent(g, 8)) {
		if (gen_percent(g, 50))
			make_irq_info(g, &call);
		else
			op_init(&call, OP_RESET);
		op->value = 1 + rng_below(g->rng, 2);
	} else if (g->type == VFIO_PCI_NUM_IRQS && g->count[VFIO_PCI_INTX_IRQ_INDEX] &&
		   gen_percent(g, 20)) {
		/* R25: an enable that is to leave nothing behind */
		gen_put_fd(&call, VFIO_PCI_INTX_IRQ_INDEX, 0,
			   gen_percent(g, 15) ? -1 : gen_slot(g));
		op->value = 3 + rng_below(g->rng, 4);
	} else {
		gen_valid(g, &call);
		if (gen_percent(g, 20))
			gen_mutate(g, &call);
	}
	gen_push(g, call);
}

/* Out of 256; what the target cannot do becomes a request. */
static const struct {
	uint8_t kind, share;
} others[] = {
	{OP_FIRE, 74},     {OP_READ, 58},      {OP_AT, 22},         {OP_FAIL, 20},
	{OP_IRQ_INFO, 12}, {OP_LINE, 14},      {OP_WRITE, 8},       {OP_OPEN, 10},
	{OP_CLOSE, 4},     {OP_DUP, 3},        {OP_DISINTX, 5},     {OP_ENTRY, 6},
	{OP_MEMORY, 3},    {OP_POWER, 3},      {OP_RESET, 2},       {OP_FUNCTION_MASK, 2},
	{OP_FLR, 1},       {OP_REOPEN, 1},     {OP_REBIND, 1},      {OP_WIPE, 2},
	{OP_SCRIBBLE, 2},  {OP_TABLE_SIZE, 1}, {OP_SRIOV_COUNT, 2},
};

static void make_other(struct generator *g, struct op *op)
{
	uint32_t r = rng_below(g->rng, 256), i = 0;

	while (r >= others[i].share)
		r -= others[i++].share;
	switch (others[i].kind) {
	case OP_FIRE:
		make_fire(g, op);
		break;
	case OP_AT:
		make_at(g, op);
		break;
	case OP_FAIL:
		make_fail(g, op);
		break;
	case OP_IRQ_INFO:
		make_irq_info(g, op);
		break;
	case OP_READ:
	case OP_WRITE:
	case OP_OPEN:
	case OP_CLOSE:
	case OP_DUP:
		make_slot_op(g, (enum op_kind)others[i].kind, op);
		break;
	default:
		make_device_op(g, (enum op_kind)others[i].kind, op);
		break;
	}
}

static bool take(struct generator *g, struct op *op)
{
	if (!g->queued)
		return false;
	*op = g->queue[g->queue_at];
	g->queue_at = (g->queue_at + 1) % GENERATOR_QUEUE;
	g->queued--;
	return true;
}

static void make(struct generator *g, struct op *op)
{
	uint32_t r = rng_below(g->rng, 1024);

	if (r < 812) {
		gen_any_set(g, op);
	} else if (r < 1010) {
		make_other(g, op);
	} else {
		gen_story(g);
		if (!take(g, op))
			gen_any_set(g, op);
	}
}

/* The call that a block or a FAIL waits for cannot be left out. */
static void make_due_call(struct generator *g, struct op *op)
{
	for (int i = 0; i < 4; i++) {
		gen_valid(g, op);
		if (generator_allows(g, op))
			return;
	}
	gen_put(op, VFIO_PCI_REQ_IRQ_INDEX, GEN_NONE, 0, 1);
}

static void choose(struct generator *g, struct op *op)
{
	for (int i = 0; i < 16; i++) {
		if (!take(g, op))
			make(g, op);
		if (generator_allows(g, op))
			return;
		if (g->block)
			break;
		if (g->call_due) {
			make_due_call(g, op);
			return;
		}
		/* Without its FAIL a call is only a call. */
	}
	make_slot_op(g, OP_READ, op);
}

void generator_next(struct generator *g, struct op *out)
{
	choose(g, out);
	if (g->block) {
		g->block--;
	} else if (out->kind == OP_AT) {
		g->block = out->n;
		g->call_due = true;
	} else if (out->kind == OP_FAIL) {
		g->call_due = true;
	} else if (out->kind == OP_IRQ_INFO || out->kind == OP_RESET) {
		g->call_due = false; /* that of a FAIL, which any ioctl is */
	} else if (out->kind == OP_SET_IRQS) {
		g->call_due = false;
		g->last[g->lasts++ % 4] = *out;
	}
}

static uint32_t small_table(struct rng *rng)
{
	uint32_t r = rng_below(rng, 64);

	if (r < 52)
		return 1 + rng_below(rng, 8);
	if (r < 60)
		return 16 + rng_below(rng, 49);
	if (r == 60) /* the largest there is, and one that is no whole number of words */
		return rng_below(rng, 3) ? 300 : IRQ_MAX_VECTORS;
	return r < 63 ? 0 : 9 + rng_below(rng, 7);
}

void generator_device(struct rng *rng, struct program_device *device)
{
	static const uint8_t msi[8] = {0, 1, 2, 4, 4, 8, 16, 32};
	uint64_t bits = rng_u64(rng);

	device->msix = (uint16_t)small_table(rng);
	device->msi = msi[rng_below(rng, 8)];
	/* Two times in four as most devices are; else anything. */
	device->flags = (uint16_t)(bits & 0x100 ? bits & DEVICE_FLAG_BYTE : DEVICE_DEFAULT);
	if (bits & 0x200)
		device->flags |= DEVICE_DYN | DEVICE_INTX | DEVICE_INTREMAP;
	if (!(bits & 0x6000))
		device->flags |= DEVICE_OPEN;
	device->host_vectors = (uint16_t)(bits & 0x1c00 ? 0 : 1 + rng_below(rng, 12));
}
