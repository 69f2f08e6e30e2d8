/* SPDX-License-Identifier: MIT */
/* irqstorm stress: one run of the engine, with its results written wherever they were asked for. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "backend/gone.h"
#include "bench/tree.h"
#include "cli/commands.h"
#include "cli/words.h"
#include "exec/target.h"
#include "program/file.h"
#include "report/page.h"
#include "report/summary.h"
#include "stress/admit.h"
#include "stress/report.h"
#include "support/crossed.h"
#include "support/log.h"
#include "support/outfile.h"
#include "support/sigstop.h"
#include "support/stopped.h"
#include "vmm/script_check.h"

struct stress_options {
	const char *target, *resize, *pattern, *place, *json, *hgrm, *html;
	uint64_t vectors, stable, producers, rate, resize_rate, duration, deadline, seed;
	uint32_t mode, consumer;
	bool quiet, no_control;
};

#define STABLE_DEFAULT UINT64_MAX
#define FIELD(f)       offsetof(struct stress_options, f)

/* Beside the strategies. */
static const char *const resize_begins[] = {"auto", "program:FILE", NULL};

static const struct opt stress_opts[] = {
	OPT_HEADING("What is stressed"),
	OPT_ROW_TARGET(FIELD(target)),
	{.type = OPT_COUNT,
	 .name = "vectors",
	 .arg = "N",
	 .min = 1,
	 .max = IRQ_MAX_VECTORS,
	 .offset = FIELD(vectors),
	 .help = "Vectors to use (default 64, or all where the device has fewer)."},
	{.type = OPT_COUNT,
	 .name = "stable",
	 .arg = "N",
	 .max = IRQ_MAX_VECTORS,
	 .offset = FIELD(stable),
	 .help = "Vectors meant to stay live all through; the others are added and removed "
		 "(default an eighth of --vectors)."},
	OPT_HEADING("How it is fired at"),
	{.type = OPT_CHOICE,
	 .name = "mode",
	 .def = "closed",
	 .choices = stress_mode_names,
	 .offset = FIELD(mode),
	 .help = "closed: one outstanding fire a vector, every fate exact. open: fires do not "
		 "wait."},
	{.type = OPT_RATE,
	 .name = "rate",
	 .arg = "HZ|max",
	 .def = "100k",
	 .min = 1,
	 .max = 100000000,
	 .offset = FIELD(rate),
	 .help = "Fires a second, all vectors together; max: as fast as they can."},
	{.type = OPT_COUNT,
	 .name = "producers",
	 .arg = "N",
	 .def = "1",
	 .min = 1,
	 .max = 64,
	 .offset = FIELD(producers),
	 .help = "Firing threads; they share the vectors."},
	OPT_HEADING("How it is resized"),
	{.type = OPT_STRING,
	 .name = "resize",
	 .arg = "STRATEGY|program:FILE",
	 .def = "auto",
	 .begins = {strategy_names, resize_begins},
	 .offset = FIELD(resize),
	 .help = "The strategy, see above."},
	{.type = OPT_STRING,
	 .name = "pattern",
	 .arg = "PATTERN",
	 .begins = {pattern_names},
	 .offset = FIELD(pattern),
	 .help = "How the guest's need for vectors changes, see above (default: the "
		 "strategy's)."},
	OPT_ROW_RESIZE_RATE(FIELD(resize_rate)),
	OPT_HEADING("How it is measured"),
	{.type = OPT_STRING,
	 .name = "place",
	 .arg = "ROLE=CPU,...",
	 .offset = FIELD(place),
	 .help = "Pin producer, consumer or resizer to a CPU, or to `any` (default: producers on "
		 "the first CPUs, resizer and consumer on the last). In a guest, --append "
		 "irqaffinity=0 has all interrupts taken on CPU 0."},
	{.type = OPT_CHOICE,
	 .name = "consumer",
	 .def = "uring",
	 .choices = consumer_names,
	 .offset = FIELD(consumer),
	 .help = "What reads the eventfds."},
	{.type = OPT_DURATION,
	 .name = "duration",
	 .arg = "TIME",
	 .def = "10s",
	 .min = 10000000,
	 .max = 86400000000000ULL,
	 .offset = FIELD(duration),
	 .help = "Length of the storm."},
	{.type = OPT_DURATION,
	 .name = "deadline",
	 .arg = "TIME",
	 .def = "100ms",
	 .min = 1000,
	 .max = 3600000000000ULL,
	 .offset = FIELD(deadline),
	 .help = "A fire delivered later than this counts as late."},
	OPT_ROW_SEED(FIELD(seed)),
	{.type = OPT_FLAG,
	 .name = "no-control",
	 .offset = FIELD(no_control),
	 .help = "Leave out the control, the bare limit that figures are quoted against."},
	OPT_HEADING("Where results go"),
	{.type = OPT_OUTFILE,
	 .name = "json",
	 .arg = "FILE",
	 .offset = FIELD(json),
	 .help = "JSON, schema irqstorm.stress/1; - is stdout, in place of the text."},
	{.type = OPT_OUTFILE,
	 .name = "hgrm",
	 .arg = "FILE",
	 .offset = FIELD(hgrm),
	 .help = "Response times in HdrHistogram's percentile format, in microseconds."},
	{.type = OPT_OUTFILE,
	 .name = "html",
	 .arg = "FILE",
	 .offset = FIELD(html),
	 .help = "The page of `irqstorm report` for this run."},
	{.type = OPT_FLAG, .name = "quiet", .offset = FIELD(quiet), .help = "No progress line."},
	OPT_TABLE_END,
};

