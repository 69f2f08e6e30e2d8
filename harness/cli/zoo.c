/* SPDX-License-Identifier: MIT */
/* irqstorm zoo: how long each planted bug stays unfound, by engine, over several seeds. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "campaign/tally.h"
#include "cli/commands.h"
#include "cli/words.h"
#include "support/clock.h"
#include "support/json.h"
#include "support/log.h"
#include "support/outfile.h"
#include "support/rng.h"
#include "support/sigstop.h"
#include "support/stopped.h"
#include "support/table.h"
#include "support/version.h"

#define POLL_NS (10 * NSEC_PER_MSEC)

struct zoo_cli {
	const char *bug, *json, *fuzz_dir;
	uint64_t seeds, budget, seed, jobs;
	uint32_t engine;
	bool quiet;
};

#define FIELD(f) offsetof(struct zoo_cli, f)

static const struct opt zoo_opts[] = {
	{.type = OPT_STRING,
	 .name = "bug",
	 .arg = "ID[,ID...]",
	 .offset = FIELD(bug),
	 .help = "These bugs (default: all of docs/zoo.md)."},
	{.type = OPT_CHOICE,
	 .name = "engine",
	 .def = "libfuzzer",
	 .choices = hunter_names,
	 .offset = FIELD(engine),
	 .help = "What looks for them. random is the generator of irqstorm diff; the plain "
		 "ones mutate bytes and see the coverage of the code alone."},
	{.type = OPT_COUNT,
	 .name = "seeds",
	 .arg = "N",
	 .def = "5",
	 .min = 1,
	 .max = 1000,
	 .offset = FIELD(seeds),
	 .help = "Tries for each bug, each with a seed of its own and an empty corpus."},
	{.type = OPT_DURATION,
	 .name = "budget",
	 .arg = "TIME",
	 .def = "60s",
	 .min = 1000000000,
	 .offset = FIELD(budget),
	 .help = "A try that takes longer has not found the bug."},
	{.type = OPT_COUNT,
	 .name = "jobs",
	 .arg = "N",
	 .def = "1",
	 .min = 1,
	 .max = 64,
	 .offset = FIELD(jobs),
	 .help = "Tries at the same time. More than there are idle CPUs spoil the times."},
	{.type = OPT_SEED,
	 .name = "seed",
	 .arg = "N",
	 .offset = FIELD(seed),
	 .help = "What the seeds of the tries are made of (default: chosen and printed)."},
	{.type = OPT_STRING,
	 .name = "fuzz-dir",
	 .arg = "DIR",
	 .offset = FIELD(fuzz_dir),
	 .help = "Where the fuzz targets are (default: in the build folders of the presets zoo "
		 "and zoo-afl)."},
	{.type = OPT_OUTFILE,
	 .name = "json",
	 .arg = "FILE",
	 .offset = FIELD(json),
	 .help = "Results as JSON, schema irqstorm.zoo/1; - is stdout, in place of the text."},
	{.type = OPT_FLAG, .name = "quiet", .offset = FIELD(quiet), .help = "No progress."},
	OPT_TABLE_END,
};

/* One bug, and the tries at it that are over. */
struct row {
	const struct zoo_entry *bug;
	struct hunt_result *tries;
	uint32_t done;
	struct hunt_tally tally;
};

struct zoo_run {
	const struct zoo_cli *o;
	struct row *rows;
	uint32_t n_rows;
	uint64_t next, done; /* tries begun and over: all of the first row, then of the second */
	struct hunt *hunts;  /* o->jobs of them */
	struct row **of;     /* the row that each is at, NULL: idle */
	struct progress progress;
	sigset_t signals;
	int stop_signal; /* 0: none came */
};

static int add_row(struct zoo_run *z, uint32_t bug, struct errmsg *e)
{
	struct row *row = &z->rows[z->n_rows];

	if (z->n_rows == ZOO_BUGS)
		return errmsg_set(e, -EINVAL, EXIT_USAGE, "--bug: there are not that many");
	row->bug = zoo_entry(bug);
	row->tries = calloc(z->o->seeds, sizeof(*row->tries));
	if (!row->tries)
		return errmsg_no_memory(e);
	z->n_rows++;
	return 0;
}

