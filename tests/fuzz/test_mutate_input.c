/* SPDX-License-Identifier: MIT */
/* Mutations as engines ask for them: bytes, limits, seeds, trimming. */
#include <criterion/criterion.h>
#include <errno.h>
#include <stdlib.h>

#include "program/binary.h"
#include "program/mutate_private.h"

#define ROOM 300u

TestSuite(mutate_input, .timeout = 60);

Test(mutate_input, same_seed_same_result)
{
	struct mutator a, b;
	uint8_t x[ROOM] = {1, 2, 3}, y[ROOM] = {1, 2, 3};
	size_t nx = 3, ny = 3;

	mutator_init(&a);
	mutator_init(&b);
	/* What the other one did before makes no difference. */
	for (uint64_t seed = 100; seed < 120; seed++) {
		uint8_t other[ROOM] = {0};

		mutate_input(&b, other, 1, ROOM, 0, seed);
	}
	for (uint64_t seed = 0; seed < 500; seed++) {
		nx = mutate_input(&a, x, nx, ROOM, 0, seed);
		ny = mutate_input(&b, y, ny, ROOM, 0, seed);
		cr_assert_eq(nx, ny, "seed %llu", (unsigned long long)seed);
		cr_assert_eq(memcmp(x, y, nx), 0, "seed %llu", (unsigned long long)seed);
	}
	mutator_fini(&a);
	mutator_fini(&b);
}

/* To the last field, but for where it lies. */
static bool same_bytes(const struct op *a, const struct op *b)
{
	struct op x = *a, y = *b;

	x.origin = y.origin = 0;
	return !memcmp(&x, &y, sizeof(x));
}

Test(mutate_input, what_a_mutator_has_in_hand_changes_nothing)
{
	static struct mutator a, b;
	uint8_t x[ROOM], y[ROOM], other[ROOM];
	size_t nx = 0, ny = 0, n_other = 0;

	mutator_init(&a);
	mutator_init(&b);
	for (uint64_t seed = 0; seed < 20000; seed++) {
		const struct program *p, *q;

		mutate_forget(&b); /* as if the bytes came from somewhere else */
		if (seed % 3 == 2) {
			uint8_t out[ROOM];
			size_t n = mutate_cross(&a, x, nx, other, n_other, out, ROOM, 0, seed);

			ny = mutate_cross(&b, y, ny, other, n_other, y, ROOM, 0, seed);
			memcpy(x, out, n);
			nx = n;
		} else {
			nx = mutate_input(&a, x, nx, ROOM, 0, seed);
			ny = mutate_input(&b, y, ny, ROOM, 0, seed);
		}
		cr_assert_eq(nx, ny, "seed %llu", (unsigned long long)seed);
		cr_assert_eq(memcmp(x, y, nx), 0, "seed %llu", (unsigned long long)seed);
		mutate_forget(&b); /* as if the bytes came from somewhere else */
		cr_assert_eq(mutator_program(&a, x, nx, &p), 0, "seed %llu",
			     (unsigned long long)seed);
		cr_assert_eq(mutator_program(&b, y, ny, &q), 0);
		cr_assert_eq(p->n, q->n);
		for (uint32_t i = 0; i < p->n; i++)
			cr_assert(same_bytes(&p->ops[i], &q->ops[i]), "seed %llu op %u",
				  (unsigned long long)seed, i);
		if (seed % 7 == 0) {
			n_other = nx;
			memcpy(other, x, nx);
		}
	}
	mutator_fini(&a);
	mutator_fini(&b);
}

Test(mutate_input, a_program_that_is_not_that_of_its_bytes_is_noticed)
{
	static struct mutator m;
	uint8_t data[ROOM];
	size_t size = 0;
	const struct program *p;
	int err = 0, hits = 0;

	mutator_init(&m);
	do {
		size = mutate_input(&m, data, size, ROOM, 0, 3 + (uint64_t)hits++);
	} while (!m.known || m.now.n < 3);
	m.now.ops[1].slot ^= 1; /* as a mutation would that forgets where its operation lies */
	m.now.ops[1].kind = OP_READ;
	for (hits = 0; !err && hits < 1000; hits++)
		err = mutator_program(&m, data, size, &p);
	cr_assert_eq(err, -EBADMSG);
	cr_assert_eq(mutator_program(&m, data, size, &p), -EBADMSG, "and goes on so");
	cr_assert_eq(mutator_program(&m, data, size - 1, &p), -EBADMSG, "with other bytes, too");
	mutator_fini(&m);
}

Test(mutate_input, sizes_stay_within_the_limit)
{
	struct mutator m;

	mutator_init(&m);
	for (size_t max = 0; max < 64; max++) {
		for (uint64_t seed = 0; seed < 100; seed++) {
			uint8_t data[64 + 8];
			size_t size = max / 2;

			memset(data, 0xa5, sizeof(data));
			size = mutate_input(&m, data, size, max, 2, seed);
			cr_assert_leq(size, max);
			for (size_t i = max; i < sizeof(data); i++)
				cr_assert_eq(data[i], 0xa5, "byte %zu of %zu", i, max);
		}
	}
	mutator_fini(&m);
}

