/* SPDX-License-Identifier: MIT */
/* mutate: see mutate.h. This file changes the order and number of operations. */
#include "program/mutate.h"

#include <stdlib.h>

#include "program/mutate_private.h"

#define INSERT_MAX 4u
#define FRESH_MAX  24u

void mutator_init(struct mutator *m)
{
	memset(m, 0, sizeof(*m));
	program_init(&m->now);
	program_init(&m->out);
}

void mutator_fini(struct mutator *m)
{
	program_free(&m->now);
	program_free(&m->out);
	mutate_forget(m); /* in case it is used again */
}

void mutate_mend(struct program *p)
{
	for (uint32_t i = 0; i < p->n; i++) {
		struct op *at = &p->ops[i];
		uint32_t n = 0;

		if (at->kind != OP_AT)
			continue;
		while (n < at->n && i + 1 + n < p->n &&
		       op_allowed_in_at((enum op_kind)p->ops[i + 1 + n].kind))
			n++;
		if (at->n != n)
			at->origin = 0;
		at->n = (uint8_t)n;
		i += n;
	}
}

/* Appends operations [@from, @to) of @src, as many as there is room for. False: that is not all. */
static bool append(struct program *p, const struct program *src, uint32_t from, uint32_t to)
{
	uint32_t room = BINARY_FUZZ_OPS - p->n, n = to - from < room ? to - from : room;

	return !program_append(p, src->ops + from, n) && n == to - from;
}

/* m->out, with the device of @p, becomes @p; @p's memory is kept in its place. */
static void take(struct mutator *m, struct program *p)
{
	struct program old = *p;

	m->out.has_device = p->has_device;
	m->out.device = p->device;
	*p = m->out;
	m->out = old;
	mutate_mend(p);
}

/* [*from, *from + *n) within @p, mostly short. False: empty. */
static bool pick_range(const struct program *p, struct rng *rng, uint32_t *from, uint32_t *n)
{
	uint32_t most;

	if (!p->n)
		return false;
	*from = rng_below(rng, p->n);
	most = p->n - *from;
	if (rng_below(rng, 4))
		most = most < 4 ? most : 4;
	*n = 1 + rng_below(rng, most);
	return true;
}

/* What of the device the generator asks for. Everything can be done to an emulator. */
static void configure(const struct program *p, struct generator_config *cfg)
{
	struct program_device d = {
		.profile = PROFILE_6_12, .flags = DEVICE_DEFAULT, .msix = 64, .msi = 16};

	if (p->has_device)
		d = p->device;
	memset(cfg, 0, sizeof(*cfg));
	cfg->count[VFIO_PCI_INTX_IRQ_INDEX] = !!(d.flags & DEVICE_INTX);
	cfg->count[VFIO_PCI_MSI_IRQ_INDEX] = d.msi;
	cfg->count[VFIO_PCI_MSIX_IRQ_INDEX] = d.msix;
	cfg->count[VFIO_PCI_ERR_IRQ_INDEX] = !!(d.flags & DEVICE_PCIE);
	cfg->count[VFIO_PCI_REQ_IRQ_INDEX] = 1;
	cfg->dyn = (d.flags & DEVICE_DYN) && d.msix &&
		   feature_in(program_device_features(&d), FEATURE_DYN_MSIX);
	cfg->device_ops = UINT32_MAX;
	cfg->fire_max = d.msix;
	for (uint32_t i = 0; i < VFIO_PCI_NUM_IRQS; i++)
		cfg->fire[i] = true;
}

/* The generator as if it had made the first @at operations, and all had gone well. */
static void prepare(struct mutator *m, const struct program *p, uint32_t at, struct rng *rng)
{
	struct generator_config cfg;

	configure(p, &cfg);
	generator_init(&m->g, &cfg, rng);
	for (uint32_t i = 0; i < at; i++)
		generator_note(&m->g, &p->ops[i], 0);
}

/* The generator's next operations, and what belongs to them, at the end of m->out. */
static void generate(struct mutator *m, uint32_t n)
{
	for (uint32_t i = 0; i < n || !generator_may_end(&m->g); i++) {
		struct op op;

		generator_next(&m->g, &op);
		generator_note(&m->g, &op, 0);
		if (m->out.n >= BINARY_FUZZ_OPS || program_add(&m->out, &op))
			break;
	}
}

