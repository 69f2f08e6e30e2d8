/* SPDX-License-Identifier: MIT */
/* irqstorm run: programs from files on a target, each held against the model. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "cli/artifact.h"
#include "cli/commands.h"
#include "cli/finding.h"
#include "cli/run_guest.h"
#include "cli/told.h"
#include "cli/words.h"
#include "exec/executor.h"
#include "exec/target.h"
#include "program/file.h"
#include "program/text.h"
#include "support/crossed.h"
#include "support/log.h"
#include "support/outfile.h"
#include "support/sigstop.h"
#include "support/stopped.h"
#include "support/terminal.h"
#include "support/version.h"

struct run_cli {
	const char *target, *json, *bug;
	uint64_t repeat, inspect;
	bool trace;
};

#define FIELD(f) offsetof(struct run_cli, f)

static const struct opt run_opts[] = {
	/* Without a default, so that whoever has no use for one knows that it was given. */
	{.type = OPT_STRING,
	 .name = "target",
	 .arg = "T",
	 .offset = FIELD(target),
	 .begins = {target_begins},
	 .help = "The device, see above (default: emu; in a guest vfio:auto)."},
	OPT_ROW_BUG(FIELD(bug)),
	{.type = OPT_FLAG,
	 .name = "trace",
	 .offset = FIELD(trace),
	 .help = "Print each operation with what it returned."},
	{.type = OPT_COUNT,
	 .name = "repeat",
	 .arg = "N",
	 .def = "1",
	 .min = 1,
	 .max = UINT32_MAX,
	 .offset = FIELD(repeat),
	 .help = "Run each program so often, and tell how often it differs."},
	{.type = OPT_COUNT,
	 .name = "inspect",
	 .arg = "N",
	 .def = "1",
	 .max = UINT32_MAX,
	 .offset = FIELD(inspect),
	 .help = "Look at what no call tells (handlers, host irqs, references) every N operations; "
		 "0: at the end, as diff and explore do on a real device. When it is looked at can "
		 "change the key of a finding."},
	{.type = OPT_OUTFILE,
	 .name = "json",
	 .arg = "FILE",
	 .offset = FIELD(json),
	 .help = "Results as JSON, schema irqstorm.run/1; - is stdout, in place of the text."},
	OPT_TABLE_END,
};

#define DEFAULT_TARGET "emu"

struct totals {
	sigset_t signals;
	uint32_t planned;
	int stop_signal; /* 0: none came */
	struct progress progress;
	uint32_t programs, different, skipped, refused, hazards;
	/* Of all programs, for JSON: "FILE: R59: operation 2: ...", freed by free_totals(). */
	char **lines;
	uint32_t n_lines;
};

static void free_totals(struct totals *t)
{
	for (uint32_t i = 0; i < t->n_lines; i++)
		free(t->lines[i]);
	free(t->lines);
}

static bool should_stop(struct totals *t)
{
	if (!t->stop_signal)
		t->stop_signal = command_stopped();
	if (!t->stop_signal)
		t->stop_signal = sigstop_wait_until(&t->signals, 0);
	return t->stop_signal != 0;
}

static void trace_line(void *data, uint32_t at, const struct op *op, const char *outcome)
{
	char text[TEXT_OP_MAX];

	fprintf(data, "  %4u  %-60s = %s\n", at + 1, text_op(op, text, sizeof(text)), outcome);
}

/* What all runs of a program came to: the first difference, or the first run. */
struct outcome_of {
	struct exec_result r;
	uint32_t runs, differ;
	struct hazard_watch hazards; /* of the last run */
	char *shown_on; /* the target, if a planted fault makes it another than the one given */
};

static int keep_hazards(struct totals *t, const char *name, const struct hazard_watch *w,
			const struct program *p)
{
	char line[TOLD_LINE];

	for (uint32_t i = 0; i < w->n; i++) {
		char **more = realloc(t->lines, (t->n_lines + 1) * sizeof(*more));

		if (!more)
			return -ENOMEM;
		t->lines = more;
		if (asprintf(&t->lines[t->n_lines], "%s: %s", name,
			     told_hazard(&w->found[i], p, line)) < 0)
			return -ENOMEM;
		t->n_lines++;
	}
	return 0;
}

static void result_json(struct json *j, const char *name, const struct outcome_of *all,
			const struct program *p, const char *target)
{
	const struct exec_result *r = &all->r;
	char digest[24];

	json_object_begin(j, NULL);
	json_str(j, "program", name);
	json_u64(j, "ops", r->ops);
	json_u64(j, "skipped", r->skipped);
	json_u64(j, "runs", all->runs);
	json_u64(j, "differ", all->differ);
	snprintf(digest, sizeof(digest), "%016llx", (unsigned long long)r->digest);
	json_str(j, "digest", digest);
	told_refusal_json(j, r, p);
	told_hazards_json(j, &all->hazards, p);
	finding_json(j, "difference",
		     &(struct finding){
			     .r = r,
			     .p = p,
			     .target = target,
			     .shown_on = all->shown_on,
		     });
	json_object_end(j);
}

