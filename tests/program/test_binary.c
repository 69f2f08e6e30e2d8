/* SPDX-License-Identifier: MIT */
/* The binary form: total, and exact. */
#include <criterion/criterion.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "fixture.h"
#include "program/binary.h"
#include "tests/length.h"

/* Bytes in a block of exactly their size, for the sanitizers. */
static uint8_t *random_bytes(struct rng *rng, size_t *size)
{
	uint8_t *data;

	*size = rng_below(rng, 4) ? rng_below(rng, 64) : rng_below(rng, 2000);
	data = malloc(*size ? *size : 1);
	for (size_t i = 0; i < *size; i++)
		data[i] = (uint8_t)rng_u64(rng);
	return data;
}

static void assert_well_formed(const struct program *p)
{
	cr_assert_leq(p->n, BINARY_FUZZ_OPS);
	if (p->has_device) {
		cr_assert_lt(p->device.profile, PROFILES);
		cr_assert_eq(p->device.with & p->device.without, 0);
		cr_assert_leq(p->device.msix, IRQ_MAX_VECTORS);
		cr_assert_leq(p->device.msi, IRQ_MAX_MSI);
		cr_assert_eq(p->device.msi & (p->device.msi - 1), 0);
	}
	for (uint32_t i = 0; i < p->n; i++) {
		const struct op *op = &p->ops[i];

		cr_assert_lt(op->kind, OP_KINDS);
		cr_assert_lt(op->slot, PROGRAM_SLOTS);
		cr_assert_lt(op->slot2, PROGRAM_SLOTS);
		cr_assert_neq(op->kind, OP_EXPECT);
		if (op->kind == OP_SET_IRQS)
			cr_assert_leq(op->n, PROGRAM_ITEMS);
		if (op->kind == OP_RAW)
			cr_assert_leq(op->n, sizeof(op->raw));
		if (op->kind != OP_AT)
			continue;
		cr_assert_lt(i + op->n, p->n, "a block ends within the program");
		for (uint32_t k = 1; k <= op->n; k++)
			cr_assert(op_allowed_in_at(p->ops[i + k].kind));
	}
}

static void assert_binary_round_trip(const struct program *p)
{
	struct program again;
	uint8_t *bytes;
	size_t size;

	program_init(&again);
	cr_assert_eq(binary_encode(p, &bytes, &size), 0);
	cr_assert_eq(binary_decode(bytes, size, &again), 0);
	assert_programs_equal(&again, p, "binary round trip");
	free(bytes);
	program_free(&again);
}

Test(binary, any_bytes_are_a_program)
{
	uint64_t kinds[OP_KINDS] = {0};
	struct program p;
	struct rng rng;

	program_init(&p);
	rng_init(&rng, 2, 0);
	for (int i = 0; i < LENGTH(30000, 100000); i++) {
		size_t size;
		uint8_t *data = random_bytes(&rng, &size);

		cr_assert_eq(binary_decode(data, size, &p), 0);
		assert_well_formed(&p);
		for (uint32_t k = 0; k < p.n; k++)
			kinds[p.ops[k].kind]++;
		if (i % 8 == 0)
			assert_binary_round_trip(&p);
		if (i % 16 == 0)
			assert_text_round_trip(&p);
		free(data);
	}
	for (int k = 0; k < OP_KINDS; k++)
		cr_assert(kinds[k] || k == OP_EXPECT, "kind %d was never met", k);
	program_free(&p);
}

Test(binary, nothing_is_nothing)
{
	struct program p;

	program_init(&p);
	cr_assert_eq(binary_decode(NULL, 0, &p), 0);
	cr_assert_eq(p.n, 0);
	cr_assert_not(p.has_device);
	assert_binary_round_trip(&p);
}

Test(binary, generated_programs)
{
	struct generator_config cfg = everything();
	struct generator g;
	struct program p;
	struct rng rng, other;

	program_init(&p);
	rng_init(&rng, 3, 0);
	rng_init(&other, 3, 1);
	generator_init(&g, &cfg, &rng);
	for (int i = 0; i < 2000; i++) {
		generate(&g, &other, 1 + rng_below(&other, 60), &p);
		p.has_device = i & 1;
		memset(&p.device, 0, sizeof(p.device));
		if (p.has_device) {
			generator_device(&other, &p.device);
			p.device.profile = (uint16_t)rng_below(&other, 3);
		}
		assert_binary_round_trip(&p);
		assert_text_round_trip(&p);
	}
	program_free(&p);
}

