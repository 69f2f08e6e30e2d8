/* SPDX-License-Identifier: MIT */
#include "report/paste.h"

#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "report/columns.h"
#include "report/value.h"
#include "report/verdict.h"
#include "support/stats.h"
#include "support/units.h"

#define COLUMNS   6
#define TEXT_SIZE 96

/*
 * The words of @text after @first; a line that is full ends with @end, and the next begins with
 * @indent.
 */
static void put_words(FILE *f, const char *first, const char *indent, const char *text,
		      const char *end)
{
	size_t at = strlen(first), room = PASTE_WIDTH - strlen(end);
	bool blank = false;

	fputs(first, f);
	for (text += strspn(text, " \n"); *text; text += strspn(text, " \n")) {
		size_t n = strcspn(text, " \n");

		if (blank && at + 1 + n > room) {
			fprintf(f, "%s\n%s", end, indent);
			at = strlen(indent);
		} else if (blank) {
			fputc(' ', f);
			at++;
		}
		fprintf(f, "%.*s", (int)n, text);
		at += n;
		text += n;
		blank = true;
	}
	fputc('\n', f);
}

/* | would end a cell, and < begin a tag. */
static void escape(const char *text, char *buf, size_t size)
{
	size_t n = 0;

	for (; *text && n + 2 < size; text++) {
		if (strchr("|<\\`*", *text))
			buf[n++] = '\\';
		buf[n++] = *text;
	}
	buf[n] = '\0';
}

static const char *const headings[COLUMNS] = {"strategy",           "lost",  "no rule",
					      "per million (95 %)", "fired", "p99"};

static void format_rate(const json_t *cell, char *buf, size_t size)
{
	struct stats_share r = stats_per_million(value_number(cell, "counts.lost.total"),
						 value_number(cell, "counts.fired"));
	char rate[24], lo[24], hi[24];

	if (!isfinite(r.share)) {
		snprintf(buf, size, "-");
		return;
	}
	column_format(COLUMN_RATE, r.share, rate, sizeof(rate));
	column_format(COLUMN_RATE, r.lo, lo, sizeof(lo));
	column_format(COLUMN_RATE, r.hi, hi, sizeof(hi));
	if (r.share > 0)
		snprintf(buf, size, "%s (%s-%s)", rate, lo, hi);
	else
		snprintf(buf, size, "below %s", hi);
}

static void fill_row(const json_t *cell, char row[COLUMNS][TEXT_SIZE])
{
	escape(value_text(cell, "strategy"), row[0], TEXT_SIZE);
	if (strcmp(value_text(cell, "state"), "measured")) {
		for (int c = 1; c < COLUMNS; c++)
			snprintf(row[c], TEXT_SIZE, "%s",
				 c > 1                      ? ""
				 : *value_text(cell, "why") ? "cannot"
							    : "not run yet");
		return;
	}
	column_format(COLUMN_COUNT, value_number(cell, "counts.lost.total"), row[1], TEXT_SIZE);
	column_format(COLUMN_COUNT, value_number(cell, "counts.lost.unexplained"), row[2],
		      TEXT_SIZE);
	format_rate(cell, row[3], TEXT_SIZE);
	column_format(COLUMN_COUNT, value_number(cell, "counts.fired"), row[4], TEXT_SIZE);
	column_format(COLUMN_NS, value_number(cell, "metrics.response_p99_ns.median"), row[5],
		      TEXT_SIZE);
}

static void put_row(FILE *f, const char *const *row, const size_t *width, int shown)
{
	for (int c = 0; c < shown; c++)
		fprintf(f, c ? " %*s |" : "| %-*s |", (int)width[c], row[c]);
	fputc('\n', f);
}

static void group_name(const json_t *cell, char *buf, size_t size)
{
	char target[64], setting[128];

	snprintf(buf, size, "%s, %s", column_target(cell, target, sizeof(target)),
		 column_setting(cell, setting, sizeof(setting)));
}

