/* SPDX-License-Identifier: MIT */
#include "report/page.h"

#include <errno.h>
#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "report/album.h"
#include "report/charts.h"
#include "report/columns.h"
#include "report/compare.h"
#include "report/page_charts.h"
#include "report/page_code.h"
#include "report/page_css.h"
#include "report/page_table.h"
#include "report/svg.h"
#include "report/value.h"
#include "report/verdict.h"
#include "support/outfile.h"

#define esc svg_escape

static const char *kind_of(const struct page_run *run)
{
	/* a stress run is one cell, and has no options of a bench */
	return value_at(run->summary, "options") ? "bench" : "stress";
}

/* "2026-11-30 21:38 UTC" of what a result says; "" where it says nothing. */
static const char *date_of(const struct page_run *run, char *buf, size_t size)
{
	const char *date = value_text(run->summary, "date");

	snprintf(buf, size, "%.10s %.5s UTC", date, strlen(date) > 16 ? date + 11 : "");
	return *date ? buf : "";
}

/* Of @list, a path of their summaries: each target that @seen does not have, after a comma. */
static void put_targets(FILE *f, const json_t *list, json_t *seen)
{
	for (size_t i = 0; i < json_array_size(list); i++) {
		char target[64];

		column_target(json_array_get(list, i), target, sizeof(target));
		if (json_object_get(seen, target))
			continue;
		fputs(json_object_size(seen) ? ", " : "", f);
		esc(f, target);
		json_object_set_new(seen, target, json_true());
	}
}

/* "irqstorm bench: emulator 6.1, emulator 6.12" */
static void put_name(FILE *f, const struct page_run *runs, size_t n)
{
	json_t *seen = json_object();

	fprintf(f, "irqstorm %s: ", kind_of(&runs[0]));
	for (size_t i = 0; i < n; i++) {
		put_targets(f, json_object_get(runs[i].summary, "cells"), seen);
		put_targets(f, json_object_get(runs[i].summary, "resize_cost"), seen);
	}
	json_decref(seen);
}

static void put_head(FILE *f, const struct page_run *runs, size_t n)
{
	char date[48];

	fputs("<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
	      "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
	      "<meta name=\"generator\" content=\"irqstorm report\">\n<title>",
	      f);
	put_name(f, runs, n);
	for (size_t i = 0; i < n; i++) {
		fputs(i ? " and " : " (", f);
		esc(f, runs[i].label);
	}
	fprintf(f, ")</title>\n<style>\n%s%s</style>\n</head>\n<body>\n<h1>", chart_css, page_css);
	put_name(f, runs, n);
	if (n == 1 && *date_of(&runs[0], date, sizeof(date)))
		fprintf(f, " <small>%s</small>", date);
	fputs("</h1>\n", f);
}

static const char *verdict_class(const char *word)
{
	if (!strcmp(word, "PASS"))
		return "pass";
	return strcmp(word, "FINDING") ? "note" : "finding";
}

static void put_noise(FILE *f, char *text)
{
	if (text) {
		fputs("<p class=\"noise\">", f);
		esc(f, text);
		fputs("</p>\n", f);
	}
	free(text);
}

static void put_verdict(FILE *f, const struct page_run *run)
{
	const char *word = verdict_word(run->summary);
	char *sentence = verdict_sentence(run->summary);

	fprintf(f, "<p class=\"verdict %s\"><b>%s</b> ", verdict_class(word), word);
	esc(f, sentence ? sentence : "");
	fputs("</p>\n", f);
	free(sentence);
	put_noise(f, verdict_rate(run->summary));
	put_noise(f, verdict_noise(run->summary));
}

static void put_fact(FILE *f, const char *name, const char *text, bool code)
{
	if (!*text)
		return;
	fprintf(f, "<dt>%s</dt><dd>", name);
	page_text(f, text, code);
	fputs("</dd>\n", f);
}

static const json_t *first_measured(const json_t *cells)
{
	for (size_t i = 0; i < json_array_size(cells); i++) {
		const json_t *c = json_array_get(cells, i);

		if (!strcmp(value_text(c, "state"), "measured"))
			return c;
	}
	return NULL;
}

