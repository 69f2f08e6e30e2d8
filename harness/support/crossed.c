/* SPDX-License-Identifier: MIT */
#include "support/crossed.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

bool crossed_can_tell(const char *guest, const char *host)
{
	return !strpbrk(guest, "\t\n") && !strpbrk(host, "\n");
}

static bool in_name(char c)
{
	return isalnum((unsigned char)c) || c == '.' || c == '_' || c == '-';
}

/* The line of the list whose guest's name @path begins with, as whole words; its length in @len. */
static const char *find_line(const char *names, const char *path, size_t *len)
{
	for (const char *line = names, *end; *line; line = end + 1) {
		const char *tab = strchr(line, '\t');

		end = strchr(line, '\n');
		if (!tab || !end || tab > end)
			return NULL;
		*len = (size_t)(tab - line);
		if (!strncmp(path, line, *len) && !in_name(path[*len]))
			return line;
	}
	return NULL;
}

char *crossed_name(const char *path)
{
	const char *names = getenv(CROSSED_VARIABLE);
	const char *at = strstr(path, ":/"), *line, *host;
	size_t len;
	char *name;

	at = at && *path != '/' ? at + 1 : path;
	line = names ? find_line(names, at, &len) : NULL;
	if (!line)
		return strdup(path);
	host = line + len + 1;
	if (asprintf(&name, "%.*s%.*s%s", (int)(at - path), path, (int)strcspn(host, "\n"), host,
		     at + len) < 0)
		return NULL;
	return name;
}

void crossed_text(const char *text, char *buf, size_t size)
{
	const char *names = getenv(CROSSED_VARIABLE), *line;
	const char *p = text;
	size_t n = 0, len = 0;

	while (*p && n + 1 < size) {
		line = names && *p == '/' && (p == text || !in_name(p[-1]))
			       ? find_line(names, p, &len)
			       : NULL;
		if (!line) {
			buf[n++] = *p++;
			continue;
		}
		p += len;
		for (line += len + 1; *line != '\n' && n + 1 < size; line++)
			buf[n++] = *line;
	}
	buf[n] = '\0';
}
