/* SPDX-License-Identifier: MIT */
/* irqstorm nightly: the campaign of every night, in one command. */
#include <ctype.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/commands.h"
#include "cli/words.h"
#include "nightly/nightly.h"
#include "support/clock.h"
#include "support/log.h"
#include "support/outfile.h"
#include "support/sigstop.h"
#include "support/units.h"

struct nightly_cli {
	const char *out, *hours, *steps, *kernels, *fuzz_dir, *afl_dir, *zoo, *source, *corpus;
	const char *gate, *plant, *json, *known, *note, *forget;
	uint64_t seed, keep;
	bool fresh, list;
};

#define FIELD(f) offsetof(struct nightly_cli, f)

static const char *const kernel_begins[] = {"debian:6.12", "debian:6.1", "none", "FILE", NULL};

static const struct opt nightly_opts[] = {
	{.type = OPT_OUTDIR,
	 .name = "out",
	 .arg = "DIR",
	 .offset = FIELD(out),
	 .help = "The folder of all nights: corpora, findings, history.jsonl, trend.html."},
	{.type = OPT_STRING,
	 .name = "hours",
	 .arg = "H",
	 .def = "8",
	 .offset = FIELD(hours),
	 .help = "About how long a night takes: hours, or a time with its unit (90m). What can be "
		 "given a time shares it; the gate, the mutants, the builds and the long tests "
		 "take what they take."},
	{.type = OPT_STRING,
	 .name = "steps",
	 .arg = "S,S...",
	 .offset = FIELD(steps),
	 .help = "These only: kinds (gate, diff, bench, device, campaign, zoo, mutants, "
		 "builds, long), the beginning of "
		 "a name up to a dash, or whole names as --list has them (default: all)."},
	{.type = OPT_FLAG,
	 .name = "list",
	 .offset = FIELD(list),
	 .help = "Only list the steps, and what each lacks here."},
	{.type = OPT_FLAG,
	 .name = "new",
	 .offset = FIELD(fresh),
	 .help = "Begin another night though the last one is not over."},
	{.type = OPT_COUNT,
	 .name = "keep",
	 .arg = "N",
	 .def = "14",
	 .min = 1,
	 .offset = FIELD(keep),
	 .help = "Nights whose logs and artifacts stay; of older ones night.json does, and what a "
		 "known finding needs."},
	{.type = OPT_SEED,
	 .name = "seed",
	 .arg = "N",
	 .offset = FIELD(seed),
	 .help = "All seeds of steps come from it (default: random; a night that goes on keeps "
		 "its own)."},
	{.type = OPT_OUTFILE,
	 .name = "json",
	 .arg = "FILE",
	 .offset = FIELD(json),
	 .help = "The night, schema irqstorm.nightly/1; - is stdout, in place of the text."},
	OPT_HEADING("What steps work with"),
	{.type = OPT_STRING,
	 .name = "kernels",
	 .arg = "K,K...",
	 .def = "debian:6.12,debian:6.1",
	 .begins = {kernel_begins},
	 .offset = FIELD(kernels),
	 .help = "Kernels for guests, each as irqstorm guest --kernel takes it; none for no "
		 "guest."},
	{.type = OPT_STRING,
	 .name = "fuzz-dir",
	 .arg = "DIR",
	 .offset = FIELD(fuzz_dir),
	 .help = "Where targets built for libFuzzer are (default: as irqstorm campaign looks)."},
	{.type = OPT_STRING,
	 .name = "afl-dir",
	 .arg = "DIR",
	 .offset = FIELD(afl_dir),
	 .help = "The same for AFL++."},
	{.type = OPT_STRING,
	 .name = "corpus",
	 .arg = "DIR",
	 .offset = FIELD(corpus),
	 .help = "Inputs of other machines for campaigns: DIR/TARGET, or DIR; is only read."},
	{.type = OPT_STRING,
	 .name = "zoo",
	 .arg = "FILE",
	 .offset = FIELD(zoo),
	 .help = "irqstorm with bugs to plant (default: that of preset zoo, beside this build)."},
	{.type = OPT_STRING,
	 .name = "source",
	 .arg = "DIR",
	 .offset = FIELD(source),
	 .help = "The source tree, for mutants, builds and long tests (default: the one around "
		 "this build)."},
	{.type = OPT_STRING,
	 .name = "gate",
	 .arg = "FILE",
	 .offset = FIELD(gate),
	 .help = "Scenarios for the gate (default: those of irqstorm)."},
	OPT_HEADING("Findings that are known"),
	{.type = OPT_STRING,
	 .name = "known",
	 .arg = "KEY",
	 .offset = FIELD(known),
	 .help = "Mark the finding KEY as known, with --note: it fails no night any more."},
	{.type = OPT_STRING,
	 .name = "note",
	 .arg = "TEXT",
	 .offset = FIELD(note),
	 .help = "Why, or where it is tracked."},
	{.type = OPT_STRING,
	 .name = "forget",
	 .arg = "KEY",
	 .offset = FIELD(forget),
	 .help = "Forget the finding KEY: seen again, it is new."},
	OPT_HEADING("Does a night see anything?"),
	{.type = OPT_STRING,
	 .name = "plant",
	 .arg = "FAULT",
	 .offset = FIELD(plant),
	 .help = "Give the emulator of diff, bench and gate this fault (fault=drop:2)."},
	OPT_TABLE_END,
};

