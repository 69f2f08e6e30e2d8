/* SPDX-License-Identifier: MIT */
#include "support/terminal.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#define WIDTH_MIN 20u /* narrower than that nothing fits anyway */

const char *const terminal_color_names[] = {"auto", "always", "never", NULL};

void terminal_want_wide(void)
{
	setenv("IRQSTORM_WIDE", "1", 1);
}

void terminal_want_color(const char *when)
{
	setenv("IRQSTORM_COLOR", when, 1);
}

void terminal_hand_on(void)
{
	uint32_t width = terminal_width(stdout);
	char text[16];

	if (width != TERMINAL_UNLIMITED) {
		snprintf(text, sizeof(text), "%u", width);
		setenv("IRQSTORM_COLUMNS", text, 1);
	}
	terminal_want_color(terminal_color(stdout) ? "always" : "never");
}

static bool is_set(const char *name)
{
	const char *v = getenv(name);

	return v && *v;
}

/* 0: not said. */
static uint32_t said(const char *name)
{
	const char *v = getenv(name);
	char *end;
	unsigned long n = v && *v >= '0' && *v <= '9' ? strtoul(v, &end, 10) : 0;

	return !n || *end || n > 100000 ? 0 : (uint32_t)n;
}

uint32_t terminal_width(FILE *f)
{
	int fd = fileno(f);
	struct winsize ws;
	uint32_t n;

	if (is_set("IRQSTORM_WIDE"))
		return TERMINAL_UNLIMITED;
	n = said("COLUMNS");
	if (!n)
		n = said("IRQSTORM_COLUMNS");
	if (!n && fd >= 0 && isatty(fd) && !ioctl(fd, TIOCGWINSZ, &ws))
		n = ws.ws_col;
	if (!n)
		return TERMINAL_UNLIMITED;
	return n < WIDTH_MIN ? WIDTH_MIN : n;
}

bool terminal_color(FILE *f)
{
	const char *when = getenv("IRQSTORM_COLOR"), *term = getenv("TERM");
	int fd = fileno(f);

	if (when && !strcmp(when, "always"))
		return fd >= 0;
	if (when && !strcmp(when, "never"))
		return false;
	return fd >= 0 && isatty(fd) && !is_set("NO_COLOR") && term && strcmp(term, "dumb") != 0;
}

bool terminal_rewrites(FILE *f)
{
	const char *term = getenv("TERM");
	int fd = fileno(f);

	return fd >= 0 && isatty(fd) && term && *term && strcmp(term, "dumb") != 0;
}

void terminal_put(FILE *f, enum terminal_style style, const char *text)
{
	static const char *const codes[] = {
		[STYLE_GOOD] = "\033[32m",
		[STYLE_BAD] = "\033[1;31m",
		[STYLE_DOUBT] = "\033[33m",
	};

	if (style == STYLE_PLAIN || !terminal_color(f))
		fputs(text, f);
	else
		fprintf(f, "%s%s\033[0m", codes[style], text);
}

enum terminal_style terminal_verdict(const char *word)
{
	static const struct {
		const char *word;
		enum terminal_style style;
	} known[] = {
		{"PASS", STYLE_GOOD},     {"FINDING", STYLE_BAD},      {"FAIL", STYLE_BAD},
		{"NEW", STYLE_BAD},       {"BACK", STYLE_BAD},         {"SKIPPED", STYLE_DOUBT},
		{"STOPPED", STYLE_DOUBT}, {"INCOMPLETE", STYLE_DOUBT}, {"NOT", STYLE_DOUBT},
		{"ERROR", STYLE_BAD},
	};
	size_t len = strcspn(word, " ");

	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
		if (strlen(known[i].word) == len && !strncmp(known[i].word, word, len))
			return known[i].style;
	}
	return STYLE_PLAIN;
}

uint32_t terminal_columns(const char *text, size_t len)
{
	uint32_t n = 0;

	for (size_t i = 0; i < len; i++)
		n += ((unsigned char)text[i] & 0xc0) != 0x80;
	return n;
}

/* Bytes up to the next space at which a line may be broken. */
static size_t word_len(const char *text, bool shell)
{
	size_t n = 0;
	char quote = 0;

	for (; text[n] && (quote || text[n] != ' '); n++) {
		if (!shell)
			continue;
		if (text[n] == '\\' && quote != '\'' && text[n + 1])
			n++;
		else if (quote && text[n] == quote)
			quote = 0;
		else if (!quote && (text[n] == '\'' || text[n] == '"'))
			quote = text[n];
	}
	return n;
}

static void fold(FILE *f, const char *text, uint32_t at, uint32_t indent, bool shell)
{
	uint32_t width = terminal_width(f), x = at;
	bool first = true;

	if (shell && width != TERMINAL_UNLIMITED)
		width -= 2; /* the backslash */
	if (indent > width / 2)
		indent = 0;
	while (*text) {
		size_t spaces = strspn(text, " "), len = word_len(text + spaces, shell);
		uint32_t columns = terminal_columns(text + spaces, len);

		if (!first && (uint64_t)x + spaces + columns > width) {
			fprintf(f, "%s\n%*s", shell ? " \\" : "", (int)indent, "");
			x = indent;
		} else {
			fprintf(f, "%*s", (int)spaces, "");
			x += (uint32_t)spaces;
		}
		fwrite(text + spaces, 1, len, f);
		x += columns;
		first = false;
		text += spaces + len;
	}
	fputc('\n', f);
}

void terminal_wrap(FILE *f, const char *text, uint32_t at, uint32_t indent)
{
	fold(f, text, at, indent, false);
}

void terminal_line(FILE *f, uint32_t indent, const char *fmt, ...)
{
	char *text;
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = vasprintf(&text, fmt, ap);
	va_end(ap);
	if (n < 0)
		return;
	fold(f, text, 0, indent, false);
	free(text);
}

void terminal_command(FILE *f, const char *command, uint32_t at, uint32_t indent)
{
	fold(f, command, at, indent, true);
}

/* Where in @line a command begins that is all of the rest; NULL: there is none. */
static const char *command_in(const char *line)
{
	static const char *const before[] = {"", "repeat: ", "repeat with: ", "repeat    "};
	const char *at = line + strspn(line, " ");

	for (size_t i = 0; i < sizeof(before) / sizeof(before[0]); i++) {
		size_t n = strlen(before[i]);

		if (!strncmp(at, before[i], n) && !strncmp(at + n, "irqstorm ", 9))
			return at + n;
	}
	return NULL;
}

static void report_line(FILE *f, const char *line)
{
	const char *command = command_in(line);
	size_t n = strspn(line, "ABCDEFGHIJKLMNOPQRSTUVWXYZ");
	char word[24];

	if (command) {
		n = (size_t)(command - line);
		fwrite(line, 1, n, f);
		fold(f, command, terminal_columns(line, n), 6, true);
		return;
	}
	n = n < sizeof(word) - 1 ? n : 0;
	memcpy(word, line, n);
	word[n] = '\0';
	terminal_put(f, terminal_verdict(word), word);
	fold(f, line + n, (uint32_t)n, 4, false);
}

void terminal_report(FILE *f, const char *text)
{
	while (*text) {
		size_t n = strcspn(text, "\n");
		char *line = strndup(text, n);

		if (!line)
			return;
		report_line(f, line);
		free(line);
		text += n + (text[n] == '\n');
	}
}
