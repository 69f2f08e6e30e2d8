/* SPDX-License-Identifier: MIT */
#include "generated.h"

#include <stdlib.h>
#include <string.h>

#include "program/generator.h"

static void must(bool ok)
{
	if (!ok)
		abort();
}

static void configure(const struct executor *x, bool real, struct generator_config *c)
{
	const struct backend_desc *d = &x->desc;

	memset(c, 0, sizeof(*c));
	for (uint32_t i = 0; i < VFIO_PCI_NUM_IRQS; i++) {
		c->count[i] = d->irq[i].count;
		c->fire[i] = !real;
	}
	c->dyn = x->answers.dyn;
	c->real = real;
	c->fire_max = d->fire_max;
	c->device_ops = d->device_ops;
	if (real)
		c->device_ops = 1u << BACKEND_DEV_DISINTX | 1u << BACKEND_DEV_MEMORY |
				1u << BACKEND_DEV_REOPEN | 1u << BACKEND_DEV_POWER;
}

void generate(struct executor *x, uint64_t seed, uint32_t n, bool real, struct program *p)
{
	struct generator_config cfg;
	struct generator g;
	struct exec_result r;
	struct errmsg e;
	struct rng rng;

	program_clear(p);
	rng_init(&rng, seed, 0);
	configure(x, real, &cfg);
	generator_init(&g, &cfg, &rng);
	must(!executor_begin(x, p, &r, &e));
	while (p->n < n || !generator_may_end(&g)) {
		struct op op;

		generator_next(&g, &op);
		must(!program_add(p, &op));
		generator_note(&g, &op, executor_step(x, &op, p->n - 1));
	}
	must(!executor_finish(x, &e) && !r.difference);
}

/* Of the calls that stand alone: what follows them is no part of a block. */
static int32_t answer(struct executor *x, const struct op *op, uint32_t at)
{
	return op->kind == OP_SET_IRQS || op->kind == OP_IRQ_INFO ? executor_step(x, op, at)
								  : (executor_step(x, op, at), 1);
}

bool plant_expect(struct executor *x, struct program *p, int32_t ret, int32_t wrong)
{
	struct op expect = op_make(OP_EXPECT);
	uint32_t found = 0, block = 0;
	struct exec_result r;
	struct errmsg e;

	must(!executor_begin(x, p, &r, &e));
	for (uint32_t i = 0; i < p->n; i++) {
		const struct op *op = &p->ops[i];

		if (answer(x, op, i) == ret && !block)
			found = i + 1;
		block = op->kind == OP_AT ? op->n : block ? block - 1 : 0;
	}
	must(!executor_finish(x, &e));
	if (!found)
		return false;
	expect.value = (uint64_t)(int64_t)wrong;
	must(!program_add(p, &expect)); /* makes room */
	memmove(p->ops + found + 1, p->ops + found, (p->n - 1 - found) * sizeof(*p->ops));
	p->ops[found] = expect;
	return true;
}
