/* SPDX-License-Identifier: MIT */
/* opt: one table parses, defaults, checks, helps, and finds the files of a command line. */
#include <criterion/criterion.h>
#include <errno.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "support/opt.h"

struct config {
	bool quick;
	uint64_t vectors, at_least, duration, rate, seed;
	uint32_t mode;
	const char *target, *json, *program;
};

#define AT(f) offsetof(struct config, f)

static const char *const modes[] = {"open", "closed", "both", NULL};
static const char *const long_list[] = {"none",
					"teardown",
					"dynamic",
					"upfront",
					"swap",
					"track-guest",
					"random",
					"program:FILE",
					"everything-all-at-once",
					"and-one-more-to-go-past-any-line",
					"and-another-one-of-those",
					"and-yet-another-one-of-those",
					NULL};

static const struct opt opts[] = {
	OPT_HEADING("First"),
	{.type = OPT_FLAG, .name = "quick", .offset = AT(quick), .help = "Be quick."},
	{.type = OPT_COUNT,
	 .name = "vectors",
	 .arg = "N",
	 .def = "64",
	 .min = 1,
	 .max = 2048,
	 .offset = AT(vectors),
	 .help = "How many."},
	{.type = OPT_COUNT,
	 .name = "at-least",
	 .arg = "N",
	 .def = "2",
	 .min = 2,
	 .offset = AT(at_least),
	 .help = "Has no upper limit."},
	OPT_HEADING("Second"),
	{.type = OPT_DURATION,
	 .name = "duration",
	 .arg = "TIME",
	 .def = "10s",
	 .min = 1000000,
	 .max = 3600000000000ULL,
	 .offset = AT(duration),
	 .help = "A long help text that has to be wrapped, because it does not fit the width of a "
		 "terminal at all, whatever one does to make it shorter than it is."},
	{.type = OPT_RATE,
	 .name = "rate",
	 .arg = "HZ|max",
	 .def = "max",
	 .offset = AT(rate),
	 .help = "How fast."},
	{.type = OPT_SEED, .name = "seed", .arg = "N", .offset = AT(seed), .help = "The seed."},
	{.type = OPT_CHOICE,
	 .name = "mode",
	 .def = "closed",
	 .choices = modes,
	 .offset = AT(mode),
	 .help = "How."},
	{.type = OPT_STRING,
	 .name = "target",
	 .arg = "T",
	 .def = "emu",
	 .offset = AT(target),
	 .help = "What."},
	{.type = OPT_OUTFILE, .name = "json", .arg = "FILE", .offset = AT(json), .help = "Result."},
	{.type = OPT_INFILE,
	 .name = "program",
	 .arg = "FILE",
	 .offset = AT(program),
	 .help = "Program."},
	OPT_TABLE_END,
};

static const struct command cmd = {
	.name = "try",
	.summary = "Try things.",
	.synopsis = "[OPTION...] [WORD...]",
	.opts = opts,
};

static struct config c;
static struct errmsg e;
static int rest;

/* Parse @line, cut at spaces, from the defaults on. */
static int parse(const char *line)
{
	static char words[512];
	char *argv[32] = {"try"}, *save;
	int argc = 1;

	snprintf(words, sizeof(words), "%s", line);
	for (char *w = strtok_r(words, " ", &save); w; w = strtok_r(NULL, " ", &save))
		argv[argc++] = w;
	memset(&c, 0, sizeof(c));
	memset(&e, 0, sizeof(e));
	rest = -1;
	opt_defaults(&cmd, &c);
	return opt_parse(&cmd, argc, argv, &c, &rest, &e);
}

static void refused(const char *line, const char *says)
{
	int err = parse(line);

	cr_assert_eq(err, -EINVAL, "'%s' gave %d", line, err);
	cr_assert_eq(e.exit, EXIT_USAGE, "'%s': exit %d", line, (int)e.exit);
	cr_assert(strstr(e.text, says), "'%s' says: %s", line, e.text);
	cr_assert(!strchr(e.text, '\n'), "'%s': more than one line", line);
	cr_assert(!strstr(e.text, "(null)"), "'%s' says: %s", line, e.text);
}