static int add_named(struct zoo_run *z, const char *list, struct errmsg *e)
{
	int err = 0;

	while (*list && !err) {
		size_t len = strcspn(list, ",");
		char id[24];
		uint32_t bug;

		snprintf(id, sizeof(id), "%.*s", (int)(len < 20 ? len : 20), list);
		bug = zoo_find(id);
		err = bug ? add_row(z, bug, e)
			  : errmsg_set(e, -EINVAL, EXIT_USAGE,
				       "--bug %s: no such bug; docs/zoo.md lists them", id);
		list += len + (list[len] == ',');
	}
	return err;
}

static int choose_rows(struct zoo_run *z, struct errmsg *e)
{
	int err = 0;

	if (!zoo_compiled_in())
		return errmsg_set(e, -EOPNOTSUPP, EXIT_USAGE,
				  "this irqstorm has no planted bugs: cmake --preset zoo && "
				  "cmake --build --preset zoo, and use "
				  "build/zoo/harness/cli/irqstorm");
	z->rows = calloc(ZOO_BUGS, sizeof(*z->rows));
	z->hunts = calloc(z->o->jobs, sizeof(*z->hunts));
	z->of = calloc(z->o->jobs, sizeof(struct row *));
	if (!z->rows || !z->hunts || !z->of)
		return errmsg_no_memory(e);
	if (z->o->bug)
		return add_named(z, z->o->bug, e);
	for (uint32_t bug = 1; bug < ZOO_BUGS && !err; bug++)
		err = add_row(z, bug, e);
	return err;
}

static uint64_t tries(const struct zoo_run *z)
{
	return z->n_rows * z->o->seeds;
}

static int start_next(struct zoo_run *z, uint32_t job, struct errmsg *e)
{
	uint64_t number = z->next % z->o->seeds;
	struct rng rng;
	struct hunt_config c = {
		.hunter = (enum hunter)z->o->engine,
		.budget_ns = z->o->budget,
		.fuzz_dir = z->o->fuzz_dir,
	};

	z->of[job] = &z->rows[z->next++ / z->o->seeds];
	c.bug = z->of[job]->bug;
	rng_init(&rng, z->o->seed, number + 1);
	c.seed = rng_u64(&rng);
	return hunt_start(&z->hunts[job], &c, &z->signals, e);
}

static int serve(struct zoo_run *z, uint32_t job, struct errmsg *e)
{
	struct hunt *h = &z->hunts[job];
	struct row *row;
	int err = 0;

	if (!z->of[job] && z->next < tries(z))
		err = start_next(z, job, e);
	if (!z->of[job] || err)
		return err;
	err = hunt_poll(h, e);
	if (err || !h->over)
		return err;
	row = z->of[job];
	if (h->result.possible)
		row->tries[row->done++] = h->result;
	z->done++;
	hunt_end(h);
	z->of[job] = NULL;
	return 0;
}

static void show(struct zoo_run *z)
{
	uint64_t now = clock_ns(), at = z->next ? z->next - 1 : 0;

	if (progress_due(&z->progress, now))
		progress_show(&z->progress, now, "%llu of %llu tries done; %s, try %llu",
			      (unsigned long long)z->done, (unsigned long long)tries(z),
			      z->rows[at / z->o->seeds].bug->id,
			      (unsigned long long)(at % z->o->seeds + 1));
}

/* Until every try is over, or a signal came: what is over by then counts. */
static int hunt_all(struct zoo_run *z, struct errmsg *e)
{
	int err = 0;

	while (!err && !z->stop_signal && z->done < tries(z)) {
		for (uint32_t job = 0; job < z->o->jobs && !err; job++)
			err = serve(z, job, e);
		show(z);
		if (err != -EINTR)
			z->stop_signal = sigstop_wait_until(&z->signals, clock_ns() + POLL_NS);
	}
	/* inside of a try: which signal it was is told by the error */
	if (err == -EINTR)
		z->stop_signal = (int)e->exit - 128;
	if (!err && !z->stop_signal)
		z->stop_signal = sigstop_wait_until(&z->signals, 0);
	progress_done(&z->progress);
	for (uint32_t job = 0; job < z->o->jobs; job++)
		hunt_end(&z->hunts[job]);
	return z->stop_signal ? 0 : err;
}

