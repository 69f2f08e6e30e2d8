// SPDX-License-Identifier: MIT
#include "support/stats.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "support/must.h"

/* Up to here all arrangements are counted: below a megabyte and a millisecond. */
#define EXACT_MAX 30

static int compare_doubles(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

void stats_sort(double *v, size_t n)
{
	qsort(v, n, sizeof(*v), compare_doubles);
}

static void sort(double *v, size_t n)
{
	for (size_t i = 0; i < n; i++)
		must(!isnan(v[i]));
	if (n)
		stats_sort(v, n);
}

static double median_of_sorted(const double *v, size_t n)
{
	return n % 2 ? v[n / 2] : v[n / 2 - 1] / 2 + v[n / 2] / 2;
}

/*
 * How many values from either end may be left out: the number of values below the true median is
 * Binomial(n, 1/2), and the chance that k or fewer are is to stay within 2.5 % on each side.
 */
static size_t left_out(size_t n)
{
	double sum = 0, log_all = (double)n * log(2);
	size_t k;

	for (k = 0; k < n / 2; k++) {
		sum += exp(lgamma((double)n + 1) - lgamma((double)k + 1) -
			   lgamma((double)(n - k) + 1) - log_all);
		if (sum > .025)
			break;
	}
	return k ? k - 1 : 0;
}

struct stats_interval stats_median(double *v, size_t n)
{
	struct stats_interval m = {NAN, NAN, NAN};
	size_t k;

	if (!n)
		return m;
	sort(v, n);
	k = left_out(n);
	m.median = median_of_sorted(v, n);
	m.lo = v[k];
	m.hi = v[n - 1 - k];
	return m;
}

/*
 * P(U <= u) of samples of m and n without ties. Of the arrangements of j and i values, those with U
 * == x number f(j, i, x) = f(j - 1, i, x - i) + f(j, i - 1, x), by which of them holds the
 * greatest. Negative: out of memory.
 */
static double exact_below(size_t m, size_t n, size_t u)
{
	size_t width = m * n + 1;
	double *f = calloc((m + 1) * width, sizeof(*f));
	double sum = 0, all = 0;

	if (!f)
		return -1;
	for (size_t j = 0; j <= m; j++)
		f[j * width] = 1;
	for (size_t i = 1; i <= n; i++) {
		for (size_t j = 1; j <= m; j++) {
			for (size_t x = width; x-- > i;)
				f[j * width + x] += f[(j - 1) * width + x - i];
		}
	}
	for (size_t x = 0; x < width; x++) {
		all += f[m * width + x];
		sum += x <= u ? f[m * width + x] : 0;
	}
	free(f);
	return sum / all;
}

struct pooled {
	double u;    /* pairs in which the value of b is the greater one, ties half */
	double ties; /* sum of t^3 - t over groups of equal values */
};

/* @a and @b are sorted. */
static struct pooled rank(const double *a, size_t na, const double *b, size_t nb)
{
	struct pooled p = {0, 0};
	size_t i = 0, j = 0;

	while (i < na || j < nb) {
		double v = j == nb || (i < na && a[i] < b[j]) ? a[i] : b[j];
		size_t below = i, ta = 0, tb = 0;
		double t;

		for (; i < na && a[i] <= v; i++)
			ta++;
		for (; j < nb && b[j] <= v; j++)
			tb++;
		t = (double)(ta + tb);
		p.ties += t * t * t - t;
		p.u += (double)tb * ((double)below + (double)ta / 2);
	}
	return p;
}

static double normal_p(const struct pooled *r, double na, double nb)
{
	double n = na + nb, mean = na * nb / 2;
	double variance = na * nb / 12 * (n + 1 - r->ties / (n * (n - 1)));
	/* Half a step towards the mean: U moves in steps, the normal distribution does not. */
	double off = fabs(r->u - mean) - .5;

	if (variance <= 0 || off <= 0)
		return 1;
	return erfc(off / sqrt(variance) / sqrt(2));
}

static int compare_sorted(const double *a, size_t na, const double *b, size_t nb,
			  struct stats_shift *out)
{
	struct pooled r = rank(a, na, b, nb);
	double all = (double)na * (double)nb, less = r.u < all / 2 ? r.u : all - r.u;
	double base = median_of_sorted(a, na);

	out->a12 = r.u / all;
	out->shift = base != 0 ? median_of_sorted(b, nb) / base - 1 : 0;
	if (r.ties > 0 || na > EXACT_MAX || nb > EXACT_MAX) {
		out->p = normal_p(&r, (double)na, (double)nb);
		return 0;
	}
	out->p = exact_below(na, nb, (size_t)less);
	if (out->p < 0)
		return -ENOMEM;
	out->p = fmin(1, 2 * out->p);
	return 0;
}

int stats_compare(const double *a, size_t na, const double *b, size_t nb, struct stats_shift *out)
{
	double *v;
	int err;

	*out = (struct stats_shift){.p = 1, .a12 = .5};
	if (!na || !nb)
		return 0;
	v = malloc((na + nb) * sizeof(*v));
	if (!v)
		return -ENOMEM;
	memcpy(v, a, na * sizeof(*v));
	memcpy(v + na, b, nb * sizeof(*v));
	sort(v, na);
	sort(v + na, nb);
	err = compare_sorted(v, na, v + na, nb, out);
	free(v);
	return err;
}
