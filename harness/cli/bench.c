/* SPDX-License-Identifier: MIT */
/* irqstorm bench: the matrix of strategies, consumers, vectors and loads, as a table. */
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include "bench/folder.h"
#include "bench/publish.h"
#include "bench/run.h"
#include "cli/commands.h"
#include "cli/finding.h"
#include "cli/words.h"
#include "exec/target.h"
#include "report/text.h"
#include "report/value.h"
#include "support/clock.h"
#include "support/crossed.h"
#include "support/log.h"
#include "support/outfile.h"
#include "support/stopped.h"
#include "support/units.h"

struct bench_options {
	const char *target, *strategy, *consumer, *vectors, *load, *out, *json;
	uint64_t duration, warm_up, resize_rate, repeats, seed;
	bool quick, resize_cost, no_resize_cost, quiet;
};

#define FIELD(f)      offsetof(struct bench_options, f)
#define BOTH_PROFILES "emu:profile=6.1 emu:profile=6.12"
#define UNSET         UINT64_MAX

/* What --quick and a full run take where nothing else is said. */
struct effort {
	uint64_t duration_ns, warm_up_ns, cost_budget_ns;
	uint32_t cost_rounds;
};

static const struct effort quick = {
	.duration_ns = 400 * NSEC_PER_MSEC,
	.warm_up_ns = 50 * NSEC_PER_MSEC,
	.cost_budget_ns = 2 * NSEC_PER_MSEC,
	.cost_rounds = 6, /* the fewest that an interval of 95 % can be told of */
};

static const struct effort full = {
	.duration_ns = 5 * NSEC_PER_SEC,
	.warm_up_ns = 500 * NSEC_PER_MSEC,
	.cost_budget_ns = 20 * NSEC_PER_MSEC,
	.cost_rounds = 11,
};

static const struct opt bench_opts[] = {
	OPT_HEADING("The matrix; each a list"),
	{.type = OPT_STRING,
	 .name = "target",
	 .arg = "\"T T...\"",
	 .def = BOTH_PROFILES,
	 .begins = {target_begins},
	 .offset = FIELD(target),
	 .help = "The devices, see above, separated by spaces."},
	{.type = OPT_STRING,
	 .name = "strategy",
	 .arg = "S,S...",
	 .begins = {strategy_names},
	 .offset = FIELD(strategy),
	 .help = "How vectors are resized, as `irqstorm stress --help` lists them (default: all)."},
	{.type = OPT_STRING,
	 .name = "consumer",
	 .arg = "C,C...",
	 .def = "uring",
	 .begins = {consumer_names},
	 .offset = FIELD(consumer),
	 .help = "What reads the eventfds: uring, uring-poll, epoll, read, spin."},
	{.type = OPT_STRING,
	 .name = "vectors",
	 .arg = "N,N...",
	 .offset = FIELD(vectors),
	 .help = "Vectors to use, an eighth of them stable (default: 64, or what the device "
		 "has)."},
	{.type = OPT_STRING,
	 .name = "load",
	 .arg = "L,L...",
	 .def = "closed:100k",
	 .offset = FIELD(load),
	 .help = "MODE[:RATE]: closed or open loop, and fires a second or max."},
	OPT_HEADING("How it is measured"),
	{.type = OPT_COUNT,
	 .name = "repeats",
	 .arg = "N",
	 .def = "3",
	 .min = 1,
	 .max = 1000,
	 .offset = FIELD(repeats),
	 .help = "Rounds; each runs every cell once, in an order of its own. From 6 on the "
		 "intervals hold with 95 %."},
	{.type = OPT_DURATION,
	 .name = "duration",
	 .arg = "TIME",
	 .min = 10000000,
	 .max = 86400000000000ULL,
	 .offset = FIELD(duration),
	 .help = "Length of each storm (default 5s)."},
	{.type = OPT_DURATION,
	 .name = "warm-up",
	 .arg = "TIME",
	 .max = 3600000000000ULL,
	 .offset = FIELD(warm_up),
	 .help = "A storm before each that is thrown away (default 500ms; 0: none)."},
	OPT_ROW_RESIZE_RATE(FIELD(resize_rate)),
	{.type = OPT_FLAG,
	 .name = "resize-cost",
	 .offset = FIELD(resize_cost),
	 .help = "No storms, only what it costs to add and remove a vector while 1, 2, 4, ... are "
		 "in use."},
	{.type = OPT_FLAG,
	 .name = "no-resize-cost",
	 .offset = FIELD(no_resize_cost),
	 .help = "Leave that out."},
	{.type = OPT_FLAG,
	 .name = "quick",
	 .offset = FIELD(quick),
	 .help = "Storms of 400ms, and fewer samples of a resize: under two minutes for the "
		 "emulator."},
	OPT_ROW_SEED(FIELD(seed)),
	OPT_HEADING("Where results go"),
	{.type = OPT_OUTDIR,
	 .name = "out",
	 .arg = "DIR",
	 .offset = FIELD(out),
	 .help = "A folder for all there is: manifest, each run, summary, report.html. The same "
		 "command goes on where one was stopped or killed."},
	{.type = OPT_OUTFILE,
	 .name = "json",
	 .arg = "FILE",
	 .offset = FIELD(json),
	 .help = "The summary, schema irqstorm.bench/2; - is stdout, in place of the table."},
	{.type = OPT_FLAG, .name = "quiet", .offset = FIELD(quiet), .help = "No progress line."},
	OPT_TABLE_END,
};