/* The kernels of the cells, each once. */
static void put_kernels(FILE *f, const json_t *cells)
{
	json_t *seen = json_object();

	for (size_t i = 0; i < json_array_size(cells); i++) {
		const char *kernel = value_text(json_array_get(cells, i), "kernel");

		if (!*kernel || json_object_get(seen, kernel))
			continue;
		fputs(json_object_size(seen) ? ", " : "", f);
		esc(f, kernel);
		json_object_set_new(seen, kernel, json_true());
	}
	json_decref(seen);
}

static const char *host_of(const json_t *s, char *buf, size_t size)
{
	if (!value_at(s, "host"))
		return "";
	snprintf(buf, size, "%s, Linux %s, %.0f CPUs", value_text(s, "host.cpu"),
		 value_text(s, "host.kernel"), value_number(s, "host.cpus"));
	return buf;
}

/* What a picture out of this page needs to be understood. */
static void put_where(FILE *f, const struct page_run *run)
{
	const json_t *cell = first_measured(json_object_get(run->summary, "cells"));
	char host[256], date[48];

	fputs("<p class=\"where\">", f);
	if (cell) {
		esc(f, value_text(cell, "device"));
		fputs(", kernel ", f);
		put_kernels(f, json_object_get(run->summary, "cells"));
	}
	fputs(cell ? "; measured " : "Measured ", f);
	esc(f, *date_of(run, date, sizeof(date)) ? date : "at a time that it does not say");
	fputs(" on ", f);
	esc(f, *host_of(run->summary, host, sizeof(host)) ? host : "a host that it does not name");
	fputs("<br>", f);
	page_code(f, value_text(run->summary, "command"));
	fputs("</p>\n", f);
}

static void put_facts(FILE *f, const struct page_run *run)
{
	const json_t *s = run->summary;
	const json_t *cell = first_measured(json_object_get(s, "cells"));
	char text[512];

	fputs("<dl class=\"facts\">\n", f);
	put_fact(f, "date", date_of(run, text, sizeof(text)), false);
	put_fact(f, "host", host_of(s, text, sizeof(text)), false);
	for (size_t i = 0; i < json_array_size(json_object_get(s, "targets")); i++) {
		const json_t *t = value_at(s, "targets");

		t = json_array_get(t, i);
		snprintf(text, sizeof(text), "%s: %s, kernel %s, trigger %s",
			 value_text(t, "target"), value_text(t, "device"), value_text(t, "kernel"),
			 value_text(t, "trigger"));
		put_fact(f, "target", text, false);
	}
	if (!value_at(s, "targets") && cell) {
		snprintf(text, sizeof(text), "%s: %s, kernel %s, trigger %s",
			 value_text(cell, "target"), value_text(cell, "device"),
			 value_text(cell, "kernel"), value_text(cell, "trigger"));
		put_fact(f, "target", text, false);
	}
	put_fact(f, "threads", value_text(cell, "placement"), false);
	put_fact(f, "consumer", value_text(cell, "consumer_how"), false);
	put_fact(f, "seed", value_text(s, "seed"), true);
	put_fact(f, "command", value_text(s, "command"), true);
	put_fact(f, "irqstorm", value_text(s, "version"), false);
	fputs("</dl>\n", f);
}

static void put_side(FILE *f, const struct page_run *run, const json_t *cell,
		     const struct compare_metric *m)
{
	char text[128];
	size_t end;

	/* "value (interval)" */
	compare_show(cell, m, text, sizeof(text));
	end = strcspn(text, "(");
	if (text[end]) {
		text[end - 1] = '\0';
		text[end + strlen(text + end) - 1] = '\0';
	}
	fputs("<td class=\"edge\" data-h=\"", f);
	esc(f, run->label);
	fputs("\">", f);
	esc(f, text);
	if (end > strlen(text)) {
		fputs("<small>", f);
		esc(f, text + end + 1);
		fputs("</small>", f);
	}
	fputs("</td>", f);
}

static void put_claim(FILE *f, const struct compare_result *r, const struct compare_metric *m)
{
	bool worse = r->claim == (m->more_is_better ? COMPARE_LOWER : COMPARE_HIGHER);
	bool claimed = r->claim == COMPARE_HIGHER || r->claim == COMPARE_LOWER;
	char text[64];

	fprintf(f, "<td data-h=\"change\">%s</td>", compare_change(r, text, sizeof(text)));
	fprintf(f, "<td class=\"claim\"><span class=\"%s\">%s</span></td>",
		!claimed ? "soft"
		: worse  ? "up"
			 : "down",
		compare_text(r, text, sizeof(text)));
}

