/* SPDX-License-Identifier: MIT */
#include "report/page_code.h"

#include <string.h>

#include "report/svg.h"

static void put(FILE *f, const char *text, size_t len)
{
	char part[256];

	for (size_t n; len; text += n, len -= n) {
		n = len < sizeof(part) ? len : sizeof(part) - 1;
		memcpy(part, text, n);
		part[n] = '\0';
		svg_escape(f, part);
	}
}

void page_code(FILE *f, const char *text)
{
	fputs("<code>", f);
	while (*text) {
		size_t word = strcspn(text, " "), option = *text == '-' ? strcspn(text, " =") : 0;

		if (option) {
			fputs("<span class=\"w\">", f);
			put(f, text, option);
			fputs("</span>", f);
		}
		put(f, text + option, word - option);
		text += word;
		for (; *text == ' '; text++)
			fputc(' ', f);
	}
	fputs("</code>", f);
}

void page_text(FILE *f, const char *text, bool code)
{
	if (code)
		page_code(f, text);
	else
		svg_escape(f, text);
}