Test(opt, defaults)
{
	cr_assert_eq(parse(""), 0, "%s", e.text);
	cr_assert_eq(rest, 1, "rest");
	cr_assert_eq(c.quick, false, "quick");
	cr_assert_eq(c.vectors, 64, "vectors");
	cr_assert_eq(c.duration, 10000000000ULL, "duration");
	cr_assert_eq(c.rate, 0, "rate max is 0");
	cr_assert_eq(c.mode, 1, "mode");
	cr_assert_str_eq(c.target, "emu");
	cr_assert_null(c.json, "json");
}

Test(opt, both_forms)
{
	cr_assert_eq(parse("--vectors 1k --duration=1.5ms --quick --mode open --json - --rate 2k "
			   "--seed=0xffffffffffffffff --target emu:vectors=3,profile=6.1"),
		     0, "%s", e.text);
	cr_assert_eq(c.vectors, 1000, "vectors");
	cr_assert_eq(c.duration, 1500000, "duration");
	cr_assert_eq(c.quick, true, "quick");
	cr_assert_eq(c.mode, 0, "mode");
	cr_assert_eq(c.rate, 2000, "rate");
	cr_assert_eq(c.seed, UINT64_MAX, "seed");
	cr_assert_str_eq(c.json, "-");
	cr_assert_str_eq(c.target, "emu:vectors=3,profile=6.1", "only the first = cuts");
}

Test(opt, the_last_one_wins)
{
	cr_assert_eq(parse("--vectors 1 --vectors 2"), 0, "%s", e.text);
	cr_assert_eq(c.vectors, 2, "vectors");
}

Test(opt, rest_starts_at_the_first_other_word)
{
	cr_assert_eq(parse("--quick word --vectors 3"), 0, "%s", e.text);
	cr_assert_eq(rest, 2, "rest %d", rest);
	cr_assert_eq(c.vectors, 64, "parsed on behind it");
	cr_assert_eq(parse("- x"), 0, "a lone dash is a word");
	cr_assert_eq(rest, 1, "rest %d", rest);
}

Test(opt, dashes_end_the_options)
{
	cr_assert_eq(parse("--quick -- --vectors 3"), 0, "%s", e.text);
	cr_assert_eq(rest, 3, "rest %d", rest);
	cr_assert_eq(c.vectors, 64, "parsed on behind it");
}

Test(opt, unknown_ones_are_refused_with_a_hint)
{
	refused("--vector 3", "did you mean --vectors?");
	refused("--durations 3s", "did you mean --duration?");
	refused("--zzz", "unknown option '--zzz'; see irqstorm try --help");
	refused("-v", "unknown option '-v'");
	refused("--=3", "unknown option");
	refused("--quic", "--quick");
}

Test(opt, ranges)
{
	cr_assert_eq(parse("--vectors 1"), 0, "%s", e.text);
	cr_assert_eq(parse("--vectors 2048"), 0, "%s", e.text);
	refused("--vectors 0", "--vectors 0: must be 1 to 2048");
	refused("--vectors 2049", "must be 1 to 2048");
	refused("--duration 2h", "must be 1.00 ms to 3600.00 s");
	refused("--duration 1us", "must be 1.00 ms");
	cr_assert_eq(parse("--at-least 0xffffffffffffffff"), 0, "%s", e.text);
	refused("--at-least 1", "--at-least 1: must be at least 2");
}

Test(opt, values_that_do_not_parse)
{
	refused("--vectors many", "--vectors many: not a number");
	refused("--vectors -1", "not a number");
	refused("--vectors=", "not a number");
	refused("--duration soon", "not a duration");
	refused("--rate most", "--rate most: not a number");
	refused("--mode shut", "--mode shut: must be one of open, closed, both");
	refused("--target=", "--target: empty value");
	refused("--quick=1", "--quick takes no value");
}

Test(opt, missing_values)
{
	refused("--vectors", "--vectors needs a value");
	refused("--quick --json", "--json needs a value (FILE)");
	refused("--mode", "--mode needs a value");
}

static char *help_of(const struct command *command)
{
	char *text = NULL;
	size_t size = 0;
	FILE *f = open_memstream(&text, &size);

	opt_help(command, f);
	fclose(f);
	return text;
}

static void check_width(char *text)
{
	char *save;

	for (char *line = strtok_r(text, "\n", &save); line; line = strtok_r(NULL, "\n", &save)) {
		cr_assert(strlen(line) <= 80, "%zu columns: %s", strlen(line), line);
		cr_assert(!strchr(line, '\t'), "a tab: %s", line);
	}
}

