/* SPDX-License-Identifier: MIT */
#include "support/table.h"

#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "support/must.h"

#define GAP      1u  /* columns between two */
#define FOLD_MIN 24u /* a folded column is not made narrower */

struct table_cell {
	char *text; /* NULL: covered by a rest before it */
	enum terminal_style style;
	bool rest;
};

/* What is shown, and how wide. */
struct layout {
	uint32_t width[TABLE_COLUMNS_MAX];
	bool shown[TABLE_COLUMNS_MAX];
	uint32_t line;   /* that there is room for */
	uint32_t indent; /* of rows; grouped ones stand further in */
	bool grouped;    /* the columns of the group stand over its rows */
};

void table_init(struct table *t, const struct table_column *columns)
{
	*t = (struct table){.columns = columns};
	while (columns[t->n_columns].heading)
		t->n_columns++;
	must(t->n_columns && t->n_columns <= TABLE_COLUMNS_MAX);
}

void table_free(struct table *t)
{
	for (size_t i = 0; i < t->n; i++)
		free(t->cell[i].text);
	free(t->cell);
	t->cell = NULL;
	t->n = t->room = 0;
}

static void add(struct table *t, struct table_cell cell)
{
	struct table_cell *more;

	if (t->n == t->room) {
		more = reallocarray(t->cell, t->room * 2 + 64, sizeof(*more));
		if (!more) {
			free(cell.text);
			t->err = -ENOMEM;
			return;
		}
		t->cell = more;
		t->room = t->room * 2 + 64;
	}
	t->cell[t->n++] = cell;
}

static void add_text(struct table *t, enum terminal_style style, bool rest, const char *fmt,
		     va_list ap)
{
	struct table_cell cell = {.style = style, .rest = rest};

	if (t->err)
		return;
	if (vasprintf(&cell.text, fmt, ap) < 0)
		t->err = -ENOMEM;
	else
		add(t, cell);
}

void table_cell(struct table *t, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	add_text(t, STYLE_PLAIN, false, fmt, ap);
	va_end(ap);
}

void table_styled(struct table *t, enum terminal_style style, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	add_text(t, style, false, fmt, ap);
	va_end(ap);
}

void table_rest(struct table *t, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	add_text(t, STYLE_PLAIN, true, fmt, ap);
	va_end(ap);
	while (!t->err && t->n % t->n_columns)
		add(t, (struct table_cell){0});
}

static void measure(const struct table *t, struct layout *l)
{
	for (uint32_t k = 0; k < t->n_columns; k++) {
		const char *heading = t->columns[k].heading;

		l->shown[k] = true;
		l->width[k] = t->no_head ? 0 : terminal_columns(heading, strlen(heading));
	}
	for (size_t i = 0; i < t->n; i++) {
		const struct table_cell *c = &t->cell[i];
		uint32_t n = c->text && !c->rest ? terminal_columns(c->text, strlen(c->text)) : 0;

		if (n > l->width[i % t->n_columns])
			l->width[i % t->n_columns] = n;
	}
}

static bool folds(const struct table *t, uint32_t k)
{
	return t->columns[k].align == TABLE_FOLD;
}

static uint64_t line_width(const struct table *t, const struct layout *l)
{
	uint32_t first = l->grouped ? t->group : 0;
	uint64_t n = l->indent;

	for (uint32_t k = 0; k < t->n_columns; k++) {
		uint32_t w = l->width[k];

		if (folds(t, k) && w > FOLD_MIN)
			w = FOLD_MIN;
		if (l->shown[k])
			n += w + (k > first ? GAP : 0);
	}
	return n;
}

static void leave_out(const struct table *t, struct layout *l)
{
	if (t->group && (t->over_rows || line_width(t, l) > l->line)) {
		l->grouped = true;
		l->indent += 2;
		for (uint32_t k = 0; k < t->group; k++)
			l->shown[k] = false;
	}
	while (line_width(t, l) > l->line) {
		uint32_t worst = 0, at = 0;

		for (uint32_t k = 0; k < t->n_columns; k++) {
			if (l->shown[k] && t->columns[k].rank && t->columns[k].rank >= worst) {
				worst = t->columns[k].rank;
				at = k;
			}
		}
		if (!worst)
			return;
		l->shown[at] = false;
	}
}

