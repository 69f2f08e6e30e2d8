/* SPDX-License-Identifier: MIT */
/*
 * withheld: the decision by itself. Which requests they are is asked of it, not told here: of all
 * ordered pairs of plain requests so many leave out their second, and none its first.
 */
#include <criterion/criterion.h>
#include <glob.h>
#include <stdio.h>
#include <string.h>

#include "program/file.h"
#include "program/withheld.h"

/* One eventfd, by each index, action and slot. */
#define REQUESTS       (VFIO_PCI_NUM_IRQS * 3 * PROGRAM_SLOTS)
#define WITHHELD_PAIRS (2 * PROGRAM_SLOTS)

static struct op request(uint32_t i)
{
	static const uint32_t actions[3] = {VFIO_IRQ_SET_ACTION_MASK, VFIO_IRQ_SET_ACTION_UNMASK,
					    VFIO_IRQ_SET_ACTION_TRIGGER};
	struct op op = op_make(OP_SET_IRQS);

	op.flags = VFIO_IRQ_SET_DATA_EVENTFD | actions[i % 3];
	op.data[0] = (int32_t)(i / 3 % PROGRAM_SLOTS);
	op.index = i / 3 / PROGRAM_SLOTS;
	op.count = op.n = 1;
	return op;
}

static struct op slot_op(enum op_kind kind, uint32_t slot, uint32_t slot2)
{
	struct op op = op_make(kind);

	op.slot = (uint8_t)(slot % PROGRAM_SLOTS);
	op.slot2 = (uint8_t)(slot2 % PROGRAM_SLOTS);
	return op;
}

/* An index is enabled, @ops follow: how many of them are left out? */
static uint32_t left_out(const struct op *ops, uint32_t n, bool unordered)
{
	struct op enable = request(2);
	struct withheld w;
	uint32_t out = 0;

	enable.data[0] = -1;
	withheld_start(&w);
	cr_assert_not(withheld_op(&w, &enable));
	if (unordered)
		withheld_unordered(&w);
	for (uint32_t i = 0; i < n; i++)
		out += withheld_op(&w, &ops[i]);
	return out;
}

/* The k-th pair of which the second is left out. */
static bool find_pair(uint32_t k, struct op pair[2])
{
	for (uint32_t i = 0; i < REQUESTS * REQUESTS; i++) {
		pair[0] = request(i / REQUESTS);
		pair[1] = request(i % REQUESTS);
		cr_assert_eq(left_out(pair, 1, false), 0, "one alone is never left out");
		if (left_out(pair, 2, false) && !k--)
			return true;
	}
	return false;
}

Test(withheld, of_all_pairs_so_many_are_left_out)
{
	struct op pair[2];

	for (uint32_t k = 0; k < WITHHELD_PAIRS; k++)
		cr_assert(find_pair(k, pair), "pair %u", k);
	cr_assert_not(find_pair(WITHHELD_PAIRS, pair), "no others");
}

Test(withheld, a_new_eventfd_in_the_slot_is_another)
{
	struct op ops[3];

	for (uint32_t k = 0; k < WITHHELD_PAIRS; k++) {
		cr_assert(find_pair(k, ops));
		ops[2] = ops[1];
		ops[1] = slot_op(OP_OPEN, (uint32_t)ops[0].data[0], 0);
		cr_assert_eq(left_out(ops, 3, false), 0, "in order");
		cr_assert_eq(left_out(ops, 3, true), 1, "in another order it may not be");
		ops[1] = slot_op(OP_CLOSE, (uint32_t)ops[0].data[0], 0);
		cr_assert_eq(left_out(ops, 3, false), 0, "a closed slot names nothing");
		cr_assert_eq(left_out(ops, 3, true), 1);
	}
}

Test(withheld, a_duplicate_is_the_same_eventfd)
{
	struct op ops[3], other;

	for (uint32_t k = 0; k < WITHHELD_PAIRS; k++) {
		uint32_t slot, to;

		cr_assert(find_pair(k, ops));
		slot = (uint32_t)ops[0].data[0];
		to = (slot + 3) % PROGRAM_SLOTS;
		ops[2] = ops[1];
		ops[2].data[0] = (int32_t)to;
		ops[1] = slot_op(OP_DUP, slot, to);
		cr_assert_eq(left_out(ops, 3, false), 1);
		cr_assert_eq(left_out(ops, 3, true), 1);
		other = ops[1];
		ops[1] = ops[2];
		ops[2] = other;
		cr_assert_eq(left_out(ops, 3, false), 0, "of a slot that was another's before");
		cr_assert_eq(left_out(ops, 3, true), 1, "it may be made first");
		ops[1] = slot_op(OP_DUP, slot + 1, to);
		ops[2] = ops[0];
		ops[2].data[0] = (int32_t)to;
		cr_assert_eq(left_out(ops, 3, true), 0, "others do not matter");
	}
}

