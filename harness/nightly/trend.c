/* SPDX-License-Identifier: MIT */
#include "nightly/trend.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "nightly/history.h"
#include "nightly/known.h"
#include "nightly/trend_charts.h"
#include "report/page_code.h"
#include "report/page_css.h"
#include "report/svg.h"
#include "report/value.h"
#include "support/host.h"
#include "support/outfile.h"

#define esc svg_escape

/* @heading: of the column, for where a row is a card. */
static void put_cell(FILE *f, const char *heading, const char *text, bool code)
{
	fprintf(f, "<td class=\"wrap claim\" data-h=\"%s\">", heading);
	page_text(f, text, code);
	fputs("</td>", f);
}

static void put_count(FILE *f, const char *heading, double n)
{
	fprintf(f, "<td data-h=\"%s\">%.0f</td>", heading, n);
}

static void put_head(FILE *f, const char *night)
{
	fprintf(f,
		"<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
		"<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
		"<meta name=\"generator\" content=\"irqstorm nightly\">\n"
		"<title>irqstorm nightly: %s</title>\n<style>\n%s%s</style>\n</head>\n<body>\n"
		"<h1>irqstorm nightly <small>%s</small></h1>\n",
		night, chart_css, page_css, night);
}

static void put_verdict(FILE *f, const json_t *history)
{
	const json_t *last = json_array_get(history, json_array_size(history) - 1);
	const char *verdict = value_text(last, "verdict");

	if (!last)
		return;
	fprintf(f, "<p class=\"verdict %s\"><b>",
		!strcmp(verdict, "pass") || !strcmp(verdict, "finding") ? verdict : "note");
	for (const char *p = verdict; *p; p++)
		fputc(*p >= 'a' && *p <= 'z' ? *p - 'a' + 'A' : *p, f);
	fputs("</b> ", f);
	esc(f, value_text(last, "night"));
	fprintf(f, ": %.0f new, %.0f known, %.0f gone, irqstorm ", value_number(last, "new"),
		value_number(last, "known"), value_number(last, "gone"));
	esc(f, value_text(last, "version"));
	fputs("</p>\n", f);
}

/* When, on which machine, and how it is called. */
static const char *where(const json_t *history, const char *root, char *buf, size_t size)
{
	const json_t *last = json_array_get(history, json_array_size(history) - 1);
	struct host h;

	host_describe(&h);
	snprintf(buf, size,
		 "%zu nights, the last ended %s, on %s, Linux %s, %u CPUs; "
		 "irqstorm nightly --out %s --seed %s",
		 json_array_size(history), value_text(last, "ended"), h.cpu, h.kernel, h.cpus, root,
		 value_text(last, "seed"));
	return buf;
}

/*
 * Findings of one step that differ in where it was seen alone, the middle of keys such as
 * bench:TARGET:STRATEGY:lost, are one row: one fault is seen by many cells.
 */
static bool is_like(const json_t *a, const json_t *b, const char *night)
{
	static const char *const kinds[] = {"bench:", "gate:"};
	const char *ka = value_text(a, "key"), *kb = value_text(b, "key");
	const char *end_a = strrchr(ka, ':'), *end_b = strrchr(kb, ':');

	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		size_t n = strlen(kinds[i]);

		if (!strncmp(ka, kinds[i], n) && !strncmp(kb, kinds[i], n))
			return !strcmp(end_a, end_b) &&
			       !strcmp(value_text(a, "step"), value_text(b, "step")) &&
			       known_state(a, night) == known_state(b, night);
	}
	return a == b;
}

