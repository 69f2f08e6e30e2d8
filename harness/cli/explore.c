/* SPDX-License-Identifier: MIT */
/* irqstorm explore: every program of a small alphabet, each held against the model. */
#include <signal.h>
#include <string.h>

#include "cli/commands.h"
#include "cli/finding.h"
#include "cli/words.h"
#include "exec/explore.h"
#include "exec/target.h"
#include "support/clock.h"
#include "support/log.h"
#include "support/outfile.h"
#include "support/sigstop.h"
#include "support/stopped.h"
#include "support/units.h"
#include "support/version.h"

struct explore_cli {
	const char *target, *json, *save;
	uint64_t depth;
	bool no_merge, quiet;
};

#define FIELD(f) offsetof(struct explore_cli, f)

static const struct opt explore_opts[] = {
	OPT_ROW_TARGET(FIELD(target)),
	{.type = OPT_COUNT,
	 .name = "depth",
	 .arg = "D",
	 .def = "3",
	 .min = 1,
	 .max = 16,
	 .offset = FIELD(depth),
	 .help = "Operations of the longest programs."},
	{.type = OPT_FLAG,
	 .name = "no-merge",
	 .offset = FIELD(no_merge),
	 .help = "Continue every program, also one that led to a state seen before."},
	{.type = OPT_OUTFILE,
	 .name = "json",
	 .arg = "FILE",
	 .offset = FIELD(json),
	 .help = "Results as JSON, schema irqstorm.explore/1; - is stdout, in place of the text."},
	{.type = OPT_OUTFILE,
	 .name = "save",
	 .arg = "FILE",
	 .offset = FIELD(save),
	 .help = "The program of a difference, as text; not written when there is none."},
	{.type = OPT_FLAG, .name = "quiet", .offset = FIELD(quiet), .help = "No progress."},
	OPT_TABLE_END,
};

struct watch {
	sigset_t signals;
	struct progress progress;
	int stop_signal; /* 0: none came */
	uint32_t depth;  /* that it has come to */
};

static bool watch(void *data, uint32_t depth, uint64_t programs, uint64_t states)
{
	struct watch *w = data;
	uint64_t now = clock_ns();

	if (progress_due(&w->progress, now))
		progress_show(&w->progress, now, "depth %u, %llu programs, %llu states", depth,
			      (unsigned long long)programs, (unsigned long long)states);
	if (!w->stop_signal)
		w->stop_signal = sigstop_wait_until(&w->signals, 0);
	w->depth = depth;
	return w->stop_signal > 0;
}

static void write_json(FILE *f, const struct explore_cli *o, const struct executor *x,
		       const struct explore_result *r, const struct finding *found, double seconds)
{
	char digest[24];
	struct json j;

	json_init(&j, f);
	json_object_begin(&j, NULL);
	json_str(&j, "schema", "irqstorm.explore/1");
	json_str(&j, "version", irqstorm_version);
	json_str(&j, "target", x->desc.target);
	json_str(&j, "via", finding_command());
	json_str(&j, "device", x->desc.device);
	json_str(&j, "kernel", x->desc.kernel);
	json_u64(&j, "depth", o->depth);
	json_bool(&j, "merge", !o->no_merge);
	json_u64(&j, "alphabet", r->alphabet);
	json_u64(&j, "programs", r->programs);
	json_u64(&j, "ops", r->ops);
	json_u64(&j, "skipped", r->skipped);
	json_u64(&j, "refused", r->refused);
	json_str(&j, "refusal", r->refused ? r->refusal : NULL);
	json_u64(&j, "states", r->states);
	json_bool(&j, "complete", !r->stopped && !r->found.difference);
	json_double(&j, "seconds", seconds);
	json_u64(&j, "divergences", r->found.difference != DIFF_NONE);
	snprintf(digest, sizeof(digest), "%016llx", (unsigned long long)r->digest);
	json_str(&j, "digest", digest);
	finding_rules_json(&j, "rules", &x->rules);
	finding_json(&j, "first_divergence", found);
	json_object_end(&j);
	json_finish(&j);
}

