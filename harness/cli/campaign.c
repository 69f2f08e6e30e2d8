/* SPDX-License-Identifier: MIT */
/* irqstorm campaign: a fuzzing engine on a fuzz target for hours, in sessions that go on. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "campaign/campaign.h"
#include "campaign/report.h"
#include "cli/commands.h"
#include "support/clock.h"
#include "support/log.h"
#include "support/outfile.h"
#include "support/stopped.h"

struct campaign_cli {
	const char *target, *fuzz_dir, *dict, *corpus, *out, *json, *sarif, *junit;
	uint64_t seconds_ns, jobs, seed, timeout, max_len, minimize;
	uint32_t engine;
	bool no_merge, quiet;
};

#define FIELD(f) offsetof(struct campaign_cli, f)

static const struct opt campaign_opts[] = {
	{.type = OPT_CHOICE,
	 .name = "engine",
	 .choices = engine_names,
	 .def = "libfuzzer",
	 .offset = FIELD(engine),
	 .help = "The engine."},
	{.type = OPT_STRING,
	 .name = "fuzz-target",
	 .arg = "NAME",
	 .offset = FIELD(target),
	 .help = "What to fuzz, as in fuzz/NAME.c."},
	{.type = OPT_DURATION,
	 .name = "for",
	 .arg = "TIME",
	 .min = NSEC_PER_SEC,
	 .offset = FIELD(seconds_ns),
	 .help = "So long, all sessions with this --out together."},
	{.type = OPT_COUNT,
	 .name = "jobs",
	 .arg = "N",
	 .min = 1,
	 .max = CAMPAIGN_JOBS_MAX,
	 .offset = FIELD(jobs),
	 .help = "Instances of the engine (default: one for each CPU)."},
	{.type = OPT_STRING,
	 .name = "out",
	 .arg = "DIR",
	 .offset = FIELD(out),
	 .help = "Where corpus, findings and state are (default: campaign-NAME)."},
	{.type = OPT_STRING,
	 .name = "corpus",
	 .arg = "DIR",
	 .offset = FIELD(corpus),
	 .help = "Inputs to begin with, or of other campaigns; is only read."},
	{.type = OPT_STRING,
	 .name = "fuzz-dir",
	 .arg = "DIR",
	 .offset = FIELD(fuzz_dir),
	 .help = "Where the target is, built for the engine (default: fuzz/ in the builds beside "
		 "the one of this irqstorm)."},
	{.type = OPT_STRING,
	 .name = "dict",
	 .arg = "FILE",
	 .offset = FIELD(dict),
	 .help = "Dictionary for the engine (default: none)."},
	{.type = OPT_COUNT,
	 .name = "max-len",
	 .arg = "N",
	 .def = "1024",
	 .min = 1,
	 .max = 1u << 20,
	 .offset = FIELD(max_len),
	 .help = "Bytes of an input at most."},
	{.type = OPT_DURATION,
	 .name = "timeout",
	 .arg = "TIME",
	 .def = "10s",
	 .min = NSEC_PER_SEC,
	 .max = 3600 * NSEC_PER_SEC,
	 .offset = FIELD(timeout),
	 .help = "An input that takes longer is a finding (whole seconds)."},
	{.type = OPT_DURATION,
	 .name = "minimize",
	 .arg = "TIME",
	 .def = "5s",
	 .offset = FIELD(minimize),
	 .help = "Make the program of each new finding shorter for so long; 0 for not at all."},
	{.type = OPT_FLAG,
	 .name = "no-merge",
	 .offset = FIELD(no_merge),
	 .help = "Leave the corpus as it grew; else libFuzzer's merge makes it small at the end."},
	{.type = OPT_SEED,
	 .name = "seed",
	 .arg = "N",
	 .offset = FIELD(seed),
	 .help = "All seeds of engines come from it (default: random; that of the first session "
		 "for the others)."},
	{.type = OPT_OUTFILE,
	 .name = "json",
	 .arg = "FILE",
	 .offset = FIELD(json),
	 .help = "Results as JSON, schema irqstorm.campaign/1; - is stdout, in place of the text."},
	{.type = OPT_OUTFILE,
	 .name = "sarif",
	 .arg = "FILE",
	 .offset = FIELD(sarif),
	 .help = "Findings as SARIF 2.1.0."},
	{.type = OPT_OUTFILE,
	 .name = "junit",
	 .arg = "FILE",
	 .offset = FIELD(junit),
	 .help = "Findings as failures of a JUnit test suite."},
	{.type = OPT_FLAG, .name = "quiet", .offset = FIELD(quiet), .help = "No progress."},
	OPT_TABLE_END,
};

struct files {
	struct outfile text, report, json, sarif, junit;
	char report_path[PATH_MAX];
};

/* What the path of a file may be wrong with shows before hours of fuzzing. */
static int open_files(const struct campaign_cli *o, struct files *f, struct errmsg *e)
{
	int err = outfile_open(&f->sarif, o->sarif, e);

	if (!err)
		err = outfile_open(&f->junit, o->junit, e);
	if (!err)
		err = outfile_open(&f->json, o->json, e);
	if (!err && f->json.f != stdout)
		err = outfile_open(&f->text, "-", e);
	return err;
}

static void close_files(struct files *f)
{
	outfile_abort(&f->text);
	outfile_abort(&f->report);
	outfile_abort(&f->json);
	outfile_abort(&f->sarif);
	outfile_abort(&f->junit);
}

static int write_results(const struct campaign_config *c, const struct campaign_result *r,
			 struct files *f, struct errmsg *e)
{
	int err;

