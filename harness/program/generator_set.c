/* SPDX-License-Identifier: MIT */
/* SET_IRQS requests that fit the guessed state. */
#include "program/generator_private.h"

int32_t gen_slot(struct generator *g)
{
	uint32_t slot = rng_below(g->rng, PROGRAM_SLOTS);

	/* One more try is enough: a closed slot is a case too. */
	if (!(g->open >> slot & 1))
		slot = rng_below(g->rng, PROGRAM_SLOTS);
	return (int32_t)slot;
}

int32_t gen_bad_fd(struct generator *g)
{
	uint32_t slot;

	switch (rng_below(g->rng, 8)) {
	case 0:
	case 1:
	case 2:
		return PROGRAM_FD_CLOSED;
	case 3:
	case 4:
		return PROGRAM_FD_FILE;
	case 5:
		return INT32_MAX;
	case 6:
		for (slot = 0; slot < PROGRAM_SLOTS; slot++) {
			if (!(g->open >> slot & 1))
				return (int32_t)slot;
		}
		return PROGRAM_FD_CLOSED;
	default:
		return PROGRAM_FD_CLOSED + 1 + (int32_t)rng_below(g->rng, 1000);
	}
}

static int32_t negative_fd(struct generator *g)
{
	uint32_t r = rng_below(g->rng, 16);

	if (r < 12)
		return -1;
	return r < 14 ? -2 : r < 15 ? INT32_MIN : -(int32_t)rng_below(g->rng, 4096) - 1;
}

uint32_t gen_vector(struct generator *g, uint32_t index)
{
	uint32_t n = g->count[index], r = rng_below(g->rng, 16);
	uint32_t vector;

	if (n <= 1)
		return 0;
	if (r < 7 && g->recents) {
		vector = g->recent[rng_below(
			g->rng, g->recents < GENERATOR_RECENT ? g->recents : GENERATOR_RECENT)];
		if (vector < n)
			return vector;
	}
	if (r < 12)
		return rng_below(g->rng, n < 6 ? n : 6);
	return r == 15 ? n - 1 : rng_below(g->rng, n);
}

uint32_t gen_vectors_at_once(const struct generator *g, uint32_t count)
{
	return g->cfg.max_vectors && g->cfg.max_vectors < count ? g->cfg.max_vectors : count;
}

/* Items of which most are eventfds. */
static void fill_fds(struct generator *g, struct op *op)
{
	uint32_t items = op->count < PROGRAM_ITEMS ? op->count : PROGRAM_ITEMS;
	uint32_t style = rng_below(g->rng, 16);
	int32_t same = gen_slot(g);

	op->n = (uint8_t)(items ? items : 1);
	for (uint32_t i = 0; i < op->n; i++) {
		if (style < 8)
			op->data[i] = (int32_t)((uint32_t)(same + (int32_t)i) % PROGRAM_SLOTS);
		else if (style < 10)
			op->data[i] = same;
		else if (style < 14 && gen_percent(g, 40))
			op->data[i] = negative_fd(g);
		else
			op->data[i] = style == 14 ? -1 : gen_slot(g);
	}
	/* Most fail in the middle, if they fail (R53). */
	if (rng_below(g->rng, 16) == 0) {
		/* one draw after the other: no compiler is to choose the order */
		uint32_t at = rng_below(g->rng, op->n);

		op->data[at] = gen_bad_fd(g);
	}
}

static void fill_bools(struct generator *g, struct op *op)
{
	uint64_t bits = rng_u64(g->rng);

	op->n = (uint8_t)(op->count && op->count < PROGRAM_ITEMS ? op->count : 3);
	for (uint32_t i = 0; i < op->n; i++)
		op->data[i] = (int32_t)(bits >> i & 1);
	if ((bits & 0xf00000) == 0)
		op->data[0] = (int32_t)(bits >> 32 & 0xff);
}

static void valid_single(struct generator *g, struct op *op, uint32_t index)
{
	bool set = index == VFIO_PCI_ERR_IRQ_INDEX ? g->err : g->req;
	uint32_t r = rng_below(g->rng, 16);

	if (!set ? r < 13 : r < 5) {
		gen_put_fd(op, index, 0, gen_slot(g));
	} else if (r < 9) {
		gen_put(op, index, GEN_NONE, 0, 1);
	} else if (r < 11) {
		gen_put(op, index, GEN_BOOL, 0, 1);
		fill_bools(g, op);
	} else if (r < 13) {
		gen_put_fd(op, index, 0, negative_fd(g));
	} else if (r < 15) {
		gen_put(op, index, GEN_NONE, 0, 0);
	} else {
		gen_put_fd(op, index, 0, gen_bad_fd(g));
	}
}

