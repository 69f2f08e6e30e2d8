/* SPDX-License-Identifier: MIT */
/* irqstorm gate: the scenarios of a file as one verdict, for a CI. */
#include <errno.h>
#include <limits.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cli/commands.h"
#include "cli/words.h"
#include "gate/baseline.h"
#include "gate/launch.h"
#include "gate/report.h"
#include "guest/fsutil.h"
#include "support/log.h"
#include "support/outfile.h"
#include "support/sigstop.h"
#include "support/table.h"

struct gate_cli {
	const char *file, *target, *against, *baseline, *save_baseline, *guest, *only;
	const char *corpus, *fuzz_dir, *out, *json, *junit, *plant;
	uint64_t rounds, seed;
	bool list, quiet;
};

#define FIELD(f) offsetof(struct gate_cli, f)

static const struct opt gate_opts[] = {
	OPT_HEADING("What is run"),
	{.type = OPT_INFILE,
	 .name = "file",
	 .arg = "F",
	 .offset = FIELD(file),
	 .help = "The scenarios (default: those of gate/default.gate, which are part of "
		 "irqstorm). docs/gate.md explains every key."},
	{.type = OPT_STRING,
	 .name = "only",
	 .arg = "NAME,...",
	 .offset = FIELD(only),
	 .help = "Only these scenarios, or these checks of one (SCENARIO:PART); * and ? match."},
	{.type = OPT_FLAG,
	 .name = "list",
	 .offset = FIELD(list),
	 .help = "Only say which scenarios there are, after checking the file."},
	{.type = OPT_STRING,
	 .name = "target",
	 .arg = "T",
	 .begins = {target_begins},
	 .offset = FIELD(target),
	 .help = "Run what is not in a guest on this device, whatever the file says."},
	{.type = OPT_STRING,
	 .name = "guest",
	 .arg = "K",
	 .offset = FIELD(guest),
	 .help = "Also run the scenarios with `guest = asked`, in this kernel (debian:6.12, or "
		 "the path of a bzImage)."},
	{.type = OPT_STRING,
	 .name = "corpus",
	 .arg = "DIR",
	 .offset = FIELD(corpus),
	 .help = "Where the programs are (default: corpus/ here, in the source tree of this "
		 "irqstorm, or where it was installed)."},
	{.type = OPT_STRING,
	 .name = "fuzz-dir",
	 .arg = "DIR",
	 .offset = FIELD(fuzz_dir),
	 .help = "Fuzz with the targets in this folder, built with the preset fuzz-bare or fuzz "
		 "(default: random programs instead)."},
	OPT_HEADING("What latency is held against"),
	{.type = OPT_STRING,
	 .name = "against",
	 .arg = "BINARY",
	 .offset = FIELD(against),
	 .help = "Another build of irqstorm: both run in turns, in every round."},
	{.type = OPT_INFILE,
	 .name = "baseline",
	 .arg = "FILE",
	 .offset = FIELD(baseline),
	 .help = "What --save-baseline wrote. Ratios to the control are compared, times never."},
	{.type = OPT_OUTFILE,
	 .name = "save-baseline",
	 .arg = "FILE",
	 .offset = FIELD(save_baseline),
	 .help = "Measure and write such a file."},
	{.type = OPT_COUNT,
	 .name = "rounds",
	 .arg = "N",
	 .min = 6,
	 .max = 1000,
	 .offset = FIELD(rounds),
	 .help = "Rounds of every latency (default: as the scenario says)."},
	OPT_HEADING("Where results go"),
	{.type = OPT_OUTFILE,
	 .name = "json",
	 .arg = "FILE",
	 .offset = FIELD(json),
	 .help = "JSON, schema irqstorm.gate/1; - is stdout, in place of the text."},
	{.type = OPT_OUTFILE,
	 .name = "junit",
	 .arg = "FILE",
	 .offset = FIELD(junit),
	 .help = "JUnit, one test for each check."},
	{.type = OPT_STRING,
	 .name = "out",
	 .arg = "DIR",
	 .offset = FIELD(out),
	 .help = "Folder for what failed: JSON and output of the run, programs (default: "
		 "irqstorm-gate-PID). It is gone when nothing did."},
	OPT_ROW_SEED(FIELD(seed)),
	{.type = OPT_FLAG, .name = "quiet", .offset = FIELD(quiet), .help = "No progress line."},
	OPT_HEADING("To test the gate itself"),
	{.type = OPT_STRING,
	 .name = "plant-b",
	 .arg = "FAULT[@NAME,...]",
	 .offset = FIELD(plant),
	 .help = "Make the candidate worse, in these checks or in all stress and latency ones: "
		 "a fault of the target (fault=drop:100000, fault=slow-resize:100), or latency:30 "
		 "for fires that come later, by 30 % of the baseline's median response."},
	OPT_TABLE_END,
};

