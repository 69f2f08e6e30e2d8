/* SPDX-License-Identifier: MIT */
#include "report/plain.h"

#include <math.h>
#include <stdbool.h>
#include <string.h>

#include "report/value.h"
#include "support/stats.h"
#include "support/units.h"

#define PATH_SIZE 200

/* What calls an element of an array by a name, the first that it has. */
static const char *const names[] = {"name", "id", "program", "key", "rule"};

/* Of a share: how many of @of of the same object. */
static const struct share {
	const char *of, *counts[3]; /* added up */
	const char *heading;
} shares[] = {
	{"n", {"lost_unexplained", "lost_explained"}, "lost per million"},
	{"ops", {"divergences"}, "divergences per million operations"},
	{"seeds", {"found_seeds"}, "seeds that find it, per million"},
	{"runs", {"differ"}, "runs that differ, per million"},
};

/* How a run is repeated and where it was is no setting, and a digest no figure. */
static const char *const left_out[] = {"repeat", "command", "artifacts", "digest", "says", "path"};

/* Numbers that were asked for, or are codes: they have no ratio. */
static const char *const settings[] = {"seed", "depth", "jobs", "budget_s", "exit_code"};

#define IS_ONE_OF(word, list) is_one_of(word, list, sizeof(list) / sizeof((list)[0]))

static bool is_one_of(const char *word, const char *const *list, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		if (!strcmp(word, list[i]))
			return true;
	}
	return false;
}

static const char *last_word(const char *path)
{
	const char *dot = strrchr(path, '.');

	return dot ? dot + 1 : path;
}

/* A seed as every other output has it. */
static json_t *seed_text(json_int_t seed)
{
	char text[24];

	snprintf(text, sizeof(text), "0x%llx", (unsigned long long)seed);
	return json_string(text);
}

static void take(json_t *into, const char *path, const json_t *v);

static void take_shares(json_t *into, const char *path, const json_t *object)
{
	for (size_t i = 0; i < sizeof(shares) / sizeof(shares[0]); i++) {
		double n = value_number(object, shares[i].of), k = 0;
		char where[PATH_SIZE];
		struct stats_share s;

		for (size_t c = 0; c < 3 && shares[i].counts[c]; c++)
			k += value_number(object, shares[i].counts[c]);
		s = stats_per_million(k, n);
		if (!isfinite(s.share))
			continue;
		snprintf(where, sizeof(where), "%s%s%s", path, *path ? "." : "", shares[i].heading);
		json_object_set_new(
			into, where,
			json_pack("{s:f, s:f, s:f}", "rate", s.share, "lo", s.lo, "hi", s.hi));
	}
}

static void take_object(json_t *into, const char *path, const json_t *object)
{
	char where[PATH_SIZE];
	const char *key;
	json_t *v;

	json_object_foreach((json_t *)(uintptr_t)object, key, v)
	{
		if (IS_ONE_OF(key, left_out))
			continue;
		snprintf(where, sizeof(where), "%s%s%s", path, *path ? "." : "", key);
		take(into, where, v);
	}
	take_shares(into, path, object);
}

static void take_array(json_t *into, const char *path, const json_t *array)
{
	for (size_t i = 0; i < json_array_size(array); i++) {
		const json_t *v = json_array_get(array, i);
		const char *name = "";
		char where[PATH_SIZE];

		if (!json_is_object(v)) /* a histogram, samples, a list of words */
			continue;
		for (size_t k = 0; !*name && k < sizeof(names) / sizeof(names[0]); k++)
			name = value_text(v, names[k]);
		if (*name)
			snprintf(where, sizeof(where), "%s.%s", path, name);
		else
			snprintf(where, sizeof(where), "%s.%zu", path, i);
		take(into, where, v);
	}
}

/* Every scalar of @v by its path, in order. */
static void take(json_t *into, const char *path, const json_t *v)
{
	if (json_is_object(v))
		take_object(into, path, v);
	else if (json_is_array(v))
		take_array(into, path, v);
	else if (*path && json_is_integer(v) && !strcmp(last_word(path), "seed"))
		json_object_set_new(into, path, seed_text(json_integer_value(v)));
	else if (*path)
		json_object_set(into, path, (json_t *)(uintptr_t)v);
}