	snprintf(f->report_path, sizeof(f->report_path), "%.*s/report.txt", PATH_MAX - 16, r->root);
	err = outfile_open(&f->report, f->report_path, e);
	if (err)
		return err;
	report_text(f->report.f, c, r);
	if (f->json.f)
		state_print(f->json.f, &r->state);
	if (f->sarif.f)
		report_sarif(f->sarif.f, r);
	if (f->junit.f)
		report_junit(f->junit.f, r);
	if (f->text.f)
		report_text(f->text.f, c, r);
	err = outfile_commit(&f->report, e);
	if (!err)
		err = outfile_commit(&f->sarif, e);
	if (!err)
		err = outfile_commit(&f->junit, e);
	if (!err)
		err = outfile_commit(&f->json, e);
	if (!err)
		err = outfile_commit(&f->text, e);
	return err;
}

static void say_how_to_go_on(const struct campaign_result *r)
{
	if (r->over)
		log_note("its time is over; a longer --for goes on with it");
	else
		log_note("to go on, give the same command again (the state is in %s)", r->root);
}

static int set_config(const struct campaign_cli *o, struct campaign_config *c, char *out,
		      size_t size, struct errmsg *e)
{
	long cpus = sysconf(_SC_NPROCESSORS_ONLN);
	int err;

	if (!o->target)
		return errmsg_set(e, -EINVAL, EXIT_USAGE,
				  "campaign: --fuzz-target is missing; see irqstorm campaign "
				  "--help");
	if (!o->seconds_ns)
		return errmsg_set(e, -EINVAL, EXIT_USAGE,
				  "campaign: --for is missing (like --for 8h): a campaign has an "
				  "end");
	err = engine_locate((enum engine_kind)o->engine, o->target, o->fuzz_dir, NULL, &c->paths,
			    e);
	if (err)
		return err;
	if (o->dict && !realpath(o->dict, c->paths.dict)) {
		err = -errno;
		return errmsg_set(e, err, EXIT_ENVIRONMENT, "cannot read %s: %s", o->dict,
				  strerror(-err));
	}
	snprintf(out, size, "campaign-%s", o->target);
	c->out = o->out ? o->out : out;
	c->corpus = o->corpus;
	c->seconds = o->seconds_ns / NSEC_PER_SEC;
	c->jobs = o->jobs ? (uint32_t)o->jobs : 1;
	if (!o->jobs && cpus > 1)
		c->jobs = cpus < (long)CAMPAIGN_JOBS_MAX ? (uint32_t)cpus : CAMPAIGN_JOBS_MAX;
	c->seed = o->seed;
	c->timeout_s = (uint32_t)(o->timeout / NSEC_PER_SEC);
	c->max_len = (uint32_t)o->max_len;
	c->merge = !o->no_merge;
	c->minimize_ns = o->minimize;
	c->quiet = o->quiet;
	return 0;
}

static int campaign_main(const struct command *cmd, int argc, char **argv)
{
	struct campaign_cli o = {.seed = UINT64_MAX};
	struct campaign_result r = {0};
	struct campaign_config c = {0};
	struct files files = {0};
	struct errmsg e = {0};
	char out[128];
	int code, err;

	code = command_parse_only(cmd, argc, argv, &o);
	if (code >= 0)
		return code;
	err = set_config(&o, &c, out, sizeof(out), &e);
	c.seed_given = c.seed != UINT64_MAX;
	if (!c.seed_given)
		c.seed = command_random_seed();
	if (!err)
		err = open_files(&o, &files, &e);
	if (!err)
		err = campaign_run(&c, &r, &e);
	if (!err)
		err = write_results(&c, &r, &files, &e);
	close_files(&files);
	code = r.state.n_findings ? EXIT_FINDING : r.state.execs ? EXIT_PASS : EXIT_SKIP;
	code = stopped_code(code, r.signal);
	if (err) {
		log_error("%s", e.text);
		code = (int)e.exit;
	}
	if (r.session_s > 0 || !err)
		say_how_to_go_on(&r);
	state_free(&r.state);
	return code;
}

const struct command cmd_campaign = {
	.name = "campaign",
	.summary = "Fuzz a target with libFuzzer or AFL++ for hours, and keep what it finds.",
	.synopsis = "--fuzz-target NAME --for TIME [OPTION...]",
	.description =
		"Runs --jobs instances of the engine on a fuzz target of fuzz/. They share a\n"
		"corpus and go on after a finding. The first input of each key (docs/programs.md)\n"
		"gets a folder with its program, a shorter one, how reliably it shows, and the\n"
		"command that shows it again; others are counted.\n\n"
		"The same command goes on where the last session ended, for the rest of the time,\n"
		"also after a signal, a crash or a power cut. SIGINT and SIGTERM end a session in\n"
		"good order. docs/campaigns.md tells of many machines and of services.\n\n"
		"Exit code 1 when the campaign has findings, of whichever session; 0 when it has\n"
		"none; 130 or 143 when a signal ended the session and it has none; 4 when nothing\n"
		"was run yet; 3 when it cannot go on (a full disk, an engine that is missing):\n"
		"what was found by then stays.\n\n",
	.examples = "  irqstorm campaign --fuzz-target fuzz_irq_program --for 8h\n"
		    "  irqstorm campaign --engine afl --fuzz-target fuzz_irq_faults --for 10m \\\n"
		    "      --jobs 2 --out night --sarif night.sarif --junit night.xml\n",
	.opts = campaign_opts,
	.stops = true,
	.run = campaign_main,
};
