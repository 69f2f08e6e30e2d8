/* SPDX-License-Identifier: MIT */
/* irqstorm diff: random programs on a target, each held against the model. */
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include "cli/commands.h"
#include "cli/finding.h"
#include "cli/words.h"
#include "exec/differential.h"
#include "exec/target.h"
#include "support/clock.h"
#include "support/log.h"
#include "support/outfile.h"
#include "support/sigstop.h"
#include "support/stopped.h"
#include "support/terminal.h"
#include "support/units.h"
#include "support/version.h"

struct diff_cli {
	const char *target, *json, *matrix, *save;
	uint64_t ops, seed, length;
	bool quiet;
};

#define FIELD(f) offsetof(struct diff_cli, f)

static const struct opt diff_opts[] = {
	OPT_ROW_TARGET(FIELD(target)),
	{.type = OPT_COUNT,
	 .name = "ops",
	 .arg = "N",
	 .def = "1M",
	 .min = 1,
	 .offset = FIELD(ops),
	 .help = "End after so many operations."},
	{.type = OPT_COUNT,
	 .name = "length",
	 .arg = "N",
	 .def = "40",
	 .min = 1,
	 .max = 1000,
	 .offset = FIELD(length),
	 .help = "Operations of a program on average."},
	{.type = OPT_SEED,
	 .name = "seed",
	 .arg = "N",
	 .offset = FIELD(seed),
	 .help = "Same seed, target and options: same programs, same digest (default: random)."},
	{.type = OPT_OUTFILE,
	 .name = "json",
	 .arg = "FILE",
	 .offset = FIELD(json),
	 .help = "Results as JSON, schema irqstorm.diff/1; - is stdout, in place of the text."},
	{.type = OPT_OUTFILE,
	 .name = "matrix",
	 .arg = "FILE",
	 .offset = FIELD(matrix),
	 .help = "Every cell of the input matrix with its count, as CSV: 0 was never hit."},
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
	uint64_t start, ops;
	int stop_signal; /* 0: none came */
};

static bool watch(void *data, uint64_t ops, uint64_t programs)
{
	struct watch *w = data;
	const struct progress_part part = {
		.done = ops, .total = w->ops, .left_ns = PROGRESS_PACE, .unit = "operations"};

	if (programs % 32)
		return false;
	progress_part(&w->progress, &part, "%llu programs, %.0f/s", (unsigned long long)programs,
		      (double)ops * 1e9 / (double)(clock_ns() - w->start + 1));
	if (!w->stop_signal)
		w->stop_signal = sigstop_wait_until(&w->signals, 0);
	return w->stop_signal > 0;
}

static void write_json(FILE *f, const struct diff_cli *o, const struct executor *x,
		       const struct diff_result *r, const struct finding *found)
{
	char digest[24];
	struct json j;

	json_init(&j, f);
	json_object_begin(&j, NULL);
	json_str(&j, "schema", "irqstorm.diff/1");
	json_str(&j, "version", irqstorm_version);
	json_u64(&j, "seed", o->seed);
	json_str(&j, "target", x->desc.target);
	json_str(&j, "via", finding_command());
	json_str(&j, "device", x->desc.device);
	json_str(&j, "kernel", x->desc.kernel);
	json_u64(&j, "ops", r->ops);
	json_u64(&j, "programs", r->programs);
	json_u64(&j, "skipped", r->skipped);
	json_u64(&j, "refused", r->refused);
	json_str(&j, "refusal", r->refused ? r->refusal : NULL);
	json_bool(&j, "complete", !r->stopped);
	json_u64(&j, "divergences", r->found.difference != DIFF_NONE);
	json_double(&j, "ops_per_s", r->overall_ops_per_s);
	json_double(&j, "checked_ops_per_s", r->ops_per_s);
	json_double(&j, "control_ops_per_s", r->control_ops_per_s);
	if (r->control_ops_per_s > 0)
		json_double(&j, "ratio", r->ops_per_s / r->control_ops_per_s);
	else
		json_str(&j, "ratio", NULL);
	snprintf(digest, sizeof(digest), "%016llx", (unsigned long long)r->digest);
	json_str(&j, "digest", digest);
	matrix_json(x->matrix, &j, "input_matrix");
	finding_rules_json(&j, "rules", &x->rules);
	finding_json(&j, "first_divergence", found);
	json_object_end(&j);
	json_finish(&j);
}

/* All but the finding, whose program is not to be folded. */
static void print_run(FILE *f, const struct diff_cli *o, const struct executor *x,
		      const struct diff_result *r)
{
	char ops[32], rate[32];

	fprintf(f, "target   %s (%s, kernel %s)\n", o->target, x->desc.device, x->desc.kernel);
	fprintf(f, "seed     0x%llx\n", (unsigned long long)o->seed);
	fprintf(f, "ran      %s operations in %llu programs, %s/s\n",
		units_format_count(r->ops, ops, sizeof(ops)), (unsigned long long)r->programs,
		units_format_count((uint64_t)r->overall_ops_per_s, rate, sizeof(rate)));
	if (r->control_ops_per_s > 0)
		fprintf(f,
			"control  %.0f/s for the same calls without model and checks: ratio %.2f\n",
			r->control_ops_per_s, r->ops_per_s / r->control_ops_per_s);
	finding_print_refused(f, r->refused, r->refusal);
	fprintf(f, "digest   %016llx\n", (unsigned long long)r->digest);
	matrix_print(x->matrix, f);
}

