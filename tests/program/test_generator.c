/* SPDX-License-Identifier: MIT */
/* The generator: repeatable, within its limits, and varied. */
#include <criterion/criterion.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "backend/backend.h"
#include "fixture.h"

static struct generator g;
static struct rng rng, other;

static void start(struct generator_config cfg, uint64_t seed)
{
	rng_init(&rng, seed, 0);
	rng_init(&other, seed, 1);
	generator_init(&g, &cfg, &rng);
}

static void next(struct op *op, int ret)
{
	generator_next(&g, op);
	generator_note(&g, op, ret == 1 ? pretend(&other, op) : ret);
}

Test(generator, same_seed_same_program)
{
	struct program a, b;

	program_init(&a);
	program_init(&b);
	start(everything(), 5);
	generate(&g, &other, 2000, &a);
	start(everything(), 5);
	generate(&g, &other, 2000, &b);
	assert_programs_equal(&b, &a, "same seed");
	start(everything(), 6);
	generate(&g, &other, 2000, &b);
	cr_assert_not(program_equal(&a, &b), "another seed");
	program_free(&a);
	program_free(&b);
}

Test(generator, blocks_are_complete)
{
	uint32_t block = 0, blocks = 0;
	bool due = false, fail = false;
	struct op op;

	start(everything(), 7);
	for (int i = 0; i < 300000; i++) {
		next(&op, 1);
		if (block) {
			cr_assert(op_allowed_in_at(op.kind));
			block--;
		} else if (due) {
			if (!fail || (op.kind != OP_RESET && op.kind != OP_IRQ_INFO))
				cr_assert_eq(op.kind, OP_SET_IRQS);
			due = false;
		} else if (op.kind == OP_AT || op.kind == OP_FAIL) {
			fail = op.kind == OP_FAIL;
			block = op.kind == OP_AT ? op.n : 0;
			due = true;
			blocks++;
		}
		cr_assert_eq(generator_may_end(&g), !block && !due);
	}
	cr_assert_gt(blocks, 1000);
}

Test(generator, makes_every_kind_and_mostly_sense)
{
	uint64_t kinds[OP_KINDS] = {0}, n = 400000, sense = 0;
	struct op op;

	start(everything(), 8);
	for (uint64_t i = 0; i < n; i++) {
		next(&op, 1);
		kinds[op.kind]++;
		if (i % 100 == 99 && generator_may_end(&g))
			generator_start(&g);
		if (op.kind == OP_SET_IRQS)
			sense += op.argsz == PROGRAM_AUTO && op.readable == PROGRAM_AUTO &&
				 op.index < 5 && op.start < g.count[op.index] &&
				 op.count <= g.count[op.index] - op.start &&
				 __builtin_popcount(op.flags) == 2;
	}
	for (int k = 0; k < OP_KINDS; k++)
		cr_assert(kinds[k] || k == OP_EXPECT, "kind %d is never made", k);
	cr_assert_eq(kinds[OP_EXPECT], 0);
	cr_assert_gt(kinds[OP_SET_IRQS], n * 65 / 100, "%lu", kinds[OP_SET_IRQS]);
	cr_assert_lt(kinds[OP_SET_IRQS], n * 85 / 100, "%lu", kinds[OP_SET_IRQS]);
	cr_assert_gt(kinds[OP_RAW], n / 400);
	cr_assert_gt(kinds[OP_FIRE], n / 30);
	cr_assert_gt(sense, kinds[OP_SET_IRQS] / 2, "%lu", sense);
}

