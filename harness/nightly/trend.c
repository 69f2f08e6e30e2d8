/* SPDX-License-Identifier: MIT */
#include "nightly/trend.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "nightly/history.h"
#include "nightly/known.h"
#include "nightly/trend_charts.h"
#include "report/page_css.h"
#include "report/svg.h"
#include "report/value.h"
#include "support/outfile.h"

#define esc svg_escape

static void put_cell(FILE *f, const char *text, bool code)
{
	fprintf(f, "<td class=\"claim\">%s", code ? "<code>" : "");
	esc(f, text);
	fputs(code ? "</code></td>" : "</td>", f);
}

static void put_head(FILE *f)
{
	fprintf(f,
		"<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
		"<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
		"<meta name=\"generator\" content=\"irqstorm nightly\">\n"
		"<title>irqstorm nightly</title>\n<style>\n%s</style>\n</head>\n<body>\n"
		"<h1>irqstorm nightly</h1>\n",
		page_css);
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

static void put_known(FILE *f, const json_t *history, const json_t *known)
{
	static const char *const words[] = {"new", "there", "marked", "gone", "-"};
	const char *night =
		value_text(json_array_get(history, json_array_size(history) - 1), "night");
	json_t *entry;
	size_t i;

	if (!json_array_size(json_object_get(known, "findings")))
		return;
	fputs("<h2>Findings</h2>\n<div class=\"scroll\"><table><thead><tr>"
	      "<th class=\"first\">key</th><th>in the last night</th><th>nights</th><th>first</th>"
	      "<th>last</th><th>what</th><th>artifact</th><th>note</th></tr></thead><tbody>\n",
	      f);
	json_array_foreach(json_object_get(known, "findings"), i, entry)
	{
		fputs("<tr><th class=\"first\" scope=\"row\"><code>", f);
		esc(f, value_text(entry, "key"));
		fprintf(f, "</code></th><td>%s</td><td>%.0f</td>", words[known_state(entry, night)],
			value_number(entry, "nights"));
		put_cell(f, value_text(entry, "first"), false);
		put_cell(f, value_text(entry, "last"), false);
		put_cell(f, value_text(entry, "what"), false);
		put_cell(f, value_text(entry, "artifact"), true);
		put_cell(f, value_text(entry, "note"), false);
		fputs("</tr>\n", f);
	}
	fputs("</tbody></table></div>\n", f);
}

static void put_changes(FILE *f, const json_t *history, const struct all_series *all)
{
	char shift[64];
	size_t n = 0;

	for (size_t i = 0; i < all->n; i++)
		n += (size_t)all->at[i].n_changes;
	fprintf(f,
		"<h2>Changes</h2>\n<p class=\"soft\">Where the nights before and after differ "
		"by rank, at least %u of them on each side (docs/nightly.md). %s</p>\n",
		CHANGE_SIDE_MIN, n ? "" : "None yet.");
	if (!n)
		return;
	fputs("<div class=\"scroll\"><table><thead><tr><th class=\"first\">figure</th>"
	      "<th>since</th><th>change</th><th>before</th><th>after</th><th>p</th></tr></thead>"
	      "<tbody>\n",
	      f);
	for (size_t i = 0; i < all->n; i++) {
		for (int c = 0; c < all->at[i].n_changes; c++) {
			const struct change *at = &all->at[i].changes[c];

			fputs("<tr><th class=\"first\" scope=\"row\">", f);
			esc(f, all->at[i].name);
			fputs("</th>", f);
			put_cell(f, series_night(history, &all->at[i], at), false);
			fprintf(f, "<td>%s</td><td>%.4g</td><td>%.4g</td><td>%.2g</td></tr>\n",
				series_shift(at, shift, sizeof(shift)), at->before, at->after,
				at->p);
		}
	}
	fputs("</tbody></table></div>\n", f);
}

static void put_nights(FILE *f, const json_t *history)
{
	fputs("<h2>Nights</h2>\n<div class=\"scroll\"><table><thead><tr>"
	      "<th class=\"first\">night</th><th>number</th><th>verdict</th><th>new</th>"
	      "<th>known</th><th>gone</th><th>hours</th><th>irqstorm</th></tr></thead><tbody>\n",
	      f);
	for (size_t i = json_array_size(history); i-- > 0;) {
		const json_t *line = json_array_get(history, i);

		fputs("<tr class=\"night\"><th class=\"first\" scope=\"row\">", f);
		esc(f, value_text(line, "night"));
		fprintf(f, "</th><td>%zu</td>", i + 1);
		put_cell(f, value_text(line, "verdict"), false);
		fprintf(f, "<td>%.0f</td><td>%.0f</td><td>%.0f</td><td>%.2f</td>",
			value_number(line, "new"), value_number(line, "known"),
			value_number(line, "gone"), value_number(line, "seconds") / 3600);
		put_cell(f, value_text(line, "version"), false);
		fputs("</tr>\n", f);
	}
	fputs("</tbody></table></div>\n", f);
}

int trend_write(FILE *f, const json_t *history, const json_t *known)
{
	struct all_series all = {0};
	int err = series_collect(history, &all);

	if (!err) {
		put_head(f);
		put_verdict(f, history);
		put_known(f, history, known);
		put_changes(f, history, &all);
		fputs("<h2>Figures</h2>\n", f);
		series_write(f, history, &all);
		put_nights(f, history);
		fputs("</body>\n</html>\n", f);
	}
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
		err = trend_write(out.f, history, known);
		if (err) {
			outfile_abort(&out);
			doc_no_memory(e);
		} else {
			err = outfile_commit(&out, e);
		}
	}
	json_decref(history);
	return err;
}
