/* SPDX-License-Identifier: MIT */
#include "support/opt.h"

#include <errno.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "support/units.h"

#define HELP_COLUMNS 80
#define HELP_INDENT  24

static const struct opt *find(const struct command *cmd, const char *name, size_t len)
{
	for (const struct opt *o = cmd->opts; o->type != OPT_END; o++) {
		if (o->type != OPT_GROUP && strlen(o->name) == len && !memcmp(o->name, name, len))
			return o;
	}
	return NULL;
}

/* How many letters of the shorter name the two share in front: enough to guess at a typing error.
 */
static const char *nearest(const struct command *cmd, const char *name, size_t len)
{
	const char *best = NULL;
	size_t best_len = 2;

	for (const struct opt *o = cmd->opts; o->type != OPT_END; o++) {
		size_t n = 0;

		if (o->type == OPT_GROUP)
			continue;
		while (n < len && o->name[n] == name[n] && o->name[n])
			n++;
		if (n > best_len) {
			best_len = n;
			best = o->name;
		}
	}
	return best;
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

static int store(const struct opt *o, const char *value, void *config, struct errmsg *e)
{
	void *field = (char *)config + o->offset;

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

void opt_help(const struct command *cmd, FILE *f)
{
	fprintf(f, "usage: irqstorm %s %s\n\n", cmd->name, cmd->synopsis);
	wrap(f, cmd->summary, 0, 0);
	if (cmd->description)
		fprintf(f, "\n%s", cmd->description);
	if (cmd->opts->type != OPT_GROUP && cmd->opts->type != OPT_END)
		fputs("\nOptions:\n", f);
	for (const struct opt *o = cmd->opts; o->type != OPT_END; o++) {
		if (o->type == OPT_GROUP)
			fprintf(f, "\n%s:\n", o->help);
		else
			help_option(o, f);
	}
	if (cmd->examples)
		fprintf(f, "\nExamples:\n%s", cmd->examples);
	fputs("\nExit codes: 0 pass, 1 finding, 2 usage, 3 environment, 4 skipped,\n"
	      "5 measurement not trustworthy.\n",
	      f);
}