/* "8" is hours, as the option's name says. */
static int parse_hours(const char *text, uint64_t *ns, struct errmsg *e)
{
	size_t n = strlen(text);
	char with_unit[64];
	int err;

	snprintf(with_unit, sizeof(with_unit), "%.60s%s", text,
		 n && isdigit((unsigned char)text[n - 1]) ? "h" : "");
	err = units_parse_duration(with_unit, ns);
	if (!err && *ns >= NSEC_PER_SEC)
		return 0;
	return errmsg_set(e, -EINVAL, EXIT_USAGE,
			  "--hours %s: not hours (8, 0.5), nor a time of a second or more (90m)",
			  text);
}

static int check(const struct nightly_cli *o, struct errmsg *e)
{
	if (!o->out && !o->list)
		return errmsg_set(e, -EINVAL, EXIT_USAGE,
				  "nightly: --out is missing; see irqstorm nightly --help");
	if (o->known && !o->note)
		return errmsg_set(e, -EINVAL, EXIT_USAGE,
				  "--known: say why with --note TEXT; at night nobody knows");
	if (o->note && !o->known)
		return errmsg_set(e, -EINVAL, EXIT_USAGE, "--note is for --known KEY");
	return 0;
}

static int mark(const struct nightly_cli *o, struct errmsg *e)
{
	int err = 0;

	if (o->forget)
		err = nightly_mark(o->out, o->forget, NULL, e);
	if (!err && o->known)
		err = nightly_mark(o->out, o->known, o->note, e);
	return err;
}

static int print(const struct nightly_cli *o, const struct nightly_result *r, struct outfile *json,
		 struct errmsg *e)
{
	struct outfile text = {0};
	int err = 0;

	if (json->f) {
		nightly_json(json->f, r);
		err = outfile_commit(json, e);
	}
	if (!err && (!o->json || strcmp(o->json, "-")))
		err = outfile_open(&text, "-", e);
	if (err || !text.f)
		return err;
	if (o->list)
		nightly_list(text.f, r);
	else
		nightly_text(text.f, r);
	return outfile_commit(&text, e);
}

static int nightly_main(const struct command *cmd, int argc, char **argv)
{
	struct nightly_cli o = {.seed = command_random_seed()};
	struct nightly_config c = {0};
	struct nightly_result r = {0};
	struct outfile json = {0};
	struct errmsg e = {0};
	int err, code = command_parse_only(cmd, argc, argv, &o);

	if (code >= 0)
		return code;
	err = check(&o, &e);
	if (!err && (o.known || o.forget)) {
		err = mark(&o, &e);
		if (err)
			log_error("%s", e.text);
		return err ? (int)e.exit : EXIT_PASS;
	}
	sigstop_block(&c.signals);
	sigaddset(&c.signals, SIGCHLD);
	pthread_sigmask(SIG_BLOCK, &c.signals, NULL);
	c.out = o.out;
	c.steps = o.steps;
	c.kernels = strcmp(o.kernels, "none") ? o.kernels : "";
	c.fuzz_dir = o.fuzz_dir;
	c.afl_dir = o.afl_dir;
	c.corpus = o.corpus;
	c.zoo = o.zoo;
	c.source = o.source;
	c.gate = o.gate;
	c.plant = o.plant;
	c.seed = o.seed;
	c.keep = o.keep;
	c.fresh = o.fresh;
	c.list = o.list;
	if (!err)
		err = parse_hours(o.hours, &c.budget_ns, &e);
	if (!err)
		err = outfile_open(&json, o.json, &e);
	if (!err)
		err = nightly_run(&c, &r, &e);
	code = err ? (int)e.exit : o.list ? EXIT_PASS : nightly_exit(&r);
	if (!err)
		err = print(&o, &r, &json, &e);
	if (err) {
		log_error("%s", e.text);
		outfile_abort(&json);
		code = (int)e.exit;
	}
	if (r.stopped)
		log_note("to go on with this night, give the same command again");
	nightly_free(&r);
	return code;
}

const struct command cmd_nightly = {
	.name = "nightly",
	.summary = "Run all there is for a night, and tell what is new since the last one.",
	.synopsis = "--out DIR [OPTION...]",
	.description =
		"Runs, one after the other: the gate and random programs (diff), on the emulator\n"
		"and in a guest with each kernel; the full bench on both; a fuzzer on a real\n"
		"device in each kernel; a campaign of each fuzz target with each engine; the zoo\n"
		"of planted bugs; the mutants; builds with other compilers; tests of random\n"
		"inputs at length. What is missing here (QEMU, a build for an engine) is skipped,\n"
		"and the summary says so.\n\n"
		"Findings are told apart by key: the summary begins with those that are new, each\n"
		"with the command that repeats it, then counts those that are known. --out has\n"
		"the figures of all nights as trend.html, with changes marked. A night that was\n"
		"stopped or killed goes on with the same command (docs/nightly.md).\n\n"
		"Exit code 1 when there is a finding that --known has not marked; 3 when a step\n"
		"could not be run; 5 when one is not trustworthy; 4 when all were skipped.\n",
	.examples =
		"  irqstorm nightly --out /var/lib/irqstorm --hours 8\n"
		"  irqstorm nightly --out nightly --hours 90m --steps diff,bench\n"
		"  irqstorm nightly --out nightly --known return:R53:read --note 'reported, #12'\n",
	.opts = nightly_opts,
	.words = words_nightly,
	.stops = true,
	.run = nightly_main,
};
