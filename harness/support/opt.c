/* SPDX-License-Identifier: MIT */
#include "support/opt.h"

#include <errno.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "support/terminal.h"
#include "support/units.h"

#define HELP_COLUMNS 80
#define HELP_INDENT  24

#define OPT_NAME_MAX  40u /* letters that a guess is made at */
#define OPT_TABLE_MAX 64u

const struct opt opt_common[] = {
	OPT_HEADING("What the output looks like"),
	{.type = OPT_FLAG,
	 .name = "wide",
	 .help = "All columns, and no line folded, however wide the terminal is (COLUMNS, if that "
		 "is set). A pipe has that anyway."},
	{.type = OPT_CHOICE,
	 .name = "color",
	 .def = "auto",
	 .choices = terminal_color_names,
	 .help = "Colour for verdicts and findings; auto: on a terminal, unless NO_COLOR is set."},
	OPT_TABLE_END,
};

const struct opt *opt_at(const struct command *cmd, size_t i)
{
	const struct opt *tables[] = {cmd->opts, opt_common};

	for (size_t k = 0; k < 2; k++) {
		size_t n = 0;

		while (n <= i && tables[k][n].type != OPT_END)
			n++;
		if (n > i)
			return &tables[k][i];
		i -= n;
	}
	return NULL;
}

static bool is_common(const struct opt *o)
{
	const struct opt *c = opt_common;

	while (c->type != OPT_END && c != o)
		c++;
	return c->type != OPT_END;
}

static const struct opt *find(const struct command *cmd, const char *name, size_t len)
{
	const struct opt *o;

	for (size_t i = 0; (o = opt_at(cmd, i)); i++) {
		if (o->type != OPT_GROUP && strlen(o->name) == len && !memcmp(o->name, name, len))
			return o;
	}
	return NULL;
}

/* Letters that are wrong, missing, too many or swapped with their neighbour; @most and more: @most.
 */
static size_t distance(const char *a, size_t n, const char *b, size_t m, size_t most)
{
	size_t row[3][OPT_NAME_MAX + 1];

	if (n > OPT_NAME_MAX || m > OPT_NAME_MAX)
		return most;
	for (size_t j = 0; j <= m; j++)
		row[0][j] = j;
	for (size_t i = 1; i <= n; i++) {
		size_t *now = row[i % 3], *was = row[(i + 2) % 3], *before = row[(i + 1) % 3];

		now[0] = i;
		for (size_t j = 1; j <= m; j++) {
			size_t d = was[j - 1] + (a[i - 1] != b[j - 1]);

			d = was[j] + 1 < d ? was[j] + 1 : d;
			d = now[j - 1] + 1 < d ? now[j - 1] + 1 : d;
			if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] &&
			    before[j - 2] + 1 < d)
				d = before[j - 2] + 1;
			now[j] = d;
		}
	}
	return row[n % 3][m] < most ? row[n % 3][m] : most;
}

const char *opt_nearest(const char *const *names, size_t n, const char *word, size_t len)
{
	const char *best = NULL;
	size_t best_wrong = len / 3 + 1, best_same = 2;

	for (size_t i = 0; i < n; i++) {
		size_t wrong;

		if (!names[i])
			continue;
		wrong = distance(word, len, names[i], strlen(names[i]), best_wrong);
		if (wrong < best_wrong) {
			best_wrong = wrong;
			best = names[i];
		}
	}
	for (size_t i = 0; !best && i < n; i++) {
		size_t same = 0;

		while (names[i] && same < len && names[i][same] == word[same])
			same++;
		if (same > best_same) {
			best_same = same;
			best = names[i];
		}
	}
	return best;
}

static const char *nearest(const struct command *cmd, const char *name, size_t len)
{
	const char *names[OPT_TABLE_MAX];
	const struct opt *o;
	size_t n = 0;

	for (size_t i = 0; (o = opt_at(cmd, i)) && n < OPT_TABLE_MAX; i++)
		names[n++] = o->type == OPT_GROUP ? NULL : o->name;
	return opt_nearest(names, n, name, len);
}