static void put_difference(void *arg, const char *setting, const char *was, const char *is)
{
	FILE *f = arg;

	fputs("<p class=\"soft\">differs: ", f);
	esc(f, setting);
	fputs(": ", f);
	esc(f, was);
	fputs(" to ", f);
	esc(f, is);
	fputs("</p>\n", f);
}

/* Where a run came from, and what it ran on. */
static void put_label(FILE *f, const struct page_run *run, const json_t *cell)
{
	char target[64];

	esc(f, run->label);
	fputs("<small>", f);
	esc(f, column_target(cell, target, sizeof(target)));
	if (strncmp(target, "emulator", 8)) {
		fputs(", Linux ", f);
		esc(f, value_text(cell, "kernel"));
	}
	fputs("</small>", f);
}

/* The cell of a comparison: on which targets, as they may be two. */
static void put_cell_name(FILE *f, const json_t *a, const json_t *b)
{
	char ta[64], tb[64], setting[128];

	column_target(a, ta, sizeof(ta));
	column_target(b, tb, sizeof(tb));
	fputs("<tbody>\n<tr><th class=\"setting\" colspan=\"99\" scope=\"rowgroup\"><span><b>", f);
	esc(f, value_text(a, "strategy"));
	fputs("</b> on ", f);
	esc(f, ta);
	if (strcmp(ta, tb)) {
		fputs(" and ", f);
		esc(f, tb);
	}
	fputs(", ", f);
	esc(f, column_setting(a, setting, sizeof(setting)));
	fputs("</span></th></tr>\n", f);
}

static void put_pair_rows(FILE *f, const struct page_run *a, const struct page_run *b,
			  const json_t *ca, const json_t *cb)
{
	put_cell_name(f, ca, cb);
	for (const struct compare_metric *m = compare_metrics; m->key; m++) {
		struct compare_result r = compare_cells(ca, cb, m);

		if (r.claim == COMPARE_NONE)
			continue;
		fprintf(f, "<tr><th class=\"first\" scope=\"row\">%s</th>", m->heading);
		put_side(f, a, ca, m);
		put_side(f, b, cb, m);
		put_claim(f, &r, m);
		fputs("</tr>\n", f);
	}
	fputs("</tbody>\n", f);
}

static void put_incomplete(const struct page_run *run, FILE *f)
{
	char *text = compare_incomplete(run);

	if (text) {
		fputs("<p class=\"soft\">", f);
		esc(f, text);
		fputs("</p>\n", f);
	}
	free(text);
}

static void put_pair(FILE *f, const struct page_run *a, const struct page_run *b)
{
	const json_t *cells = json_object_get(a->summary, "cells");
	bool any = false;

	put_incomplete(a, f);
	put_incomplete(b, f);
	compare_settings(a, b, put_difference, f);
	for (size_t i = 0; i < json_array_size(cells); i++) {
		const json_t *ca = json_array_get(cells, i);
		const json_t *cb = compare_match(a, b, ca);

		if (!cb)
			continue;
		if (!any) {
			fputs("<div class=\"scroll\" tabindex=\"0\"><table class=\"compare "
			      "cards\">\n"
			      "<thead><tr><th class=\"first\" scope=\"col\">metric</th>"
			      "<th scope=\"col\" class=\"edge\">",
			      f);
			put_label(f, a, ca);
			fputs("</th><th scope=\"col\" class=\"edge\">", f);
			put_label(f, b, cb);
			fputs("</th><th scope=\"col\">change</th><th scope=\"col\">claim</th>"
			      "</tr></thead>\n",
			      f);
		}
		any = true;
		put_pair_rows(f, a, b, ca, cb);
	}
	if (any) {
		fputs("</table></div>\n", f);
		return;
	}
	fputs("<p><b>Nothing in common: no cell of ", f);
	esc(f, a->label);
	fputs(" is a cell of ", f);
	esc(f, b->label);
	fputs(": they differ in strategy, consumer, vectors, mode or rate, and there is nothing to "
	      "compare.</b></p>\n",
	      f);
}