Test(mutate_input, an_input_grows_out_of_nothing)
{
	struct mutator m;
	struct program p;
	uint8_t data[ROOM];
	size_t size = 0;
	uint32_t kinds = 0;

	mutator_init(&m);
	program_init(&p);
	for (uint64_t seed = 0; seed < 3000; seed++) {
		size = mutate_input(&m, data, size, ROOM, 0, seed);
		cr_assert_eq(binary_decode(data, size, &p), 0);
		for (uint32_t i = 0; i < p.n; i++)
			kinds |= 1u << p.ops[i].kind;
	}
	/* Every kind of operation is reached; EXPECT is none of a fuzz input. */
	cr_expect_eq(kinds, (1u << OP_KINDS) - 1 - (1u << OP_EXPECT), "0x%x", kinds);
	program_free(&p);
	mutator_fini(&m);
}

Test(mutate_input, the_head_is_kept_but_for_changes_of_its_own)
{
	struct mutator m;
	uint32_t changed = 0;

	mutator_init(&m);
	for (uint64_t seed = 0; seed < 1000; seed++) {
		uint8_t data[ROOM] = {7, 9};
		size_t size = mutate_input(&m, data, 2, ROOM, 2, seed);

		cr_assert_geq(size, 2u);
		changed += data[0] != 7 || data[1] != 9;
	}
	cr_expect(changed > 50 && changed < 300, "%u of 1000", changed);
	mutator_fini(&m);
}

Test(mutate_input, crossing_over_takes_from_both)
{
	struct mutator m;
	uint8_t a[ROOM] = {0}, b[ROOM] = {0}, out[ROOM];
	size_t na = 0, nb = 0;
	uint32_t made = 0;

	mutator_init(&m);
	for (uint64_t seed = 0; seed < 20; seed++) {
		na = mutate_input(&m, a, na, ROOM, 0, seed);
		nb = mutate_input(&m, b, nb, ROOM, 0, seed + 1000);
	}
	for (uint64_t seed = 0; seed < 100; seed++) {
		size_t n = mutate_cross(&m, a, na, b, nb, out, ROOM, 0, seed), again;
		uint8_t twice[ROOM];

		again = mutate_cross(&m, a, na, b, nb, twice, ROOM, 0, seed);
		cr_assert_eq(n, again);
		cr_assert_eq(memcmp(out, twice, n), 0);
		made += n != 0;
	}
	cr_expect_gt(made, 90);
	cr_expect_eq(mutate_cross(&m, a, na, b, 1, out, ROOM, 2, 1), 0u, "shorter than its head");
	mutator_fini(&m);
}

/* Trimming until one operation is left that must stay. */
Test(mutate_input, trimming_finds_the_one_operation_that_matters)
{
	struct program p;

	program_init(&p);
	for (uint32_t i = 0; i < 23; i++) {
		struct op op = op_make(i == 17 ? OP_WIPE : OP_RESET);

		cr_assert_eq(program_add(&p, &op), 0);
	}
	for (uint32_t step = 0; step < mutate_trim_steps(&p);) {
		struct program shorter;
		bool matters = false;
		uint8_t *bytes;
		size_t size;

		program_init(&shorter);
		cr_assert_eq(mutate_trim(&p, step, &bytes, &size), 0);
		cr_assert_eq(binary_decode(bytes, size, &shorter), 0);
		cr_assert_lt(shorter.n, p.n);
		free(bytes);
		for (uint32_t i = 0; i < shorter.n; i++)
			matters |= shorter.ops[i].kind == OP_WIPE;
		if (matters) {
			program_free(&p);
			p = shorter;
			step = 0; /* as the shim for AFL++ goes on */
		} else {
			program_free(&shorter);
			step++;
		}
	}
	cr_expect_eq(p.n, 1u);
	cr_expect_eq(p.ops[0].kind, OP_WIPE);
	program_free(&p);
}

static uint32_t random_bytes(uint8_t *data, uint32_t max, struct rng *rng)
{
	uint32_t size = rng_below(rng, max);

	for (uint32_t i = 0; i < size; i++)
		data[i] = (uint8_t)rng_u64(rng);
	return size;
}

Test(mutate_input, what_is_copied_reads_as_the_operation_that_it_was)
{
	static struct mutator m;
	uint8_t a[ROOM], b[ROOM];
	struct program again, before;
	struct rng rng;

	mutator_init(&m);
	program_init(&again);
	program_init(&before);
	rng_init(&rng, 7, 0);
	for (int round = 0; round < 20000; round++) {
		uint32_t na = random_bytes(a, ROOM, &rng), nb = random_bytes(b, ROOM, &rng);
		size_t size;

		cr_assert_eq(binary_decode_origin(a, na, &m.now, m.origins, 0), 0);
		cr_assert_eq(binary_decode_origin(b, nb, &m.out, m.origins, 2), 0);
		mutate_join(&m.now, &m.out, &rng);
		for (int kind = 0; kind < MUTATE_KINDS; kind += 1 + (int)rng_below(&rng, 4))
			mutate_program(&m, &m.now, (enum mutation)kind, &rng);
		program_clear(&before);
		cr_assert_eq(program_append(&before, m.now.ops, m.now.n), 0);
		size = binary_encode_origin(&m.now, m.origins, m.room[0], &m.origins[1]);
		cr_assert_leq(size, BINARY_ROOM(m.now.n));
		cr_assert_eq(binary_decode(m.room[0], size, &again), 0);
		cr_assert_eq(again.n, before.n, "round %d", round);
		for (uint32_t i = 0; i < again.n; i++)
			cr_assert(op_equal(&again.ops[i], &before.ops[i]), "round %d op %u", round,
				  i);
	}
	program_free(&again);
	program_free(&before);
	mutator_fini(&m);
}
