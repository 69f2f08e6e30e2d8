/* SPDX-License-Identifier: MIT */
#include "report/svg.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "report/page_css.h"

#define LEFT   70.0
#define RIGHT  12.0
#define BOTTOM 42.0 /* of a plot: numbers and the label of its axis */
#define USUAL  240.0

#define HEAD_PX   13.5
#define NOTE_PX   11.0
#define LEGEND_PX 12.0
#define KEY_WIDTH 34.0
#define SOURCE_PX 10.0

void svg_escape(FILE *f, const char *text)
{
	for (; *text; text++) {
		switch (*text) {
		case '<':
			fputs("&lt;", f);
			break;
		case '>':
			fputs("&gt;", f);
			break;
		case '&':
			fputs("&amp;", f);
			break;
		case '"':
			fputs("&quot;", f);
			break;
		default:
			/* control characters are none of XML's */
			fputc((unsigned char)*text < 0x20 ? ' ' : *text, f);
		}
	}
}

double svg_text_width(const char *text, double px)
{
	double em = 0;

	for (; *text; text++) {
		if (strchr("iljtf.,:;'|!()[] ", *text))
			em += .38;
		else if (strchr("mwMW%@", *text))
			em += .98;
		else if ((*text >= 'A' && *text <= 'Z') || strchr("+=<>~#", *text))
			em += .76;
		else
			em += .65;
	}
	return em * px;
}

void svg_text(struct svg_chart *c, double x, double y, const char *class, const char *anchor,
	      const char *text)
{
	fputs("<text", c->f);
	if (*class)
		fprintf(c->f, " class=\"%s\"", class);
	fprintf(c->f, " x=\"%.1f\" y=\"%.1f\"", x, y);
	if (strcmp(anchor, "start"))
		fprintf(c->f, " text-anchor=\"%s\"", anchor);
	fputc('>', c->f);
	svg_escape(c->f, text);
	fputs("</text>\n", c->f);
}

/* How much of @text, at least one character, is no wider than @width; cut where words end. */
static size_t fitting(const char *text, double px, double width)
{
	size_t best = 0, n = 0;
	char one[2] = "";
	double w = 0;

	for (; text[n]; n++) {
		one[0] = text[n];
		w += svg_text_width(one, px);
		if (w > width)
			break;
		/* after a blank, or after what parts of names are parted by */
		if (strchr(" /,;-", text[n]))
			best = n + 1;
	}
	if (!text[n])
		return n;
	return best ? best : n ? n : 1;
}

/* @text in lines from @y on, the first one's base; returns the base of the next. @c NULL: counts.
 */
static double paragraph(struct svg_chart *c, const char *class, double px, double y,
			const char *text)
{
	char line[200];

	while (*text) {
		size_t n = fitting(text, px, SVG_WIDTH - 8);

		snprintf(line, sizeof(line), "%.*s", (int)n, text);
		if (c)
			svg_text(c, 4, y, class, "start", line);
		y += px * 1.3;
		text += n;
	}
	return y;
}

/* The legend from @y on, the top of its first row; returns where it ends. @c NULL: counts. */
static double legend(struct svg_chart *c, const struct svg_head *h, double y)
{
	double x = 4, row = LEGEND_PX * 1.5;

	for (size_t i = 0; i < h->n_keys; i++) {
		double width = KEY_WIDTH + 6 + svg_text_width(h->keys[i].name, LEGEND_PX);

		if (x > 4 && x + width > SVG_WIDTH - 4) {
			x = 4;
			y += row;
		}
		if (c) {
			svg_key_draw(c, &h->keys[i], x, y + row / 2);
			svg_text(c, x + KEY_WIDTH + 6, y + row / 2 + 4, "key", "start",
				 h->keys[i].name);
		}
		x += width + 12;
	}
	return h->n_keys ? y + row + 2 : y;
}