static const char *format_limit(const struct opt *o, uint64_t v, char *buf, size_t size)
{
	if (o->type == OPT_DURATION)
		return units_format_ns((double)v, buf, size);
	snprintf(buf, size, "%" PRIu64, v);
	return buf;
}

static int range_error(const struct opt *o, const char *value, struct errmsg *e)
{
	char lo[32], hi[32];

	format_limit(o, o->min, lo, sizeof(lo));
	if (!o->max)
		return errmsg_set(e, -EINVAL, EXIT_USAGE, "--%s %s: must be at least %s", o->name,
				  value, lo);
	return errmsg_set(e, -EINVAL, EXIT_USAGE, "--%s %s: must be %s to %s", o->name, value, lo,
			  format_limit(o, o->max, hi, sizeof(hi)));
}

static int store_number(const struct opt *o, const char *value, uint64_t *out, struct errmsg *e)
{
	uint64_t v = 0;
	int err;

	if (o->type == OPT_RATE && !strcmp(value, "max")) {
		*out = 0;
		return 0;
	}
	err = o->type == OPT_DURATION ? units_parse_duration(value, &v)
				      : units_parse_count(value, &v);
	if (err)
		return errmsg_set(e, -EINVAL, EXIT_USAGE, "--%s %s: not a %s (like %s)", o->name,
				  value, o->type == OPT_DURATION ? "duration" : "number",
				  o->type == OPT_DURATION ? "500ms, 10s or 2h" : "64, 10k or 0x40");
	if (v < o->min || (o->max && v > o->max))
		return range_error(o, value, e);
	*out = v;
	return 0;
}

static int store_choice(const struct opt *o, const char *value, uint32_t *out, struct errmsg *e)
{
	char all[256];
	size_t n = 0;

	for (uint32_t i = 0; o->choices[i]; i++) {
		if (!strcmp(o->choices[i], value)) {
			*out = i;
			return 0;
		}
		if (n < sizeof(all))
			n += (size_t)snprintf(all + n, sizeof(all) - n, "%s%s", i ? ", " : "",
					      o->choices[i]);
	}
	return errmsg_set(e, -EINVAL, EXIT_USAGE, "--%s %s: must be one of %s", o->name, value,
			  all);
}

/* --wide, --color: see terminal.h. */
static int store_common(const struct opt *o, const char *value, struct errmsg *e)
{
	uint32_t when;
	int err;

	if (o->type == OPT_FLAG) {
		terminal_want_wide();
		return 0;
	}
	err = store_choice(o, value, &when, e);
	if (!err)
		terminal_want_color(terminal_color_names[when]);
	return err;
}

static int store(const struct opt *o, const char *value, void *config, struct errmsg *e)
{
	void *field = (char *)config + o->offset;

	if (is_common(o))
		return store_common(o, value, e);
	switch (o->type) {
	case OPT_FLAG:
		*(bool *)field = true;
		return 0;
	case OPT_COUNT:
	case OPT_DURATION:
	case OPT_SEED:
	case OPT_RATE:
		return store_number(o, value, field, e);
	case OPT_CHOICE:
		return store_choice(o, value, field, e);
	case OPT_INFILE:
	case OPT_OUTFILE:
	case OPT_OUTDIR:
	case OPT_STRING:
		if (!*value)
			return errmsg_set(e, -EINVAL, EXIT_USAGE, "--%s: empty value", o->name);
		*(const char **)field = value;
		return 0;
	default:
		return -EINVAL;
	}
}

void opt_defaults(const struct command *cmd, void *config)
{
	for (const struct opt *o = cmd->opts; o->type != OPT_END; o++) {
		if (o->type != OPT_GROUP && o->def && o->type != OPT_FLAG)
			store(o, o->def, config, NULL);
	}
}