static const char *seconds(char *buf, size_t size, bool known, double s)
{
	if (!known)
		return "-";
	snprintf(buf, size, "%.2f", s);
	return buf;
}

const struct table_column zoo_columns[] = {
	{.heading = "bug", .help = "Of docs/zoo.md.", .align = TABLE_LEFT},
	{.heading = "target", .help = "The fuzz target that can meet it.", .align = TABLE_LEFT},
	{.heading = "reached", .help = "Tries in which the wrong code ran.", .rank = 2},
	{.heading = "found", .help = "Tries in which it was found, of all."},
	{.heading = "execs",
	 .help = "Executions until it was found; the median over tries.",
	 .rank = 1},
	{.heading = "median", .help = "Seconds until it was found; the median over tries."},
	{.heading = "slowest",
	 .help = "Seconds of the longest try; - where one found nothing.",
	 .rank = 3},
	{.heading = "commonest finding",
	 .help = "The key that it was found by most often.",
	 .align = TABLE_FOLD},
	TABLE_COLUMNS_END,
};

static void print_row(struct table *out, const struct row *row)
{
	const struct hunt_tally *t = &row->tally;
	char execs[24] = "-", buf[24];

	table_cell(out, "%s", row->bug->id);
	table_cell(out, "%s", row->bug->target);
	if (!t->tries) {
		table_rest(out, "not for this engine");
		return;
	}
	if (t->median_found)
		snprintf(execs, sizeof(execs), "%llu", (unsigned long long)t->median_execs);
	table_cell(out, "%u", t->reached);
	table_styled(out, t->found ? STYLE_GOOD : STYLE_BAD, "%u/%u", t->found, t->tries);
	table_cell(out, "%s", execs);
	table_cell(out, "%s", seconds(buf, sizeof(buf), t->median_found, t->median_s));
	table_cell(out, "%s", seconds(buf, sizeof(buf), t->found == t->tries, t->slowest_s));
	table_cell(out, "%s", t->key ? t->key : "");
}

static void print_text(FILE *f, const struct zoo_run *z, const struct hunt_tally *all)
{
	struct table t;

	terminal_line(f, 2, "%s, %llu tries of %.0f s each, seed 0x%llx",
		      hunter_names[z->o->engine], (unsigned long long)z->o->seeds,
		      (double)z->o->budget / 1e9, (unsigned long long)z->o->seed);
	table_init(&t, zoo_columns);
	for (uint32_t i = 0; i < z->n_rows; i++)
		print_row(&t, &z->rows[i]);
	table_write(&t, f);
	table_free(&t);
	terminal_line(f, 4, "%s%u of %u bugs found; %.1f s of looking in all",
		      all->tries || z->stop_signal ? "" : "SKIPPED  no bug was looked for: ",
		      all->found, all->tries, all->total_s);
	stopped_say(f, z->stop_signal, "%llu of %llu tries are done", (unsigned long long)z->done,
		    (unsigned long long)tries(z));
}

static void json_row(struct json *j, const struct row *row)
{
	const struct hunt_tally *t = &row->tally;

	json_object_begin(j, NULL);
	json_str(j, "id", row->bug->id);
	json_str(j, "target", row->bug->target);
	json_bool(j, "reached", t->reached > 0);
	json_bool(j, "found", t->found > 0);
	json_u64(j, "seeds", t->tries);
	json_u64(j, "found_seeds", t->found);
	if (t->median_found) {
		json_u64(j, "median_execs", t->median_execs);
		json_double(j, "median_s", t->median_s);
	} else {
		json_str(j, "median_execs", NULL);
		json_str(j, "median_s", NULL);
	}
	if (t->tries && t->found == t->tries)
		json_double(j, "slowest_s", t->slowest_s);
	else
		json_str(j, "slowest_s", NULL);
	json_str(j, "oracle", t->key);
	json_object_end(j);
}