static void print_text(FILE *f, const struct diff_cli *o, const struct executor *x,
		       const struct diff_result *r, const struct finding *found, int stop_signal)
{
	char ops[32], all[32], *text = NULL;
	size_t size;
	FILE *mem = open_memstream(&text, &size);

	if (mem) {
		print_run(mem, o, x, r);
		if (!fclose(mem))
			terminal_report(f, text);
		free(text);
	}
	if (r->found.difference)
		finding_print(f, found);
	else if (!stop_signal)
		terminal_report(f, r->ops ? "0 divergences" : "SKIPPED  no operation was compared");
	stopped_say(f, stop_signal, "%s of %s operations are done; %u divergences until then",
		    units_format_count(r->ops, ops, sizeof(ops)),
		    units_format_count(o->ops, all, sizeof(all)), r->found.difference != DIFF_NONE);
}

static int write_results(const struct diff_cli *o, const struct executor *x,
			 const struct diff_result *r, struct outfile *json, struct outfile *csv,
			 struct outfile *save, int stop_signal)
{
	int code = r->found.difference ? EXIT_FINDING : r->ops ? EXIT_PASS : EXIT_SKIP;
	struct errmsg e = {0};
	struct outfile text = {0};
	char whole[1024];
	struct finding found = {
		.r = &r->found,
		.p = &r->program,
		.settled = &r->settled,
		.sequence = &r->sequence,
		.target = o->target,
		.shown_on = r->settled.target,
		.whole = whole,
		.json = o->json,
		.inspect_every = x->inspect_every,
	};

	snprintf(whole, sizeof(whole), "%s diff --target %s --ops %llu --length %llu --seed 0x%llx",
		 finding_command(), o->target, (unsigned long long)o->ops,
		 (unsigned long long)o->length, (unsigned long long)o->seed);
	finding_hand_over(&found);
	if (json->f)
		write_json(json->f, o, x, r, &found);
	if (csv->f)
		matrix_csv(x->matrix, csv->f);
	if (json->f != stdout && !outfile_open(&text, "-", &e))
		print_text(text.f, o, x, r, &found, stop_signal);
	if (*e.text || outfile_commit(&text, &e) || outfile_commit(csv, &e) ||
	    finding_save(save, &found, &e) || outfile_commit(json, &e)) {
		log_error("%s", e.text);
		code = EXIT_ENVIRONMENT;
	}
	if (r->found.difference)
		log_error("divergence; seed 0x%llx", (unsigned long long)o->seed);
	return stopped_code(code, stop_signal);
}

static int diff_main(const struct command *cmd, int argc, char **argv)
{
	struct diff_cli o = {.seed = command_random_seed()};
	struct outfile json = {0}, csv = {0}, save = {0};
	struct matrix matrix = {0};
	struct executor x = {0};
	struct diff_options options;
	struct diff_result r = {0};
	struct errmsg e = {0};
	struct watch w = {0};
	int code, err;

	code = command_parse_only(cmd, argc, argv, &o);
	if (code >= 0)
		return code;
	sigstop_block(&w.signals);
	progress_init(&w.progress, o.quiet);
	w.start = clock_ns();
	w.ops = o.ops;
	options = (struct diff_options){
		.ops = o.ops,
		.seed = o.seed,
		.length = (uint32_t)o.length,
		.stop = watch,
		.data = &w,
	};
	err = outfile_open(&json, o.json, &e);
	if (!err)
		err = outfile_open(&csv, o.matrix, &e);
	if (!err)
		err = outfile_open(&save, o.save, &e);
	if (!err)
		err = executor_open(&x, o.target, &e);
	if (!err) {
		log_note("seed 0x%llx", (unsigned long long)o.seed);
		err = matrix_init(&matrix);
		if (err)
			errmsg_set(&e, err, EXIT_ENVIRONMENT, "out of memory");
	}
	if (!err) {
		x.matrix = &matrix;
		x.inspect_every = x.emulated ? 16 : 0;
		err = differential_run(&x, &options, &r, &e);
		progress_done(&w.progress);
		if (!w.stop_signal)
			w.stop_signal = sigstop_wait_until(&w.signals, 0);
		r.stopped = w.stop_signal != 0;
	}
	if (err) {
		log_error("%s", e.text);
		outfile_abort(&json);
		outfile_abort(&csv);
		outfile_abort(&save);
		code = (int)e.exit;
	} else {
		code = write_results(&o, &x, &r, &json, &csv, &save, w.stop_signal);
	}
	program_free(&r.program);
	sequence_free(&r.sequence);
	settled_free(&r.settled);
	matrix_free(&matrix);
	executor_close(&x);
	return code;
}

const struct command cmd_diff = {
	.name = "diff",
	.summary = "Hold a target against the rules with random programs.",
	.synopsis = "[OPTION...]",
	.description =
		"Random programs (mostly meaningful, some garbage) run on the target and, in\n"
		"lock step, on an executable specification of the VFIO interrupt rules. Return\n"
		"values, GET_IRQ_INFO, eventfd counters, active and allocated vectors and\n"
		"references are compared. The first difference ends the run, is made as short as\n"
		"it gets, and is printed: exit code 1. On the emulator every few programs get\n"
		"another device, within what the target leaves open; on a real kernel the device\n"
		"is opened anew for each program, and leaks are looked for.\n\n" TARGET_HELP,
	.examples = "  irqstorm diff --target emu:profile=6.1 --ops 10M\n"
		    "  irqstorm diff --ops 1M --seed 7 --json diff.json --matrix cells.csv\n"
		    "  irqstorm guest --kernel debian:6.12 --devices xhci -- \\\n"
		    "      diff --target vfio:auto --ops 200k\n",
	.opts = diff_opts,
	.words = words_diff,
	.stops = true,
	.one_thread = true,
	.run = diff_main,
};