/* In a guest a program is /in/NUMBER.NAME; the command is for the host, which knows it as NAME. */
static const char *name_at_host(const char *name)
{
	const char *dot = strncmp(name, "/in/", 4) ? NULL : strchr(name, '.');

	return getenv("IRQSTORM_VIA") && dot ? dot + 1 : name;
}

static const char *skipped_why(const struct exec_result *r)
{
	if (!r->skipped)
		return "";
	if (r->leaking && r->leaking == r->skipped)
		return " (the others enable MSI with a count that is no power of two, which an ITS "
		       "does not forget, or depend on it: its-msi)";
	if (r->leaking)
		return " (the others are withheld or enable MSI with a count that is no power of "
		       "two, which an ITS does not forget, its-msi, or the target cannot do them)";
	if (!r->withheld)
		return " (the target cannot do the others)";
	return r->withheld < r->skipped ? " (the others are withheld, see docs/rules.md R39, or "
					  "the target cannot do them)"
					: " (the others are withheld, see docs/rules.md R39)";
}

static void result_text(FILE *f, const char *name, const struct outcome_of *all,
			const struct program *p, const char *target)
{
	const struct exec_result *r = &all->r;
	char op[TEXT_OP_MAX];

	if (!r->difference) {
		fprintf(f, "%s: %s, %u operations%s, digest %016llx\n", name,
			!r->ops                    ? "SKIPPED, nothing was run"
			: r->skipped || r->refused ? "skipped in part"
						   : "ok",
			r->ops, skipped_why(r), (unsigned long long)r->digest);
		told_refusal_print(f, r, p);
		return;
	}
	fprintf(f, "%s: DIFFERENCE (%s) after operation %u: %s\n  %s\n  key %s\n", name,
		difference_name(r->difference), r->at + 1,
		r->at < p->n ? text_op(&p->ops[r->at], op, sizeof(op)) : "the end", r->text,
		r->key);
	if (all->runs > 1)
		fprintf(f, "  shown by %u of %u runs\n", all->differ, all->runs);
	told_refusal_print(f, r, p);
	if (getenv(FINDING_ARTIFACT)) {
		fprintf(f, "  repeat with: irqstorm run %s\n", getenv(FINDING_ARTIFACT));
		return;
	}
	fprintf(f, "  repeat with: %s run --target %s --trace %s\n", finding_command(),
		all->shown_on ? all->shown_on : target, name_at_host(name));
}

/* What the program, or the kernel's half, did to the function that PCI forbids. */
static void print_breaches(FILE *f, const struct executor *x, const struct program *p)
{
	const struct breach_watch *w = &x->breaches;
	char text[160], op[TEXT_OP_MAX];

	for (uint32_t i = 0; i < w->seen.n; i++) {
		const struct breach *b = &w->seen.kind[i];

		fprintf(f, "  %s, %llu times, first in operation %u: %s\n",
			breach_text(b, text, sizeof(text)), (unsigned long long)b->count,
			w->at[i] + 1,
			w->at[i] < p->n ? text_op(&p->ops[w->at[i]], op, sizeof(op)) : "the end");
	}
}

/* As often as was asked for, or until a signal came: all->runs says how often. */
static int run_often(struct executor *x, const struct program *p, struct outcome_of *all,
		     struct totals *t, struct errmsg *e)
{
	struct fault_counter faults;
	int err = executor_run(x, p, &all->r, e);
	uint32_t want = all->runs;

	faults = x->faults;
	all->differ = all->r.difference != DIFF_NONE;
	all->runs = 1;
	for (; !err && all->runs < want && !should_stop(t); all->runs++) {
		const struct progress_part part = {
			.done = all->runs, .total = want, .left_ns = PROGRESS_PACE, .unit = "runs"};
		struct exec_result r;

		progress_part(&t->progress, &part, "program %u of %u", t->programs + 1, t->planned);
		executor_set_faults(x, &faults);
		err = executor_run(x, p, &r, e);
		if (r.difference && !all->differ++)
			all->r = r;
	}
	if (err || !all->differ || !x->faulty)
		return err;
	all->shown_on = executor_target(x, e);
	return all->shown_on ? 0 : -ENOMEM;
}

static int run_one_guest(const char *path, const struct run_cli *o, FILE *text, struct json *j,
			 struct totals *t, struct errmsg *e)
{
	const struct run_guest_options options = {
		.bug = o->bug,
		.repeat = o->repeat,
		.trace = o->trace,
	};
	int ret = run_guest(path, &options, text, j, e);