static const char program_form[] = "program:";

/* "a, b, " of NULL-terminated @names. */
static void list_names(const char *const *names, char *buf, size_t size)
{
	size_t n = 0;

	*buf = '\0';
	for (; *names && n < size; names++)
		n += (size_t)snprintf(buf + n, size - n, "%s, ", *names);
}

/* --resize: one of the strategies, or a program, which is loaded into @script. */
static int choose_strategy(const char *resize, struct program *script, struct stress_config *cfg,
			   struct errmsg *e)
{
	const char *file = resize + sizeof(program_form) - 1;
	char names[200];
	int err;

	if (!strncmp(resize, program_form, sizeof(program_form) - 1)) {
		err = program_load(file, script, e);
		if (err)
			return err;
		cfg->strategy = &strategy_script;
		cfg->script = script;
		cfg->script_name = file;
		return 0;
	}
	cfg->strategy = strategy_find(resize);
	if (cfg->strategy)
		return 0;
	list_names(strategy_names, names, sizeof(names));
	return errmsg_set(e, -EINVAL, EXIT_USAGE,
			  "--resize %s: must be one of %sauto, program:FILE", resize, names);
}

static int choose_pattern(const char *pattern, struct stress_config *cfg, struct errmsg *e)
{
	char names[160];

	if (!pattern)
		return 0;
	cfg->pattern = pattern_find(pattern);
	if (!cfg->pattern) {
		list_names(pattern_names, names, sizeof(names));
		return errmsg_set(e, -EINVAL, EXIT_USAGE, "--pattern %s: must be one of %.*s",
				  pattern, (int)strlen(names) - 2, names);
	}
	if (cfg->strategy->pattern || cfg->strategy == &strategy_auto)
		return 0;
	return errmsg_set(e, -EINVAL, EXIT_USAGE, "--pattern %s: --resize %s heeds no guest",
			  pattern, cfg->strategy->name);
}

static void fill_config(const struct stress_options *o, struct stress_config *cfg)
{
	*cfg = (struct stress_config){
		.vectors = (uint32_t)o->vectors, /* 0: not given */
		.stable = o->stable == STABLE_DEFAULT ? STRESS_STABLE_OWN : (uint32_t)o->stable,
		.producers = (uint32_t)o->producers,
		.mode = (enum stress_mode)o->mode,
		.rate_hz = o->rate,
		.resize_rate_hz = o->resize_rate,
		.consumer = (enum consumer_kind)o->consumer,
		.duration_ns = o->duration,
		.deadline_ns = o->deadline,
		.seed = o->seed,
		.place_text = o->place,
		.via = getenv("IRQSTORM_VIA"), /* set by `irqstorm guest` */
		.quiet = o->quiet,
		.say_seed = true,
		.no_control = o->no_control,
	};
}

/* Opened, and @cfg made to fit what it is. */
static int open_target(const char *spec, struct stress_config *cfg, struct backend **be,
		       struct errmsg *e)
{
	uint32_t wish = cfg->vectors ? cfg->vectors : ADMIT_VECTORS;
	struct backend_desc desc;
	int err = target_open_sized(spec, wish, be, e);

