/* SPDX-License-Identifier: MIT */
#include "world.h"

#include <criterion/criterion.h>
#include <string.h>

#include "program/text.h"

struct model_config kernel_6_12(void)
{
	return (struct model_config){.features = profile_features(PROFILE_6_12),
				     .dyn = true,
				     .count = {1, 4, 8, 1, 1},
				     .msi_multi = true};
}

struct model_config kernel_6_1(void)
{
	struct model_config cfg = kernel_6_12();

	cfg.features = profile_features(PROFILE_6_1);
	cfg.dyn = false;
	return cfg;
}

void world_open(struct world *w, struct model_config cfg)
{
	memset(w, 0, sizeof(*w));
	model_init(&w->m, &cfg, &w->rules);
}

static void check(const struct world *w, const struct op *op)
{
	const struct expectation *e = &w->last;
	char text[TEXT_OP_MAX];

	if (!op_expect_applies(op, w->m.cfg.features))
		return;
	text_op(op, text, sizeof(text));
	if (op->flags & EXPECT_INFO)
		cr_assert(e->has_info && e->info_flags == op->index && e->info_count == op->count,
			  "%s: flags %#x count %u", text, e->info_flags, e->info_count);
	else if (op->flags & EXPECT_VALUE)
		cr_assert(e->ret > 0 ? (uint64_t)e->ret == op->value
				     : e->value_lo == op->value && e->value_hi == op->value,
			  "%s: returned %d, value %llu", text, e->ret,
			  (unsigned long long)e->value_lo);
	else
		cr_assert_eq((int64_t)op->value, e->ret, "%s: returned %d (features: %#x)", text,
			     e->ret, w->m.cfg.features);
}

void tell(struct world *w, const char *text)
{
	struct errmsg e = {0};
	struct program p;

	program_init(&p);
	cr_assert_eq(text_parse(text, strlen(text), "test", &p, &e), 0, "%s", e.text);
	for (uint32_t i = 0; i < p.n; i++) {
		const struct op *op = &p.ops[i];
		struct expectation block[8];

		if (op->kind == OP_EXPECT) {
			check(w, op);
		} else if (op->kind == OP_AT) {
			cr_assert_leq(op->n, 8);
			model_step_at(&w->m, op + op->n + 1, op + 1, op->n, &w->last, block);
			i += op->n + 1u;
		} else {
			model_step(&w->m, op, &w->last);
		}
	}
	program_free(&p);
}

uint64_t bits(const struct vector_set *s)
{
	return s->bits[0];
}
