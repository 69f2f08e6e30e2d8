/* SPDX-License-Identifier: MIT */
#include "guest/splat.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

enum where {
	AT_START, /* the message begins with it */
	AS_WORD,  /* anywhere, but not as the tail of a longer word */
};

struct pattern {
	enum where where;
	const char *text;
	const char *then; /* must follow somewhere behind it; NULL for nothing */
};

/*
 * "WARNING:" counts at the start only: "Spectre V2 : WARNING: ..." is advice, not a splat. So does
 * "general protection fault": "traps: prog[1] general protection fault" is a user program's.
 */
static const struct pattern patterns[] = {
	{AS_WORD, "BUG: ", NULL},
	{AS_WORD, "kernel BUG at ", NULL},
	{AT_START, "WARNING: ", NULL},
	{AS_WORD, "KASAN: ", NULL},
	{AS_WORD, "KCSAN: ", NULL},
	{AS_WORD, "KMSAN: ", NULL},
	{AT_START, "UBSAN: ", NULL},
	{AT_START, "Oops", NULL},
	{AT_START, "general protection fault", NULL},
	{AS_WORD, ": 0000 [#", "]"},
	{AS_WORD, "Kernel panic - not syncing", NULL},
	{AS_WORD, "INFO: rcu_", "stall"},
	{AS_WORD, "INFO: task ", "blocked for more than"},
	{AS_WORD, "INFO: possible ", "lock"},
	{AS_WORD, "INFO: trying to register non-static key", NULL},
	{AS_WORD, "possible circular locking dependency detected", NULL},
	{AS_WORD, "possible recursive locking detected", NULL},
	{AS_WORD, "inconsistent lock state", NULL},
	{AS_WORD, "suspicious RCU usage", NULL},
	{AS_WORD, "soft lockup", "stuck for"},
	{AS_WORD, "Watchdog detected hard LOCKUP", NULL},
	{AT_START, "irq ", ": nobody cared"},
	{AS_WORD, "kmemleak: ", "suspected memory leak"},
};

const char *splat_text(const char *line)
{
	while (*line == '[') {
		const char *p = line + 1;

		while (*p == ' ' || *p == '.' || *p == 'T' || *p == 'C' ||
		       isdigit((unsigned char)*p))
			p++;
		if (*p != ']')
			break;
		line = p + 1;
		while (*line == ' ')
			line++;
	}
	return line;
}

static bool matches(const struct pattern *p, const char *text)
{
	size_t len = strlen(p->text);
	const char *at;

	if (p->where == AT_START)
		return !strncmp(text, p->text, len) && (!p->then || strstr(text + len, p->then));
	for (at = strstr(text, p->text); at; at = strstr(at + 1, p->text)) {
		bool word = at == text || !isalnum((unsigned char)p->text[0]) ||
			    !isalnum((unsigned char)at[-1]);

		if (word && (!p->then || strstr(at + len, p->then)))
			return true;
	}
	return false;
}

bool splat_line(const char *line)
{
	const char *text = splat_text(line);

	for (size_t i = 0; i < sizeof(patterns) / sizeof(patterns[0]); i++) {
		if (matches(&patterns[i], text))
			return true;
	}
	return false;
}

static void end_line(struct splat_scan *s)
{
	bool hit;

	s->line[s->len] = '\0';
	s->len = 0;
	hit = splat_line(s->line);
	s->found += hit;
	if (s->found && s->n_lines < SPLAT_LINES && s->line[0])
		memcpy(s->lines[s->n_lines++], s->line, sizeof(s->line));
	if (hit && !s->panic[0] && strstr(s->line, "Kernel panic - not syncing"))
		memcpy(s->panic, s->line, sizeof(s->line));
}

void splat_feed(struct splat_scan *s, const void *data, size_t len)
{
	const char *p = data;

	for (size_t i = 0; i < len; i++) {
		if (p[i] == '\n')
			end_line(s);
		else if (p[i] != '\r' && p[i] && s->len < sizeof(s->line) - 1)
			s->line[s->len++] = p[i];
	}
}

void splat_finish(struct splat_scan *s)
{
	if (s->len)
		end_line(s);
}

const char *splat_taint(uint64_t tainted, char *buf, size_t size)
{
	static const struct {
		uint64_t bit;
		const char *text;
	} bits[] = {
		{TAINT_BAD_PAGE, "B (a bad page)"},
		{TAINT_DIE, "D (an oops)"},
		{TAINT_WARN, "W (a kernel warning)"},
		{TAINT_LOCKUP, "L (a soft lockup)"},
	};
	size_t n = 0;

	buf[0] = '\0';
	for (size_t i = 0; i < sizeof(bits) / sizeof(bits[0]); i++) {
		if ((tainted & bits[i].bit) && n < size)
			n += (size_t)snprintf(buf + n, size - n, "%s%s", n ? ", " : "",
					      bits[i].text);
	}
	return buf;
}