struct outputs {
	struct outfile text, json, junit, baseline;
};

/* Where programs are when nobody says: here, in the source tree, or where we are installed. */
static const char *find_corpus(char path[PATH_MAX])
{
	static const char *const from_us[] = {"../../../../corpus", IRQSTORM_CORPUS_FROM_BIN};
	char self[PATH_MAX];
	ssize_t n = readlink("/proc/self/exe", self, sizeof(self) - 1);

	if (fs_is_folder("corpus/rules"))
		return "corpus";
	if (n <= 0)
		return NULL;
	self[n] = '\0';
	*strrchr(self, '/') = '\0';
	for (size_t i = 0; i < sizeof(from_us) / sizeof(from_us[0]); i++) {
		char at[2 * PATH_MAX];

		snprintf(at, sizeof(at), "%s/%s", self, from_us[i]);
		if (fs_is_folder(at) && realpath(at, path))
			return path;
	}
	return NULL;
}

static int check_usage(const struct gate_cli *o, struct errmsg *e)
{
	char version[128];
	struct stat st;
	int err;

	if (o->against && o->baseline)
		return errmsg_set(e, -EINVAL, EXIT_USAGE,
				  "--against and --baseline: one of them, please");
	if (o->against && o->save_baseline)
		return errmsg_set(e, -EINVAL, EXIT_USAGE,
				  "--save-baseline is for this build; run it without --against");
	if (o->against &&
	    (stat(o->against, &st) || !S_ISREG(st.st_mode) || access(o->against, X_OK)))
		return errmsg_set(e, -EACCES, EXIT_ENVIRONMENT,
				  "--against %s: not a program that can be run", o->against);
	err = o->against ? launch_version(o->against, version, sizeof(version)) : 0;
	if (err)
		return errmsg_set(e, err, EXIT_USAGE,
				  "--against %s: no irqstorm: with --version it says \"%s\"%s%s",
				  o->against, version, err == -ENOEXEC ? "" : ": ",
				  err == -ENOEXEC ? "" : strerror(-err));
	if (o->corpus && !fs_is_folder(o->corpus))
		return errmsg_set(e, -ENOENT, EXIT_ENVIRONMENT, "--corpus %s: not a folder",
				  o->corpus);
	return 0;
}

const struct table_column gate_list_columns[] = {
	{.heading = "scenario", .help = "Its name in the file, for --only.", .align = TABLE_LEFT},
	{.heading = "kind",
	 .help = "What it does: corpus, diff, fuzz, stress or latency.",
	 .align = TABLE_LEFT},
	{.heading = "where",
	 .help = "The target, and the kernel of the guest it is in.",
	 .align = TABLE_FOLD},
	TABLE_COLUMNS_END,
};

static void list(const struct scenarios *s)
{
	struct table t;

	table_init(&t, gate_list_columns);
	t.no_head = true;
	for (size_t i = 0; i < s->n; i++) {
		bool guest = strcmp(s->at[i].guest, GATE_GUEST_NONE) != 0;

		table_cell(&t, "%s", s->at[i].name);
		table_cell(&t, "%s", gate_kind_names[s->at[i].kind]);
		table_cell(&t, "%s%s%s", s->at[i].target, guest ? " in guest " : "",
			   guest ? s->at[i].guest : "");
	}
	table_write(&t, stdout);
	table_free(&t);
}

static int open_outputs(const struct gate_cli *o, struct outputs *out, struct errmsg *e)
{
	int err = outfile_open(&out->json, o->json, e);

	if (!err)
		err = outfile_open(&out->junit, o->junit, e);
	if (!err)
		err = outfile_open(&out->baseline, o->save_baseline, e);
	if (!err && out->json.f != stdout)
		err = outfile_open(&out->text, "-", e);
	return err;
}

static void abort_outputs(struct outputs *out)
{
	outfile_abort(&out->text);
	outfile_abort(&out->json);
	outfile_abort(&out->junit);
	outfile_abort(&out->baseline);
}

/* Each is written whatever happens to the others. */
static int write_outputs(const struct gate_config *c, const struct gate_result *r,
			 struct outputs *out)
{
	struct outfile *all[] = {&out->text, &out->json, &out->junit, &out->baseline};
	const char *github = getenv("GITHUB_ACTIONS");
	int code = gate_exit(r);
	struct errmsg e = {0};

