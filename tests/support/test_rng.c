/* SPDX-License-Identifier: MIT */
/* rng: the same seed repeats, streams do not follow each other, a range is kept and filled. */
#include <criterion/criterion.h>
#include <inttypes.h>

#include "support/rng.h"

#define STREAMS 64u
#define DRAWS   256u

Test(rng, same_seed_and_stream_repeat)
{
	struct rng a, b;

	rng_init(&a, 42, 7);
	rng_init(&b, 42, 7);
	for (int i = 0; i < 1000; i++)
		cr_assert_eq(rng_u64(&a), rng_u64(&b), "draw %d", i);
}

/* The reference values of xoshiro256** from the state 1, 2, 3, 4. */
Test(rng, is_xoshiro256starstar)
{
	static const uint64_t want[] = {11520, 0, 1509978240, 1215971899390074240};
	struct rng r = {{1, 2, 3, 4}};

	for (int i = 0; i < 4; i++) {
		uint64_t got = rng_u64(&r);

		cr_assert_eq(got, want[i], "draw %d: %" PRIu64, i, got);
	}
}

/*
 * Any two streams of one seed, and one stream of neighbouring seeds, agree in half of their bits: a
 * sum over DRAWS words is binomial with a deviation of 64, and 8 of those is never seen by chance.
 */
static void check_unrelated(struct rng a, struct rng b, unsigned int i, unsigned int k)
{
	int same = 0;

	for (uint32_t n = 0; n < DRAWS; n++)
		same += __builtin_popcountll(~(rng_u64(&a) ^ rng_u64(&b)));
	cr_assert(same > 32 * (int)DRAWS - 512 && same < 32 * (int)DRAWS + 512,
		  "%u and %u share %d of %u bits", i, k, same, 64 * DRAWS);
}

Test(rng, streams_are_unrelated)
{
	static struct rng r[STREAMS];

	for (uint32_t i = 0; i < STREAMS; i++)
		rng_init(&r[i], 1, i);
	for (uint32_t i = 0; i < STREAMS; i++) {
		for (uint32_t k = i + 1; k < STREAMS; k++)
			check_unrelated(r[i], r[k], i, k);
	}
}

Test(rng, neighbouring_seeds_are_unrelated)
{
	static struct rng r[STREAMS];

	for (uint32_t i = 0; i < STREAMS; i++)
		rng_init(&r[i], i, 0);
	for (uint32_t i = 0; i < STREAMS; i++) {
		for (uint32_t k = i + 1; k < STREAMS; k++)
			check_unrelated(r[i], r[k], i, k);
	}
}

/* The all-zero state would stay zero for ever. */
Test(rng, zero_seed_works)
{
	struct rng r;

	rng_init(&r, 0, 0);
	cr_assert(r.s[0] | r.s[1] | r.s[2] | r.s[3], "state");
	cr_assert(rng_u64(&r) != rng_u64(&r), "draws");
}

Test(rng, below_keeps_and_fills_the_range)
{
	static const uint32_t ranges[] = {1, 2, 3, 7, 64, 1000, 1u << 31, UINT32_MAX};
	struct rng r;

	rng_init(&r, 9, 0);
	for (size_t i = 0; i < sizeof(ranges) / sizeof(ranges[0]); i++) {
		uint64_t n = ranges[i], sum = 0;

		for (int k = 0; k < 10000; k++) {
			uint32_t v = rng_below(&r, ranges[i]);

			cr_assert(v < n, "%u of %" PRIu64, v, n);
			sum += v;
		}
		/* the mean of 10,000 draws is within 3 % of the middle, 10 deviations */
		cr_assert(sum / 10000.0 >= (double)(n - 1) * 0.47 &&
				  sum / 10000.0 <= (double)(n - 1) * 0.53,
			  "mean of [0, %" PRIu64 ") is %g", n, (double)sum / 10000);
	}
}

Test(rng, below_is_flat)
{
	uint32_t count[10] = {0};
	struct rng r;

	rng_init(&r, 10, 0);
	for (int i = 0; i < 100000; i++)
		count[rng_below(&r, 10)]++;
	for (int i = 0; i < 10; i++)
		cr_assert(count[i] > 9400 && count[i] < 10600, "%d came %u times", i, count[i]);
}
