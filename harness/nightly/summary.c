/* SPDX-License-Identifier: MIT */
/* What a night came to, on NIGHTLY_LINES lines of a terminal at most. */
#include <string.h>

#include "nightly/history.h"
#include "nightly/known.h"
#include "nightly/nightly.h"
#include "nightly/plan.h"
#include "nightly/trend_charts.h"
#include "report/value.h"
#include "support/stopped.h"
#include "support/table.h"

#define NEW_SHOWN    3u /* findings, two lines each */
#define FAILED_SHOWN 1u /* steps that could not be run */

#define WHY_SHOWN 140u /* bytes of why a step is as it is */

static const char *const state_words[] = {"finding", "pass",    "error",   "untrusted",
					  "skipped", "pending", "running", NULL};

static size_t steps_in(const json_t *night, const char *state)
{
	json_t *step;
	size_t i, n = 0;

	json_array_foreach(json_object_get(night, "steps"), i, step)
	{
		n += doc_is(step, "state", state);
	}
	return n;
}

static const char *verdict_of(const struct nightly_result *r)
{
	static const char *const words[] = {"PASS",  "FINDING", "",
					    "ERROR", "SKIPPED", "NOT TRUSTWORTHY"};

	return nightly_exit(r) < 6 ? words[nightly_exit(r)] : "STOPPED";
}

static void put_verdict(FILE *f, const struct nightly_result *r)
{
	const char *name = value_text(r->night, "name"), *sep = "";

	fprintf(f, "%s  %zu new, %zu known, %zu gone; steps: ", verdict_of(r),
		known_count(r->known, name, KNOWN_NEW),
		known_count(r->known, name, KNOWN_THERE) +
			known_count(r->known, name, KNOWN_MARKED),
		known_count(r->known, name, KNOWN_GONE));
	for (size_t i = 0; state_words[i]; i++) {
		size_t n = steps_in(r->night, state_words[i]);

		if (n) {
			fprintf(f, "%s%zu %s", sep, n, state_words[i]);
			sep = ", ";
		}
	}
	fprintf(f, "; seed %s\n", value_text(r->night, "seed"));
	if (r->stopped) {
		size_t n = json_array_size(json_object_get(r->night, "steps"));
		size_t skipped = steps_in(r->night, "skipped");
		size_t left = steps_in(r->night, "pending") + steps_in(r->night, "running");

		fprintf(f, "STOPPED  by %s: %zu of %zu steps are done, %zu skipped, %zu left\n",
			stopped_by(r->stopped), n - skipped - left, n, skipped, left);
	}
}

static void put_repeat(FILE *f, const struct nightly_result *r, const json_t *entry)
{
	char command[DOC_PATH];

	fprintf(f, "      %s\n", known_repeat(r->root, entry, command, sizeof(command)));
}

static void put_new(FILE *f, const struct nightly_result *r)
{
	const char *name = value_text(r->night, "name");
	size_t i, n = 0, all = known_count(r->known, name, KNOWN_NEW);
	json_t *entry;

	json_array_foreach(json_object_get(r->known, "findings"), i, entry)
	{
		if (known_state(entry, name) != KNOWN_NEW || ++n > NEW_SHOWN)
			continue;
		fprintf(f, "%s  %s: %.120s\n", doc_is(entry, "back", name) ? "BACK" : "NEW ",
			value_text(entry, "key"), value_text(entry, "what"));
		put_repeat(f, r, entry);
	}
	if (all > NEW_SHOWN)
		fprintf(f, "      and %zu more: %s/nights/%s/night.json\n", all - NEW_SHOWN,
			r->root, name);
}

/* "known  3: KEY, KEY, ..." */
static void put_keys(FILE *f, const struct nightly_result *r, const char *word, enum known_state a,
		     enum known_state b)
{
	const char *name = value_text(r->night, "name");
	size_t n = known_count(r->known, name, a), i;
	json_t *entry;
	size_t shown = 0;

	if (a != b)
		n += known_count(r->known, name, b);
	if (!n)
		return;
	fprintf(f, "%-6s%zu:", word, n);
	json_array_foreach(json_object_get(r->known, "findings"), i, entry)
	{
		enum known_state state = known_state(entry, name);

		if (state != a && state != b)
			continue;
		if (++shown <= 2)
			fprintf(f, "%s %.60s%s", shown > 1 ? "," : "", value_text(entry, "key"),
				state == KNOWN_MARKED ? " (marked)" : "");
	}
	fprintf(f, "%s\n", n > 2 ? ", ..." : "");
}

/* How much of @text to show: all, or what ends with a word in @most bytes. */
static int whole_words(const char *text, size_t most)
{
	size_t n = strlen(text);

	if (n <= most)
		return (int)n;
	for (n = most; n && text[n] != ' '; n--)
		;
	return (int)(n ? n : most);
}

static void put_steps(FILE *f, const struct nightly_result *r, const char *state, size_t most)
{
	const json_t *steps = json_object_get(r->night, "steps");
	size_t i, n = 0, all = steps_in(r->night, state);
	const char *why;
	json_t *step;

	json_array_foreach(steps, i, step)
	{
		if (!doc_is(step, "state", state) || ++n > most)
			continue;
		why = value_text(step, "why");
		fprintf(f, "%s  %s: %.*s%s%s\n", state, value_text(step, "name"),
			whole_words(why, WHY_SHOWN), why, strlen(why) > WHY_SHOWN ? " ..." : "",
			n == most && all > most ? " (and others)" : "");
	}
}