static const char *show(const json_t *v, char *buf, size_t size)
{
	char rate[32], lo[32], hi[32];

	if (json_is_object(v)) { /* a share */
		units_format_share(value_number(v, "rate"), rate, sizeof(rate));
		units_format_share(value_number(v, "lo"), lo, sizeof(lo));
		units_format_share(value_number(v, "hi"), hi, sizeof(hi));
		if (value_number(v, "rate") > 0)
			snprintf(buf, size, "%s (%s - %s)", rate, lo, hi);
		else
			snprintf(buf, size, "0 (< %s)", hi);
	} else if (json_is_integer(v) && json_integer_value(v) >= 0) {
		units_format_count((uint64_t)json_integer_value(v), buf, size);
	} else if (json_is_real(v) && json_real_value(v) >= 0 && json_real_value(v) < 1e15 &&
		   json_real_value(v) == floor(json_real_value(v))) {
		units_format_count((uint64_t)json_real_value(v), buf, size);
	} else if (json_is_number(v)) {
		snprintf(buf, size, "%.4g", json_number_value(v));
	} else if (json_is_boolean(v)) {
		snprintf(buf, size, "%s", json_is_true(v) ? "yes" : "no");
	} else {
		snprintf(buf, size, "%s", json_is_string(v) ? json_string_value(v) : "-");
	}
	return buf;
}

static double number_of(const json_t *v)
{
	return json_is_object(v)   ? value_number(v, "rate")
	       : json_is_number(v) ? json_number_value(v)
				   : NAN;
}

static json_t *figures(const json_t *doc)
{
	json_t *all = json_object();

	take(all, "", doc);
	return all;
}

void plain_text(const json_t *doc, FILE *f)
{
	json_t *all = figures(doc), *v;
	const char *path;
	char text[160];

	json_object_foreach(all, path, v)
		fprintf(f, "  %-44s %s\n", path, show(v, text, sizeof(text)));
	json_decref(all);
}

/* What can be said of the two: where both have intervals, and these lie apart. */
static const char *claim(const json_t *a, const json_t *b)
{
	if (!json_is_object(a) || !json_is_object(b))
		return "";
	if (value_number(b, "lo") > value_number(a, "hi"))
		return "higher";
	if (value_number(b, "hi") < value_number(a, "lo"))
		return "lower";
	return "no claim: intervals overlap";
}

void plain_comparison(const json_t *a, const char *name_a, const json_t *b, const char *name_b,
		      FILE *f)
{
	json_t *fa = figures(a), *fb = figures(b), *v;
	size_t alone[2] = {0, 0};
	char was[160], is[160], ratio[32];
	const char *path;

	fprintf(f, "\n%s to %s\n", name_a, name_b);
	json_object_foreach(fa, path, v)
	{
		const json_t *w = json_object_get(fb, path);

		alone[0] += !w;
		if (!w || (isfinite(number_of(v)) && !IS_ONE_OF(last_word(path), settings)))
			continue;
		if (!json_equal(v, (json_t *)(uintptr_t)w))
			fprintf(f, "  differs: %s: %s to %s\n", path, show(v, was, sizeof(was)),
				show(w, is, sizeof(is)));
	}
	fprintf(f, "  %-44s %24s %24s %10s\n", "", "was (interval)", "is (interval)", "ratio");
	json_object_foreach(fa, path, v)
	{
		const json_t *w = json_object_get(fb, path);
		double x = number_of(v), y = number_of(w);

		if (!isfinite(x) || !isfinite(y) || IS_ONE_OF(last_word(path), settings))
			continue;
		if (x > 0)
			snprintf(ratio, sizeof(ratio), "%.3g", y / x);
		else
			snprintf(ratio, sizeof(ratio), "-");
		fprintf(f, "  %-44s %24s %24s %10s  %s\n", path, show(v, was, sizeof(was)),
			show(w, is, sizeof(is)), ratio, claim(v, w));
	}
	json_object_foreach(fb, path, v) alone[1] += !json_object_get(fa, path);
	if (alone[0] || alone[1])
		fprintf(f, "%zu figures of %s and %zu of %s have nothing to be compared with\n",
			alone[0], name_a, alone[1], name_b);
	json_decref(fa);
	json_decref(fb);
}