int opt_parse(const struct command *cmd, int argc, char **argv, void *config, int *rest,
	      struct errmsg *e)
{
	int i;

	for (i = 1; i < argc; i++) {
		const char *word = argv[i], *value = NULL;
		const struct opt *o;
		size_t len;
		int err;

		if (!strcmp(word, "--")) {
			i++;
			break;
		}
		if (!strcmp(word, "--help") || !strcmp(word, "-h")) {
			opt_help(cmd, stdout);
			return 1;
		}
		if (word[0] != '-' || !word[1])
			break;
		len = word[1] == '-' ? strcspn(word + 2, "=") : 0;
		o = len ? find(cmd, word + 2, len) : NULL;
		if (!o) {
			const char *guess = len ? nearest(cmd, word + 2, len) : NULL;

			return errmsg_set(e, -EINVAL, EXIT_USAGE,
					  "unknown option '%s'%s%s%s; see irqstorm %s --help", word,
					  guess ? " (did you mean --" : "", guess ? guess : "",
					  guess ? "?)" : "", cmd->name);
		}
		if (word[2 + len] == '=')
			value = word + 3 + len;
		if (o->type == OPT_FLAG && value)
			return errmsg_set(e, -EINVAL, EXIT_USAGE, "--%s takes no value", o->name);
		if (o->type != OPT_FLAG && !value) {
			if (++i >= argc)
				return errmsg_set(e, -EINVAL, EXIT_USAGE, "--%s needs a value (%s)",
						  o->name, o->arg ? o->arg : o->choices[0]);
			value = argv[i];
		}
		err = store(o, value, config, e);
		if (err)
			return err;
	}
	*rest = i;
	return 0;
}

/* Words that the option at @argv[@i] takes, 0 when there is none. */
static int option_words(const struct command *cmd, int argc, char **argv, int i)
{
	const struct opt *o;
	size_t len;

	if (argv[i][0] != '-' || !argv[i][1])
		return 0;
	len = argv[i][1] == '-' ? strcspn(argv[i] + 2, "=") : 0;
	o = len ? find(cmd, argv[i] + 2, len) : NULL;
	if (!o || o->type == OPT_FLAG || argv[i][2 + len] == '=')
		return 1;
	return i + 1 < argc ? 2 : 1;
}

void opt_first(const struct command *cmd, int argc, char **argv)
{
	static char output[] = "--output";
	int options = 1;

	for (int i = 1; cmd->mixed && i < argc && strcmp(argv[i], "--");) {
		char *word[2];
		int n;

		if (!strcmp(argv[i], "-o"))
			argv[i] = output;
		n = option_words(cmd, argc, argv, i);
		memcpy(word, argv + i, (size_t)n * sizeof(*word));
		memmove(argv + options + n, argv + options, (size_t)(i - options) * sizeof(*argv));
		memcpy(argv + options, word, (size_t)n * sizeof(*word));
		options += n;
		i += n ? n : 1;
	}
}

const struct opt *opt_next(const struct command *cmd, int argc, char **argv, int *i, int *slot,
			   size_t *prefix_len)
{
	while (*i < argc) {
		const char *word = argv[*i];
		const struct opt *o;
		size_t len;

		if (strncmp(word, "--", 2) || !word[2])
			return NULL;
		(*i)++;
		len = strcspn(word + 2, "=");
		o = find(cmd, word + 2, len);
		if (!o || o->type == OPT_FLAG)
			continue;
		*slot = *i - 1;
		*prefix_len = len + 3;
		if (word[2 + len] == '=')
			return o;
		if (*i >= argc)
			return NULL;
		*slot = (*i)++;
		*prefix_len = 0;
		return o;
	}
	return NULL;
}