Test(withheld, the_request_in_bytes_is_the_same)
{
	struct op pair[2], raw = op_make(OP_RAW);

	for (uint32_t k = 0; k < WITHHELD_PAIRS; k++) {
		uint32_t words[6];

		cr_assert(find_pair(k, pair));
		memcpy(words,
		       (uint32_t[]){24, pair[1].flags, pair[1].index, 0, 1,
				    (uint32_t)pair[1].data[0]},
		       sizeof(words));
		memcpy(raw.raw, words, sizeof(words));
		raw.n = sizeof(words);
		pair[1] = raw;
		cr_assert_eq(left_out(pair, 2, false), 1);
	}
}

Test(withheld, a_disable_that_works_starts_over)
{
	struct op ops[4], disable = op_make(OP_SET_IRQS), fail = op_make(OP_FAIL);

	disable.flags = VFIO_IRQ_SET_ACTION_TRIGGER | VFIO_IRQ_SET_DATA_NONE;
	for (uint32_t k = 0; k < WITHHELD_PAIRS; k++) {
		cr_assert(find_pair(k, ops));
		disable.index = ops[0].index;
		disable.argsz = PROGRAM_AUTO;
		ops[2] = ops[1];
		ops[1] = disable;
		cr_assert_eq(left_out(ops, 3, false), 0);
		cr_assert_eq(left_out(ops, 3, true), 1, "when it is not known");
		ops[1].argsz = 4;
		cr_assert_eq(left_out(ops, 3, false), 1, "it fails");
		ops[3] = ops[2];
		ops[2] = disable;
		ops[1] = fail;
		ops[1].value = 1;
		cr_assert_eq(left_out(ops, 4, false), 1, "it may fail");
	}
}

Test(withheld, strip_takes_the_operation_and_what_it_was_expected_to_answer)
{
	struct op pair[2], expect = op_make(OP_EXPECT), read = op_make(OP_READ);
	struct op enable = request(2);
	struct program p;

	enable.data[0] = -1;
	for (uint32_t k = 0; k < WITHHELD_PAIRS; k++) {
		cr_assert(find_pair(k, pair));
		program_init(&p);
		cr_assert_eq(program_append(&p,
					    (struct op[]){enable, pair[0], expect, pair[1], expect,
							  read, expect},
					    7),
			     0);
		cr_assert_eq(withheld_strip(&p), 1);
		cr_assert_eq(p.n, 5);
		cr_assert(op_equal(&p.ops[1], &pair[0]));
		cr_assert_eq(p.ops[2].kind, OP_EXPECT);
		cr_assert_eq(p.ops[3].kind, OP_READ);
		program_free(&p);
	}
}

/* What is kept with the sources has none of it, and loses nothing. */
Test(withheld, no_stored_program_has_one)
{
	static const char *const patterns[] = {"/rules/*.irq",      "/zoo/*.irq",
					       "/fuzz_irq_*/*.irq", "/fuzz_p*/*.irq",
					       "/fuzz_s*/*.irq",    "/regressions/*/*.irq"};
	struct errmsg e = {0};
	struct program p;
	uint32_t bad = 0;
	glob_t found;

	for (size_t i = 0; i < sizeof(patterns) / sizeof(patterns[0]); i++) {
		char pattern[4096];

		snprintf(pattern, sizeof(pattern), "%s%s", IRQSTORM_CORPUS, patterns[i]);
		cr_assert_eq(glob(pattern, 0, NULL, &found), 0, "%s", pattern);
		for (size_t k = 0; k < found.gl_pathc; k++) {
			program_init(&p);
			/* errors.irq is no program, and meant so */
			if (!program_load(found.gl_pathv[k], &p, &e))
				cr_assert_eq(withheld_strip(&p), 0, "%s", found.gl_pathv[k]);
			else
				bad++;
			program_free(&p);
		}
		globfree(&found);
	}
	cr_assert_leq(bad, 1, "%s", e.text);
}
