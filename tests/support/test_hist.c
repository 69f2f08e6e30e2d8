/* SPDX-License-Identifier: MIT */
/* hist: quantiles against the exact ones of sorted samples, merging, both ends, the .hgrm text. */
#include <criterion/criterion.h>
#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "support/hist.h"
#include "support/rng.h"

#define SAMPLES 20000u

static int by_value(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return (x > y) - (x < y);
}

/* Samples whose magnitudes spread over all of uint64_t: first the width, then the value. */
static uint64_t spread(struct rng *r)
{
	return rng_u64(r) >> rng_below(r, 64);
}

static uint64_t narrow(struct rng *r)
{
	return 5000 + rng_below(r, 20000);
}

static void check_quantiles(uint64_t (*sample)(struct rng *), uint64_t seed)
{
	static const struct {
		double q;
		uint64_t num, den; /* the same as a fraction: the exact rank needs no doubles */
	} quantiles[] = {{0.01, 1, 100},  {0.07, 7, 100},     {0.5, 1, 2},           {0.9, 9, 10},
			 {0.99, 99, 100}, {0.999, 999, 1000}, {0.9999, 9999, 10000}, {1, 1, 1}};
	static uint64_t v[SAMPLES];
	static struct hist h;
	struct rng r;

	rng_init(&r, seed, 0);
	hist_init(&h);
	for (uint32_t i = 0; i < SAMPLES; i++) {
		v[i] = sample(&r);
		hist_record(&h, v[i]);
	}
	qsort(v, SAMPLES, sizeof(v[0]), by_value);
	cr_assert_eq(h.min, v[0], "min");
	cr_assert_eq(h.max, v[SAMPLES - 1], "max");
	cr_assert_eq(hist_quantile(&h, 1), h.max, "nothing is above it");
	for (size_t i = 0; i < sizeof(quantiles) / sizeof(quantiles[0]); i++) {
		uint64_t rank =
			(SAMPLES * quantiles[i].num + quantiles[i].den - 1) / quantiles[i].den;
		uint64_t exact = v[rank - 1], got = hist_quantile(&h, quantiles[i].q);

		cr_assert(got >= exact, "seed %" PRIu64 " q %g: %" PRIu64 " below %" PRIu64, seed,
			  quantiles[i].q, got, exact);
		cr_assert(got - exact <= exact / HIST_SUB,
			  "seed %" PRIu64 " q %g: %" PRIu64 " too far above %" PRIu64, seed,
			  quantiles[i].q, got, exact);
	}
}

Test(hist, quantiles_of_spread_samples)
{
	for (uint64_t seed = 1; seed <= 20; seed++)
		check_quantiles(spread, seed);
}

Test(hist, quantiles_of_narrow_samples)
{
	for (uint64_t seed = 1; seed <= 20; seed++)
		check_quantiles(narrow, seed);
}

/* 0.07 * 100 is above 7 in doubles: the rank must not slip to the next value. */
Test(hist, rank_does_not_slip)
{
	static struct hist h;

	for (uint32_t n = 1; n <= 100; n++) {
		hist_init(&h);
		for (uint32_t i = 1; i <= n; i++)
			hist_record(&h, i);
		for (uint32_t p = 1; p <= 100; p++) {
			uint64_t want = (n * p + 99) / 100;
			uint64_t got = hist_quantile(&h, p / 100.0);

			cr_assert_eq(got, want, "p%u of 1..%u: %" PRIu64 ", not %" PRIu64, p, n,
				     got, want);
		}
	}
}

Test(hist, buckets_are_in_order_and_in_range)
{
	uint32_t last = 0;

	for (uint64_t v = 0; v < 100000; v++) {
		uint32_t i = hist_index(v);

		cr_assert(i == last || i == last + 1, "value %" PRIu64 ": bucket %u after %u", v, i,
			  last);
		last = i;
	}
	for (int bit = 7; bit < 64; bit++) {
		uint64_t v = 1ULL << bit;

		cr_assert_eq(hist_index(v), hist_index(v - 1) + 1, "at 2^%d", bit);
	}
	cr_assert_eq(hist_index(UINT64_MAX), HIST_BUCKETS - 1, "the last value, the last bucket");
}

Test(hist, both_ends)
{
	static struct hist h;

	hist_init(&h);
	hist_record(&h, 0);
	hist_record(&h, UINT64_MAX);
	cr_assert_eq(h.n, 2, "n");
	cr_assert_eq(h.min, 0, "min");
	cr_assert_eq(h.max, UINT64_MAX, "max");
	cr_assert_eq(hist_quantile(&h, 0.5), 0, "p50");
	cr_assert_eq(hist_quantile(&h, 1), UINT64_MAX, "p100");
	cr_assert_eq(hist_quantile(&h, 0), 0, "p0 is the smallest");
}

