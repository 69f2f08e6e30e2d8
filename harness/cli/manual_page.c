/* SPDX-License-Identifier: MIT */
#include <ctype.h>
#include <stdbool.h>
#include <stddef.h>
#include <string.h>

#include "cli/manual.h"
#include "support/version.h"

static const struct {
	const char *code, *meaning;
} exit_codes[] = {
	{"0", "Passed."},
	{"1", "A finding: a bug, a loss that no rule allows, a difference, a regression."},
	{"2", "The command line is wrong."},
	{"3", "The machine, a device, a file or irqstorm itself; the message says what to do."},
	{"4", "Skipped: the target cannot do what was asked."},
	{"5", "Measured, but not to be trusted."},
	{"130", "Stopped by SIGINT, and nothing was found until then."},
	{"143", "The same, by SIGTERM."},
};

#define N_EXIT_CODES (sizeof(exit_codes) / sizeof(exit_codes[0]))

/* What roff would take for its own is escaped; a line must not begin with a control character. */
static void put_text(FILE *f, const char *text, size_t len, bool line_start)
{
	if (line_start && len && (*text == '.' || *text == '\''))
		fputs("\\&", f);
	for (size_t i = 0; i < len; i++) {
		if (text[i] == '\\')
			fputs("\\e", f);
		else if (text[i] == '-')
			fputs("\\-", f);
		else if (text[i] == '~')
			fputs("\\(ti", f);
		else if (text[i] == '^')
			fputs("\\(ha", f);
		else if (text[i] == '`')
			fputs("\\(ga", f);
		else if (text[i] == '\'')
			fputs("\\(aq", f);
		else
			fputc(text[i], f);
	}
}

/* A word at a time on lines of its own length: roff fills. A sentence ends its line. */
static void put_filled(FILE *f, const char *text, size_t len)
{
	const char *end = text + len;
	size_t column = 0;

	while (text < end) {
		size_t n = 0;

		while (text + n < end && !isspace((unsigned char)text[n]))
			n++;
		if (n) {
			bool stop = text[n - 1] == '.' || text[n - 1] == ':';

			if (column)
				fputc(' ', f);
			put_text(f, text, n, !column);
			column += n + 1;
			if (stop || column > 60) {
				fputc('\n', f);
				column = 0;
			}
		}
		text += n;
		while (text < end && isspace((unsigned char)*text))
			text++;
	}
	if (column)
		fputc('\n', f);
}

static void put_string(FILE *f, const char *text)
{
	put_text(f, text, strlen(text), false);
}

/* As laid out, @indent columns further left. */
static void put_verbatim(FILE *f, const char *text, size_t len, size_t indent)
{
	const char *end = text + len;

	fputs(".EX\n", f);
	while (text < end) {
		const char *newline = memchr(text, '\n', (size_t)(end - text));
		const char *stop = newline ? newline : end;
		size_t cut = strspn(text, " ");

		text += cut < indent ? cut : indent;
		put_text(f, text, (size_t)(stop - text), true);
		fputc('\n', f);
		text = stop + 1;
	}
	fputs(".EE\n", f);
}

/* Laid out by hand: an indented line, or columns. */
static bool laid_out(const char *text, size_t len)
{
	for (size_t i = 0; i + 1 < len; i++) {
		if (text[i] == ' ' && (!i || text[i - 1] == '\n' || text[i + 1] == ' '))
			return true;
	}
	return false;
}

static void put_paragraphs(FILE *f, const char *text)
{
	bool first = true;

	while (*text) {
		const char *end;
		size_t len;

		text += strspn(text, "\n");
		end = strstr(text, "\n\n");
		len = end ? (size_t)(end - text) : strlen(text);
		if (!len)
			return;
		if (!first)
			fputs(".PP\n", f);
		first = false;
		if (laid_out(text, len))
			put_verbatim(f, text, len, 0);
		else
			put_filled(f, text, len);
		text += len;
	}
}

static void put_head(FILE *f, const char *name, const char *summary)
{
	size_t len = strcspn(summary, "\n");

	fputs(".\\\" Written by irqstorm manual.\n.TH IRQSTORM", f);
	if (name) {
		fputs("\\-", f);
		for (const char *p = name; *p; p++)
			fputc(toupper((unsigned char)*p), f);
	}
	fprintf(f, " 1 \"%s\" \"irqstorm ", irqstorm_date);
	put_string(f, irqstorm_version);
	fputs("\" \"irqstorm\"\n.SH NAME\nirqstorm", f);
	if (name) {
		fputs("\\-", f);
		put_string(f, name);
	}
	fputs(" \\- ", f);
	put_text(f, summary, summary[len - 1] == '.' ? len - 1 : len, false);
	fputs("\n.SH SYNOPSIS\n.B irqstorm", f);
	if (name)
		fprintf(f, " %s", name);
	fputc('\n', f);
}

