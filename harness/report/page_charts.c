/* SPDX-License-Identifier: MIT */
#include "report/page_charts.h"

#include <stdlib.h>
#include <string.h>

#include "report/charts.h"
#include "report/page_code.h"
#include "report/value.h"

static bool is_measured(const json_t *v)
{
	return !strcmp(value_text(v, "state"), "measured");
}

/* The cells from @first on that have its target and setting; 0: an earlier one had them, too. */
static size_t take_group(const json_t *cells, size_t first, const json_t **out)
{
	char name[256], now[256];
	size_t n = 0;

	chart_note(json_array_get(cells, first), name, sizeof(name));
	for (size_t i = 0; i < json_array_size(cells); i++) {
		const json_t *cell = json_array_get(cells, i);

		chart_note(cell, now, sizeof(now));
		if (strcmp(now, name))
			continue;
		if (i < first)
			return 0;
		out[n++] = cell;
	}
	return n;
}

static size_t count_measured(const json_t *const *cells, size_t n)
{
	size_t measured = 0;

	for (size_t i = 0; i < n; i++)
		measured += is_measured(cells[i]);
	return measured;
}

static void put_details(struct album *a, const json_t *cell, bool open)
{
	FILE *f = a->page;

	fprintf(f, "<details%s><summary>", open ? " open" : "");
	svg_escape(f, value_text(cell, "strategy"));
	fputs(" over time and by phase</summary>\n<div class=\"charts\">\n", f);
	chart_timeline(a, cell);
	chart_phases(a, cell);
	fputs("</div>\n<p><small>repeat with ", f);
	page_code(f, value_text(cell, "repeat"));
	fputs("</small></p></details>\n", f);
}

static void put_group(struct album *a, const json_t *const *cells, size_t n)
{
	FILE *f = a->page;
	size_t measured = count_measured(cells, n);
	char name[256];

	if (!measured)
		return;
	fputs("<h3>", f);
	svg_escape(f, chart_note(cells[0], name, sizeof(name)));
	fputs("</h3>\n<div class=\"charts\">\n", f);
	chart_percentiles(a, cells, n);
	fputs("</div>\n", f);
	if (measured > 1)
		fprintf(f, "<details><summary>Over time and by phase: %zu strategies</summary>\n",
			measured);
	for (size_t i = 0; i < n; i++) {
		if (is_measured(cells[i]))
			put_details(a, cells[i], measured == 1);
	}
	fputs(measured > 1 ? "</details>\n" : "", f);
}

static void put_cells(struct album *a, const json_t *cells)
{
	const json_t **group = calloc(json_array_size(cells) + 1, sizeof(*group));
	bool any = false;

	for (size_t i = 0; i < json_array_size(cells); i++)
		any = any || is_measured(json_array_get(cells, i));
	if (group && any)
		fputs("<h2>Response times</h2>\n<p class=\"soft\">From the time a fire was due to "
		      "the read that delivered it, all repeats together.</p>\n",
		      a->page);
	for (size_t i = 0; group && i < json_array_size(cells); i++)
		put_group(a, group, take_group(cells, i, group));
	free(group);
}

static bool any_cost(const json_t *costs)
{
	for (size_t i = 0; i < json_array_size(costs); i++) {
		if (json_array_size(json_object_get(json_array_get(costs, i), "points")))
			return true;
	}
	return false;
}

static void put_costs(struct album *a, const json_t *costs)
{
	const json_t **group = calloc(json_array_size(costs) + 1, sizeof(*group));
	size_t n;

	if (!group || !any_cost(costs)) {
		free(group);
		return;
	}
	fputs("<h2>What a resize costs</h2>\n<p class=\"soft\">One vector is added or removed "
	      "while others are in use; no interrupts fly meanwhile. Medians over rounds, with "
	      "their intervals.</p>\n<div class=\"charts\">\n",
	      a->page);
	for (size_t i = 0; i < json_array_size(costs); i += n) {
		const char *target = value_text(json_array_get(costs, i), "target");

		for (n = 0; i + n < json_array_size(costs); n++) {
			group[n] = json_array_get(costs, i + n);
			if (strcmp(value_text(group[n], "target"), target))
				break;
		}
		chart_cost(a, group, n);
	}
	fputs("</div>\n", a->page);
	free(group);
}

void page_charts(struct album *a, const struct page_run *run)
{
	put_cells(a, json_object_get(run->summary, "cells"));
	put_costs(a, json_object_get(run->summary, "resize_cost"));
}