/* Of the @n cells of a target and setting: as many shown as fit. */
static void put_table(FILE *f, const json_t *const *cells, size_t n)
{
	char(*rows)[COLUMNS][TEXT_SIZE] = calloc(n + 1, sizeof(*rows));
	const char *line[COLUMNS];
	size_t width[COLUMNS], total = 1;
	int shown = 0;

	for (size_t i = 0; rows && i < n; i++)
		fill_row(cells[i], rows[i]);
	for (; rows && shown < COLUMNS; shown++) {
		width[shown] = strlen(headings[shown]);
		for (size_t i = 0; i < n; i++)
			width[shown] = strlen(rows[i][shown]) > width[shown]
					       ? strlen(rows[i][shown])
					       : width[shown];
		if (total + width[shown] + 3 > PASTE_WIDTH)
			break;
		total += width[shown] + 3;
	}
	if (!rows)
		return;
	put_row(f, headings, width, shown);
	for (int c = 0; c < shown; c++) {
		fputs(c ? " " : "| ", f);
		for (size_t k = 0; k < width[c]; k++)
			fputc(c && k + 1 == width[c] ? ':' : '-', f);
		fputs(" |", f);
	}
	fputc('\n', f);
	for (size_t i = 0; i < n; i++) {
		for (int c = 0; c < COLUMNS; c++)
			line[c] = rows[i][c];
		put_row(f, line, width, shown);
	}
	if (shown < COLUMNS)
		fprintf(f, "\nNot shown, as it would be wider than %d columns: %s%s.\n",
			PASTE_WIDTH, headings[shown], shown + 1 < COLUMNS ? ", p99" : "");
	free(rows);
}

static void put_tables(FILE *f, const json_t *cells)
{
	size_t n = json_array_size(cells), used;
	const json_t **group = calloc(n + 1, sizeof(*group));
	char name[200], now[200];

	for (size_t i = 0; group && i < n; i += used) {
		used = 0;
		group_name(json_array_get(cells, i), name, sizeof(name));
		for (size_t k = i; k < n; k++) {
			group_name(json_array_get(cells, k), now, sizeof(now));
			if (strcmp(name, now))
				break;
			group[used++] = json_array_get(cells, k);
		}
		fputc('\n', f);
		put_words(f, "", "", name, "");
		fputc('\n', f);
		put_table(f, group, used);
	}
	free(group);
}

static void put_run(FILE *f, const struct page_run *run)
{
	const json_t *s = run->summary;
	char *sentence = verdict_sentence(s), *noise = verdict_noise(s), *text = NULL;
	char word[32];

	snprintf(word, sizeof(word), "**%s** ", verdict_word(s));
	put_words(f, word, "", sentence ? sentence : "", "");
	if (noise) {
		fputc('\n', f);
		put_words(f, "", "", noise, "");
	}
	put_tables(f, json_object_get(s, "cells"));
	if (asprintf(&text,
		     "irqstorm %s, %s, on %s, Linux %s, %.0f CPUs:", value_text(s, "version"),
		     *value_text(s, "date") ? value_text(s, "date") : "date not recorded",
		     value_at(s, "host") ? value_text(s, "host.cpu") : "a host not recorded",
		     value_at(s, "host") ? value_text(s, "host.kernel") : "not recorded",
		     value_at(s, "host") ? value_number(s, "host.cpus") : 0) >= 0) {
		fputc('\n', f);
		put_words(f, "", "", text, "");
	}
	/* as it can be pasted into a shell */
	fputc('\n', f);
	put_words(f, "    ", "      ", value_text(s, "command"), " \\");
	free(sentence);
	free(noise);
	free(text);
}

void paste_markdown(FILE *f, const struct page_run *runs, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		if (n > 1)
			fputs(i ? "\n" : "", f);
		if (n > 1)
			put_words(f, "### ", "", runs[i].label, "");
		if (n > 1)
			fputc('\n', f);
		put_run(f, &runs[i]);
	}
}

