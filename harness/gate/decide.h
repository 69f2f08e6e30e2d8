/* SPDX-License-Identifier: MIT */
/*
 * decide: whether one build is slower than another, from measurements on a noisy machine. A
 * regression needs all three: Mann-Whitney p < .05, A12 >= .71, and a shift of the median beyond
 * the bound: the greatest of what is asked for, the noise, and a floor. The noise is what the
 * baseline differs from itself by: it was measured twice in each round, and which of the two was
 * first is exchanged at random, many times. Above its limit there is no verdict. Pure functions.
 */
#ifndef IRQSTORM_GATE_DECIDE_H
#define IRQSTORM_GATE_DECIDE_H

#include <stddef.h>
#include <stdint.h>

enum gate_verdict {
	VERDICT_PASS,
	VERDICT_FAIL,
	VERDICT_UNTRUSTED, /* too noisy, or not enough was measured */
	VERDICT_SKIP,      /* the target cannot */
	VERDICT_ERROR,     /* it could not be run */
	VERDICT_STOPPED,   /* by a signal, before the end */
	VERDICTS,
};

extern const char *const verdict_names[]; /* in enum order: "pass", "fail", ... */

#define DECIDE_P   .05
#define DECIDE_A12 .71

/* Fractions of the baseline's median. */
struct decide_limits {
	double min_shift, noise_limit, floor;
};

struct decision {
	enum gate_verdict verdict; /* PASS, FAIL or UNTRUSTED */
	size_t n_a, n_b;
	double median_a, median_b;
	double p, a12, shift; /* as in stats.h */
	double noise, bound;
};

/* The baseline, the candidate, and the baseline again, in @n rounds. 0 or -ENOMEM. */
int decide_interleaved(const double *a1, const double *b, const double *a2, size_t n,
		       const struct decide_limits *l, uint64_t seed, struct decision *out);

/*
 * Samples of another run, in which the noise was @saved_noise, and the candidate measured twice in
 * each of @n rounds. 0 or -ENOMEM.
 */
int decide_saved(const double *saved, size_t n_saved, double saved_noise, const double *b1,
		 const double *b2, size_t n, const struct decide_limits *l, uint64_t seed,
		 struct decision *out);

/* What two samples of one build, taken in the same @n rounds, differ by. Negative: -ENOMEM. */
double decide_noise(const double *x, const double *y, size_t n, uint64_t seed);

#define DECIDE_LOOKS 3u

/*
 * Several looks at one thing, each with samples of its own, as one in forty finds a difference
 * where there is none: two must. A pass before any failure is a pass.
 */
struct looks {
	unsigned int passes, fails, untrusted;
};

void looks_add(struct looks *l, enum gate_verdict v);
/* Nothing that another look could show would change it. */
int looks_settled(const struct looks *l);
enum gate_verdict looks_verdict(const struct looks *l);

#endif