static void print_text(FILE *f, const struct explore_cli *o, const struct executor *x,
		       const struct explore_result *r, const struct finding *found, double seconds,
		       const struct watch *w)
{
	char programs[32], states[32];

	fprintf(f, "target   %s (%s, kernel %s)\n", o->target, x->desc.device, x->desc.kernel);
	fprintf(f, "explored %u operations to depth %llu%s: %s programs, %s states, %.1f s\n",
		r->alphabet, (unsigned long long)o->depth,
		o->no_merge ? "" : ", equal states merged",
		units_format_count(r->programs, programs, sizeof(programs)),
		units_format_count(r->states, states, sizeof(states)), seconds);
	if (r->skipped)
		fprintf(f, "skipped  %llu operations that the target could not do\n",
			(unsigned long long)r->skipped);
	finding_print_refused(f, r->refused, r->refusal);
	fprintf(f, "digest   %016llx\n", (unsigned long long)r->digest);
	if (r->found.difference)
		finding_print(f, found);
	else if (!w->stop_signal)
		fputs(r->ops ? "0 divergences\n" : "SKIPPED  no operation was compared\n", f);
	stopped_say(f, w->stop_signal,
		    "at depth %u of %llu, after %s programs; %u divergences until then", w->depth,
		    (unsigned long long)o->depth, programs, r->found.difference != DIFF_NONE);
}

static int explore_main(const struct command *cmd, int argc, char **argv)
{
	struct explore_cli o = {0};
	struct outfile json = {0}, text = {0}, save = {0};
	struct executor x = {0};
	struct explore_options options;
	struct explore_result r = {0};
	struct finding found = {
		.r = &r.found,
		.p = &r.program,
		.settled = &r.settled,
		.sequence = &r.sequence,
	};
	struct errmsg e = {0};
	struct watch w = {0};
	uint64_t start = clock_ns();
	char whole[1024];
	double seconds;
	int code, err;

	code = command_parse_only(cmd, argc, argv, &o);
	if (code >= 0)
		return code;
	sigstop_block(&w.signals);
	progress_init(&w.progress, o.quiet);
	options = (struct explore_options){
		.depth = (uint32_t)o.depth,
		.no_merge = o.no_merge,
		.stop = watch,
		.data = &w,
	};
	err = outfile_open(&json, o.json, &e);
	if (!err)
		err = outfile_open(&save, o.save, &e);
	if (!err)
		err = executor_open(&x, o.target, &e);
	if (!err)
		err = explore_run(&x, &options, &r, &e);
	progress_done(&w.progress);
	if (err)
		goto out;
	if (!w.stop_signal)
		w.stop_signal = sigstop_wait_until(&w.signals, 0);
	r.stopped = w.stop_signal != 0;
	seconds = (double)(clock_ns() - start) / 1e9;
	found.target = o.target;
	found.shown_on = r.settled.target;
	snprintf(whole, sizeof(whole), "%s explore --depth %llu%s --target %s", finding_command(),
		 (unsigned long long)o.depth, o.no_merge ? " --no-merge" : "", o.target);
	found.whole = whole;
	found.json = o.json;
	found.inspect_every = x.inspect_every;
	finding_hand_over(&found);
	if (json.f)
		write_json(json.f, &o, &x, &r, &found, seconds);
	if (json.f != stdout) {
		err = outfile_open(&text, "-", &e);
		if (!err)
			print_text(text.f, &o, &x, &r, &found, seconds, &w);
	}
	if (!err)
		err = outfile_commit(&text, &e);
	if (!err)
		err = finding_save(&save, &found, &e);
	if (!err)
		err = outfile_commit(&json, &e);
	code = r.found.difference ? EXIT_FINDING : r.ops ? EXIT_PASS : EXIT_SKIP;
	code = stopped_code(code, w.stop_signal);
out:
	if (err) {
		log_error("%s", e.text);
		outfile_abort(&json);
		outfile_abort(&save);
		code = (int)e.exit;
	}
	program_free(&r.program);
	sequence_free(&r.sequence);
	settled_free(&r.settled);
	executor_close(&x);
	return code;
}

const struct command cmd_explore = {
	.name = "explore",
	.summary = "Hold a target against the rules with every small program.",
	.synopsis = "--depth D [OPTION...]",
	.description =
		"Every program up to D operations of a fixed alphabet (two vectors, two\n"
		"eventfds, none, bad descriptors, counts 0 to 2, INTX, MSI, MSI-X, ERR and REQ,\n"
		"and interrupts where the device can be made to raise them) runs on the target\n"
		"and on the executable specification. Programs that lead to the same state are\n"
		"continued once. The first difference is printed: exit code 1.\n\n" TARGET_HELP,
	.examples = "  irqstorm explore --depth 4\n"
		    "  irqstorm explore --depth 4 --target emu:profile=6.1 --no-merge\n"
		    "  irqstorm guest --kernel debian:6.1 --devices xhci -- \\\n"
		    "      explore --depth 3 --target vfio:auto\n",
	.opts = explore_opts,
	.words = words_diff,
	.stops = true,
	.one_thread = true,
	.run = explore_main,
};