static void put_comparison(FILE *f, const struct page_run *runs, size_t n)
{
	if (n < 2)
		return;
	fputs("<h2>Side by side</h2>\n<p class=\"soft\">A difference is claimed only where the "
	      "intervals do not overlap and the ranks of the repeats could hardly be so by chance "
	      "(Mann-Whitney, p &lt; 0.05).</p>\n",
	      f);
	for (size_t i = 1; i < n; i++) {
		if (strcmp(value_text(runs[0].summary, "host.cpu"),
			   value_text(runs[i].summary, "host.cpu")))
			fputs("<p><b>These were measured on different machines: only ratios to the "
			      "control compare.</b></p>\n",
			      f);
		put_pair(f, &runs[0], &runs[i]);
	}
}

/* Below a chart that is taken out of its page. */
static void source_of(const struct page_run *run, char *buf, size_t size)
{
	char date[48], host[256];

	snprintf(buf, size, "irqstorm %s%s%s%s%s: %.300s", value_text(run->summary, "version"),
		 *date_of(run, date, sizeof(date)) ? ", " : "", date_of(run, date, sizeof(date)),
		 *host_of(run->summary, host, sizeof(host)) ? ", " : "",
		 host_of(run->summary, host, sizeof(host)), value_text(run->summary, "command"));
}

static void put_page(struct album *a, const struct page_run *runs, size_t n)
{
	FILE *f = a->page;
	char source[800], prefix[32];

	put_head(f, runs, n);
	for (size_t i = 0; i < n; i++) {
		if (n > 1) {
			fputs("<h3>", f);
			esc(f, runs[i].label);
			fputs("</h3>\n", f);
		}
		put_verdict(f, &runs[i]);
		put_where(f, &runs[i]);
	}
	source_of(&runs[0], source, sizeof(source));
	a->source = source;
	fputs("<div class=\"charts\">\n", f);
	chart_losses(a, runs, n);
	fputs("</div>\n", f);
	put_comparison(f, runs, n);
	for (size_t i = 0; i < n; i++) {
		source_of(&runs[i], source, sizeof(source));
		snprintf(prefix, sizeof(prefix), "run%zu-", i + 1);
		a->prefix = n > 1 ? prefix : NULL;
		if (n > 1) {
			fputs("<hr>\n<h2>", f);
			esc(f, runs[i].label);
			fputs("</h2>\n", f);
		}
		page_charts(a, &runs[i]);
		page_table(f, &runs[i], i);
		fputs("<h2>What was run</h2>\n", f);
		put_facts(f, &runs[i]);
	}
	fputs("</body>\n</html>\n", f);
	a->source = "";
	a->prefix = NULL;
}

int page_write(FILE *f, const struct page_run *runs, size_t n)
{
	struct album a;

	album_init(&a, f);
	put_page(&a, runs, n);
	album_free(&a);
	return 0;
}

int page_chart(FILE *f, const struct page_run *runs, size_t n, const char *name, struct errmsg *e)
{
	FILE *nowhere = fopen("/dev/null", "we");
	struct album a;
	int err = 0;

	if (!nowhere)
		return errmsg_set(e, -errno, EXIT_ENVIRONMENT, "cannot open /dev/null: %s",
				  strerror(errno));
	album_init(&a, nowhere);
	a.want = name;
	a.alone = f;
	put_page(&a, runs, n);
	if (!strcmp(name, "list"))
		album_list(&a, f);
	else if (!a.found)
		err = errmsg_set(e, -ENOENT, EXIT_USAGE,
				 "there is no chart '%s'; --svg list names the %zu that there are",
				 name, json_array_size(a.names));
	album_free(&a);
	fclose(nowhere);
	return err;
}

int page_publish(const char *path, const struct page_run *runs, size_t n, struct errmsg *e)
{
	struct outfile out;
	int err = outfile_open(&out, path, e);

	if (err || !out.f)
		return err;
	err = page_write(out.f, runs, n);
	if (!err)
		return outfile_commit(&out, e);
	outfile_abort(&out);
	return errmsg_set(e, err, EXIT_ENVIRONMENT, "out of memory");
}