bool svg_open(struct svg_chart *c, const struct svg_head *h)
{
	double body = h->body > 0 ? h->body : USUAL, y;

	*c = (struct svg_chart){0};
	snprintf(c->name, sizeof(c->name), "%s", h->name);
	c->f = open_memstream(&c->text, &c->size);
	if (!c->f)
		return false;
	fputs("<title>", c->f);
	svg_escape(c->f, h->title);
	fputs("</title><desc>", c->f);
	svg_escape(c->f, h->desc);
	fputs("</desc>\n", c->f);
	y = paragraph(c, "head", HEAD_PX, 15, h->title);
	y = paragraph(c, "note", NOTE_PX, y - 1, h->note ? h->note : "");
	c->body = y - 4;
	c->height = legend(NULL, h, c->body + body);
	if (h->n_keys) {
		fputs("<g class=\"legend\">\n", c->f);
		legend(c, h, c->body + body);
		fputs("</g>\n", c->f);
	}
	return true;
}

void svg_finish(struct svg_chart *c)
{
	if (c->f)
		fclose(c->f);
	c->f = NULL;
}

void svg_free(struct svg_chart *c)
{
	svg_finish(c);
	free(c->text);
	c->text = NULL;
}

static void put_open(FILE *f, const char *more, double height)
{
	fprintf(f, "<svg%s class=\"chart\" viewBox=\"0 0 %.0f %.0f\" role=\"img\">\n", more,
		SVG_WIDTH, height);
}

void svg_put(const struct svg_chart *c, FILE *f)
{
	put_open(f, "", c->height);
	fputs(c->text ? c->text : "", f);
	fputs("</svg>\n", f);
}

void svg_put_alone(const struct svg_chart *c, FILE *f, const char *source)
{
	double height = paragraph(NULL, "", SOURCE_PX, c->height + 4, source);
	struct svg_chart tail = {.f = f};
	char more[128];

	snprintf(more, sizeof(more),
		 " xmlns=\"http://www.w3.org/2000/svg\" width=\"%.0f\" height=\"%.0f\"",
		 SVG_WIDTH * 1.5, height * 1.5);
	put_open(f, more, height);
	/* its paper, as it may come to lie on another */
	fprintf(f,
		"<style>\n%s</style>\n<rect class=\"paper\" width=\"100%%\" height=\"100%%\"/>\n",
		chart_css);
	fputs(c->text ? c->text : "", f);
	paragraph(&tail, "source", SOURCE_PX, c->height + 10, source);
	fputs("</svg>\n", f);
}

void svg_plot(struct svg_chart *c, double left, double top, double width, double height,
	      const struct svg_axis *x, const struct svg_axis *y)
{
	c->x = svg_axis_round(x);
	c->y = svg_axis_round(y);
	c->left = left;
	c->top = top;
	c->width = width;
	c->plot_h = height;
	svg_axis_draw(c, true);
	svg_axis_draw(c, false);
	fprintf(c->f, "<path class=\"axis\" d=\"M%.1f %.1fV%.1fH%.1f\"/>\n", left, top,
		top + height, left + width);
	if (x->label && *x->label)
		svg_text(c, left + width / 2, top + height + 36, "soft", "middle", x->label);
	if (y->label && *y->label) {
		fprintf(c->f,
			"<text class=\"soft\" transform=\"translate(12 %.1f) rotate(-90)\" "
			"text-anchor=\"middle\">",
			top + height / 2);
		svg_escape(c->f, y->label);
		fputs("</text>\n", c->f);
	}
}

void svg_plot_usual(struct svg_chart *c, const struct svg_axis *x, const struct svg_axis *y)
{
	double height = USUAL - BOTTOM - 10;
	/* the axis' label, its numbers, and a gap between */
	double left = fmax(LEFT, 26 + svg_axis_room(y, height));

	svg_plot(c, left, c->body + 6, SVG_WIDTH - left - RIGHT, height, x, y);
}
