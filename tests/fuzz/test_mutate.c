/* SPDX-License-Identifier: MIT */
/* Mutations of programs: each kind does what it says, and leaves a program that can be stored. */
#include <criterion/criterion.h>
#include <stdlib.h>

#include "program/binary.h"
#include "program/mutate.h"

static struct mutator m;
static struct program p, before;
static struct rng rng;

static void add(struct op op)
{
	cr_assert_eq(program_add(&p, &op), 0);
}

static struct op set(uint32_t start, int32_t fd)
{
	struct op op = op_make(OP_SET_IRQS);

	op.index = VFIO_PCI_MSIX_IRQ_INDEX;
	op.flags = VFIO_IRQ_SET_ACTION_TRIGGER | VFIO_IRQ_SET_DATA_EVENTFD;
	op.start = start;
	op.count = 1;
	op.n = 1;
	op.data[0] = fd;
	return op;
}

static void setup(void)
{
	mutator_init(&m);
	program_init(&p);
	program_init(&before);
	rng_init(&rng, 1, 0);
}

static void teardown(void)
{
	mutator_fini(&m);
	program_free(&p);
	program_free(&before);
}

/* Six operations, with a block. */
static void make_program(void)
{
	struct op at = op_make(OP_AT), fire = op_make(OP_FIRE), read = op_make(OP_READ);

	program_clear(&p);
	p.has_device = true;
	p.device = (struct program_device){.flags = DEVICE_DEFAULT, .msix = 8, .msi = 4};
	add(set(0, 0));
	at.n = 2;
	at.value = 3;
	add(at);
	fire.index = VFIO_PCI_MSIX_IRQ_INDEX;
	add(fire);
	add(read);
	add(set(1, 1));
	add(set(2, 2));
}

static void copy(struct program *to, const struct program *from)
{
	program_clear(to);
	to->has_device = from->has_device;
	to->device = from->device;
	for (uint32_t i = 0; i < from->n; i++)
		cr_assert_eq(program_add(to, &from->ops[i]), 0);
}

static bool same(const struct program *a, const struct program *b)
{
	if (a->n != b->n || a->has_device != b->has_device ||
	    (a->has_device && memcmp(&a->device, &b->device, sizeof(a->device))))
		return false;
	for (uint32_t i = 0; i < a->n; i++) {
		if (!op_equal(&a->ops[i], &b->ops[i]))
			return false;
	}
	return true;
}

/* Bytes and back: what a mutation leaves is what the engine gets. */
static void check_stores(enum mutation kind)
{
	struct program again;
	uint8_t *bytes;
	size_t size;

	program_init(&again);
	cr_assert_eq(binary_encode(&p, &bytes, &size), 0);
	cr_assert_eq(binary_decode(bytes, size, &again), 0);
	cr_assert(same(&p, &again), "mutation %d: another program after storing it", (int)kind);
	free(bytes);
	program_free(&again);
}

TestSuite(mutate, .init = setup, .fini = teardown, .timeout = 60);

Test(mutate, every_kind_changes_a_program_and_leaves_one_that_stores)
{
	for (uint32_t kind = 0; kind < MUTATE_KINDS; kind++) {
		uint32_t changed = 0;

		for (uint32_t i = 0; i < 200; i++) {
			make_program();
			copy(&before, &p);
			if (mutate_program(&m, &p, (enum mutation)kind, &rng))
				changed += !same(&p, &before);
			check_stores((enum mutation)kind);
		}
		cr_expect_gt(changed, 100, "mutation %u: %u of 200 changed", kind, changed);
	}
}

Test(mutate, sizes_go_the_way_they_should)
{
	for (uint32_t i = 0; i < 200; i++) {
		make_program();
		cr_assert(mutate_program(&m, &p, MUTATE_INSERT, &rng));
		cr_assert_gt(p.n, 6u);
		make_program();
		cr_assert(mutate_program(&m, &p, MUTATE_DELETE, &rng));
		cr_assert_lt(p.n, 6u);
		make_program();
		cr_assert(mutate_program(&m, &p, MUTATE_DUPLICATE, &rng));
		cr_assert_gt(p.n, 6u);
		make_program();
		cr_assert(mutate_program(&m, &p, MUTATE_CUT, &rng));
		cr_assert_lt(p.n, 6u);
		make_program();
		if (mutate_program(&m, &p, MUTATE_MOVE, &rng))
			cr_assert_eq(p.n, 6u);
	}
}

Test(mutate, an_empty_program_can_only_grow)
{
	program_clear(&p);
	cr_expect_not(mutate_program(&m, &p, MUTATE_DELETE, &rng));
	cr_expect_not(mutate_program(&m, &p, MUTATE_DUPLICATE, &rng));
	cr_expect_not(mutate_program(&m, &p, MUTATE_SWAP, &rng));
	cr_expect_not(mutate_program(&m, &p, MUTATE_MOVE, &rng));
	cr_expect_not(mutate_program(&m, &p, MUTATE_TWEAK, &rng));
	cr_expect_not(mutate_program(&m, &p, MUTATE_CUT, &rng));
	cr_expect_eq(p.n, 0u);
	cr_expect(mutate_program(&m, &p, MUTATE_INSERT, &rng));
	cr_expect_gt(p.n, 0u);
}

Test(mutate, a_program_never_exceeds_what_a_fuzz_input_holds)
{
	make_program();
	for (uint32_t i = 0; i < 2000; i++) {
		mutate_program(&m, &p, i % 2 ? MUTATE_INSERT : MUTATE_DUPLICATE, &rng);
		cr_assert_leq(p.n, BINARY_FUZZ_OPS);
	}
	cr_expect_gt(p.n, BINARY_FUZZ_OPS - 16);
}

Test(mutate, tweaks_reach_every_field_of_a_request)
{
	bool index = false, flags = false, start = false, count = false, argsz = false;
	bool readable = false, items = false, number = false;

	for (uint32_t i = 0; i < 2000; i++) {
		struct op was = set(1, 1), *op;

		program_clear(&p);
		add(was);
		mutate_program(&m, &p, MUTATE_TWEAK, &rng);
		op = &p.ops[0];
		index |= op->index != was.index;
		flags |= op->flags != was.flags;
		start |= op->start != was.start;
		count |= op->count != was.count;
		argsz |= op->argsz != was.argsz;
		readable |= op->readable != was.readable;
		items |= op->n == 1 && op->data[0] != was.data[0];
		number |= op->n != was.n;
	}
	cr_expect(index && flags && start && count, "%d %d %d %d", index, flags, start, count);
	cr_expect(argsz && readable && items && number, "%d %d %d %d", argsz, readable, items,
		  number);
}

Test(mutate, a_join_has_the_start_of_one_and_the_end_of_the_other)
{
	struct program b, out;
	bool both = false;

	program_init(&b);
	program_init(&out);
	make_program();
	for (uint32_t i = 0; i < 4; i++) {
		struct op op = op_make(OP_LINE);

		cr_assert_eq(program_add(&b, &op), 0);
	}
	for (uint32_t i = 0; i < 100; i++) {
		uint32_t head = 0;

		program_clear(&out);
		out.device = p.device;
		cr_assert_eq(program_append(&out, p.ops, p.n), 0);
		mutate_join(&out, &b, &rng);
		cr_assert_eq(out.device.msix, p.device.msix);
		while (head < out.n && out.ops[head].kind != OP_LINE)
			head++;
		for (uint32_t k = head; k < out.n; k++)
			cr_assert_eq(out.ops[k].kind, OP_LINE);
		both |= head > 0 && head < out.n;
	}
	cr_expect(both);
	program_free(&b);
	program_free(&out);
}