static void put_option(FILE *f, const struct opt *o)
{
	fputs(".TP\n\\fB\\-\\-", f);
	put_string(f, o->name);
	fputs("\\fR", f);
	if (o->type == OPT_CHOICE) {
		for (size_t i = 0; o->choices[i]; i++) {
			fputs(i ? "|\\fB" : " \\fB", f);
			put_string(f, o->choices[i]);
			fputs("\\fR", f);
		}
	} else if (o->type != OPT_FLAG) {
		fputs(" \\fI", f);
		put_string(f, o->arg);
		fputs("\\fR", f);
	}
	fputc('\n', f);
	put_filled(f, o->help, strlen(o->help));
	if (o->def && o->type != OPT_FLAG) {
		fputs("Default: ", f);
		put_string(f, o->def);
		fputs(".\n", f);
	}
}

static void put_options(FILE *f, const struct command *cmd)
{
	const struct opt *o;

	fputs(".SH OPTIONS\n", f);
	for (size_t i = 0; (o = opt_at(cmd, i)); i++) {
		if (o->type == OPT_GROUP) {
			fputs(".SS ", f);
			put_string(f, o->help);
			fputc('\n', f);
		} else {
			put_option(f, o);
		}
	}
}

static void put_word(const char *word, const char *meaning, void *data)
{
	FILE *f = data;

	fputs(".TP\n.B ", f);
	put_string(f, word);
	fputc('\n', f);
	put_filled(f, meaning, strlen(meaning));
}

static void put_exit_status(FILE *f)
{
	fputs(".SH EXIT STATUS\n", f);
	for (size_t i = 0; i < N_EXIT_CODES; i++)
		fprintf(f, ".TP\n.B %s\n%s\n", exit_codes[i].code, exit_codes[i].meaning);
}

/* All pages but that of @self. */
static void put_see_also(FILE *f, const struct command *self)
{
	const struct command *cmd;

	fputs(".SH SEE ALSO\n", f);
	if (self)
		fputs(".BR irqstorm (1),\n", f);
	for (size_t i = 0; (cmd = command_at(i)); i++) {
		if (cmd == self)
			continue;
		fputs(".BR irqstorm\\-", f);
		put_string(f, cmd->name);
		fputs(" (1),\n", f);
	}
	fputs("and the documents in share/doc/irqstorm.\n", f);
}

static void put_own_page(FILE *f)
{
	const struct command *cmd;

	put_head(f, NULL, "fuzzing and stress tests for the Linux VFIO interrupt interface");
	fputs(".I SUBCOMMAND\n.RI [ OPTION ...]\n.SH DESCRIPTION\n"
	      "Measures and tests\n.B VFIO_DEVICE_SET_IRQS\n"
	      "and dynamic MSI\\-X: on an emulator of vfio\\-pci, on a device of this machine, or "
	      "on\ndevices of a guest with a kernel of your choice.\n"
	      ".B irqstorm doctor\nsays which of these can be had here.\n"
	      ".SH SUBCOMMANDS\n",
	      f);
	for (size_t i = 0; (cmd = command_at(i)); i++) {
		fputs(".TP\n.B ", f);
		put_string(f, cmd->name);
		fputc('\n', f);
		put_filled(f, cmd->summary, strlen(cmd->summary));
	}
	fputs(".SH OPTIONS\n"
	      ".TP\n.B \\-\\-help\nThe subcommands; after a subcommand, its options.\n"
	      ".TP\n.B \\-\\-version\nWhich irqstorm this is.\n",
	      f);
	put_exit_status(f);
	fputs(".SH EXAMPLES\n.EX\nirqstorm doctor\nirqstorm bench \\-\\-quick\n"
	      "irqstorm guest \\-\\-kernel debian:6.12 \\-\\- bench \\-\\-target vfio:auto\n.EE\n",
	      f);
	put_see_also(f, NULL);
}

void manual_page(const struct command *cmd, FILE *f)
{
	if (!cmd) {
		put_own_page(f);
		return;
	}
	put_head(f, cmd->name, cmd->summary);
	put_filled(f, cmd->synopsis, strlen(cmd->synopsis));
	fputs(".SH DESCRIPTION\n", f);
	if (cmd->description)
		put_paragraphs(f, cmd->description);
	else
		put_filled(f, cmd->summary, strlen(cmd->summary));
	put_options(f, cmd);
	if (cmd->words) {
		fputs(".SH WORDS\n", f);
		cmd->words(put_word, f);
	}
	if (cmd->examples) {
		fputs(".SH EXAMPLES\n", f);
		put_verbatim(f, cmd->examples, strlen(cmd->examples), 2);
	}
	put_exit_status(f);
	put_see_also(f, cmd);
}
