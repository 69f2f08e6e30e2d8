/* SPDX-License-Identifier: MIT */
/* What a chart draws, and the same as a piece of its legend. */
#include <math.h>

#include "report/svg.h"

static void put_marker(FILE *f, const struct svg_style *s, double x, double y)
{
	const double r = 3.2;

	switch (s->marker) {
	case 'o':
		fprintf(f, "<circle class=\"mark full %s\" cx=\"%.1f\" cy=\"%.1f\" r=\"%.1f\"/>",
			s->colour, x, y, r);
		break;
	case 's':
		fprintf(f, "<path class=\"mark hollow %s\" d=\"M%.1f %.1fh%.1fv%.1fh%.1fz\"/>",
			s->colour, x - r, y - r, 2 * r, 2 * r, -2 * r);
		break;
	case 't':
		fprintf(f, "<path class=\"mark full %s\" d=\"M%.1f %.1fl4 7h-8z\"/>", s->colour, x,
			y - 4);
		break;
	case 'd':
		fprintf(f,
			"<path class=\"mark hollow %s\" d=\"M%.1f %.1fl4 4.5l-4 4.5l-4 -4.5z\"/>",
			s->colour, x, y - 4.5);
		break;
	case 'x':
		fprintf(f, "<path class=\"mark %s\" d=\"M%.1f %.1fl7 7m0 -7l-7 7\"/>", s->colour,
			x - 3.5, y - 3.5);
		break;
	case 'p':
		fprintf(f, "<path class=\"mark %s\" d=\"M%.1f %.1fh8m-4 -4v8\"/>", s->colour, x - 4,
			y);
		break;
	case 'v':
	case 'w':
		fprintf(f, "<path class=\"mark %s %s\" d=\"M%.1f %.1fh8l-4 8z\"/>",
			s->marker == 'v' ? "full" : "hollow", s->colour, x - 4, y - 4);
		break;
	case '<':
		fprintf(f, "<path class=\"mark hollow %s\" d=\"M%.1f %.1fl7 -4v8z\"/>", s->colour,
			x - 3.5, y);
		break;
	default:
		break;
	}
}

static void put_dash(FILE *f, const struct svg_style *s)
{
	if (s->dash)
		fprintf(f, " stroke-dasharray=\"%s\"", s->dash);
}

void svg_line(struct svg_chart *c, const struct svg_style *style, double x0, double y0, double x1,
	      double y1)
{
	fprintf(c->f, "<path class=\"curve %s\"", style->colour);
	put_dash(c->f, style);
	fprintf(c->f, " d=\"M%.1f %.1fL%.1f %.1f\"/>\n", x0, y0, x1, y1);
}

void svg_mark(struct svg_chart *c, const struct svg_style *style, double x, double y,
	      const char *title)
{
	if (title) {
		fputs("<g><title>", c->f);
		svg_escape(c->f, title);
		fputs("</title>", c->f);
	}
	put_marker(c->f, style, x, y);
	fputs(title ? "</g>\n" : "\n", c->f);
}

void svg_bar(struct svg_chart *c, const struct svg_style *style, double x, double y, double width,
	     double height)
{
	fprintf(c->f, "<path class=\"bar %s\" d=\"M%.1f %.1fh%.1fv%.1fh%.1fz\"/>", style->colour, x,
		y, width, height, -width);
}

void svg_curve(struct svg_chart *c, const struct svg_style *style, const double *x, const double *y,
	       size_t n, bool step, size_t markers)
{
	bool open = false;
	size_t points = 0;

	fprintf(c->f, "<path class=\"curve %s\"", style->colour);
	put_dash(c->f, style);
	fputs(" d=\"", c->f);
	for (size_t i = 0; i < n; i++) {
		if (!isfinite(x[i]) || !isfinite(y[i])) {
			open = false;
			continue;
		}
		if (open && step)
			fprintf(c->f, "H%.1fV%.1f", svg_x(c, x[i]), svg_y(c, y[i]));
		else
			fprintf(c->f, "%c%.1f %.1f", open ? 'L' : 'M', svg_x(c, x[i]),
				svg_y(c, y[i]));
		open = true;
	}
	fputs("\"/>\n", c->f);
	for (size_t i = 0; i < n; i++)
		points += isfinite(x[i]) && isfinite(y[i]);
	for (size_t i = 0, k = 0; markers && style->marker && i < n; i++) {
		bool lone = (!i || !isfinite(y[i - 1])) && (i + 1 == n || !isfinite(y[i + 1]));

		if (!isfinite(x[i]) || !isfinite(y[i]))
			continue;
		k++;
		/* spread over the curve, its last point among them; one alone has no line */
		if ((points - k) % ((points + markers - 1) / markers) && !lone)
			continue;
		put_marker(c->f, style, svg_x(c, x[i]), svg_y(c, y[i]));
	}
	fputc('\n', c->f);
}

void svg_band(struct svg_chart *c, const struct svg_style *style, const double *x, const double *lo,
	      const double *hi, size_t n)
{
	fprintf(c->f, "<path class=\"band %s\" d=\"", style->colour);
	for (size_t i = 0; i < n; i++)
		fprintf(c->f, "%c%.1f %.1f", i ? 'L' : 'M', svg_x(c, x[i]), svg_y(c, hi[i]));
	for (size_t i = n; i > 0; i--)
		fprintf(c->f, "L%.1f %.1f", svg_x(c, x[i - 1]), svg_y(c, lo[i - 1]));
	fputs("z\"/>\n", c->f);
}

void svg_shade(struct svg_chart *c, double x0, double x1)
{
	fprintf(c->f,
		"<rect class=\"shade\" x=\"%.1f\" y=\"%.1f\" width=\"%.1f\" height=\"%.1f\"/>\n",
		svg_x(c, x0), c->top, fmax(svg_x(c, x1) - svg_x(c, x0), 0.5), c->plot_h);
}

void svg_key_draw(struct svg_chart *c, const struct svg_key *k, double x, double y)
{
	switch (k->kind) {
	case SVG_KEY_CURVE:
		svg_line(c, k->style, x + 1, y, x + 33, y);
		put_marker(c->f, k->style, x + 17, y);
		break;
	case SVG_KEY_MARK:
		put_marker(c->f, k->style, x + 17, y);
		break;
	case SVG_KEY_BAND:
		fprintf(c->f, "<path class=\"band %s\" d=\"M%.1f %.1fh26v10h-26z\"/>",
			k->style->colour, x + 4, y - 5);
		break;
	case SVG_KEY_SHADE:
		fprintf(c->f,
			"<rect class=\"shade\" x=\"%.1f\" y=\"%.1f\" width=\"26\" height=\"12\"/>",
			x + 4, y - 6);
		break;
	case SVG_KEY_OTHERS:
		fprintf(c->f, "<path class=\"others\" d=\"M%.1f %.1fh32\"/>", x + 1, y);
		break;
	case SVG_KEY_BAR:
		for (int i = 0; i < 5; i++)
			svg_bar(c, k->style, x + 6 + 5 * i, y - 5, 1.5, 10);
		break;
	}
}