static void csv_text(FILE *f, const char *text)
{
	if (!text[strcspn(text, ",\"\r\n")]) {
		fputs(text, f);
		return;
	}
	fputc('"', f);
	for (; *text; text++) {
		if (*text == '"')
			fputc('"', f);
		fputc(*text, f);
	}
	fputc('"', f);
}

static void csv_number(FILE *f, double v)
{
	if (isfinite(v))
		fprintf(f, ",%.12g", v);
	else
		fputc(',', f);
}

static void csv_field(FILE *f, const char *text)
{
	fputc(',', f);
	csv_text(f, text);
}

static const char *const csv_counts[] = {
	"fired",        "delivered",      "coalesced",        "unarmed",  "lost.total", "resizes",
	"resize_calls", "lost.explained", "lost.unexplained", "spurious", "misrouted",
};

#define CSV_COUNTS (sizeof(csv_counts) / sizeof(csv_counts[0]))

/* The name of a metric is the end of its path: metrics.response_p99_ns. */
static const char *metric_of(const struct column *c)
{
	return c->interval && !c->at ? strchr(c->path, '.') + 1 : NULL;
}

static void csv_cell(FILE *f, const struct page_run *run, const json_t *cell)
{
	struct stats_share r = stats_per_million(value_number(cell, "counts.lost.total"),
						 value_number(cell, "counts.fired"));
	double rate = value_number(cell, "rate");
	char path[96];

	csv_text(f, run->label);
	csv_field(f, value_text(run->summary, "date"));
	csv_field(f, value_text(run->summary, "host.cpu"));
	csv_field(f, value_text(run->summary, "host.kernel"));
	csv_field(f, value_text(cell, "target"));
	csv_field(f, value_text(cell, "kernel"));
	csv_field(f, value_text(cell, "strategy"));
	csv_field(f, value_text(cell, "consumer"));
	csv_number(f, value_number(cell, "vectors"));
	csv_field(f, value_text(cell, "mode"));
	if (isfinite(rate))
		csv_number(f, rate);
	else
		csv_field(f, "max");
	csv_field(f, value_text(cell, "state"));
	csv_field(f, value_text(cell, "why"));
	csv_number(f, value_number(cell, "repeats"));
	for (size_t i = 0; i < CSV_COUNTS; i++) {
		snprintf(path, sizeof(path), "counts.%s", csv_counts[i]);
		csv_number(f, value_number(cell, path));
	}
	csv_number(f, r.share);
	csv_number(f, r.lo);
	csv_number(f, r.hi);
	for (const struct column *c = columns; c->heading; c++) {
		static const char *const parts[] = {"median", "lo", "hi"};

		for (int i = 0; metric_of(c) && i < 3; i++) {
			snprintf(path, sizeof(path), "%s.%s", c->path, parts[i]);
			csv_number(f, value_number(cell, path));
		}
	}
	fputs("\r\n", f);
}

void paste_csv(FILE *f, const struct page_run *runs, size_t n)
{
	fputs("run,date,host_cpu,host_kernel,target,kernel,strategy,consumer,vectors,mode,rate,"
	      "state,why,repeats",
	      f);
	for (size_t i = 0; i < CSV_COUNTS; i++)
		fprintf(f, ",%s", csv_counts[i]);
	fputs(",lost_per_million_fired,lost_per_million_fired_lo,lost_per_million_fired_hi", f);
	for (const struct column *c = columns; c->heading; c++) {
		if (metric_of(c))
			fprintf(f, ",%s_median,%s_lo,%s_hi", metric_of(c), metric_of(c),
				metric_of(c));
	}
	fputs("\r\n", f);
	for (size_t i = 0; i < n; i++) {
		const json_t *cells = json_object_get(runs[i].summary, "cells");

		for (size_t k = 0; k < json_array_size(cells); k++)
			csv_cell(f, &runs[i], json_array_get(cells, k));
	}
}