	if (ret < 0)
		return ret;
	t->programs++;
	t->different += ret == RUN_GUEST_FINDING;
	t->skipped += ret == RUN_GUEST_SKIPPED;
	return 0;
}

static int run_one(struct executor *x, const char *path, const struct run_cli *o, FILE *text,
		   struct json *j, struct totals *t, struct errmsg *e)
{
	struct exec_trace trace = {.line = trace_line, .data = text};
	struct outcome_of all = {.runs = (uint32_t)o->repeat};
	struct program p;
	char *name;
	int err;

	if (run_guest_is(path))
		return run_one_guest(path, o, text, j, t, e);
	name = crossed_name(path);
	if (!name)
		return errmsg_no_memory(e);
	program_init(&p);
	sigstop_allow(&t->signals);
	err = program_load(path, &p, e);
	sigstop_block(&t->signals);
	if (err) {
		program_free(&p);
		free(name);
		return err;
	}
	if (o->trace && text) {
		fprintf(text, "%s:\n", name);
		x->trace = &trace;
	}
	x->hazards = &all.hazards;
	err = run_often(x, &p, &all, t, e);
	x->hazards = NULL;
	x->trace = NULL;
	if (!err) {
		t->programs++;
		t->different += all.differ > 0;
		t->skipped += all.r.skipped > 0 || !all.r.ops;
		t->refused += all.r.refused > 0;
		t->hazards += all.hazards.n > 0;
		if (text)
			result_text(text, name, &all, &p, o->target);
		if (text)
			print_breaches(text, x, &p);
		if (text)
			told_hazards_print(text, &all.hazards, &p);
		if (j)
			result_json(j, name, &all, &p, o->target);
		if (j && keep_hazards(t, name, &all.hazards, &p))
			err = errmsg_set(e, -ENOMEM, EXIT_ENVIRONMENT, "out of memory");
	}
	free(all.shown_on);
	program_free(&p);
	free(name);
	return err;
}

static int run_all(struct executor *x, const struct run_cli *o, int n, char **paths, FILE *f,
		   FILE *json, struct totals *t, struct errmsg *e)
{
	struct json j;
	int err = 0;

	if (json) {
		json_init(&j, json);
		json_object_begin(&j, NULL);
		json_str(&j, "schema", "irqstorm.run/1");
		json_str(&j, "version", irqstorm_version);
		json_str(&j, "target", x->desc.target);
		json_str(&j, "via", finding_command());
		json_str(&j, "kernel", x->desc.kernel);
		json_array_begin(&j, "programs");
	}
	t->planned = (uint32_t)n;
	for (int i = 0; i < n && !err && !should_stop(t); i++) {
		const struct progress_part part = {.done = (uint64_t)i,
						   .total = (uint64_t)n,
						   .left_ns = PROGRESS_PACE,
						   .unit = "programs"};

		progress_part(&t->progress, &part, "%s", paths[i]);
		err = run_one(x, paths[i], o, f, json ? &j : NULL, t, e);
	}
	progress_done(&t->progress);
	/* what was waited for was broken off by a signal */
	if (err && command_stopped() && !t->programs)
		return err;
	if (err && !command_stopped())
		return err;
	should_stop(t);
	if (json) {
		json_array_end(&j);
		json_array_begin(&j, "hazards");
		for (uint32_t i = 0; i < t->n_lines; i++)
			json_str(&j, NULL, t->lines[i]);
		json_array_end(&j);
		finding_rules_json(&j, "rules", &x->rules);
		json_object_end(&j);
		json_finish(&j);
	}
	if (f && n > 1)
		terminal_line(f, 2,
			      "%u programs: %u differ, %u skipped in part, %u met a host that "
			      "refused, %u with hazards",
			      t->programs, t->different, t->skipped, t->refused, t->hazards);
	if (f)
		stopped_say(f, t->stop_signal, "%u of %u programs are done; %u differ", t->programs,
			    t->planned, t->different);
	return 0;
}

static int exit_of(const struct totals *t)
{
	if (t->different)
		return EXIT_FINDING;
	return stopped_code(t->skipped || t->refused ? EXIT_SKIP : EXIT_PASS, t->stop_signal);
}

/* What a run left behind. A finding outranks the rest. */
static int run_artifacts(const struct run_cli *o, int n, char **paths)
{
	const struct artifact_options options = {
		.target = o->target,
		.json = o->json,
		.bug = o->bug,
		.repeat = o->repeat,
		.trace = o->trace,
	};
	int worst = EXIT_PASS;

	if (o->json && n > 1) {
		log_error("--json %s: of one artifact alone: each would write it anew", o->json);
		return EXIT_USAGE;
	}
	for (int i = 0; i < n; i++) {
		struct errmsg e = {0};
		int code = EXIT_USAGE;

		if (command_stopped()) {
			stopped_say(stdout, command_stopped(), "%d of %d artifacts are done", i, n);
			break;
		}

		if (artifact_is(paths[i]))
			code = artifact_run(paths[i], &options, &e);
		else
			log_error("%s: a program among artifacts: run it by itself", paths[i]);
		if (code < 0) {
			log_error("%s", e.text);
			code = (int)e.exit;
		}
		if (worst != EXIT_FINDING && code)
			worst = code;
	}
	return worst;
}