static void put_word(FILE *f, const char *word)
{
	/* --out=DIR, --out DIR: the folder as the host knows it */
	const char *equals = *word == '-' ? strchr(word, '=') : NULL;
	size_t option = equals ? (size_t)(equals + 1 - word) : 0;
	char *name = crossed_name(word + option);

	fprintf(f, strpbrk(name ? name : word, " \t'\"$&;<>|*?()") ? " '%.*s%s'" : " %.*s%s",
		(int)option, word, name ? name : "");
	free(name);
}

/* The words of a command line as one that can be pasted. NULL: out of memory. */
static char *command_text(int argc, char **argv)
{
	char *text = NULL;
	size_t size;
	FILE *f = open_memstream(&text, &size);

	if (!f)
		return NULL;
	fputs(finding_command(), f);
	for (int i = 0; i < argc; i++)
		put_word(f, argv[i]);
	return fclose(f) ? NULL : text;
}

/* The seed of what is gone on with, unless the user gave one. */
static void choose_seed(struct bench_options *o)
{
	char *seed;

	if (o->seed != UNSET)
		return;
	o->seed = command_random_seed();
	seed = o->out ? folder_seed(o->out) : NULL;
	if (seed)
		units_parse_count(seed, &o->seed);
	free(seed);
}

static struct bench_config configure(const struct bench_options *o, const struct grid *m,
				     const char *command)
{
	const struct effort *effort = o->quick ? &quick : &full;

	return (struct bench_config){
		.grid = m,
		.out = o->out,
		.command = command,
		.via = getenv("IRQSTORM_VIA"), /* set by `irqstorm guest` */
		.duration_ns = o->duration == UNSET ? effort->duration_ns : o->duration,
		.warm_up_ns = o->warm_up == UNSET ? effort->warm_up_ns : o->warm_up,
		.resize_rate_hz = o->resize_rate,
		.seed = o->seed,
		.repeats = (uint32_t)o->repeats,
		.storms = !o->resize_cost,
		.cost = !o->no_resize_cost,
		.cost_rounds = effort->cost_rounds,
		.cost_budget_ns = effort->cost_budget_ns,
		.quiet = o->quiet,
	};
}

static int complain(const struct errmsg *e)
{
	log_error("%s", e->text);
	return (int)e->exit;
}