static void write_json(FILE *f, const struct zoo_run *z, const struct hunt_tally *all)
{
	struct json j;

	json_init(&j, f);
	json_object_begin(&j, NULL);
	json_str(&j, "schema", "irqstorm.zoo/1");
	json_str(&j, "version", irqstorm_version);
	json_str(&j, "engine", hunter_names[z->o->engine]);
	json_u64(&j, "seed", z->o->seed);
	json_double(&j, "budget_s", (double)z->o->budget / 1e9);
	json_u64(&j, "jobs", z->o->jobs);
	json_bool(&j, "complete", !z->stop_signal);
	json_str(&j, "stopped_by", z->stop_signal ? stopped_by(z->stop_signal) : NULL);
	json_array_begin(&j, "bugs");
	for (uint32_t i = 0; i < z->n_rows; i++)
		json_row(&j, &z->rows[i]);
	json_array_end(&j);
	json_u64(&j, "found", all->found);
	json_u64(&j, "total", all->tries);
	json_double(&j, "total_s", all->total_s);
	json_object_end(&j);
	json_finish(&j);
}

/* The exit code, or -errno with @e. */
static int report(struct zoo_run *z, struct outfile *json, struct errmsg *e)
{
	struct hunt_tally all = {0}; /* of bugs, not of tries */
	struct outfile text = {0};
	int err = json->f == stdout ? 0 : outfile_open(&text, "-", e);

	if (err)
		return err;
	for (uint32_t i = 0; i < z->n_rows; i++) {
		struct row *row = &z->rows[i];

		hunt_tally(row->tries, row->done, &row->tally);
		all.tries += row->tally.tries > 0;
		all.found += row->tally.found > 0;
		all.total_s += row->tally.total_s;
	}
	if (text.f)
		print_text(text.f, z, &all);
	if (json->f)
		write_json(json->f, z, &all);
	err = outfile_commit(&text, e);
	if (!err)
		err = outfile_commit(json, e);
	if (err)
		return err;
	/* what the tries that are left would have found is not known */
	if (z->stop_signal)
		return stopped_code(EXIT_PASS, z->stop_signal);
	if (!all.tries)
		return EXIT_SKIP;
	return all.found == all.tries ? EXIT_PASS : EXIT_FINDING;
}

static int zoo_main(const struct command *cmd, int argc, char **argv)
{
	struct zoo_cli o = {.seed = command_random_seed()};
	struct zoo_run z = {.o = &o};
	struct outfile json = {0};
	struct errmsg e = {0};
	int code = command_parse_only(cmd, argc, argv, &o), err;

	if (code >= 0)
		return code;
	sigstop_block(&z.signals);
	progress_init(&z.progress, o.quiet);
	err = choose_rows(&z, &e);
	if (!err)
		err = outfile_open(&json, o.json, &e);
	if (!err) {
		log_note("seed 0x%llx", (unsigned long long)o.seed);
		err = hunt_all(&z, &e);
	}
	code = err ? err : report(&z, &json, &e);
	if (code < 0) {
		log_error("%s", e.text);
		outfile_abort(&json);
		code = (int)e.exit;
	}
	for (uint32_t i = 0; i < z.n_rows; i++)
		free(z.rows[i].tries);
	free(z.rows);
	free(z.hunts);
	free(z.of);
	return code;
}

const struct command cmd_zoo = {
	.name = "zoo",
	.summary = "Measure how soon a fuzzer finds each of the planted bugs.",
	.synopsis = "[OPTION...]",
	.description =
		"The emulator of this build can be given historical bugs of VFIO interrupt code,\n"
		"one at a time (docs/zoo.md). For each of them an engine starts from an empty\n"
		"corpus, several times with different seeds, and the time and the executions are\n"
		"counted until the bug is found. reached: tries in which the wrong code ran.\n"
		"\n"
		"Needs a build with the bugs: cmake --preset zoo (libFuzzer, and this command),\n"
		"cmake --preset zoo-afl (AFL++).\n"
		"\n"
		"Exit code 1: a bug was not found in any try. 4: none was looked for.\n",
	.examples = "  irqstorm zoo --engine random --json random.json\n"
		    "  irqstorm zoo --bug B42,B43 --seeds 3 --budget 10s\n"
		    "  irqstorm zoo --engine afl --seeds 5 --budget 60s --json afl.json\n",
	.opts = zoo_opts,
	.words = words_zoo,
	.stops = true,
	.run = zoo_main,
};