static void put_finding(FILE *f, const json_t *list, size_t at, const char *night, const char *root)
{
	static const char *const words[] = {"new", "there", "marked", "gone", "-"};
	const json_t *entry = json_array_get(list, at);
	char command[DOC_PATH];
	json_t *other;
	size_t i, n = 0;

	fputs("<tr class=\"finding\"><th class=\"first wrap\" scope=\"row\"><code>", f);
	esc(f, value_text(entry, "key"));
	fputs("</code>", f);
	json_array_foreach(list, i, other)
	{
		n += i != at && is_like(entry, other, night);
	}
	if (n) {
		fprintf(f, "<details><summary>and %zu like it</summary><small>", n);
		json_array_foreach(list, i, other)
		{
			if (i == at || !is_like(entry, other, night))
				continue;
			esc(f, value_text(other, "key"));
			fputs("<br>", f);
		}
		fputs("</small></details>", f);
	}
	fputs("</th>", f);
	put_cell(f, "last night", words[known_state(entry, night)], false);
	put_cell(f, "what", value_text(entry, "what"), false);
	put_cell(f, "repeat with", known_repeat(root, entry, command, sizeof(command)), true);
	put_cell(f, "first seen", value_text(entry, "first"), false);
	put_count(f, "nights", value_number(entry, "nights"));
	put_cell(f, "note", value_text(entry, "note"), false);
	fputs("</tr>\n", f);
}

static void put_known(FILE *f, const json_t *history, const json_t *known, const char *root)
{
	const json_t *list = json_object_get(known, "findings"), *entry;
	const char *night =
		value_text(json_array_get(history, json_array_size(history) - 1), "night");
	size_t n = json_array_size(list);

	if (!n)
		return;
	fputs("<h2 id=\"findings\">Findings</h2>\n<div class=\"scroll\" tabindex=\"0\">"
	      "<table class=\"cards findings\"><thead><tr><th class=\"first\">key</th>"
	      "<th class=\"claim\">last night</th><th class=\"claim\">what</th>"
	      "<th class=\"claim\">repeat with</th><th class=\"claim\">first seen</th>"
	      "<th>nights</th><th class=\"claim\">note</th></tr></thead><tbody>\n",
	      f);
	/* what is new first, what has gone last */
	for (int state = KNOWN_NEW; state <= KNOWN_OLD; state++) {
		for (size_t i = 0; i < n; i++) {
			size_t before = 0;

			entry = json_array_get(list, i);
			if ((int)known_state(entry, night) != state)
				continue;
			while (before < i && !is_like(json_array_get(list, before), entry, night))
				before++;
			if (before == i)
				put_finding(f, list, i, night, root);
		}
	}
	fputs("</tbody></table></div>\n", f);
}

static void put_changes(FILE *f, const json_t *history, const struct all_series *all)
{
	char shift[64], before[64], after[64];
	size_t n = 0;

	for (size_t i = 0; i < all->n; i++)
		n += (size_t)all->at[i].n_changes;
	fprintf(f,
		"<h2 id=\"changes\">Changes</h2>\n<p class=\"soft\">Where the nights before and "
		"after differ "
		"by rank, at least %u of them on each side (docs/nightly.md). %s</p>\n",
		CHANGE_SIDE_MIN, n ? "" : "None yet.");
	if (!n)
		return;
	fputs("<div class=\"scroll\" tabindex=\"0\"><table class=\"cards\"><thead><tr><th "
	      "class=\"first\">figure</th>"
	      "<th "
	      "class=\"claim\">since</th><th>change</th><th>before</th><th>after</th><th>p</th></"
	      "tr></thead>"
	      "<tbody>\n",
	      f);
	for (size_t i = 0; i < all->n; i++) {
		for (int c = 0; c < all->at[i].n_changes; c++) {
			const struct change *at = &all->at[i].changes[c];

			fputs("<tr><th class=\"first\" scope=\"row\">", f);
			esc(f, all->at[i].name);
			fputs("</th>", f);
			put_cell(f, "since", series_night(history, &all->at[i], at), false);
			fprintf(f,
				"<td data-h=\"change\">%s</td><td data-h=\"before\">%s</td><td "
				"data-h=\"after\">%s</td><td data-h=\"p\">%.2g</td></tr>\n",
				series_shift(at, shift, sizeof(shift)),
				series_value(&all->at[i], at->before, before, sizeof(before)),
				series_value(&all->at[i], at->after, after, sizeof(after)), at->p);
		}
	}
	fputs("</tbody></table></div>\n", f);
}