Test(generator, makes_only_what_the_target_can_do)
{
	static const struct {
		uint8_t kind;
		int op;
	} needs[] = {{OP_LINE, BACKEND_DEV_LINE},
		     {OP_DISINTX, BACKEND_DEV_DISINTX},
		     {OP_MEMORY, BACKEND_DEV_MEMORY},
		     {OP_POWER, BACKEND_DEV_POWER},
		     {OP_FLR, BACKEND_DEV_FLR},
		     {OP_REOPEN, BACKEND_DEV_REOPEN},
		     {OP_REBIND, BACKEND_DEV_REBIND},
		     {OP_SRIOV_COUNT, BACKEND_DEV_SRIOV_COUNT},
		     {OP_TABLE_SIZE, BACKEND_DEV_TABLE_SIZE},
		     {OP_FUNCTION_MASK, BACKEND_DEV_FUNCTION_MASK},
		     {OP_ENTRY, BACKEND_DEV_ENTRY},
		     {OP_WIPE, BACKEND_DEV_WIPE},
		     {OP_SCRIBBLE, BACKEND_DEV_SCRIBBLE},
		     {OP_FAIL, BACKEND_DEV_FAIL}};
	struct generator_config cfg = everything();
	struct op op;

	for (size_t k = 0; k <= sizeof(needs) / sizeof(needs[0]); k++) {
		bool one = k < sizeof(needs) / sizeof(needs[0]);

		cfg.device_ops = one ? 1u << needs[k].op : 0;
		cfg.no_reset = true;
		cfg.fire[VFIO_PCI_MSI_IRQ_INDEX] = false;
		cfg.fire_max = 3;
		start(cfg, 9 + k);
		for (int i = 0; i < 30000; i++) {
			next(&op, 1);
			cr_assert_neq(op.kind, OP_RESET);
			if (op.kind == OP_FIRE) {
				cr_assert_neq(op.index, VFIO_PCI_MSI_IRQ_INDEX);
				cr_assert(op.index != VFIO_PCI_MSIX_IRQ_INDEX || op.start < 3);
			}
			for (size_t j = 0; j < sizeof(needs) / sizeof(needs[0]); j++)
				cr_assert(j == k || op.kind != needs[j].kind, "kind %u", op.kind);
		}
	}
}

/*
 * A real device, judged by a memory of its own that only follows what the requests say and that
 * they succeed whenever they can.
 */
struct real {
	uint32_t type, eventfd[PROGRAM_SLOTS], next;
	bool line, off, d3hot, pends, armed[8];
};

static int real_request(struct real *r, const struct op *op)
{
	struct request_head h;
	int32_t fd = -1;

	op_request_head(op, &h);
	if (h.size < 20 || h.index > 2 || (uint64_t)h.start + h.count > 8 || h.start > 7 ||
	    h.argsz < h.size || (h.index == 0 && h.count > 1))
		return -EINVAL;
	if (h.count && h.size >= 24)
		fd = op_request_fd(op, 0);
	if (fd >= 8 || (fd >= 0 && !r->eventfd[fd]))
		return -EBADF;
	if (h.flags == 0x21 && !h.count && r->type == h.index) {
		r->type = 5;
		memset(r->armed, 0, sizeof(r->armed));
		return 0;
	}
	if (h.flags == 0x24 && h.count && (r->type == 5 || r->type == h.index)) {
		cr_assert(h.index == 0 || r->type != 5 || !r->line, "MSI while the line is up");
		cr_assert(h.index == 0 || (r->type == 5 ? h.start + h.count : h.count) <= 4,
			  "max_vectors");
		r->type = h.index;
		for (uint32_t i = 0; h.index && i < h.count; i++) {
			fd = h.size >= 24 + i * 4 ? op_request_fd(op, i) : -1;
			r->armed[h.start + i] = fd >= 0;
		}
	} else if (h.flags == 0x14 && h.index == 0 && r->type == 0 && h.count) {
		return 0;
	} else {
		return -EINVAL;
	}
	return 0;
}

