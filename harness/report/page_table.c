/* SPDX-License-Identifier: MIT */
#include "report/page_table.h"

#include <math.h>
#include <stdbool.h>
#include <string.h>

#include "report/charts.h"
#include "report/columns.h"
#include "report/svg.h"
#include "report/value.h"

#define esc svg_escape

/* Which columns: those of the terminal, or all. */
static bool is_shown(const struct column *c, bool all)
{
	return all || c->terminal;
}

/* The group that @c is of: that of the last column that begins one. */
static const char *group_of(const struct column *c)
{
	while (!c->group)
		c--;
	return c->group;
}

/* Whether @c is the first column of its group that is shown. */
static bool begins_group(const struct column *c, bool all)
{
	const char *group = group_of(c);

	while (!c->group) {
		c--;
		if (is_shown(c, all) && group_of(c) == group)
			return false;
	}
	return true;
}

static size_t group_size(const struct column *first, bool all)
{
	size_t n = 0;

	for (const struct column *c = first; c->heading && group_of(c) == group_of(first); c++)
		n += is_shown(c, all);
	return n;
}

static void put_column_heads(FILE *f, bool all)
{
	fputs("<thead>\n<tr><th class=\"first\" rowspan=\"2\" scope=\"col\">strategy</th>", f);
	for (const struct column *c = columns; c->heading; c++) {
		if (is_shown(c, all) && begins_group(c, all))
			fprintf(f, "<th class=\"edge\" colspan=\"%zu\" scope=\"colgroup\">%s</th>",
				group_size(c, all), group_of(c));
	}
	fputs("</tr>\n<tr>", f);
	for (const struct column *c = columns; c->heading; c++) {
		if (!is_shown(c, all))
			continue;
		fprintf(f, "<th scope=\"col\"%s", begins_group(c, all) ? " class=\"edge\"" : "");
		if (c->help) {
			fputs(" title=\"", f);
			esc(f, c->help);
			fputc('"', f);
		}
		fprintf(f, ">%s</th>", c->heading);
	}
	fputs("</tr>\n</thead>\n", f);
}

/* Losses that nothing explains are told from those that a rule allows, and both from none. */
static const char *colour_of(const struct column *c, const json_t *cell)
{
	double v = column_value(c, cell);

	if (!strcmp(c->path, "counts.lost.unexplained"))
		return v > 0 ? " bad" : "";
	if (strncmp(c->path, "counts.lost.", 12) && strncmp(c->path, "metrics.lost_", 13))
		return "";
	if (value_number(cell, "counts.lost.unexplained") > 0)
		return " bad";
	return value_number(cell, "counts.lost.total") > 0 ? " lossy" : "";
}

static void put_number(FILE *f, const struct column *c, bool all, const json_t *cell, size_t run,
		       size_t at)
{
	double v = column_value(c, cell);
	const char *group = group_of(c);
	char text[48], interval[80];

	fprintf(f, "<td class=\"%s%s\" data-h=\"%s%s%s\"", begins_group(c, all) ? "edge" : "",
		colour_of(c, cell), strchr("pP", *c->heading) ? group : "",
		strchr("pP", *c->heading) ? " " : "", c->heading);
	if (isfinite(v))
		fprintf(f, " data-run=\"%zu\" data-path=\"cells.%zu.%s%s\" data-value=\"%.9g\"",
			run, at, c->path,
			c->at         ? ".rate"
			: c->interval ? ".median"
				      : "",
			v);
	fprintf(f, ">%s", column_format(c->format, v, text, sizeof(text)));
	column_interval(c, cell, interval, sizeof(interval));
	if (*interval)
		fprintf(f, "<small>%s</small>", interval);
	fputs("</td>", f);
}

static void put_row(FILE *f, bool all, const json_t *cell, size_t run, size_t at)
{
	fputs("<tr><th class=\"first\" scope=\"row\">", f);
	esc(f, value_text(cell, "strategy"));
	fputs("</th>", f);
	if (!strcmp(value_text(cell, "state"), "measured")) {
		for (const struct column *c = columns; c->heading; c++) {
			if (is_shown(c, all))
				put_number(f, c, all, cell, run, at);
		}
	} else {
		fprintf(f, "<td class=\"cannot edge\" colspan=\"99\">%s",
			*value_text(cell, "why") ? "cannot: " : "not run yet");
		esc(f, value_text(cell, "why"));
		fputs("</td>", f);
	}
	fputs("</tr>\n", f);
}

static double repeats_of(const json_t *summary)
{
	double n = value_number(summary, "options.repeats");

	return n > 1 ? n : 1;
}

static void put_cells(FILE *f, const struct page_run *run, size_t number, bool all)
{
	const json_t *cells = json_object_get(run->summary, "cells");
	double repeats = repeats_of(run->summary);
	char group[256] = "", now[256];

	fprintf(f, "<div class=\"scroll\" tabindex=\"0\"><table class=\"cells%s\">\n",
		all ? "" : " cards");
	put_column_heads(f, all);
	for (size_t i = 0; i < json_array_size(cells); i++) {
		const json_t *cell = json_array_get(cells, i);

		chart_note(cell, now, sizeof(now));
		if (strcmp(now, group)) {
			fprintf(f,
				"%s<tbody>\n<tr><th class=\"setting\" colspan=\"99\" "
				"scope=\"rowgroup\"><span>",
				*group ? "</tbody>\n" : "");
			esc(f, now);
			fprintf(f, " (%.0f run%s)</span></th></tr>\n", repeats,
				repeats > 1 ? "s each" : "");
			memcpy(group, now, sizeof(group));
		}
		put_row(f, all, cell, number, i);
	}
	fputs("</tbody>\n</table></div>\n", f);
}

void page_table(FILE *f, const struct page_run *run, size_t number)
{
	if (!json_array_size(json_object_get(run->summary, "cells")))
		return;
	fputs("<h2>Strategies</h2>\n<p class=\"soft\">", f);
	if (repeats_of(run->summary) > 1)
		fputs("Counts are sums over the repeats. Latencies are medians over them, and "
		      "below each stands its interval: 95 % from 6 repeats on, all that was "
		      "measured with fewer. ",
		      f);
	else
		fputs("One run. ", f);
	fputs("Compare rows with one another and with the control, not with another "
	      "machine.</p>\n",
	      f);
	put_cells(f, run, number, false);
	fputs("<details class=\"all\"><summary>All columns: by phase, and of a resize</summary>\n"
	      "<p class=\"soft\">This table is wider than most windows: it scrolls to the right, "
	      "and the shadow at its edge says that there is more.</p>\n",
	      f);
	put_cells(f, run, number, true);
	fputs("</details>\n", f);
}