static void valid_intx(struct generator *g, struct op *op)
{
	uint32_t r = rng_below(g->rng, 32);

	if (r < 4) {
		gen_put_fd(op, VFIO_PCI_INTX_IRQ_INDEX, 0, gen_slot(g));
	} else if (r < 5) {
		gen_put_fd(op, VFIO_PCI_INTX_IRQ_INDEX, 0, negative_fd(g));
	} else if (r < 6) {
		gen_put_fd(op, VFIO_PCI_INTX_IRQ_INDEX, 0, gen_bad_fd(g));
	} else if (r < 9) {
		gen_put(op, VFIO_PCI_INTX_IRQ_INDEX, GEN_NONE, 0, 1);
	} else if (r < 11) {
		gen_put(op, VFIO_PCI_INTX_IRQ_INDEX, GEN_BOOL, 0, 1);
		fill_bools(g, op);
	} else if (r < 13) {
		gen_put(op, VFIO_PCI_INTX_IRQ_INDEX, GEN_NONE, 0, 0);
	} else if (r < 20) {
		gen_put(op, VFIO_PCI_INTX_IRQ_INDEX, VFIO_IRQ_SET_DATA_NONE, 0, 1);
		op->flags |= g->masked == gen_percent(g, 80) ? GEN_UNMASK : GEN_MASK;
	} else if (r < 23) {
		gen_put(op, VFIO_PCI_INTX_IRQ_INDEX, VFIO_IRQ_SET_DATA_BOOL, 0, 1);
		op->flags |= r == 20 ? GEN_MASK : GEN_UNMASK;
		fill_bools(g, op);
	} else {
		gen_put_fd(op, VFIO_PCI_INTX_IRQ_INDEX, 0, gen_slot(g));
		op->flags = (r == 31 ? GEN_MASK : GEN_UNMASK) | VFIO_IRQ_SET_DATA_EVENTFD;
		if (r >= 27)
			op->data[0] = r == 30 ? gen_bad_fd(g) : negative_fd(g);
	}
}

static void enable_msi(struct generator *g, struct op *op, uint32_t index)
{
	uint32_t n = gen_vectors_at_once(g, g->count[index]);
	uint32_t start = gen_percent(g, 85) ? 0 : gen_vector(g, index);
	uint32_t few = n < 8 ? n : 8;

	if (start >= n)
		start = 0;
	gen_put(op, index, GEN_EVENTFD, start, 1 + gen_below(g, few));
	if (gen_percent(g, 12))
		op->count = n;
	if (op->count > n - start)
		op->count = n - start;
	fill_fds(g, op);
}

/* Vectors of the enabled index, within what may be set without -EINVAL. */
static void some_vectors(struct generator *g, uint32_t index, uint32_t *start, uint32_t *count)
{
	bool any = index == VFIO_PCI_MSIX_IRQ_INDEX && g->cfg.dyn;
	uint32_t limit = any || gen_percent(g, 10) ? g->count[index] : g->nvec;
	uint32_t most;

	if (!limit || limit > g->count[index])
		limit = g->count[index];
	*start = gen_vector(g, index);
	if (*start >= limit)
		*start = gen_below(g, limit);
	most = gen_vectors_at_once(g, limit - *start);
	*count = 1 + gen_below(g, most < 4 ? most : 4);
	if (rng_below(g->rng, 32) == 0 && most)
		*count = most;
}

static void valid_msi(struct generator *g, struct op *op)
{
	uint32_t index = g->type, r = rng_below(g->rng, 64);
	uint32_t start, count;

	if (r < 5) {
		gen_put(op, index, GEN_NONE, gen_vector(g, index), 0);
		if (r < 4)
			op->start = 0;
		return;
	}
	if (r < 8) {
		enable_msi(g, op, index);
		return;
	}
	some_vectors(g, index, &start, &count);
	if (r < 26) {
		gen_put_fd(op, index, start, gen_slot(g));
	} else if (r < 35) {
		gen_put_fd(op, index, start, negative_fd(g));
	} else if (r < 46) {
		gen_put(op, index, GEN_EVENTFD, start, count);
		fill_fds(g, op);
	} else if (r < 48) {
		gen_put(op, index, GEN_EVENTFD, start, 0);
		op->n = r & 1;
	} else if (r < 57) {
		gen_put(op, index, GEN_NONE, start, count);
	} else {
		gen_put(op, index, GEN_BOOL, start, count);
		fill_bools(g, op);
		if (r == 63)
			op->count = 0;
	}
}

static uint32_t present_index(struct generator *g)
{
	static const uint8_t order[16] = {2, 2, 2, 2, 2, 2, 2, 1, 1, 1, 0, 0, 0, 3, 4, 4};
	uint32_t r = rng_below(g->rng, 16);

	for (uint32_t i = 0; i < 16; i++) {
		if (g->count[order[(r + i) & 15]])
			return order[(r + i) & 15];
	}
	return VFIO_PCI_REQ_IRQ_INDEX;
}

void gen_valid(struct generator *g, struct op *op)
{
	uint32_t r = rng_below(g->rng, 100);
	uint32_t index = present_index(g);

	/* Sometimes as if another index were enabled, or none (R18). */
	if (r < 82 && g->type != VFIO_PCI_NUM_IRQS) {
		if (irq_index_is_msi(g->type))
			valid_msi(g, op);
		else
			valid_intx(g, op);
		return;
	}
	if (irq_index_is_msi(index))
		enable_msi(g, op, index);
	else if (index == VFIO_PCI_INTX_IRQ_INDEX && g->type == VFIO_PCI_NUM_IRQS && r < 70)
		gen_put_fd(op, index, 0, r < 4 ? -1 : gen_slot(g));
	else if (index == VFIO_PCI_INTX_IRQ_INDEX)
		valid_intx(g, op);
	else
		valid_single(g, op, index);
}

void gen_any_set(struct generator *g, struct op *op)
{
	uint32_t r = rng_below(g->rng, 128);

	if (r < 88) {
		gen_valid(g, op);
	} else if (r < 99) {
		gen_valid(g, op);
		gen_mutate(g, op);
	} else if (r < 122) {
		gen_matrix(g, op);
	} else if (r < 127 && g->lasts) {
		*op = g->last[rng_below(g->rng, g->lasts < 4 ? g->lasts : 4)];
	} else {
		gen_raw(g, op);
	}
}