static uint32_t last_shown(const struct table *t, const struct layout *l)
{
	uint32_t last = 0;

	for (uint32_t k = 0; k < t->n_columns; k++)
		last = l->shown[k] ? k : last;
	return last;
}

/* One cell in its column; @x is where the line has got to. */
static void put(FILE *f, const struct table *t, const struct layout *l, uint32_t k,
		const struct table_cell *c, uint32_t *x)
{
	uint32_t n = terminal_columns(c->text, strlen(c->text)), pad = l->width[k] - n;
	bool right = t->columns[k].align == TABLE_RIGHT, last = k == last_shown(t, l);

	if (*x > l->indent) {
		fputc(' ', f);
		*x += GAP;
	}
	fprintf(f, "%*s", right ? (int)pad : 0, "");
	terminal_put(f, c->style, c->text);
	/* nothing trails */
	fprintf(f, "%*s", right || last ? 0 : (int)pad, "");
	*x += l->width[k];
}

/* The names of a group where it begins: a row whose names are others than those before it. */
static void put_group(FILE *f, const struct table *t, const struct table_cell *row, bool first)
{
	bool same = !first;

	for (uint32_t k = 0; same && k < t->group; k++)
		same = !strcmp(row[k].text, (row - t->n_columns)[k].text);
	if (same)
		return;
	fprintf(f, "%*s", (int)t->indent, "");
	for (uint32_t k = 0; k < t->group; k++)
		fprintf(f, "%s%s", k ? ", " : "", row[k].text);
	fputc('\n', f);
}

static void put_row(FILE *f, const struct table *t, const struct layout *l,
		    const struct table_cell *row)
{
	uint32_t x = l->indent;

	fprintf(f, "%*s", (int)l->indent, "");
	for (uint32_t k = 0; k < t->n_columns; k++) {
		if (row[k].text && (row[k].rest || folds(t, k))) {
			if (x > l->indent) {
				fputc(' ', f);
				x += GAP;
			}
			terminal_wrap(f, row[k].text, x, row[k].rest ? l->indent + 4 : x);
			return;
		}
		if (l->shown[k] && row[k].text)
			put(f, t, l, k, &row[k], &x);
	}
	fputc('\n', f);
}

static void put_head(FILE *f, const struct table *t, const struct layout *l)
{
	struct table_cell row[TABLE_COLUMNS_MAX] = {{0}};

	for (uint32_t k = 0; k < t->n_columns; k++)
		row[k].text = (char *)(uintptr_t)t->columns[k].heading;
	put_row(f, t, l, row);
}

static void put_left_out(FILE *f, const struct table *t, const struct layout *l)
{
	const char *sep = "";
	char *text = NULL;
	size_t size;
	FILE *mem;
	bool any = false;

	for (uint32_t k = l->grouped ? t->group : 0; k < t->n_columns; k++)
		any |= !l->shown[k];
	mem = any ? open_memstream(&text, &size) : NULL;
	if (!mem)
		return;
	fputs("(no room for ", mem);
	for (uint32_t k = l->grouped ? t->group : 0; k < t->n_columns; k++) {
		if (l->shown[k])
			continue;
		fprintf(mem, "%s%s", sep, t->columns[k].heading);
		sep = ", ";
	}
	fputs("; --wide shows all)", mem);
	if (!fclose(mem)) {
		fprintf(f, "%*s", (int)t->indent, "");
		terminal_wrap(f, text, t->indent, t->indent);
	}
	free(text);
}

void table_words(const struct table_column *columns,
		 void (*tell)(const char *word, const char *meaning, void *data), void *data)
{
	for (; columns->heading; columns++) {
		if (columns->help)
			tell(columns->heading, columns->help, data);
	}
}

int table_write(const struct table *t, FILE *f)
{
	struct layout l = {.line = terminal_width(f), .indent = t->indent};

	if (t->err)
		return t->err;
	must(t->n % t->n_columns == 0);
	measure(t, &l);
	leave_out(t, &l);
	if (!t->no_head)
		put_head(f, t, &l);
	for (size_t i = 0; i < t->n; i += t->n_columns) {
		if (l.grouped)
			put_group(f, t, &t->cell[i], !i);
		put_row(f, t, &l, &t->cell[i]);
	}
	put_left_out(f, t, &l);
	return 0;
}
