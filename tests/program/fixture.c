/* SPDX-License-Identifier: MIT */
#include "fixture.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "program/text.h"

bool program_equal(const struct program *a, const struct program *b)
{
	if (a->n != b->n || a->has_device != b->has_device)
		return false;
	if (a->has_device && memcmp(&a->device, &b->device, sizeof(a->device)))
		return false;
	for (uint32_t i = 0; i < a->n; i++) {
		if (!op_equal(&a->ops[i], &b->ops[i]))
			return false;
	}
	return true;
}

char *program_text(const struct program *p)
{
	char *text = NULL;
	size_t size;
	FILE *f = open_memstream(&text, &size);

	text_print(p, f);
	fclose(f);
	return text;
}

void assert_programs_equal(const struct program *got, const struct program *want, const char *what)
{
	char *a, *b;

	if (program_equal(got, want))
		return;
	a = program_text(got);
	b = program_text(want);
	cr_assert_fail("%s: got %u operations\n%s\nwant %u operations\n%s", what, got->n, a,
		       want->n, b);
}

void assert_text_round_trip(const struct program *p)
{
	struct program again;
	struct errmsg e = {.text = ""};
	char *text = program_text(p), *text2;

	program_init(&again);
	cr_assert_eq(text_parse(text, strlen(text), "t", &again, &e), 0, "%s in\n%s", e.text, text);
	assert_programs_equal(&again, p, "text round trip");
	text2 = program_text(&again);
	cr_assert_str_eq(text2, text, "canonical");
	free(text);
	free(text2);
	program_free(&again);
}

struct generator_config everything(void)
{
	return (struct generator_config){
		.count = {1, 4, 8, 1, 1},
		.dyn = true,
		.device_ops = UINT32_MAX,
		.fire = {false, true, true, true, true},
		.fire_max = 8,
	};
}

int pretend(struct rng *rng, const struct op *op)
{
	struct request_head head;

	if (op->kind != OP_SET_IRQS && op->kind != OP_RAW)
		return rng_below(rng, 16) ? 0 : -EINVAL;
	op_request_head(op, &head);
	if (head.index > 4 || head.start > 8 || head.count > 8 || head.size < IRQ_SET_HDR_SIZE)
		return -EINVAL;
	return rng_below(rng, 8) ? 0 : -EBADF;
}

void generate(struct generator *g, struct rng *rng, uint32_t n, struct program *p)
{
	struct op op;

	program_clear(p);
	generator_start(g);
	while (p->n < n || !generator_may_end(g)) {
		generator_next(g, &op);
		generator_note(g, &op, pretend(rng, &op));
		cr_assert_eq(program_add(p, &op), 0);
	}
}