/* Every field of every kind at odd values, which the short forms do not hold. */
Test(binary, every_value)
{
	static const uint64_t odd[] = {
		0,      1,       3,          15,         16,         31,         79,
		80,     127,     128,        255,        256,        0x7fff,     0x8000,
		0xffff, 0x10000, 0x7fffffff, 0x80000000, 0xfffffffe, 0xffffffff, UINT64_MAX};
	const uint32_t n_odd = sizeof(odd) / sizeof(odd[0]);
	struct program p;
	struct rng rng;

	program_init(&p);
	rng_init(&rng, 4, 0);
	for (int i = 0; i < 60000; i++) {
		struct op op = op_make(rng_below(&rng, OP_KINDS - 1));

		op.slot = rng_below(&rng, PROGRAM_SLOTS);
		op.slot2 = rng_below(&rng, PROGRAM_SLOTS);
		op.flags = (uint32_t)odd[rng_below(&rng, n_odd)];
		op.index = (uint32_t)odd[rng_below(&rng, n_odd)];
		op.start = (uint32_t)odd[rng_below(&rng, n_odd)];
		op.count = (uint32_t)odd[rng_below(&rng, n_odd)];
		op.argsz = (uint32_t)odd[rng_below(&rng, n_odd)];
		op.readable = (uint32_t)odd[rng_below(&rng, n_odd)];
		op.value = odd[rng_below(&rng, n_odd)];
		if (op.kind == OP_SET_IRQS || op.kind == OP_RAW) {
			op.n = (uint8_t)rng_below(&rng, op.kind == OP_RAW ? 49 : 13);
			for (uint32_t k = 0; k < PROGRAM_ITEMS; k++)
				op.data[k] = (int32_t)(odd[rng_below(&rng, n_odd)] -
						       rng_below(&rng, 70));
		}
		program_clear(&p);
		program_add(&p, &op);
		assert_binary_round_trip(&p);
		assert_text_round_trip(&p);
	}
	program_free(&p);
}

Test(binary, every_device)
{
	struct program p;

	program_init(&p);
	p.has_device = true;
	for (uint32_t i = 0; i < 3 * 512; i++) {
		p.device.profile = (uint16_t)(i / 512);
		p.device.flags = (uint16_t)(i % 512);
		for (uint32_t msi = 0; msi <= 32; msi = msi ? msi * 2 : 1) {
			p.device.msi = (uint16_t)msi;
			for (uint32_t msix = 0; msix <= 2048; msix += msix < 9 ? 1 : 679) {
				p.device.msix = (uint16_t)msix;
				p.device.host_vectors = (uint16_t)(msix % 2 ? 0 : i * 40);
				assert_binary_round_trip(&p);
			}
		}
	}
}

Test(binary, every_profile_with_features_on_top_of_it)
{
	struct program p;

	program_init(&p);
	p.has_device = true;
	p.device = (struct program_device){.flags = DEVICE_DEFAULT, .msix = 8, .msi = 4};
	for (uint32_t i = 0; i < PROFILES * FEATURES * 3; i++) {
		p.device.profile = (uint16_t)(i % PROFILES);
		p.device.with = (uint16_t)(i % 3 == 1 ? 1u << i / PROFILES / 3 : 0);
		p.device.without = (uint16_t)(i % 3 == 2 ? 1u << i / PROFILES / 3 : 0);
		assert_binary_round_trip(&p);
		assert_text_round_trip(&p);
	}
	program_free(&p);
}

/* expect's byte: 0x1 was `on 6.1`, 0x2 `on 6.12`, both as neither. */
Test(binary, an_old_expect_on_a_version_is_one_on_its_contexts)
{
	static const uint32_t array = FEATURE_BIT(CONTEXTS_WITHIN_NVEC);
	const struct op old[] = {
		{.kind = OP_EXPECT,
		 .argsz = PROGRAM_AUTO,
		 .readable = PROGRAM_AUTO,
		 .data = {(int32_t)array}},
		{.kind = OP_EXPECT,
		 .argsz = PROGRAM_AUTO,
		 .readable = PROGRAM_AUTO,
		 .data = {0, (int32_t)array}},
		{.kind = OP_EXPECT, .argsz = PROGRAM_AUTO, .readable = PROGRAM_AUTO},
	};
	struct program p, again;

	program_init(&p);
	program_init(&again);
	for (uint32_t i = 0; i < 3; i++) {
		struct op op = old[2];
		char *bytes = NULL;
		size_t size;
		FILE *f = open_memstream(&bytes, &size);

		op.value = (uint64_t) - (int64_t)500; /* no short form */
		program_clear(&p);
		program_add(&p, &op);
		cr_assert_eq(binary_save(&p, f), 0);
		fclose(f);
		for (size_t at = BINARY_HEADER; i < 2 && at < size; at++) {
			bytes[at] = (char)(bytes[at] ^ (1 + (int)i)); /* whichever byte it is */
			cr_assert_eq(binary_load((uint8_t *)bytes, size, "t", &again, NULL), 0);
			bytes[at] = (char)(bytes[at] ^ (1 + (int)i));
			op.data[0] = old[i].data[0];
			op.data[1] = old[i].data[1];
			if (again.n == 1 && op_equal(&again.ops[0], &op))
				break;
			cr_assert_lt(at + 1, size, "no byte of %zu is it", size);
		}
		free(bytes);
	}
	program_free(&p);
	program_free(&again);
}