	if (!r->n && !r->stopped)
		log_error("nothing to run: %s",
			  r->not_asked
				  ? "what is left asks for a kernel: --guest K"
				  : "--only leaves nothing, or latencies with nothing to compare "
				    "with: --against BINARY");
	if (out->text.f)
		gate_text(out->text.f, c, r);
	if (out->text.f && github && !strcmp(github, "true"))
		gate_annotations(out->text.f, r);
	if (out->json.f)
		gate_json(out->json.f, c, r);
	if (out->junit.f)
		gate_junit(out->junit.f, c, r);
	if (out->baseline.f && c->sample->n) {
		baseline_write(out->baseline.f, c->sample);
	} else if (out->baseline.f) {
		log_error("--save-baseline %s: not written: there is no latency with a verdict, "
			  "to save",
			  out->baseline.path);
		code = code == EXIT_PASS ? EXIT_ENVIRONMENT : code;
		outfile_abort(&out->baseline);
	}
	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
		if (outfile_commit(all[i], &e)) {
			log_error("%s", e.text);
			code = EXIT_ENVIRONMENT;
		}
	}
	return code;
}

static int gate_main(const struct command *cmd, int argc, char **argv)
{
	struct gate_cli o = {.seed = command_random_seed()};
	struct baseline saved = {0}, sample = {0};
	struct scenarios scenarios = {0};
	struct gate_config c = {.self = "/proc/self/exe"};
	struct gate_result r = {0};
	struct outputs out = {0};
	struct errmsg e = {0};
	char corpus[PATH_MAX];
	int err, code = command_parse_only(cmd, argc, argv, &o);

	if (code >= 0)
		return code;
	sigstop_block(&c.signals);
	sigaddset(&c.signals, SIGCHLD);
	pthread_sigmask(SIG_BLOCK, &c.signals, NULL);
	err = scenarios_load(o.file, &scenarios, &e);
	if (!err && o.list) {
		list(&scenarios);
		scenarios_free(&scenarios);
		return EXIT_PASS;
	}
	if (!err)
		err = check_usage(&o, &e);
	if (!err && o.baseline)
		err = baseline_load(o.baseline, &saved, &e);
	if (!err)
		err = open_outputs(&o, &out, &e);
	c.scenarios = &scenarios;
	c.file = o.file;
	c.against = o.against;
	c.saved = o.baseline ? &saved : NULL;
	c.sample = o.save_baseline ? &sample : NULL;
	c.guest = o.guest;
	c.target = o.target;
	c.only = o.only;
	c.corpus = o.corpus ? o.corpus : find_corpus(corpus);
	c.fuzz_dir = o.fuzz_dir;
	c.out = o.out;
	c.plant = o.plant;
	c.rounds = o.rounds;
	c.seed = o.seed;
	c.quiet = o.quiet;
	if (!err) {
		log_note("seed 0x%llx", (unsigned long long)o.seed);
		err = gate_run(&c, &r, &e);
	}
	if (err) {
		log_error("%s", e.text);
		abort_outputs(&out);
		code = (int)e.exit;
	} else {
		code = write_outputs(&c, &r, &out);
	}
	gate_free(&r);
	baseline_free(&saved);
	baseline_free(&sample);
	scenarios_free(&scenarios);
	return code;
}

const struct command cmd_gate = {
	.name = "gate",
	.summary = "Run the scenarios of a file as one verdict: may this be merged?",
	.synopsis = "[OPTION...]",
	.description =
		"Correctness is absolute: a difference from the rules, an unexplained loss, a\n"
		"spurious or misrouted interrupt, a sanitizer's report or a kernel's fails the\n"
		"gate. Latency and the time of a resize are relative, and judged only with\n"
		"--against or --baseline: slower means Mann-Whitney p < .05, A12 >= .71 and a\n"
		"median that shifted by more than 10 %, the noise and a floor, seen twice. More\n"
		"noise than a verdict can bear is exit code 5: not trustworthy, not a failure.\n",
	.examples =
		"  irqstorm gate\n"
		"  irqstorm gate --against ./irqstorm-of-main --junit gate.xml\n"
		"  irqstorm gate --guest arch/x86/boot/bzImage --only 'guest-*'\n"
		"  irqstorm gate --save-baseline main.json && irqstorm gate --baseline main.json\n",
	.opts = gate_opts,
	.words = words_gate,
	.stops = true,
	.run = gate_main,
};