static double sum(const json_t *figures, const char *begins, const char *ends)
{
	double total = 0;
	const char *name;
	json_t *v;

	json_object_foreach((json_t *)(uintptr_t)figures, name, v)
	{
		size_t n = strlen(name), m = strlen(ends);

		if (!strncmp(name, begins, strlen(begins)) && n >= m && !strcmp(name + n - m, ends))
			total += json_number_value(v);
	}
	return total;
}

static void put_figures(FILE *f, const struct nightly_result *r)
{
	json_t *line = history_line(r->night, r->known);
	const json_t *figures = json_object_get(line, "figures");
	double seconds;

	fprintf(f, "figures  %zu; %.4g executions, %.4g random operations",
		json_object_size(figures),
		sum(figures, "campaign/", "/execs") + sum(figures, "device/", "/execs"),
		sum(figures, "diff/", "/ops"));
	if (sum(figures, "zoo/", "/total") > 0)
		fprintf(f, ", zoo %.0f of %.0f", sum(figures, "zoo/", "/found"),
			sum(figures, "zoo/", "/total"));
	if (sum(figures, "mutants/", "/total") > 0)
		fprintf(f, ", mutants %.0f of %.0f", sum(figures, "mutants/", "/found"),
			sum(figures, "mutants/", "/total"));
	if (sum(figures, "long/", "/total") > 0)
		fprintf(f, ", long tests %.0f of %.0f", sum(figures, "long/", "/passed"),
			sum(figures, "long/", "/total"));
	if (sum(figures, "arm64/", "/total") > 0)
		fprintf(f, ", arm64 tests %.0f of %.0f", sum(figures, "arm64/", "/passed"),
			sum(figures, "arm64/", "/total"));
	if (sum(figures, "builds/", "/total") > 0)
		fprintf(f, ", builds %.0f of %.0f", sum(figures, "builds/", "/passed"),
			sum(figures, "builds/", "/total"));
	seconds = value_number(line, "seconds");
	if (seconds < 3600)
		fprintf(f, "; %.0f s\n", seconds);
	else
		fprintf(f, "; %.1f h\n", seconds / 3600);
	json_decref(line);
}

/* A change whose last side is as short as one can be has been seen in this night first. */
static void put_changes(FILE *f, const struct nightly_result *r)
{
	char path[DOC_PATH], shift[64];
	struct all_series all = {0};
	const struct series *first = NULL;
	json_t *history;
	size_t n = 0;

	snprintf(path, sizeof(path), "%s/history.jsonl", r->root);
	history = history_load(path);
	if (!series_collect(history, &all)) {
		for (size_t i = 0; i < all.n; i++) {
			const struct series *s = &all.at[i];

			if (!s->n_changes ||
			    s->n - s->changes[s->n_changes - 1].at > CHANGE_SIDE_MIN)
				continue;
			first = first ? first : s;
			n++;
		}
	}
	if (n)
		fprintf(f, "changed  %zu figures, the first: %s, %s since %s\n", n, first->name,
			series_shift(&first->changes[first->n_changes - 1], shift, sizeof(shift)),
			series_night(history, first, &first->changes[first->n_changes - 1]));
	series_free(&all);
	json_decref(history);
}

static void put_all(FILE *f, const struct nightly_result *r)
{
	put_verdict(f, r);
	put_new(f, r);
	put_keys(f, r, "known ", KNOWN_THERE, KNOWN_MARKED);
	put_keys(f, r, "gone  ", KNOWN_GONE, KNOWN_GONE);
	put_steps(f, r, "error", FAILED_SHOWN);
	put_steps(f, r, "skipped", 1);
	put_changes(f, r);
	put_figures(f, r);
	fprintf(f, "files    %s/%s\n", r->root, r->stopped ? "nights" : "trend.html");
}

void nightly_text(FILE *f, const struct nightly_result *r)
{
	char *text = NULL;
	size_t size;
	FILE *mem = open_memstream(&text, &size);

	if (!mem)
		return;
	put_all(mem, r);
	if (!fclose(mem))
		terminal_report(f, text);
	free(text);
}

void nightly_json(FILE *f, const struct nightly_result *r)
{
	struct json j;

	json_init(&j, f);
	value_write(&j, NULL, r->night);
	json_finish(&j);
}

const struct table_column nightly_columns[] = {
	{.heading = "step", .help = "A part of a night, as --steps names it.", .align = TABLE_LEFT},
	{.heading = "here", .help = "Whether it runs here, or what it lacks.", .align = TABLE_FOLD},
	TABLE_COLUMNS_END,
};

void nightly_list(FILE *f, const struct nightly_result *r)
{
	struct table t;
	json_t *step;
	size_t i;

	table_init(&t, nightly_columns);
	t.no_head = true;
	json_array_foreach(json_object_get(r->night, "steps"), i, step)
	{
		table_cell(&t, "%s", value_text(step, "name"));
		table_cell(&t, "%s",
			   doc_is(step, "state", "skipped") ? value_text(step, "why") : "runs");
	}
	table_write(&t, f);
	table_free(&t);
}
