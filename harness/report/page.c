/* SPDX-License-Identifier: MIT */
#include "report/page.h"

#include <errno.h>
#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "report/charts.h"
#include "report/columns.h"
#include "report/compare.h"
#include "report/page_css.h"
#include "report/svg.h"
#include "report/value.h"
#include "report/verdict.h"
#include "support/outfile.h"

#define esc svg_escape

static void put_head(FILE *f, const struct page_run *runs, size_t n)
{
	fputs("<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
	      "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
	      "<meta name=\"generator\" content=\"irqstorm report\">\n<title>irqstorm: ",
	      f);
	for (size_t i = 0; i < n; i++) {
		fputs(i ? " and " : "", f);
		esc(f, runs[i].label);
	}
	fprintf(f, "</title>\n<style>\n%s</style>\n</head>\n<body>\n", page_css);
}

static const char *verdict_class(const char *word)
{
	if (!strcmp(word, "PASS"))
		return "pass";
	return strcmp(word, "FINDING") ? "note" : "finding";
}

static void put_verdict(FILE *f, const struct page_run *run)
{
	const char *word = verdict_word(run->summary);
	char *sentence = verdict_sentence(run->summary), *noise = verdict_noise(run->summary);

	fprintf(f, "<p class=\"verdict %s\"><b>%s</b> ", verdict_class(word), word);
	esc(f, sentence ? sentence : "");
	fputs("</p>\n", f);
	if (noise) {
		fputs("<p class=\"noise\">", f);
		esc(f, noise);
		fputs("</p>\n", f);
	}
	free(sentence);
	free(noise);
}

