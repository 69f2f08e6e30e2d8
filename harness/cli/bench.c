/* SPDX-License-Identifier: MIT */
/* irqstorm bench: one stress run for each strategy on each target, as a table. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "cli/commands.h"
#include "exec/target.h"
#include "stress/report.h"
#include "support/clock.h"
#include "support/log.h"
#include "support/outfile.h"
#include "support/units.h"

struct bench_options {
	const char *target, *json;
	uint64_t vectors, stable, duration, seed;
	uint32_t consumer;
	bool quick;
};

#define FIELD(f)        offsetof(struct bench_options, f)
#define QUICK_NS        NSEC_PER_SEC
#define STABLE_FRACTION 8
#define RATE_HZ         100000

static const struct opt bench_opts[] = {
	{.type = OPT_STRING,
	 .name = "target",
	 .arg = "T",
	 .offset = FIELD(target),
	 .help = "The device, see above (default: the emulator, profiles 6.1 and 6.12)."},
	{.type = OPT_COUNT,
	 .name = "vectors",
	 .arg = "N",
	 .def = "64",
	 .min = 2,
	 .max = IRQ_MAX_VECTORS,
	 .offset = FIELD(vectors),
	 .help = "MSI-X vectors to use; an eighth of them stable."},
	{.type = OPT_CHOICE,
	 .name = "consumer",
	 .def = "uring",
	 .choices = consumer_names,
	 .offset = FIELD(consumer),
	 .help = "What reads the eventfds."},
	{.type = OPT_DURATION,
	 .name = "duration",
	 .arg = "TIME",
	 .def = "5s",
	 .min = 10000000,
	 .max = 86400000000000ULL,
	 .offset = FIELD(duration),
	 .help = "Length of each storm."},
	{.type = OPT_FLAG,
	 .name = "quick",
	 .offset = FIELD(quick),
	 .help = "One second for each storm."},
	{.type = OPT_SEED,
	 .name = "seed",
	 .arg = "N",
	 .offset = FIELD(seed),
	 .help = "Seed of everything random (default: chosen and printed)."},
	{.type = OPT_OUTFILE,
	 .name = "json",
	 .arg = "FILE",
	 .offset = FIELD(json),
	 .help = "JSON, schema irqstorm.bench/1: the stress result of each cell; - is stdout, in "
		 "place of the table."},
	OPT_TABLE_END,
};

/* The table of a run: where it goes and what is known of it so far. */
struct bench {
	const struct bench_options *o;
	struct stress_config cfg;
	struct stress_result *result;
	FILE *table;
	struct json *json;
	int worst; /* a finding outranks the rest */
	bool interrupted;
};

static void print_head(FILE *f)
{
	fprintf(f, "%-17s %-14s %11s %11s %9s %9s %7s %10s %10s %8s %10s\n", "target", "strategy",
		"fired", "delivered", "unarmed*", "lost", "unexpl", "p50", "p99", "resizes",
		"resize p50");
}

static const char *short_target(const struct backend_desc *d, char *buf, size_t size)
{
	if (!strncmp(d->target, "emu", 3))
		snprintf(buf, size, "emulator %s", d->profile);
	else
		snprintf(buf, size, "%.*s", (int)strcspn(d->target, ","), d->target);
	return buf;
}

static void print_row(const struct bench *b)
{
	const struct stress_result *r = b->result;
	const struct tally *t = &r->tally;
	char target[64], n[4][32], p50[24], p99[24], resize[24] = "-";
	struct hist *all = malloc(sizeof(*all));

	if (!all)
		return;
	stress_response(r, all);
	if (r->resizes)
		units_format_ns(hist_quantile(&r->resize_ns, 0.5), resize, sizeof(resize));
	fprintf(b->table, "%-17s %-14s %11s %11s %9s %9s %7llu %10s %10s %8llu %10s\n",
		short_target(&r->desc, target, sizeof(target)), b->cfg.strategy->name,
		units_format_count(r->fired, n[0], 32), units_format_count(t->delivered, n[1], 32),
		units_format_count(t->unarmed + t->coalesced, n[2], 32),
		units_format_count(t->lost_explained + t->lost_unexplained, n[3], 32),
		(unsigned long long)t->lost_unexplained,
		units_format_ns(hist_quantile(all, 0.5), p50, sizeof(p50)),
		units_format_ns(hist_quantile(all, 0.99), p99, sizeof(p99)),
		(unsigned long long)r->resizes, resize);
	fflush(b->table);
	free(all);
}

/* MSI has 32 vectors at most, and most devices have fewer. */
static void fit_vectors(struct bench *b, struct backend *be)
{
	uint32_t most = IRQ_MAX_VECTORS;
	struct backend_desc d;

	if (b->cfg.strategy->index == VFIO_PCI_MSI_IRQ_INDEX && !backend_describe(be, &d) &&
	    d.irq[VFIO_PCI_MSI_IRQ_INDEX].count)
		most = d.irq[VFIO_PCI_MSI_IRQ_INDEX].count;
	b->cfg.vectors = b->o->vectors < most ? (uint32_t)b->o->vectors : most;
	b->cfg.stable = (b->cfg.vectors + STABLE_FRACTION - 1) / STABLE_FRACTION;
	if (b->cfg.stable == b->cfg.vectors)
		b->cfg.stable = 0;
}