	if (err)
		return err;
	err = backend_describe(*be, &desc);
	if (err)
		return errmsg_set(e, err, EXIT_ENVIRONMENT, "cannot describe the device: %s",
				  strerror(-err));
	admit_fit(cfg, &desc);
	return 0;
}

/* A program's lines that are not played: refused, or told. */
static int choose_script(struct stress_config *cfg, struct script_notes *notes, struct errmsg *e)
{
	int err;

	if (!cfg->script)
		return 0;
	err = script_check(cfg->script, cfg->script_name, cfg->vectors, cfg->stable, notes, e);
	cfg->hazards = notes->list;
	return err;
}

static int complain(const struct errmsg *e)
{
	log_error("%s", e->text);
	return (int)e->exit;
}

static int write_hgrm(const struct stress_result *r, FILE *f)
{
	struct hist *all = malloc(sizeof(*all));
	int err = -ENOMEM;

	if (all) {
		stress_response(r, all);
		err = hist_write_hgrm(all, f, 1000);
	}
	free(all);
	return err;
}

static void write_page(const struct stress_report *rep, FILE *f)
{
	json_t *tree = tree_of_stress(rep);
	json_t *summary = tree ? summary_of_stress(tree) : NULL;
	struct page_run run = {.summary = summary, .label = rep->result->desc.target};

	if (summary)
		page_write(f, &run, 1);
	json_decref(summary);
	json_decref(tree);
}

/* Write every result, whatever happens to the others; the worst exit code wins. */
static int write_results(const struct stress_report *rep, struct outfile *json,
			 struct outfile *hgrm, struct outfile *html)
{
	struct errmsg e = {0};
	int code = (int)stress_outcome(rep->result);
	bool text = json->f != stdout;

	if (text)
		stress_report_text(rep, stdout);
	if (json->f) {
		struct json j;

		json_init(&j, json->f);
		stress_report_json(rep, &j, NULL);
		json_finish(&j);
	}
	if (hgrm->f)
		write_hgrm(rep->result, hgrm->f);
	if (html->f)
		write_page(rep, html->f);
	if (outfile_commit(html, &e))
		code = complain(&e);
	if (outfile_commit(hgrm, &e))
		code = complain(&e);
	if (outfile_commit(json, &e))
		code = complain(&e);
	code = command_flush(code);
	/* the text has the command that repeats it */
	if (stress_verdict(rep->result) == EXIT_FINDING && text) {
		log_error("finding; seed 0x%llx", (unsigned long long)rep->cfg->seed);
	} else if (stress_verdict(rep->result) == EXIT_FINDING) {
		char command[640];

		log_error("finding; seed 0x%llx; repeat with: %s",
			  (unsigned long long)rep->cfg->seed,
			  stress_command(rep->cfg, rep->result->desc.target, command,
					 sizeof(command)));
	}
	return stopped_code(code, rep->result->stop_signal);
}

/* A signal that came when the storm was over: it does not pass, either. */
static void look_for_signal(struct stress_result *r)
{
	sigset_t signals;

	sigstop_block(&signals);
	if (!r->interrupted)
		r->stop_signal = sigstop_wait_until(&signals, 0);
	r->interrupted = r->stop_signal != 0;
}