Test(hist, empty)
{
	static struct hist h;

	hist_init(&h);
	cr_assert_eq(hist_quantile(&h, 0.99), 0, "quantile");
	cr_assert_eq(hist_mean(&h), 0, "mean");
}

Test(hist, merge_is_as_if_recorded_together)
{
	static struct hist a, b, both;
	struct rng r;

	rng_init(&r, 3, 0);
	hist_init(&a);
	hist_init(&b);
	hist_init(&both);
	for (int i = 0; i < 5000; i++) {
		uint64_t v = spread(&r);

		hist_record(i % 3 ? &a : &b, v);
		hist_record(&both, v);
	}
	hist_merge(&a, &b);
	cr_assert_eq(memcmp(&a, &both, sizeof(a)), 0, "counters differ");
	hist_init(&b);
	hist_merge(&a, &b);
	cr_assert_eq(memcmp(&a, &both, sizeof(a)), 0, "an empty one must not change min or max");
}

Test(hist, merge_has_the_ends_of_both)
{
	static struct hist low, high, a;

	hist_init(&low);
	hist_init(&high);
	hist_record(&low, 1000);
	hist_record(&high, 70000);
	a = low;
	hist_merge(&a, &high);
	cr_assert_eq(a.min, 1000);
	cr_assert_eq(a.max, 70000);
	hist_merge(&high, &low);
	cr_assert_eq(memcmp(&a, &high, sizeof(a)), 0, "whichever goes into the other");
}

Test(hist, mean_is_near)
{
	static struct hist h;
	double sum = 0;
	struct rng r;

	rng_init(&r, 4, 0);
	hist_init(&h);
	for (uint32_t i = 0; i < SAMPLES; i++) {
		uint64_t v = narrow(&r);

		hist_record(&h, v);
		sum += (double)v;
	}
	cr_assert(fabs(hist_mean(&h) / (sum / SAMPLES) - 1) <= 1.0 / HIST_SUB, "%g, exact %g",
		  hist_mean(&h), sum / SAMPLES);
}

Test(hist, hgrm_rows_rise_to_the_end)
{
	static struct hist h;
	char *text = NULL, *line, *save;
	double value, share, last_value = -1, last_share = 0;
	unsigned long long total = 0, last_total = 0;
	size_t size = 0;
	struct rng r;
	FILE *f;
	int rows = 0;

	rng_init(&r, 5, 0);
	hist_init(&h);
	for (uint32_t i = 0; i < SAMPLES; i++)
		hist_record(&h, narrow(&r));
	f = open_memstream(&text, &size);
	cr_assert_eq(hist_write_hgrm(&h, f, 1000), 0, "write");
	fclose(f);

	line = strtok_r(text, "\n", &save);
	cr_assert(strstr(line, "Value") && strstr(line, "1/(1-Percentile)"), "title: %s", line);
	for (line = strtok_r(NULL, "\n", &save); line && *line != '#';
	     line = strtok_r(NULL, "\n", &save), rows++) {
		cr_assert_eq(sscanf(line, "%lf %lf %llu", &value, &share, &total), 3, "row: %s",
			     line);
		cr_assert(value > last_value && share > last_share && total > last_total,
			  "row does not rise: %s", line);
		last_value = value;
		last_share = share;
		last_total = total;
	}
	cr_assert(rows > 50, "%d rows", rows);
	cr_assert_eq(last_total, SAMPLES, "last row counts %llu", last_total);
	cr_assert(last_share > 0.9999999, "last row is %g", last_share);
	cr_assert(fabs(last_value * 1000 - (double)h.max) < 1, "last row is not max");
	cr_assert(line && !strncmp(line, "#[Mean", 6), "no summary");
	free(text);
}

Test(hist, hgrm_of_an_empty_one_and_of_a_full_disk)
{
	static struct hist h;
	FILE *f;

	hist_init(&h);
	f = fopen("/dev/null", "w");
	cr_assert_eq(hist_write_hgrm(&h, f, 1), 0, "empty");
	fclose(f);
	f = fopen("/dev/full", "w");
	setvbuf(f, NULL, _IONBF, 0);
	cr_assert_eq(hist_write_hgrm(&h, f, 1), -EIO, "full");
	fclose(f);
}
