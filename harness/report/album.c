/* SPDX-License-Identifier: MIT */
#include "report/album.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

void album_init(struct album *a, FILE *page)
{
	*a = (struct album){.page = page, .source = "", .names = json_array()};
}

void album_free(struct album *a)
{
	json_decref(a->names);
	a->names = NULL;
}

static bool has(const struct album *a, const char *name)
{
	json_t *v;
	size_t i;

	json_array_foreach(a->names, i, v)
	{
		if (!strcmp(json_string_value(v), name))
			return true;
	}
	return false;
}

const char *album_name(struct album *a, const char *text, char *buf, size_t size)
{
	char plain[72];
	size_t n = 0;

	for (; *text && n + 1 < sizeof(plain); text++) {
		char c = (char)tolower((unsigned char)*text);

		if ((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '.')
			plain[n++] = c;
		else if (n && plain[n - 1] != '-')
			plain[n++] = '-';
	}
	while (n && plain[n - 1] == '-')
		n--;
	plain[n] = '\0';
	snprintf(buf, size, "%s%s", a->prefix ? a->prefix : "", plain);
	for (unsigned int i = 2; has(a, buf); i++)
		snprintf(buf, size, "%s%s-%u", a->prefix ? a->prefix : "", plain, i);
	json_array_append_new(a->names, json_string(buf));
	return buf;
}

void album_list(const struct album *a, FILE *f)
{
	json_t *v;
	size_t i;

	json_array_foreach(a->names, i, v)
	{
		fprintf(f, "%s\n", json_string_value(v));
	}
}

/* As the value of an attribute, and of a URL: what either has a meaning for is told by its code. */
static void put_data(FILE *f, const char *text)
{
	for (; *text; text++) {
		if (strchr("%#<>\"&+", *text) || (unsigned char)*text < 0x20)
			fprintf(f, "%%%02X", (unsigned char)*text);
		else
			fputc(*text, f);
	}
}

static void put_link(const struct album *a, const struct svg_chart *c)
{
	char *text = NULL;
	size_t size = 0;
	FILE *f = open_memstream(&text, &size);

	if (!f)
		return;
	svg_put_alone(c, f, a->source);
	fclose(f);
	fprintf(a->page, "<p class=\"copy\"><a download=\"%s.svg\" href=\"data:image/svg+xml,",
		c->name);
	put_data(a->page, text);
	fprintf(a->page, "\">%s.svg</a></p>\n", c->name);
	free(text);
}

void album_put(struct album *a, struct svg_chart *c)
{
	svg_finish(c);
	if (a->want && !strcmp(a->want, c->name)) {
		svg_put_alone(c, a->alone, a->source);
		a->found = true;
	}
	if (a->page) {
		fputs("<figure>\n", a->page);
		svg_put(c, a->page);
		put_link(a, c);
		fputs("</figure>\n", a->page);
	}
	svg_free(c);
}
