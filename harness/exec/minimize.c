/* SPDX-License-Identifier: MIT */
#include "exec/minimize.h"

#include <errno.h>
#include <string.h>

#include "support/errmsg.h"

struct search {
	struct executor *x;
	struct program *best;
	struct program trial;
	struct exec_result *r;
	enum difference difference;
	uint8_t kind; /* of the operation after which it was seen */
	uint32_t budget;
	struct errmsg *e;
};

static uint8_t kind_at(const struct program *p, uint32_t at)
{
	return at < p->n ? p->ops[at].kind : OP_KINDS;
}

/* Run the trial; 1 when it shows the same and has become the best. */
static int try_trial(struct search *s)
{
	struct exec_result r;
	struct program swap;
	int err;

	if (!s->budget)
		return 0;
	s->budget--;
	err = executor_run(s->x, &s->trial, &r, s->e);
	if (err)
		return err;
	if (r.difference != s->difference || kind_at(&s->trial, r.at) != s->kind)
		return 0;
	if (r.at + 1 < s->trial.n)
		s->trial.n = r.at + 1; /* what comes after it never ran */
	swap = *s->best;
	*s->best = s->trial;
	s->trial = swap;
	*s->r = r;
	return 1;
}

/* Copy all but @n operations from @from on; an OP_AT whose block shrinks takes fewer. */
static int without(struct search *s, uint32_t from, uint32_t n)
{
	const struct program *p = s->best;
	uint32_t block_at = 0, block_end = 0, target = 0;

	program_clear(&s->trial);
	s->trial.has_device = p->has_device;
	s->trial.device = p->device;
	for (uint32_t i = 0; i < p->n; i++) {
		bool cut = i >= from && i < from + n;
		int err;

		if (cut) {
			if (i > block_at && i < block_end && target)
				s->trial.ops[target - 1].n--;
			continue;
		}
		err = program_add(&s->trial, &p->ops[i]);
		if (err)
			return err;
		if (p->ops[i].kind == OP_AT) {
			block_at = i;
			block_end = i + 1 + p->ops[i].n;
			target = s->trial.n;
		}
	}
	return 0;
}

static int cut_pass(struct search *s, uint32_t chunk)
{
	uint32_t i = 0;

	while (i < s->best->n && s->budget) {
		int err = without(s, i, chunk);

		if (err)
			return err;
		err = try_trial(s);
		if (err < 0)
			return err;
		if (!err)
			i += chunk;
	}
	return 0;
}

/* Fewer items, then plainer fields, where that keeps the finding. */
static int simplify_pass(struct search *s)
{
	uint32_t i = 0;

	while (i < s->best->n && s->budget) {
		struct op op = s->best->ops[i];
		int ret;

		if (op.kind != OP_SET_IRQS || op.count < 2 || op.n < 2) {
			i++;
			continue;
		}
		op.n--;
		op.count = op.count > op.n ? op.n : op.count;
		if (without(s, s->best->n, 0))
			return -ENOMEM;
		s->trial.ops[i] = op;
		ret = try_trial(s);
		if (ret < 0)
			return ret;
		i += !ret;
	}
	return 0;
}

int minimize(struct executor *x, struct program *p, struct exec_result *r, uint32_t budget,
	     struct errmsg *e)
{
	struct search s = {
		.x = x,
		.best = p,
		.r = r,
		.difference = r->difference,
		.kind = kind_at(p, r->at),
		.budget = budget,
		.e = e,
	};
	struct matrix *matrix = x->matrix;
	int err = 0;

	x->matrix = NULL; /* these runs are not part of what was asked for */
	program_init(&s.trial);
	if (r->at + 1 < p->n)
		p->n = r->at + 1;
	for (uint32_t chunk = p->n / 2 ? p->n / 2 : 1; !err; chunk /= 2) {
		err = cut_pass(&s, chunk);
		if (chunk == 1)
			break;
	}
	if (!err)
		err = simplify_pass(&s);
	if (!err)
		err = cut_pass(&s, 1);
	program_free(&s.trial);
	x->matrix = matrix;
	return err;
}