/* Print @text in columns [@col, HELP_COLUMNS), the first line starting at @at. */
static void wrap(FILE *f, const char *text, int at, int col)
{
	int x = at;
	bool first = true;

	while (*text) {
		size_t len = strcspn(text, " ");

		if (!first && x + 1 + (int)len > HELP_COLUMNS) {
			fprintf(f, "\n%*s", col, "");
			x = col;
			first = true;
		}
		if (!first) {
			fputc(' ', f);
			x++;
		}
		fwrite(text, 1, len, f);
		x += (int)len;
		first = false;
		text += len;
		while (*text == ' ')
			text++;
	}
	fputc('\n', f);
}

/* "  --mode open|closed", in memory of its own; NULL when there is none. */
static char *option_head(const struct opt *o)
{
	char *head = NULL;
	size_t size;
	FILE *f = open_memstream(&head, &size);

	if (!f)
		return NULL;
	fprintf(f, "  --%s%s", o->name, o->type == OPT_FLAG ? "" : " ");
	if (o->type == OPT_CHOICE) {
		for (uint32_t i = 0; o->choices[i]; i++)
			fprintf(f, "%s%s", i ? "|" : "", o->choices[i]);
	} else if (o->type != OPT_FLAG) {
		fputs(o->arg, f);
	}
	fclose(f);
	return head;
}

/* A long list of choices: break it at the bars. */
static void wrap_head(FILE *f, const char *head)
{
	int x = 0;

	while (*head) {
		size_t len = strcspn(head + 1, "|") + 1;

		if (x && x + (int)len > HELP_COLUMNS) {
			fprintf(f, "\n      ");
			x = 6;
		}
		fwrite(head, 1, len, f);
		x += (int)len;
		head += len;
	}
}

static void help_option(const struct opt *o, FILE *f)
{
	char *head = option_head(o), *text = NULL;
	bool has_default = o->def && o->type != OPT_FLAG;
	int n;

	if (!head || asprintf(&text, "%s%s%s%s", o->help, has_default ? " (default " : "",
			      has_default ? o->def : "", has_default ? ")" : "") < 0) {
		free(head);
		return;
	}
	n = (int)strlen(head);
	wrap_head(f, head);
	if (n > HELP_INDENT - 2)
		fprintf(f, "\n%*s", HELP_INDENT, "");
	else
		fprintf(f, "%*s", HELP_INDENT - n, "");
	wrap(f, text, HELP_INDENT, HELP_INDENT);
	free(text);
	free(head);
}

static void help_word(const char *word, const char *meaning, void *data)
{
	FILE *f = data;
	int n = fprintf(f, "  %s", word);

	if (n > HELP_INDENT - 2)
		fprintf(f, "\n%*s", HELP_INDENT, "");
	else
		fprintf(f, "%*s", HELP_INDENT - n, "");
	wrap(f, meaning, HELP_INDENT, HELP_INDENT);
}

void opt_help(const struct command *cmd, FILE *f)
{
	const struct opt *o;

	fprintf(f, "usage: irqstorm %s %s\n\n", cmd->name, cmd->synopsis);
	wrap(f, cmd->summary, 0, 0);
	if (cmd->description)
		fprintf(f, "\n%s", cmd->description);
	if (cmd->opts->type != OPT_GROUP && cmd->opts->type != OPT_END)
		fputs("\nOptions:\n", f);
	for (size_t i = 0; (o = opt_at(cmd, i)); i++) {
		if (o->type == OPT_GROUP)
			fprintf(f, "\n%s:\n", o->help);
		else
			help_option(o, f);
	}
	if (cmd->words) {
		fputs("\nWords (docs/words.md has all):\n", f);
		cmd->words(help_word, f);
	}
	if (cmd->examples)
		fprintf(f, "\nExamples:\n%s", cmd->examples);
	fputs("\nExit codes: 0 pass, 1 finding, 2 usage, 3 environment, 4 skipped,\n"
	      "5 measurement not trustworthy, 130 stopped by SIGINT, 143 by SIGTERM.\n",
	      f);
}