static int stress_main(const struct command *cmd, int argc, char **argv)
{
	struct stress_options o = {.stable = STABLE_DEFAULT};
	struct stress_report rep = {0};
	struct fault_counts planted = {0};
	struct stress_result *result;
	struct program script = {0};
	struct script_notes notes;
	struct placement_wish place;
	struct stress_config cfg;
	struct outfile json = {0}, hgrm = {0}, html = {0};
	struct backend *be = NULL;
	struct errmsg e = {0};
	char *script_name;
	int code, err;

	o.seed = command_random_seed();
	code = command_parse_only(cmd, argc, argv, &o);
	if (code >= 0)
		return code;
	fill_config(&o, &cfg);
	err = choose_strategy(o.resize, &script, &cfg, &e);
	script_name = cfg.script_name ? crossed_name(cfg.script_name) : NULL;
	if (script_name)
		cfg.script_name = script_name;
	if (!err)
		err = choose_pattern(o.pattern, &cfg, &e);
	if (!err)
		err = placement_parse(o.place, &place, &e);
	if (!err && o.place)
		cfg.place = &place;
	if (!err && cfg.vectors && cfg.stable != STRESS_STABLE_OWN && cfg.stable > cfg.vectors)
		err = errmsg_set(&e, -EINVAL, EXIT_USAGE, "--stable %u: more than --vectors %u",
				 cfg.stable, cfg.vectors);
	result = err ? NULL : calloc(1, sizeof(*result));
	if (!err && !result)
		err = errmsg_set(&e, -ENOMEM, EXIT_ENVIRONMENT, "out of memory");
	if (!err)
		err = outfile_open(&json, o.json, &e);
	if (!err)
		err = outfile_open(&hgrm, o.hgrm, &e);
	if (!err)
		err = outfile_open(&html, o.html, &e);
	if (!err)
		err = open_target(o.target, &cfg, &be, &e);
	if (!err)
		err = choose_script(&cfg, &notes, &e);
	if (!err) {
		err = stress_run(&cfg, be, result, &e);
		err = err ? gone_explain(be, err, &e) : admit_blame(be, result, &e);
	}
	if (err) {
		code = complain(&e);
		outfile_abort(&json);
		outfile_abort(&hgrm);
		outfile_abort(&html);
		goto out;
	}
	look_for_signal(result);
	rep.cfg = &cfg;
	rep.result = result;
	rep.planted = fault_counts(be, &planted) ? &planted : NULL;
	code = write_results(&rep, &json, &hgrm, &html);
out:
	backend_close(be);
	free(result);
	free(script_name);
	program_free(&script);
	return code;
}

const struct command cmd_stress = {
	.name = "stress",
	.summary = "Measure latency and lost interrupts while vectors are being resized.",
	.synopsis = "[OPTION...]",
	.description =
		"A device fires its vectors at a high rate while a strategy resizes\n"
		"them. Every fire ends in exactly one class: delivered, coalesced (merged with\n"
		"a pending one), unarmed (its vector was removed), lost and explained (a gap\n"
		"that the rules allow), or lost and unexplained: a bug, exit code 1. Signals\n"
		"that no fire explains are spurious or misrouted: bugs, too.\n\n" TARGET_HELP "\n"
		"Strategies:\n"
		"  none            all vectors live, no resize\n"
		"  teardown        disable the index, enable it with one vector more or less\n"
		"  track-guest-v0  teardown, enabled with vector 0 used and released\n"
		"  dynamic         add and remove one vector in place (NORESIZE clear, 6.5+)\n"
		"  track-guest     dynamic, enabled with fd -1 when the guest enables\n"
		"  keep            track-guest, and a masked vector stays armed\n"
		"  upfront         allocate the maximum once, arm and disarm inside it\n"
		"  swap            replace a live vector's eventfd, as for an irqfd switch\n"
		"  swap-masked     swap, with the entry masked in the device's table first\n"
		"  swap-fenced     swap-masked, and a membarrier() in between\n"
		"  swap-visited    swap-masked, and a visit to every CPU in between\n"
		"  msi-all         MSI: as upfront\n"
		"  msi-teardown    MSI: as teardown\n"
		"  random          all of the moves on MSI-X, at random from the seed\n"
		"  auto            track-guest where NORESIZE is clear, else upfront; msi-all\n"
		"                  where the device has no MSI-X; none where all are --stable\n"
		"  program:FILE    the MSI-X resizes of a program: its `trigger eventfd` sets,\n"
		"                  and `trigger none count=0`, after which it is enabled again;\n"
		"                  a line without which they would be others is refused, any\n"
		"                  other that is not played is listed\n\n"
		"Patterns, of what the guest unmasks and masks:\n"
		"  toggle  one vector, any, comes or goes\n"
		"  ramp    one after the other comes, and goes again\n"
		"  grow    one after the other comes; then all go in a row\n"
		"  shrink  one after the other goes; then all come in a row\n"
		"  sparse  every eighth comes and goes, from the top\n"
		"  burst   eight in a row come at once, and go at once\n"
		"  random  each of these for a while\n",
	.examples = "  irqstorm stress --duration 5s\n"
		    "  irqstorm stress --target emu:profile=6.1 --resize teardown --json run.json\n"
		    "  irqstorm stress --target vfio:0000:03:00.0\n"
		    "  irqstorm stress --target emu:fault=drop:10000 --duration 2s\n",
	.opts = stress_opts,
	.words = words_stress,
	.stops = true,
	.run = stress_main,
};