Test(binary, common_operations_are_short)
{
	struct op op = op_make(OP_SET_IRQS);
	struct program p;
	uint8_t *bytes;
	size_t size;

	program_init(&p);
	op.flags = 0x24;
	op.index = 2;
	op.count = 1;
	op.n = 1;
	program_add(&p, &op);
	cr_assert_eq(binary_encode(&p, &bytes, &size), 0);
	cr_assert_leq(size, 6);
	free(bytes);
	program_free(&p);
}

/* The stored form has room for what a fuzz input has not: expectations and long programs. */
Test(binary, stored_programs_keep_everything)
{
	struct program p, again;
	struct op op = op_make(OP_EXPECT);
	char *bytes = NULL;
	size_t size;
	FILE *f = open_memstream(&bytes, &size);

	program_init(&p);
	program_init(&again);
	for (uint32_t i = 0; i < PROGRAM_MAX_OPS; i++) {
		op.flags = i % 3 * EXPECT_INFO;
		op.data[EXPECT_HAS] = i % 5 ? (int32_t)(i & FEATURES_ALL) : 0;
		op.data[EXPECT_LACKS] = i % 7 ? (int32_t)(~i & FEATURES_ALL) : 0;
		if (op.flags & EXPECT_INFO) {
			op.index = i;
			op.count = 3 * i;
		}
		op.value = i % 5 == 0 ? (uint64_t)-22 : i * 0x123456789abULL;
		program_add(&p, &op);
	}
	cr_assert_eq(binary_save(&p, f), 0);
	fclose(f);
	cr_assert(binary_is_stored(bytes, size));
	cr_assert_eq(binary_load((uint8_t *)bytes, size, "t", &again, NULL), 0);
	assert_programs_equal(&again, &p, "stored");
	cr_assert_eq(binary_decode((uint8_t *)bytes + BINARY_HEADER, size - BINARY_HEADER, &again),
		     0);
	cr_assert_eq(again.n, 0, "an input expects nothing");
	free(bytes);
	program_free(&p);
	program_free(&again);
}

Test(binary, stored_programs_are_checked)
{
	struct program p;
	struct op op = op_make(OP_RESET);
	struct errmsg e;
	char *text = NULL;
	uint8_t *bytes;
	size_t size;
	FILE *f = open_memstream(&text, &size);

	program_init(&p);
	program_add(&p, &op);
	cr_assert_eq(binary_save(&p, f), 0);
	fclose(f);
	bytes = (uint8_t *)text;
	for (size_t cut = 0; cut < size; cut++) {
		cr_assert_eq(binary_load(bytes, cut, "t", &p, &e), -EINVAL, "%zu bytes", cut);
		cr_assert_eq(e.exit, EXIT_USAGE);
	}
	cr_assert(strstr(e.text, "its header announces"), "%s", e.text);
	bytes[4] = 9;
	cr_assert_eq(binary_load(bytes, size, "t", &p, &e), -EINVAL);
	cr_assert_str_eq(e.text, "t: stored in format version 9, this irqstorm reads version 1");
	bytes[0] = 'X';
	cr_assert_eq(binary_load(bytes, size, "t", &p, &e), -EINVAL);
	cr_assert(strstr(e.text, "not a stored program"));
	free(text);
	program_free(&p);
}

/* Mutating the end of an input leaves the values of the first operations as they were. */
Test(binary, values_keep_their_place)
{
	const uint8_t a[] = {5, 7, 0, 0, 0, 0x20, 0x00, 0};
	uint8_t b[sizeof(a)];
	struct program p, q;

	memcpy(b, a, sizeof(a));
	b[sizeof(b) - 3] = 0x21; /* the second choice: another operation */
	program_init(&p);
	program_init(&q);
	cr_assert_eq(binary_decode(a, sizeof(a), &p), 0);
	cr_assert_eq(binary_decode(b, sizeof(b), &q), 0);
	cr_assert_eq(p.ops[0].start, 5);
	cr_assert_eq(p.ops[0].count, 7);
	cr_assert(op_equal(&p.ops[0], &q.ops[0]));
	cr_assert_not(op_equal(&p.ops[1], &q.ops[1]));
	program_free(&p);
	program_free(&q);
}