/* What a finished or interrupted bench says by its exit code. */
static int judge(const json_t *summary, int stop_signal)
{
	const char *verdict = value_text(summary, "verdict");

	if (!strcmp(verdict, "finding"))
		return EXIT_FINDING;
	if (!strcmp(verdict, "stopped"))
		return EXIT_ENVIRONMENT;
	return stopped_code(strcmp(verdict, "pass") ? EXIT_SKIP : EXIT_PASS, stop_signal);
}

/* Every result is written, whatever happens to the others. */
static int write_results(const struct bench_options *o, const json_t *summary,
			 const struct bench_end *end, struct outfile *json, int code)
{
	struct errmsg e = {0};

	if (json->f != stdout)
		text_summary(summary, stdout);
	if (json->f != stdout)
		stopped_say(stdout, end->stop_signal, "%u of %u runs are done", end->done,
			    end->todo);
	if (json->f) {
		struct json j;

		json_init(&j, json->f);
		value_write(&j, NULL, summary);
		json_finish(&j);
	}
	if (outfile_commit(json, &e))
		code = complain(&e);
	if (o->out && publish_folder(o->out, summary, &e))
		code = complain(&e);
	else if (o->out)
		log_note("%s/report.html shows it", o->out);
	return command_flush(code);
}

static int bench(struct bench_options *o, const char *command, struct errmsg *e)
{
	const struct grid_lists lists = {.targets = o->target,
					 .strategies = o->strategy,
					 .consumers = o->consumer,
					 .vectors = o->vectors,
					 .loads = o->load};
	struct bench_config cfg;
	struct outfile json = {0};
	struct bench_end end = {0};
	json_t *summary = NULL;
	struct grid m = {0};
	int code, err;

	if (o->resize_cost && o->no_resize_cost)
		err = errmsg_set(e, -EINVAL, EXIT_USAGE,
				 "--resize-cost and --no-resize-cost: nothing is left");
	else
		err = grid_init(&m, &lists, e);
	if (!err)
		err = outfile_open(&json, o->json, e);
	if (!err) {
		choose_seed(o);
		cfg = configure(o, &m, command);
		err = bench_run(&cfg, &summary, &end, e);
	}
	code = err ? complain(e) : judge(summary, end.stop_signal);
	if (summary)
		code = write_results(o, summary, &end, &json, code);
	else
		outfile_abort(&json);
	json_decref(summary);
	grid_free(&m);
	return code;
}

static int bench_main(const struct command *cmd, int argc, char **argv)
{
	struct bench_options o = {.duration = UNSET, .warm_up = UNSET, .seed = UNSET};
	char *command = command_text(argc, argv);
	struct errmsg e = {0};
	int code = command_parse_only(cmd, argc, argv, &o);

	/* a limit on the size of files is an error as a full disk is, not a death */
	signal(SIGXFSZ, SIG_IGN);
	if (code < 0)
		code = bench(&o, command ? command : "", &e);
	free(command);
	return code;
}

const struct command cmd_bench = {
	.name = "bench",
	.summary = "Compare resize strategies: losses, latency, cost of a resize, with intervals.",
	.synopsis = "[OPTION...]",
	.description =
		"Runs `irqstorm stress` for every cell of a matrix of targets, strategies,\n"
		"consumers, vectors and loads, each several times. The repeats are interleaved\n"
		"and each comes with its own control, so that what the machine does meanwhile\n"
		"falls on all alike; medians are told, with intervals that assume nothing of the\n"
		"distribution. Then what it costs to add and to remove one vector is measured\n"
		"against how many are in use.\n\n" TARGET_HELP,
	.examples = "  irqstorm bench --quick\n"
		    "  irqstorm bench --out results/local/b1 --repeats 7\n"
		    "  irqstorm bench --strategy teardown,dynamic --vectors 16,64,256 \\\n"
		    "      --consumer uring,epoll --load closed:100k,open:max\n"
		    "  irqstorm guest --kernel debian:6.12 -- bench --target vfio:auto --out b2\n",
	.opts = bench_opts,
	.words = words_bench,
	.stops = true,
	.run = bench_main,
};
