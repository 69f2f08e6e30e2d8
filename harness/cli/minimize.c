/* SPDX-License-Identifier: MIT */
/* irqstorm minimize: the smallest program with the same finding. */
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include "cli/commands.h"
#include "cli/finding.h"
#include "exec/minimize.h"
#include "exec/target.h"
#include "program/binary.h"
#include "program/file.h"
#include "program/text.h"
#include "support/clock.h"
#include "support/crossed.h"
#include "support/log.h"
#include "support/outfile.h"
#include "support/sigstop.h"
#include "support/stopped.h"

struct minimize_cli {
	const char *target, *output, *bug;
	uint64_t runs, budget;
	bool quiet;
};

#define FIELD(f) offsetof(struct minimize_cli, f)

static const struct opt minimize_opts[] = {
	OPT_ROW_TARGET(FIELD(target)),
	OPT_ROW_BUG(FIELD(bug)),
	{.type = OPT_OUTFILE,
	 .name = "output",
	 .arg = "FILE",
	 .offset = FIELD(output),
	 .help = "Where the result goes, also as -o FILE: binary if it ends in .bin, else text; - "
		 "is stdout."},
	{.type = OPT_COUNT,
	 .name = "runs",
	 .arg = "N",
	 .def = "20",
	 .min = 1,
	 .max = 100000,
	 .offset = FIELD(runs),
	 .help = "Replays of the program and of the result, to tell how reliably they show it."},
	{.type = OPT_DURATION,
	 .name = "budget",
	 .arg = "TIME",
	 .def = "30s",
	 .min = 1,
	 .offset = FIELD(budget),
	 .help = "Give what there is after so long."},
	{.type = OPT_FLAG, .name = "quiet", .offset = FIELD(quiet), .help = "No progress."},
	OPT_TABLE_END,
};

struct watch {
	sigset_t signals;
	struct progress progress;
	uint64_t budget_ns;
	int stop_signal; /* 0: none came */
};

static bool watch(void *data, uint32_t runs, uint32_t ops)
{
	struct watch *w = data;
	uint64_t took = clock_ns() - w->progress.start_ns;
	const struct progress_part part = {
		.left_ns = took < w->budget_ns ? w->budget_ns - took : 0,
	};

	progress_part(&w->progress, &part, "%u runs, %u operations are left of the program", runs,
		      ops);
	if (!w->stop_signal)
		w->stop_signal = command_stopped();
	if (!w->stop_signal)
		w->stop_signal = sigstop_wait_until(&w->signals, 0);
	return w->stop_signal > 0;
}

static bool is_binary(const char *path)
{
	size_t len = strlen(path);

	return len > 4 && !strcmp(path + len - 4, ".bin");
}

static int write_program(FILE *f, const struct minimize_cli *o, const struct program *p,
			 const struct exec_result *r, struct errmsg *e)
{
	int err;

	if (is_binary(o->output)) {
		err = binary_save(p, f);
		/* What the stream cannot take, committing it reports with its errno. */
		return err == -ENOMEM ? errmsg_set(e, err, EXIT_ENVIRONMENT, "out of memory") : 0;
	}
	fprintf(f, "# %s\n# %s\n# irqstorm run --target %s --trace FILE\n", r->key, r->text,
		o->target);
	text_print(p, f);
	return 0;
}

static void report(FILE *f, const char *path, const struct minimize_cli *o, const struct program *p,
		   const struct exec_result *r, const struct minimize_result *m, int stop_signal)
{
	char *name = crossed_name(path), *output = crossed_name(o->output);
	char op[TEXT_OP_MAX];

	fprintf(f, "%s: %s: %s\n", name ? name : path, r->key, r->text);
	fprintf(f, "before   %u operations, shown by %u of %u replays\n", m->before,
		m->shown_before, m->replays);
	fprintf(f, "after    %u operations, shown by %u of %u replays, the same key\n", m->after,
		m->shown_after, m->replays_after);
	fprintf(f, "took     %u runs in %.2f s%s\n", m->runs, (double)m->ns / 1e9,
		m->complete || stop_signal ? "" : " (the budget ended it: it may get smaller)");
	stopped_say(f, stop_signal, "%u runs and %.2f of %.2f s are done: it may get smaller",
		    m->runs, (double)m->ns / 1e9, (double)o->budget / 1e9);
	fprintf(f, "at       operation %u: %s\n", r->at + 1,
		r->at < p->n ? text_op(&p->ops[r->at], op, sizeof(op)) : "the end");
	fprintf(f, "repeat with:\n  %s run --target %s --trace %s\n", finding_command(), o->target,
		output && strcmp(output, "-") ? output : "FILE");
	free(name);
	free(output);
}

static int nothing_to_do(const char *path, const struct minimize_cli *o)
{
	log_error("%s shows no difference on %s in %llu runs: nothing to minimize", path, o->target,
		  (unsigned long long)o->runs);
	return EXIT_SKIP;
}