static void put_nights(FILE *f, const json_t *history)
{
	fputs("<h2 id=\"nights\">Nights</h2>\n<div class=\"scroll\" tabindex=\"0\"><table "
	      "class=\"cards\"><thead><tr>"
	      "<th class=\"first\">night</th><th>number</th><th "
	      "class=\"claim\">verdict</th><th>new</th>"
	      "<th>known</th><th>gone</th><th>hours</th><th "
	      "class=\"claim\">irqstorm</th></tr></thead><tbody>\n",
	      f);
	for (size_t i = json_array_size(history); i-- > 0;) {
		const json_t *line = json_array_get(history, i);

		fputs("<tr class=\"night\"><th class=\"first\" scope=\"row\">", f);
		esc(f, value_text(line, "night"));
		fputs("</th>", f);
		put_count(f, "number", (double)i + 1);
		put_cell(f, "verdict", value_text(line, "verdict"), false);
		put_count(f, "new", value_number(line, "new"));
		put_count(f, "known", value_number(line, "known"));
		put_count(f, "gone", value_number(line, "gone"));
		fprintf(f, "<td data-h=\"hours\">%.2f</td>", value_number(line, "seconds") / 3600);
		put_cell(f, "irqstorm", value_text(line, "version"), false);
		fputs("</tr>\n", f);
	}
	fputs("</tbody></table></div>\n", f);
}

/* What the page has, and where. */
static void put_index(FILE *f, const json_t *history, const json_t *known,
		      const struct all_series *all)
{
	size_t changes = 0, findings = json_array_size(json_object_get(known, "findings"));

	for (size_t i = 0; i < all->n; i++)
		changes += (size_t)all->at[i].n_changes;
	fprintf(f, "<p class=\"index\"><a href=\"#trends\">%zu figures</a>, ", all->n);
	fprintf(f, "<a href=\"#changes\">%zu changes</a>, ", changes);
	if (findings)
		fprintf(f, "<a href=\"#findings\">%zu findings ever</a>, ", findings);
	fprintf(f, "<a href=\"#nights\">%zu nights</a></p>\n", json_array_size(history));
}

int trend_write(FILE *f, const json_t *history, const json_t *known, const char *root)
{
	struct all_series all = {0};
	int err = series_collect(history, &all);
	char text[DOC_PATH];
	struct album a;

	album_init(&a, f);
	if (!err) {
		put_head(f, value_text(json_array_get(history, json_array_size(history) - 1),
				       "night"));
		put_verdict(f, history);
		a.source = where(history, root, text, sizeof(text));
		fputs("<p class=\"where\">", f);
		esc(f, text);
		fputs("</p>\n", f);
		put_index(f, history, known, &all);
		put_changes(f, history, &all);
		fputs("<h2 id=\"trends\">Trends</h2>\n", f);
		series_write(&a, history, &all);
		series_write_single(f, history, &all);
		put_known(f, history, known, root);
		put_nights(f, history);
		fputs("</body>\n</html>\n", f);
	}
	album_free(&a);
	series_free(&all);
	return err;
}

int trend_publish(const char *root, const json_t *known, struct errmsg *e)
{
	char path[DOC_PATH], page[DOC_PATH];
	struct outfile out = {0};
	json_t *history;
	int err;

	snprintf(path, sizeof(path), "%s/history.jsonl", root);
	snprintf(page, sizeof(page), "%s/trend.html", root);
	history = history_load(path);
	err = outfile_open(&out, page, e);
	if (!err) {
		err = trend_write(out.f, history, known, root);
		if (err) {
			outfile_abort(&out);
			errmsg_no_memory(e);
		} else {
			err = outfile_commit(&out, e);
		}
	}
	json_decref(history);
	return err;
}