static int real_op(struct real *r, const struct op *op, bool in_block)
{
	bool msi = r->type == 1 || r->type == 2;

	switch (op->kind) {
	case OP_SET_IRQS:
	case OP_RAW:
		return real_request(r, op);
	case OP_FIRE:
		cr_assert_not(r->off || r->d3hot, "fire");
		if (op->index == VFIO_PCI_MSI_IRQ_INDEX)
			cr_assert(r->type == 1 && r->armed[op->start] && !in_block, "MSI");
		if (op->index == VFIO_PCI_MSIX_IRQ_INDEX)
			r->pends |=
				in_block || r->type != 2 || op->start > 7 || !r->armed[op->start];
		return 0;
	case OP_LINE:
		cr_assert_not(r->off || r->d3hot, "line");
		cr_assert_not(msi, "line while MSI");
		r->line = op->value;
		return 0;
	case OP_MEMORY:
		r->off = !op->value;
		return 0;
	case OP_POWER:
		cr_assert(!op->value || !r->pends, "D3hot with a pending bit");
		r->d3hot = op->value;
		return 0;
	case OP_CLOSE:
		r->eventfd[op->slot] = 0;
		return 0;
	case OP_OPEN:
		r->eventfd[op->slot] = r->next++;
		return 0;
	case OP_DUP:
		if (op->slot == op->slot2 || !r->eventfd[op->slot]) {
			r->eventfd[op->slot2] = 0;
			return -EBADF;
		}
		r->eventfd[op->slot2] = r->eventfd[op->slot];
		return 0;
	default:
		return 0;
	}
}

Test(generator, is_careful_with_real_devices)
{
	struct generator_config cfg = everything();
	struct real r = {.type = 5, .next = 9};
	uint64_t fires = 0, lines = 0, enabled[6] = {0};
	uint32_t block = 0;
	struct op op;

	cfg.real = true;
	cfg.max_vectors = 4;
	cfg.count[1] = 8;
	cfg.device_ops = 1u << BACKEND_DEV_LINE | 1u << BACKEND_DEV_DISINTX |
			 1u << BACKEND_DEV_MEMORY | 1u << BACKEND_DEV_POWER;
	for (uint32_t i = 0; i < PROGRAM_SLOTS; i++)
		r.eventfd[i] = i + 1;
	start(cfg, 20);
	for (int i = 0; i < 1000000; i++) {
		generator_next(&g, &op);
		generator_note(&g, &op, real_op(&r, &op, block > 0));
		block = block ? block - 1 : op.kind == OP_AT ? op.n : 0;
		fires += op.kind == OP_FIRE;
		lines += op.kind == OP_LINE;
		enabled[r.type]++;
		cr_assert_eq(g.type, r.type, "the guess follows");
	}
	cr_assert_gt(fires, 10000);
	cr_assert_gt(lines, 1000, "%lu", lines);
	for (int i = 0; i < 6; i++)
		cr_assert(i == 3 || i == 4 || enabled[i] > 50000, "type %d: %lu", i, enabled[i]);
}

/* What others make is held to the same: here what a generator makes that knows no care. */
Test(generator, lets_pass_of_others_what_a_real_device_takes)
{
	static struct generator gate;
	struct generator_config cfg = everything();
	struct real r = {.type = 5, .next = 9};
	uint64_t passed = 0, refused = 0;
	struct op op;

	cfg.count[1] = 8;
	start(cfg, 21);
	cfg.real = true;
	cfg.max_vectors = 4;
	cfg.device_ops = 1u << BACKEND_DEV_LINE | 1u << BACKEND_DEV_DISINTX |
			 1u << BACKEND_DEV_MEMORY | 1u << BACKEND_DEV_POWER;
	generator_init(&gate, &cfg, &other);
	for (uint32_t i = 0; i < PROGRAM_SLOTS; i++)
		r.eventfd[i] = i + 1;
	for (int i = 0; i < 300000; i++) {
		int ret = 0;

		generator_next(&g, &op);
		if (op.kind != OP_AT && op.kind != OP_FAIL && generator_allows(&gate, &op)) {
			ret = real_op(&r, &op, false);
			generator_note(&gate, &op, ret);
			passed++;
		} else {
			refused++;
		}
		generator_note(&g, &op, ret);
		cr_assert_eq(gate.type, r.type, "the guess follows");
	}
	cr_assert_gt(passed, 100000, "%lu", passed);
	cr_assert_gt(refused, 30000, "%lu", refused);
}