Test(opt, help_tells_all_and_fits)
{
	char *text = help_of(&cmd);

	for (const struct opt *o = opts; o->type != OPT_END; o++)
		cr_assert(o->type == OPT_GROUP ? strstr(text, o->help) : strstr(text, o->name),
			  "no %s", o->type == OPT_GROUP ? o->help : o->name);
	cr_assert(strstr(text, "usage: irqstorm try [OPTION...] [WORD...]"), "usage");
	cr_assert(strstr(text, "(default 64)"), "default");
	cr_assert(strstr(text, "open|closed|both"), "choices");
	cr_assert(strstr(text, "Exit codes:"), "exit codes");
	check_width(text);
	free(text);
}

Test(opt, help_of_long_things_fits)
{
	static char help[3000];
	const struct opt table[] = {
		{.type = OPT_CHOICE,
		 .name = "resize",
		 .choices = long_list,
		 .offset = AT(mode),
		 .help = "A long list of choices."},
		{.type = OPT_STRING, .name = "target", .arg = "T", .def = "emu", .help = help},
		OPT_TABLE_END,
	};
	const struct command long_cmd = {
		.name = "try", .summary = "Try.", .synopsis = "", .opts = table};
	char *text;

	for (size_t i = 0; i < sizeof(help) - 1; i++)
		help[i] = i % 7 ? 'x' : ' ';
	text = help_of(&long_cmd);
	for (size_t i = 0; long_list[i]; i++)
		cr_assert(strstr(text, long_list[i]), "no %s", long_list[i]);
	cr_assert(strstr(text, "Options:"), "a table without headings gets one");
	cr_assert(strstr(text, "(default emu)"), "default is cut off");
	check_width(text);
	free(text);
}

Test(opt, a_wrong_choice_of_many)
{
	const struct opt table[] = {
		{.type = OPT_CHOICE,
		 .name = "resize",
		 .choices = long_list,
		 .offset = AT(mode),
		 .help = "A long list of choices."},
		OPT_TABLE_END,
	};
	const struct command long_cmd = {
		.name = "try", .summary = "Try.", .synopsis = "", .opts = table};
	char *argv[] = {"try", "--resize", "nothing", NULL};

	cr_assert_eq(opt_parse(&long_cmd, 3, argv, &c, &rest, &e), -EINVAL, "taken");
	cr_assert(strstr(e.text, "none, teardown"), "%s", e.text);
}

Test(opt, help_option)
{
	cr_assert_not_null(freopen("/dev/null", "w", stdout));
	cr_assert_eq(parse("--quick --help --nonsense"), 1, "--help");
	cr_assert_eq(parse("-h"), 1, "-h");
}

Test(opt, next_finds_the_values)
{
	char *argv[] = {"try",    "--quick", "--json", "a.json", "--program=p.irq", "--unknown",
			"--help", "--mode",  "open",   "word",   "--json",          "b"};
	int i = 1, slot = -1;
	size_t prefix = 99;
	const struct opt *o;

	o = opt_next(&cmd, 12, argv, &i, &slot, &prefix);
	cr_assert(o && !strcmp(o->name, "json") && o->type == OPT_OUTFILE, "json");
	cr_assert_str_eq(argv[slot] + prefix, "a.json");
	cr_assert_eq(prefix, 0, "prefix");
	o = opt_next(&cmd, 12, argv, &i, &slot, &prefix);
	cr_assert(o && !strcmp(o->name, "program") && o->type == OPT_INFILE, "program");
	cr_assert_str_eq(argv[slot] + prefix, "p.irq");
	o = opt_next(&cmd, 12, argv, &i, &slot, &prefix);
	cr_assert(o && !strcmp(o->name, "mode"), "mode");
	cr_assert_str_eq(argv[slot] + prefix, "open");
	o = opt_next(&cmd, 12, argv, &i, &slot, &prefix);
	cr_assert_null(o, "went on behind the first word");
	cr_assert_eq(i, 9, "stopped at %d", i);
}

Test(opt, next_at_the_end)
{
	char *argv[] = {"try", "--json"};
	char *dashes[] = {"try", "--", "--json", "x"};
	int i = 1, slot;
	size_t prefix;

	cr_assert_null(opt_next(&cmd, 2, argv, &i, &slot, &prefix), "a value that is not there");
	i = 1;
	cr_assert_null(opt_next(&cmd, 4, dashes, &i, &slot, &prefix), "went on behind --");
}
