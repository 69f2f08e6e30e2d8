/* SPDX-License-Identifier: MIT */
#include <stdbool.h>
#include <string.h>

#include "cli/completion_part.h"
#include "cli/manual.h"

static bool names_a_file(const struct opt *o)
{
	return o->type == OPT_INFILE || o->type == OPT_OUTFILE || !strcmp(o->arg, "FILE") ||
	       !strcmp(o->arg, "BINARY");
}

/* How the value of an option is completed, by what its table entry says of it. */
static const char *completer(const struct opt *o)
{
	if (o->begins[0] && (strchr(o->arg, ',') || !strcmp(o->arg, "LIST")))
		return "_irqstorm_list \"$3\"";
	if (o->begins[0] || o->type == OPT_CHOICE)
		return "_irqstorm_begins \"$3\"";
	if (names_a_file(o))
		return "_irqstorm_files \"$3\"";
	if (o->type == OPT_OUTDIR || !strcmp(o->arg, "DIR"))
		return "_irqstorm_folders \"$3\"";
	return "COMPREPLY=()";
}

static void put_options(FILE *f, const struct command *cmd)
{
	const struct opt *o;

	fprintf(f, "\t%s) echo '", cmd->name);
	for (size_t i = 0; (o = opt_at(cmd, i)); i++) {
		if (o->type != OPT_GROUP)
			fprintf(f, "--%s ", o->name);
	}
	fprintf(f, "%s' ;;\n", cmd->mixed ? "-o " : "");
}

static void put_words(FILE *f, const char *const *words)
{
	for (; words && *words; words++)
		fprintf(f, " '%s'", *words);
}

static void put_values(FILE *f, const struct command *cmd)
{
	const struct opt *o;

	for (size_t i = 0; (o = opt_at(cmd, i)); i++) {
		if (o->type == OPT_GROUP || o->type == OPT_FLAG)
			continue;
		fprintf(f, "\t%s:--%s", cmd->name, o->name);
		if (cmd->mixed && !strcmp(o->name, "output"))
			fprintf(f, " | %s:-o", cmd->name);
		fprintf(f, ") %s", completer(o));
		put_words(f, o->choices);
		put_words(f, o->begins[0]);
		put_words(f, o->begins[1]);
		fputs(" ;;\n", f);
	}
}

void manual_completion(FILE *f)
{
	const struct command *cmd;

	fputs("# SPDX-License-Identifier: MIT\n"
	      "# bash completion for irqstorm. Written by irqstorm manual --completion.\n"
	      "_irqstorm_subcommands='",
	      f);
	for (size_t i = 0; (cmd = command_at(i)); i++)
		fprintf(f, "%s%s", i ? " " : "", cmd->name);
	fputs("'\n\n_irqstorm_options() { # SUBCOMMAND\n\tcase $1 in\n", f);
	for (size_t i = 0; (cmd = command_at(i)); i++)
		put_options(f, cmd);
	fputs("\tesac\n}\n\n"
	      "# Completes the value CUR of OPTION; false when that is no option with a value.\n"
	      "_irqstorm_value() { # SUBCOMMAND OPTION CUR\n\tcase $1:$2 in\n",
	      f);
	for (size_t i = 0; (cmd = command_at(i)); i++)
		put_values(f, cmd);
	fputs("\t*) return 1 ;;\n\tesac\n\treturn 0\n}\n\n", f);
	fputs(completion_part, f);
}