/* Each index x action x data x start x count x argsz, whatever is enabled. */
Test(generator, walks_through_the_matrix)
{
	static const uint8_t actions[8] = {0, 1, 2, 4, 3, 4, 4, 4}; /* 4: several */
	static const uint8_t types[8] = {0, 1, 2, 4, 3, 4, 4, 4};
	static uint8_t seen[6][5][5][3][3][4];
	uint32_t missing = 0;
	struct op op;

	start(everything(), 21);
	for (int i = 0; i < 4000000; i++) {
		uint32_t s, c, a, n;
		struct request_head h;
		struct op all;

		next(&op, 1);
		if (i % 64 == 63 && generator_may_end(&g))
			generator_start(&g);
		if (op.kind != OP_SET_IRQS || op.flags > 63)
			continue;
		n = op.index < 5 ? g.count[op.index] : 0;
		all = op;
		all.argsz = all.readable = PROGRAM_AUTO;
		op_request_head(&all, &h);
		s = op.start < n ? 0 : op.start < n + 2 ? 1 : 2;
		c = op.count == 0 ? 0 : op.count < 1000 ? 1 : 2;
		a = op.argsz == PROGRAM_AUTO || op.argsz == h.size ? 0
		    : op.argsz < 20                                ? 1
		    : op.argsz < h.size                            ? 2
								   : 3;
		seen[op.index < 5 ? op.index : 5][actions[op.flags >> 3]][types[op.flags & 7]][s][c]
		    [a] = 1;
	}
	for (uint32_t index = 0; index < 6; index++) {
		for (uint32_t action = 0; action < 5; action++) {
			for (uint32_t i = 0; i < 5 * 3 * 3 * 4; i++) {
				uint32_t type = i / 36, a = i % 4;

				/* Not to be had: short of data that cannot be, within nothing. */
				if (a == 2 && (type < 2 || i / 4 % 3 == 0))
					continue;
				if (index == 5 && i / 12 % 3 == 0)
					continue;
				missing += !seen[index][action][type][i / 12 % 3][i / 4 % 3][a];
			}
		}
	}
	cr_assert_eq(missing, 0, "%u of the matrix missing", missing);
}

Test(generator, devices)
{
	uint32_t small = 0, flags[7] = {0}, msi[33] = {0};
	struct program_device d = {.profile = PROFILE_6_1};

	rng_init(&rng, 22, 0);
	for (int i = 0; i < 10000; i++) {
		generator_device(&rng, &d);
		cr_assert_eq(d.profile, PROFILE_6_1);
		cr_assert_leq(d.msix, IRQ_MAX_VECTORS);
		cr_assert_leq(d.msi, 32);
		small += d.msix && d.msix <= 8;
		msi[d.msi]++;
		for (int k = 0; k < 7; k++)
			flags[k] += d.flags >> k & 1;
	}
	cr_assert_gt(small, 6000);
	for (int i = 0; i < 7; i++)
		cr_assert(flags[i] > 500 && flags[i] < 10000, "flag %d: %u", i, flags[i]);
	for (uint32_t i = 1; i <= 32; i *= 2)
		cr_assert_gt(msi[i], 500);
}

/* Devices with nothing, or with a table of 2048, hang or crash nothing. */
Test(generator, odd_devices)
{
	struct generator_config cfg;
	struct op op;

	for (uint32_t k = 0; k < 32; k++) {
		memset(&cfg, 0, sizeof(cfg));
		cfg.device_ops = k & 1 ? UINT32_MAX : 0;
		cfg.real = k & 2;
		cfg.count[2] = k & 4 ? 2048 : 0;
		cfg.count[1] = k & 8 ? 1 : 0;
		cfg.count[0] = k & 16 ? 1 : 0;
		cfg.fire_max = k & 1 ? 2048 : 0;
		cfg.fire[2] = true;
		cfg.max_vectors = k & 2 ? 16 : 0;
		start(cfg, 23 + k);
		for (int i = 0; i < 20000; i++)
			next(&op, i % 3 ? 0 : -EINVAL);
	}
}