/* What cannot be done with every one of @paths is refused before any of them runs. */
static int check_paths(const struct run_cli *o, int n, char **paths, struct errmsg *e)
{
	for (int i = 0; i < n; i++) {
		if (artifact_is(paths[i]))
			return errmsg_set(e, -EINVAL, EXIT_USAGE,
					  "%s: an artifact among programs: run it by itself",
					  paths[i]);
		if (run_guest_is(paths[i]) && o->target && strcmp(o->target, DEFAULT_TARGET))
			return errmsg_set(
				e, -EINVAL, EXIT_USAGE,
				"%s: --target %s: a guest's program says itself what its device "
				"is, and runs on the emulator alone; its lines profile, vectors "
				"and host-vectors change that",
				paths[i], o->target);
	}
	return 0;
}

static int run_main(const struct command *cmd, int argc, char **argv)
{
	struct outfile json = {0}, text = {0};
	struct run_cli o = {0};
	struct executor x = {0};
	struct totals t = {0};
	struct errmsg e = {0};
	char *target = NULL;
	int code, rest, err;

	code = command_parse(cmd, argc, argv, &o, &rest);
	if (code >= 0)
		return code;
	if (rest == argc) {
		log_error("run: no program named; see irqstorm run --help");
		return EXIT_USAGE;
	}
	if (artifact_is(argv[rest]))
		return run_artifacts(&o, argc - rest, argv + rest);
	err = check_paths(&o, argc - rest, argv + rest, &e);
	if (!err)
		target = target_with_bug(o.target ? o.target : command_target(DEFAULT_TARGET),
					 o.bug, &e);
	if (!target) {
		log_error("%s", e.text);
		return (int)e.exit;
	}
	o.target = target;
	sigstop_block(&t.signals);
	progress_init(&t.progress, false);
	err = outfile_open(&json, o.json, &e);
	if (!err && json.f != stdout)
		err = outfile_open(&text, "-", &e);
	if (!err)
		err = executor_open(&x, o.target, &e);
	if (!err) {
		x.inspect_every = (uint32_t)o.inspect;
		err = run_all(&x, &o, argc - rest, argv + rest, text.f, json.f, &t, &e);
	}
	if (!err)
		err = outfile_commit(&json, &e);
	else
		outfile_abort(&json);
	/* What was found before an error stays on the terminal. */
	if (outfile_commit(&text, err ? NULL : &e) && !err)
		err = -EIO;
	code = exit_of(&t);
	if (err) {
		log_error("%s", e.text);
		code = (int)e.exit;
	}
	executor_close(&x);
	free_totals(&t);
	free(target);
	return code;
}

const struct command cmd_run = {
	.name = "run",
	.summary = "Run programs from files and compare each step with the rules.",
	.synopsis = "[--target T] [--trace] [--repeat N] PROGRAM...|ARTIFACT...",
	.description =
		"A program is a list of operations, in text (.irq: one operation a line), in the\n"
		"binary form, or the raw bytes of a fuzz input; - is stdin. It runs on the target\n"
		"and on the executable specification; differences are printed: exit code 1.\n\n"
		"Exit code 4 says that nothing differed, and not all could be tried: the target\n"
		"cannot do an operation, or its host refused one that a host may refuse (no\n"
		"vectors, no memory, a shared line) and the program did not expect that; the\n"
		"reason is told. A hazard is what the kernel accepts and no caller can mean; it\n"
		"is told with its rule, and the exit code stays.\n\n"
		"A guest's program (.guest) is what a driver does to its device, run through a\n"
		"VMM's strategy on an emulator of its own; of --target it takes emu alone.\n\n"
		"An artifact is what a run left behind: the JSON of stress, bench, diff, explore,\n"
		"run or gate, or the folder of a campaign's finding. Its findings are repeated\n"
		"with the same seed on the same target; what came from a guest boots the same\n"
		"kernel with the same devices. JSON takes no other options; a folder takes "
		"them.\n\n" TARGET_HELP,
	.examples = "  irqstorm run --trace corpus/rules/*.irq\n"
		    "  irqstorm run --target emu:profile=6.1 crash.irq\n"
		    "  irqstorm run stress-result.json\n"
		    "  irqstorm guest --kernel debian:6.12 --devices xhci -- \\\n"
		    "      run --target vfio:auto crash.irq\n",
	.opts = run_opts,
	.one_thread = true,
	.words = words_run,
	.run = run_main,
};