static void put_fact(FILE *f, const char *name, const char *text, bool code)
{
	if (!*text)
		return;
	fprintf(f, "<dt>%s</dt><dd>%s", name, code ? "<code>" : "");
	esc(f, text);
	fprintf(f, "%s</dd>\n", code ? "</code>" : "");
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

static void put_facts(FILE *f, const struct page_run *run)
{
	const json_t *s = run->summary;
	const json_t *cell = first_measured(json_object_get(s, "cells"));
	char text[512];

	fputs("<dl class=\"facts\">\n", f);
	snprintf(text, sizeof(text), "%s, Linux %s, %.0f CPUs", value_text(s, "host.cpu"),
		 value_text(s, "host.kernel"), value_number(s, "host.cpus"));
	put_fact(f, "host", value_at(s, "host") ? text : "", false);
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

static size_t group_size(const struct column *c)
{
	size_t n = 1;

	while (c[n].heading && !c[n].group)
		n++;
	return n;
}

static void put_column_heads(FILE *f)
{
	fputs("<thead>\n<tr><th class=\"first\" rowspan=\"2\" scope=\"col\">strategy</th>", f);
	for (const struct column *c = columns; c->heading; c++) {
		if (c->group)
			fprintf(f, "<th class=\"edge\" colspan=\"%zu\" scope=\"colgroup\">%s</th>",
				group_size(c), c->group);
	}
	fputs("</tr>\n<tr>", f);
	for (const struct column *c = columns; c->heading; c++) {
		fprintf(f, "<th scope=\"col\"%s", c->group ? " class=\"edge\"" : "");
		if (c->help) {
			fputs(" title=\"", f);
			esc(f, c->help);
			fputc('"', f);
		}
		fprintf(f, ">%s</th>", c->heading);
	}
	fputs("</tr>\n</thead>\n", f);
}

static bool is_bad(const struct column *c, double v)
{
	return !strcmp(c->path, "counts.lost.unexplained") && v > 0;
}

static void put_number(FILE *f, const struct column *c, const json_t *cell, size_t run, size_t at)
{
	double v = column_value(c, cell);
	char text[48], interval[80];

	fprintf(f, "<td%s",
		c->group ? (is_bad(c, v) ? " class=\"edge bad\"" : " class=\"edge\"")
			 : (is_bad(c, v) ? " class=\"bad\"" : ""));
	if (isfinite(v))
		fprintf(f, " data-run=\"%zu\" data-path=\"cells.%zu.%s%s\" data-value=\"%.9g\"",
			run, at, c->path, c->interval ? ".median" : "", v);
	fprintf(f, ">%s", column_format(c->format, v, text, sizeof(text)));
	column_interval(c, cell, interval, sizeof(interval));
	if (*interval)
		fprintf(f, "<small>%s</small>", interval);
	fputs("</td>", f);
}

static void put_row(FILE *f, const json_t *cell, size_t run, size_t at)
{
	size_t n = 0;

	fputs("<tr><th class=\"first\" scope=\"row\">", f);
	esc(f, value_text(cell, "strategy"));
	fputs("</th>", f);
	while (columns[n].heading)
		n++;
	if (!strcmp(value_text(cell, "state"), "measured")) {
		for (const struct column *c = columns; c->heading; c++)
			put_number(f, c, cell, run, at);
	} else {
		fprintf(f, "<td class=\"cannot edge\" colspan=\"%zu\">%s", n,
			*value_text(cell, "why") ? "cannot: " : "not run yet");
		esc(f, value_text(cell, "why"));
		fputs("</td>", f);
	}
	fputs("</tr>\n", f);
}

/* Target and setting: what the rows of one part of the table have in common. */
static void group_name(const json_t *cell, char *buf, size_t size)
{
	char target[64], setting[128];

	snprintf(buf, size, "%s, %s", column_target(cell, target, sizeof(target)),
		 column_setting(cell, setting, sizeof(setting)));
}

static double repeats_of(const json_t *summary)
{
	double n = value_number(summary, "options.repeats");

	return n > 1 ? n : 1;
}

static void put_table(FILE *f, const struct page_run *run, size_t number)
{
	const json_t *cells = json_object_get(run->summary, "cells");
	char group[256] = "", now[256];

	if (!json_array_size(cells))
		return;
	fputs("<h2>Strategies</h2>\n<p class=\"soft\">Medians over the repeats, and below them "
	      "the interval of the median: 95 % from 6 repeats on, all that was measured with "
	      "fewer. Compare rows with one another and with the control, not with another "
	      "machine.</p>\n<div class=\"scroll\" tabindex=\"0\"><table class=\"cells\">\n",
	      f);
	put_column_heads(f);
	for (size_t i = 0; i < json_array_size(cells); i++) {
		const json_t *cell = json_array_get(cells, i);

		group_name(cell, now, sizeof(now));
		if (strcmp(now, group)) {
			fprintf(f,
				"%s<tbody>\n<tr><th class=\"setting\" colspan=\"99\" "
				"scope=\"rowgroup\"><span>",
				*group ? "</tbody>\n" : "");
			esc(f, now);
			fprintf(f, " (%.0f run%s each)</span></th></tr>\n",
				repeats_of(run->summary), repeats_of(run->summary) > 1 ? "s" : "");
			memcpy(group, now, sizeof(group));
		}
		put_row(f, cell, number, i);
	}
	fputs("</tbody>\n</table></div>\n", f);
}

/* The cells from @first on that have its target and setting. */
static size_t take_group(const json_t *cells, size_t first, const json_t **out)
{
	char name[256], now[256];
	size_t n = 0;

	group_name(json_array_get(cells, first), name, sizeof(name));
	for (size_t i = 0; i < json_array_size(cells); i++) {
		const json_t *cell = json_array_get(cells, i);

		group_name(cell, now, sizeof(now));
		if (strcmp(now, name))
			continue;
		if (i < first)
			return 0; /* had already */
		out[n++] = cell;
	}
	return n;
}

static void put_group_charts(FILE *f, const json_t *const *cells, size_t n, size_t run, size_t at)
{
	char id[64], name[256];

	group_name(cells[0], name, sizeof(name));
	fputs("<h3>", f);
	esc(f, name);
	fputs("</h3>\n<div class=\"charts\">\n", f);
	for (int family = 0; family < CHART_FAMILIES; family++) {
		snprintf(id, sizeof(id), "p%zu-%zu-%d", run, at, family);
		chart_percentiles(f, id, cells, n, family);
	}
	fputs("</div>\n", f);
	for (size_t i = 0; i < n; i++) {
		if (strcmp(value_text(cells[i], "state"), "measured"))
			continue;
		fprintf(f, "<details%s><summary>", n == 1 ? " open" : "");
		esc(f, value_text(cells[i], "strategy"));
		fputs(" over time and by phase</summary>\n<div class=\"charts\">\n", f);
		snprintf(id, sizeof(id), "t%zu-%zu-%zu", run, at, i);
		chart_timeline(f, id, cells[i]);
		snprintf(id, sizeof(id), "h%zu-%zu-%zu", run, at, i);
		chart_phases(f, id, cells[i]);
		fputs("</div>\n<p><small>repeat with <code>", f);
		esc(f, value_text(cells[i], "repeat"));
		fputs("</code></small></p></details>\n", f);
	}
}

static void put_cell_charts(FILE *f, const struct page_run *run, size_t number)
{
	const json_t *cells = json_object_get(run->summary, "cells");
	const json_t **group = calloc(json_array_size(cells) + 1, sizeof(*group));

	if (group && first_measured(cells))
		fputs("<h2>Response times</h2>\n<p class=\"soft\">From the time a fire was due to "
		      "the read that delivered it, all repeats together.</p>\n",
		      f);
	for (size_t i = 0; group && i < json_array_size(cells); i++) {
		size_t n = take_group(cells, i, group);
		bool any = false;

		for (size_t k = 0; k < n; k++)
			any = any || !strcmp(value_text(group[k], "state"), "measured");
		/* a group is told at its first cell */
		if (any && group[0] == json_array_get(cells, i))
			put_group_charts(f, group, n, number, i);
	}
	free(group);
}

static void put_cost(FILE *f, const struct page_run *run, size_t number)
{
	const json_t *costs = json_object_get(run->summary, "resize_cost");
	const json_t **group = calloc(json_array_size(costs) + 1, sizeof(*group));
	size_t n;

	if (group && json_array_size(costs))
		fputs("<h2>What a resize costs</h2>\n<p class=\"soft\">One vector is added or "
		      "removed while others are in use; no interrupts fly meanwhile. Medians over "
		      "rounds, with their intervals.</p>\n<div class=\"charts\">\n",
		      f);
	for (size_t i = 0; group && i < json_array_size(costs); i += n) {
		const char *target = value_text(json_array_get(costs, i), "target");
		char id[64];

		for (n = 0; i + n < json_array_size(costs); n++) {
			group[n] = json_array_get(costs, i + n);
			if (strcmp(value_text(group[n], "target"), target))
				break;
		}
		snprintf(id, sizeof(id), "a%zu-%zu", number, i);
		chart_cost(f, id, group, n, "add", "Adding one vector");
		snprintf(id, sizeof(id), "r%zu-%zu", number, i);
		chart_cost(f, id, group, n, "remove", "Removing one vector");
	}
	if (group && json_array_size(costs))
		fputs("</div>\n", f);
	free(group);
}

static void put_side(FILE *f, const json_t *cell, const struct compare_metric *m)
{
	const struct column c = {.format = m->format, .interval = true};
	char path[64], text[48], interval[80];
	const json_t *v;

	snprintf(path, sizeof(path), "metrics.%s", m->key);
	v = value_at(cell, path);
	fprintf(f, "<td class=\"edge\">%s",
		column_format(m->format, value_number(v, "median"), text, sizeof(text)));
	/* the metric itself stands at the empty path */
	column_interval(&(struct column){.path = "", .format = c.format, .interval = true}, v,
			interval, sizeof(interval));
	if (*interval)
		fprintf(f, "<small>%s</small>", interval);
	fputs("</td>", f);
}

static void put_claim(FILE *f, const struct compare_result *r, const struct compare_metric *m)
{
	bool worse = r->claim == (m->more_is_better ? COMPARE_LOWER : COMPARE_HIGHER);
	bool claimed = r->claim == COMPARE_HIGHER || r->claim == COMPARE_LOWER;
	char text[64];

	fprintf(f, "<td>%s</td>", compare_change(r, text, sizeof(text)));
	fprintf(f, "<td class=\"claim\"><span class=\"%s\">%s</span></td>",
		!claimed ? "soft"
		: worse  ? "up"
			 : "down",
		compare_text(r, text, sizeof(text)));
}

static void put_pair(FILE *f, const struct page_run *a, const struct page_run *b)
{
	const json_t *cells = json_object_get(a->summary, "cells");

	fputs("<div class=\"scroll\" tabindex=\"0\"><table class=\"compare\">\n<thead><tr><th "
	      "class=\"first\" scope=\"col\">cell</th><th scope=\"col\" class=\"claim\">metric"
	      "</th><th scope=\"col\" class=\"edge\">",
	      f);
	esc(f, a->label);
	fputs("</th><th scope=\"col\" class=\"edge\">", f);
	esc(f, b->label);
	fputs("</th><th scope=\"col\">change</th><th scope=\"col\">claim</th></tr></thead>\n", f);
	for (size_t i = 0; i < json_array_size(cells); i++) {
		const json_t *ca = json_array_get(cells, i);
		const json_t *cb = compare_match(a, b, ca);
		char setting[128];

		if (!cb)
			continue;
		column_setting(ca, setting, sizeof(setting));
		fputs("<tbody>\n", f);
		for (const struct compare_metric *m = compare_metrics; m->key; m++) {
			struct compare_result r = compare_cells(ca, cb, m);

			if (r.claim == COMPARE_NONE)
				continue;
			fputs("<tr><th class=\"first\" scope=\"row\" title=\"", f);
			esc(f, setting);
			fputs("\">", f);
			esc(f, value_text(ca, "strategy"));
			fprintf(f, "</th><td class=\"claim\">%s</td>", m->heading);
			put_side(f, ca, m);
			put_side(f, cb, m);
			put_claim(f, &r, m);
			fputs("</tr>\n", f);
		}
		fputs("</tbody>\n", f);
	}
	fputs("</table></div>\n", f);
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

int page_write(FILE *f, const struct page_run *runs, size_t n)
{
	put_head(f, runs, n);
	fputs("<h1>irqstorm report</h1>\n", f);
	for (size_t i = 0; i < n; i++) {
		if (n > 1) {
			fputs("<h3>", f);
			esc(f, runs[i].label);
			fputs("</h3>\n", f);
		}
		put_verdict(f, &runs[i]);
	}
	put_comparison(f, runs, n);
	for (size_t i = 0; i < n; i++) {
		if (n > 1) {
			fputs("<hr>\n<h2>", f);
			esc(f, runs[i].label);
			fputs("</h2>\n", f);
		}
		put_table(f, &runs[i], i);
		put_cost(f, &runs[i], i);
		put_cell_charts(f, &runs[i], i);
		fputs("<h2>What was run</h2>\n", f);
		put_facts(f, &runs[i]);
	}
	fputs("</body>\n</html>\n", f);
	return 0;
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
