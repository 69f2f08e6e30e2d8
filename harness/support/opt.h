/* SPDX-License-Identifier: MIT */
/*
 * opt: option tables. A subcommand describes its options once, as data; the table drives parsing,
 * defaults, range checks, --help, and lets `irqstorm guest` find the files that must cross into the
 * guest and back. Long options only: `--name VALUE` or `--name=VALUE`; `--` ends the options.
 *
 * Values are stored into the subcommand's own struct at opt.offset:
 *	OPT_FLAG                     bool
 *	OPT_COUNT, OPT_DURATION, OPT_SEED   uint64_t (durations in nanoseconds)
 *	OPT_RATE                     uint64_t in Hz, 0 for "max"
 *	OPT_CHOICE                   uint32_t, the index into opt.choices
 *	OPT_STRING, OPT_INFILE, OPT_OUTFILE, OPT_OUTDIR
 *	                             const char *, borrowed from argv; NULL when absent
 */
#ifndef IRQSTORM_SUPPORT_OPT_H
#define IRQSTORM_SUPPORT_OPT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "support/errmsg.h"

enum opt_type {
	OPT_GROUP, /* a heading in --help; only .help is used */
	OPT_FLAG,
	OPT_COUNT,
	OPT_DURATION,
	OPT_SEED,
	OPT_RATE,
	OPT_CHOICE,
	OPT_STRING,
	OPT_INFILE,
	OPT_OUTFILE,
	OPT_OUTDIR, /* a folder that is read too, when it is there */
	OPT_END,
};

struct opt {
	enum opt_type type;
	const char *name; /* without the dashes */
	const char *arg;  /* what --help calls the value */
	const char *def;  /* default as text, parsed like a value; NULL for none */
	const char *help; /* one or more sentences; wrapped by --help */
	size_t offset;
	uint64_t min, max;          /* OPT_COUNT, OPT_DURATION, OPT_RATE; max 0 is no limit */
	const char *const *choices; /* OPT_CHOICE: NULL-terminated */
	/*
	 * OPT_STRING: how a value may begin, in up to two NULL-terminated lists: for the shell's
	 * completion, not checked. FILE or BDF at the end of one stands for all files or devices.
	 */
	const char *const *begins[2];
};

#define OPT_HEADING(text)                                                                          \
	{                                                                                          \
		.type = OPT_GROUP, .help = (text)                                                  \
	}
#define OPT_TABLE_END                                                                              \
	{                                                                                          \
		.type = OPT_END                                                                    \
	}

/* @meaning: a sentence. */
typedef void (*opt_word_fn)(const char *word, const char *meaning, void *data);

struct command {
	const char *name;
	const char *summary;     /* one line for `irqstorm --help` */
	const char *synopsis;    /* what follows `irqstorm NAME` in the usage line */
	const char *description; /* paragraphs for --help, 80 columns, may be NULL */
	const char *examples;    /* ready to paste, may be NULL */
	const struct opt *opts;  /* ends with OPT_TABLE_END */
	/* Tells every word of its tables and lines that is not everyday language; may be NULL. */
	void (*words)(opt_word_fn tell, void *data);
	/*
	 * Blocked, SIGINT and SIGTERM are looked for by the subcommand itself (sigstop.h). Others
	 * are let finish what they are at, or ask command_stopped().
	 */
	bool stops;
	bool one_thread; /* does all its work in one thread: a guest needs one CPU */
	bool mixed;      /* options may follow words: see opt_first() */
	/* @argv[0] is the subcommand's name. Returns the exit code. */
	int (*run)(const struct command *cmd, int argc, char **argv);
};

/*
 * Options that every subcommand has besides those of its table: --wide and --color. They are not
 * stored in a config: they are for terminal.h.
 */
extern const struct opt opt_common[];

/*
 * The entry of @cmd's table at @i, and after its end those of opt_common, with their heading; NULL
 * at the end of all. What lists options (help, manual, completion) walks them so.
 */
const struct opt *opt_at(const struct command *cmd, size_t i);

/*
 * The one of @names (of @n, NULL among them is stepped over) that @word, of @len bytes, was most
 * likely meant to be: few letters wrong, or the same beginning. NULL when none is near.
 */
const char *opt_nearest(const char *const *names, size_t n, const char *word, size_t len);

/* Set every option of @cmd in @config to its default. */
void opt_defaults(const struct command *cmd, void *config);

/*
 * Parse @argv[1..]. On success 0 and *@rest is the index of the first word that is no option. On a
 * bad line -EINVAL and @e (exit 2). `--help` prints help to stdout and returns 1.
 */
int opt_parse(const struct command *cmd, int argc, char **argv, void *config, int *rest,
	      struct errmsg *e);

/*
 * For a mixed command: the options in @argv move before the words, `-o` becomes `--output`. What
 * follows `--` stays where it is. Before opt_parse() and opt_next().
 */
void opt_first(const struct command *cmd, int argc, char **argv);

/*
 * Step over the options of a command line without storing them: from *@i on, returns the table
 * entry of the next option that takes a value, with *@value pointing at that value inside argv
 * (writable through *@slot, @prefix_len bytes into the word), or NULL at the first word that is no
 * option. Unknown options are stepped over: the subcommand itself will refuse them.
 */
const struct opt *opt_next(const struct command *cmd, int argc, char **argv, int *i, int *slot,
			   size_t *prefix_len);

/* The number of columns is at most 80. */
void opt_help(const struct command *cmd, FILE *f);

#endif