/* In a guest: whether it shows it alone in another one is for the command outside to see. */
static void hand_over(const char *path, const struct minimize_cli *o, const struct program *p,
		      const struct exec_result *r)
{
	const struct settled settled = {.verdict = FRESH_NOT_TRIED};
	struct sequence original = {0};
	struct finding found = {
		.r = r,
		.p = p,
		.settled = &settled,
		.sequence = &original,
		.target = o->target,
		.inspect_every = 1,
	};
	struct errmsg e = {0};

	program_init(&original.p[original.n++]);
	if (program_load(path, &original.p[0], &e))
		log_error("%s", e.text);
	else
		finding_hand_over(&found);
	sequence_free(&original);
}

/* Returns an exit code. */
static int minimize_file(struct executor *x, const char *path, const struct minimize_cli *o,
			 struct watch *w, struct outfile *out, struct errmsg *e)
{
	struct minimize_options options = {
		.replays = (uint32_t)o->runs,
		.budget_ns = o->budget,
		.stop = watch,
		.data = w,
	};
	struct minimize_result m = {0};
	struct exec_result r = {0};
	struct program p;
	int err;

	program_init(&p);
	sigstop_allow(&w->signals);
	err = program_load(path, &p, e);
	sigstop_block(&w->signals);
	if (!err)
		err = minimize_with(x, &options, &p, &r, &m, e);
	progress_done(&w->progress);
	if (!err && !w->stop_signal)
		w->stop_signal = sigstop_wait_until(&w->signals, 0);
	if (!err && m.shown_before)
		err = write_program(out->f, o, &p, &r, e);
	if (!err && m.shown_before) {
		report(out->f == stdout ? stderr : stdout, path, o, &p, &r, &m, w->stop_signal);
		if (!m.shown_after)
			log_error("%s: the result did not show it again: here is the original; "
				  "try more --runs",
				  path);
		err = outfile_commit(out, e);
		hand_over(path, o, &p, &r);
	} else {
		outfile_abort(out);
	}
	program_free(&p);
	if (err) {
		log_error("%s", e->text);
		return (int)e->exit;
	}
	if (!m.shown_before && w->stop_signal) {
		stopped_say(stderr, w->stop_signal,
			    "no replay of %llu showed a difference until then",
			    (unsigned long long)o->runs);
		return 128 + w->stop_signal;
	}
	if (!m.shown_before)
		return nothing_to_do(path, o);
	return stopped_code(m.shown_after ? EXIT_PASS : EXIT_UNTRUSTED, w->stop_signal);
}

static int minimize_main(const struct command *cmd, int argc, char **argv)
{
	struct minimize_cli o = {0};
	struct outfile out = {0};
	struct executor x = {0};
	struct errmsg e = {0};
	struct watch w = {0};
	char *target;
	int code, rest;

	opt_first(cmd, argc, argv);
	code = command_parse(cmd, argc, argv, &o, &rest);
	if (code >= 0)
		return code;
	if (argc - rest != 1 || !o.output) {
		log_error("minimize: wants one program and -o FILE; see irqstorm minimize --help");
		return EXIT_USAGE;
	}
	target = target_with_bug(o.target, o.bug, &e);
	if (!target) {
		log_error("%s", e.text);
		return (int)e.exit;
	}
	o.target = target;
	sigstop_block(&w.signals);
	w.budget_ns = o.budget;
	progress_init(&w.progress, o.quiet);
	if (outfile_open(&out, o.output, &e) || executor_open(&x, o.target, &e)) {
		log_error("%s", e.text);
		code = (int)e.exit;
	} else {
		x.inspect_every = 1;
		code = minimize_file(&x, argv[rest], &o, &w, &out, &e);
	}
	outfile_abort(&out);
	executor_close(&x);
	free(target);
	return code;
}

const struct command cmd_minimize = {
	.name = "minimize",
	.summary = "Make a program with a finding as small as it gets.",
	.synopsis = "[OPTION...] PROGRAM -o FILE",
	.description =
		"Operations are left out and made plainer as long as the program shows the same\n"
		"finding: the same key (what was compared, by which rule, after which operation)\n"
		"in the same way, never another one. A program that shows no difference is\n"
		"refused: exit code 4. A finding that shows only now and then is tried often\n"
		"enough; if the result still does not show it in any replay, FILE gets the\n"
		"original, and the exit code is 5. A signal ends the search and keeps what it\n"
		"has. In a guest the result is then tried in fresh guests; where it shows nothing\n"
		"there, what does is FILE, or the exit code is 5.\n\n" TARGET_HELP,
	.examples = "  irqstorm minimize crash.irq -o small.irq\n"
		    "  irqstorm minimize --target emu:profile=6.1 --runs 100 crash.bin -o -\n",
	.opts = minimize_opts,
	.one_thread = true,
	.mixed = true,
	.run = minimize_main,
};