static bool fresh(struct mutator *m, struct program *p, struct rng *rng)
{
	mutate_device(p, rng);
	program_clear(&m->out);
	prepare(m, p, 0, rng);
	generate(m, 1 + rng_below(rng, FRESH_MAX));
	take(m, p);
	return true;
}

static bool insert(struct mutator *m, struct program *p, struct rng *rng)
{
	uint32_t at = rng_below(rng, p->n + 1), n = 1 + rng_below(rng, INSERT_MAX);

	program_clear(&m->out);
	if (p->n >= BINARY_FUZZ_OPS || !append(&m->out, p, 0, at))
		return false;
	prepare(m, p, at, rng);
	generate(m, n);
	append(&m->out, p, at, p->n); /* what does not fit is cut */
	take(m, p);
	return true;
}

static bool delete_range(struct program *p, struct rng *rng)
{
	uint32_t from, n;

	if (!pick_range(p, rng, &from, &n))
		return false;
	memmove(p->ops + from, p->ops + from + n, (p->n - from - n) * sizeof(*p->ops));
	p->n -= n;
	mutate_mend(p);
	return true;
}

static bool duplicate(struct mutator *m, struct program *p, struct rng *rng)
{
	uint32_t from, n;

	if (!pick_range(p, rng, &from, &n) || p->n + n > BINARY_FUZZ_OPS)
		return false;
	program_clear(&m->out);
	if (!append(&m->out, p, 0, from + n) || !append(&m->out, p, from, p->n))
		return false;
	take(m, p);
	return true;
}

static bool swap(struct program *p, struct rng *rng)
{
	uint32_t a, b;
	struct op op;

	if (p->n < 2)
		return false;
	a = rng_below(rng, p->n);
	b = (a + 1 + rng_below(rng, p->n - 1)) % p->n;
	if (op_equal(&p->ops[a], &p->ops[b]))
		return false;
	op = p->ops[a];
	p->ops[a] = p->ops[b];
	p->ops[b] = op;
	mutate_mend(p);
	return true;
}

static bool move(struct mutator *m, struct program *p, struct rng *rng)
{
	uint32_t from, n, rest, to;

	if (!pick_range(p, rng, &from, &n) || n == p->n)
		return false;
	rest = p->n - n;
	to = rng_below(rng, rest + 1);
	program_clear(&m->out);
	for (uint32_t i = 0; i <= rest; i++) {
		uint32_t next = i < from ? i : i + n;

		if (i == to && !append(&m->out, p, from, from + n))
			return false;
		if (i < rest && !append(&m->out, p, next, next + 1))
			return false;
	}
	take(m, p);
	return true;
}

static bool tweak(struct program *p, struct rng *rng)
{
	struct op *op, before;

	if (!p->n)
		return false;
	op = &p->ops[rng_below(rng, p->n)];
	before = *op;
	if (!mutate_tweak(op, rng))
		return false;
	op->origin = 0;
	mutate_mend(p);
	return !op_equal(op, &before);
}

bool mutate_program(struct mutator *m, struct program *p, enum mutation kind, struct rng *rng)
{
	switch (kind) {
	case MUTATE_INSERT:
		return insert(m, p, rng);
	case MUTATE_DELETE:
		return delete_range(p, rng);
	case MUTATE_DUPLICATE:
		return duplicate(m, p, rng);
	case MUTATE_SWAP:
		return swap(p, rng);
	case MUTATE_MOVE:
		return move(m, p, rng);
	case MUTATE_TWEAK:
		return tweak(p, rng);
	case MUTATE_DEVICE:
		mutate_device(p, rng);
		return true;
	case MUTATE_CUT:
		if (p->n < 2)
			return false;
		p->n -= 1 + rng_below(rng, p->n - 1);
		mutate_mend(p);
		return true;
	case MUTATE_FRESH:
		return fresh(m, p, rng);
	case MUTATE_KINDS:
		break;
	}
	return false;
}

void mutate_join(struct program *a, const struct program *b, struct rng *rng)
{
	uint32_t head = rng_below(rng, a->n + 1), from = rng_below(rng, b->n + 1);

	a->n = head;
	append(a, b, from, b->n); /* what does not fit is cut */
	mutate_mend(a);
}