/* One cell. 0, or -errno with @e; a strategy the target cannot do is a row that says so. */
static int run_cell(struct bench *b, const char *target, const struct strategy *strategy,
		    struct errmsg *e)
{
	struct stress_report rep = {.cfg = &b->cfg, .result = b->result};
	struct backend *be;
	int err;

	b->cfg.strategy = strategy;
	err = target_open_sized(target, (uint32_t)b->o->vectors, &be, e);
	if (err)
		return err;
	fit_vectors(b, be);
	err = stress_run(&b->cfg, be, b->result, e);
	if (err && e->exit == EXIT_SKIP) {
		char name[64];

		fprintf(b->table, "%-17s %-14s cannot: %s\n",
			short_target(&b->result->desc, name, sizeof(name)), strategy->name,
			strategy->needs_dynamic
				? "this kernel does not add vectors in place (NORESIZE)"
			: strategy->needs_table ? "its MSI-X table cannot be mapped"
						: "no MSI here that can be fired");
		err = 0;
	} else if (!err) {
		print_row(b);
		if (b->json)
			stress_report_json(&rep, b->json, NULL);
		if (stress_verdict(b->result) == EXIT_ENVIRONMENT)
			b->worst = b->worst == EXIT_FINDING ? EXIT_FINDING : EXIT_ENVIRONMENT;
		if (stress_verdict(b->result) == EXIT_FINDING) {
			char command[640];

			b->worst = EXIT_FINDING;
			log_error("finding; repeat with: %s",
				  stress_command(&b->cfg, b->result->desc.target, command,
						 sizeof(command)));
		}
		b->interrupted = b->result->interrupted;
	}
	backend_close(be);
	return err;
}

static int run_matrix(struct bench *b, struct errmsg *e)
{
	const char *both[] = {"emu:profile=6.1", "emu:profile=6.12", NULL};
	const char *one[] = {b->o->target, NULL};
	const char **targets = b->o->target ? one : both;
	int err = 0;

	print_head(b->table);
	for (; *targets; targets++) {
		for (uint32_t i = 0; strategies[i]; i++) {
			err = run_cell(b, *targets, strategies[i], e);
			if (err || b->interrupted)
				return err;
		}
	}
	fprintf(b->table,
		"* unarmed or coalesced: fired at a vector that the workload had removed, or "
		"merged\n"
		"  with a pending one. lost includes what a gap explains; unexpl must be 0.\n");
	return 0;
}

static int bench_main(const struct command *cmd, int argc, char **argv)
{
	struct bench_options o = {0};
	struct bench b = {.o = &o, .table = stdout, .worst = EXIT_PASS};
	struct outfile out = {0};
	struct errmsg e = {0};
	struct json json;
	int code, err;

	o.seed = command_random_seed();
	code = command_parse_only(cmd, argc, argv, &o);
	if (code >= 0)
		return code;
	b.cfg = (struct stress_config){
		.producers = 1,
		.mode = STRESS_CLOSED,
		.rate_hz = RATE_HZ,
		.resize_rate_hz = 500,
		.consumer = (enum consumer_kind)o.consumer,
		.duration_ns = o.quick ? QUICK_NS : o.duration,
		.deadline_ns = 100 * NSEC_PER_MSEC,
		.seed = o.seed,
		.via = getenv("IRQSTORM_VIA"),
	};
	b.result = calloc(1, sizeof(*b.result));
	err = b.result ? outfile_open(&out, o.json, &e)
		       : errmsg_set(&e, -ENOMEM, EXIT_ENVIRONMENT, "out of memory");
	if (out.f) {
		if (out.f == stdout)
			b.table = stderr;
		b.json = &json;
		json_init(&json, out.f);
		json_object_begin(&json, NULL);
		json_str(&json, "schema", "irqstorm.bench/1");
		json_array_begin(&json, "cells");
	}
	if (!err) {
		log_note("seed 0x%llx", (unsigned long long)o.seed);
		err = run_matrix(&b, &e);
	}
	code = b.worst;
	if (err) {
		log_error("%s", e.text);
		code = (int)e.exit;
	}
	/* what was measured is kept, also when a later cell failed */
	if (out.f) {
		json_array_end(&json);
		json_object_end(&json);
		json_finish(&json);
	}
	if (outfile_commit(&out, &e)) {
		log_error("%s", e.text);
		code = EXIT_ENVIRONMENT;
	}
	free(b.result);
	return code;
}

const struct command cmd_bench = {
	.name = "bench",
	.summary = "Compare all resize strategies on a target: losses, latency, cost of a resize.",
	.synopsis = "[OPTION...]",
	.description =
		"Runs `irqstorm stress` in closed loop once for each strategy and prints a row\n"
		"for each: fires and their fate, response time p50 and p99, and the time a\n"
		"resize takes.\n\n" TARGET_HELP,
	.examples = "  irqstorm bench --quick\n"
		    "  irqstorm bench --target vfio:auto --duration 30s --json bench.json\n",
	.opts = bench_opts,
	.run = bench_main,
};
