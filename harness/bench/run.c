/* SPDX-License-Identifier: MIT */
#include "bench/run.h"

#include <errno.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "backend/gone.h"
#include "bench/cost.h"
#include "bench/cost_json.h"
#include "bench/describe.h"
#include "bench/folder.h"
#include "bench/publish.h"
#include "bench/tree.h"
#include "exec/target.h"
#include "report/summary.h"
#include "report/value.h"
#include "stress/admit.h"
#include "stress/report.h"
#include "support/clock.h"
#include "support/handover.h"
#include "support/log.h"
#include "support/sigstop.h"

#define STABLE_FRACTION 8
#define COST_VECTORS    IRQ_MAX_VECTORS

struct bench {
	const struct bench_config *cfg;
	struct folder folder;
	json_t *manifest;
	struct stress_result *result;
	struct progress progress;
	sigset_t signals;
	bool interrupted;
	int stop_signal;     /* 0: none came */
	uint32_t done, todo; /* of all runs */
	uint64_t handed_ns;  /* when a guest's host last got the folder */
	struct errmsg *e;
};

static void show(struct bench *b, const char *what)
{
	const struct progress_part part = {
		.done = b->done, .total = b->todo, .left_ns = PROGRESS_PACE, .unit = "runs"};

	progress_part(&b->progress, &part, "%s", what);
}

/* What a guest that dies may take with it. It takes some seconds: not after every run. */
#define HANDOVER_NS (10 * NSEC_PER_SEC)

static void hand_over(struct bench *b)
{
	if (!b->folder.path || clock_ns() - b->handed_ns < HANDOVER_NS)
		return;
	handover();
	b->handed_ns = clock_ns();
}

/* Each run has a seed of its own, which repeats it. */
static uint64_t run_seed(const struct bench *b, uint32_t cell, uint32_t round)
{
	struct rng rng;

	rng_init(&rng, b->cfg->seed, (uint64_t)round << 32 | (cell + 1));
	return rng_u64(&rng);
}

/* MSI has 32 vectors at most, and most devices have fewer. */
static void fit_vectors(const struct grid_cell *cell, const struct backend_desc *d,
			struct stress_config *cfg)
{
	uint32_t index = cell->strategy->index, most = d->irq[index].count;

	if (index == VFIO_PCI_MSIX_IRQ_INDEX && d->fire_max < most)
		most = d->fire_max;
	cfg->vectors = cell->vectors;
	if (most && most < cfg->vectors &&
	    (!cell->vectors_given || index == VFIO_PCI_MSI_IRQ_INDEX))
		cfg->vectors = most;
	cfg->stable = (cfg->vectors + STABLE_FRACTION - 1) / STABLE_FRACTION;
	if (cfg->stable == cfg->vectors)
		cfg->stable = 0;
}

static struct stress_config configure(const struct bench *b, const struct grid_cell *cell,
				      uint64_t seed)
{
	return (struct stress_config){
		.producers = 1,
		.mode = cell->mode,
		.rate_hz = cell->rate_hz,
		.strategy = cell->strategy,
		.resize_rate_hz = b->cfg->resize_rate_hz,
		.consumer = cell->consumer,
		.duration_ns = b->cfg->duration_ns,
		.deadline_ns = 100 * NSEC_PER_MSEC,
		.seed = seed,
		.via = b->cfg->via,
		.quiet = true,
	};
}

static void tell_finding(const struct stress_config *cfg, const struct stress_result *r)
{
	char command[640];

	if (stress_verdict(r) == EXIT_FINDING)
		log_error("finding; repeat with: %s",
			  stress_command(cfg, r->desc.target, command, sizeof(command)));
}

static void note_interrupt(struct bench *b)
{
	if (!b->result->interrupted)
		return;
	b->interrupted = true;
	b->stop_signal = b->result->stop_signal;
}

/* A storm that is thrown away, but for what it may find. @verdict: of it. */
static int warm_up(struct bench *b, const struct stress_config *cfg, struct backend *be,
		   const char **verdict)
{
	struct stress_config w = *cfg;
	int err;

	*verdict = "none";
	if (!b->cfg->warm_up_ns)
		return 0;
	w.duration_ns = b->cfg->warm_up_ns;
	w.no_control = true;
	err = stress_run(&w, be, b->result, b->e);
	if (!err)
		err = admit_blame(be, b->result, b->e);
	if (err)
		return err;
	note_interrupt(b);
	tell_finding(&w, b->result);
	*verdict = stress_verdict(b->result) == EXIT_FINDING ? "finding" : "pass";
	return 0;
}

/* What the target cannot do is an answer, too; a machine that fails is not. */
static bool is_answer(const struct errmsg *e)
{
	return e->exit == EXIT_SKIP || e->exit == EXIT_USAGE;
}

static json_t *cell_document(const struct grid_cell *cell, uint32_t round, const char *why,
			     const char *warm, json_t *stress)
{
	json_t *doc =
		json_pack("{s:s, s:s, s:I, s:s, s:s, s:s}", "schema", "irqstorm.bench-cell/1",
			  "name", cell->name, "repeat", (json_int_t)round, "state",
			  why ? "cannot" : "measured", "why", why ? why : "", "warm_up", warm);

	if (doc && stress)
		json_object_set_new(doc, "stress", stress);
	return doc;
}

/* The cell on an open target. */
static int run_on(struct bench *b, uint32_t n, uint32_t round, struct backend *be, json_t **doc)
{
	const struct grid_cell *cell = &b->cfg->grid->cell[n];
	struct stress_config cfg = configure(b, cell, run_seed(b, n, round));
	struct stress_report rep = {.cfg = &cfg, .result = b->result};
	const char *warm = "none", *why;
	struct backend_desc d;
	json_t *stress;
	int err = backend_describe(be, &d);

	if (err)
		return errmsg_set(b->e, err, EXIT_ENVIRONMENT, "cannot describe %s: %s",
				  cell->target, strerror(-err));
	why = describe_cannot(cell->strategy, &d);
	if (!why) {
		fit_vectors(cell, &d, &cfg);
		err = warm_up(b, &cfg, be, &warm);
		if (!err && !b->interrupted)
			err = stress_run(&cfg, be, b->result, b->e);
		if (!err && !b->interrupted)
			err = admit_blame(be, b->result, b->e);
		if (err && is_answer(b->e))
			why = b->e->text;
		else if (err)
			return err;
	}
	if (why) {
		*doc = cell_document(cell, round, why, warm, NULL);
		return *doc ? 0 : errmsg_no_memory(b->e);
	}
	note_interrupt(b);
	if (b->interrupted)
		return 0;
	tell_finding(&cfg, b->result);
	stress = tree_of_stress(&rep);
	*doc = stress ? cell_document(cell, round, NULL, warm, stress) : NULL;
	return *doc ? 0 : errmsg_no_memory(b->e);
}

static int run_cell(struct bench *b, uint32_t n, uint32_t round, const char *name)
{
	const struct grid_cell *cell = &b->cfg->grid->cell[n];
	struct backend *be;
	json_t *doc = NULL;
	int err = target_open_sized(cell->target, cell->vectors, &be, b->e);

	if (err)
		return err;
	err = run_on(b, n, round, be, &doc);
	backend_close(be);
	return doc ? folder_store(&b->folder, name, doc, b->e) : err;
}

static void cell_file(const struct grid_cell *cell, uint32_t round, char *buf, size_t size)
{
	snprintf(buf, size, "cells/%s.r%u", cell->name, round + 1);
}

static bool stop_asked(struct bench *b)
{
	if (!b->stop_signal)
		b->stop_signal = sigstop_wait_until(&b->signals, 0);
	b->interrupted = b->stop_signal != 0;
	return b->interrupted;
}

/* The strategies of the matrix whose resizes can be timed. */
static uint32_t cost_strategies(const struct grid *m, const struct strategy **out)
{
	uint32_t n = 0;

	for (uint32_t i = 0; i < m->n; i++) {
		bool had = !cost_applies(m->cell[i].strategy);

		for (uint32_t k = 0; k < n; k++)
			had = had || out[k] == m->cell[i].strategy;
		if (!had)
			out[n++] = m->cell[i].strategy;
	}
	return n;
}

static int measure_cost(struct bench *b, struct cost *cost, struct cost_curve *curves, uint32_t n,
			const char *name)
{
	int err = 0;

	for (uint32_t round = 0; !err && round < b->cfg->cost_rounds; round++) {
		for (uint32_t i = 0; !err && i < n && !stop_asked(b); i++) {
			show(b, name);
			err = curves[i].cannot ? 0 : cost_round(cost, &curves[i], b->e);
		}
	}
	if (err || b->interrupted)
		return err;
	for (uint32_t i = 0; i < n; i++)
		cost_finish(&curves[i]);
	return 0;
}

static int cost_of_target(struct bench *b, const char *target, const char *name)
{
	const struct strategy *some[64];
	uint32_t n = cost_strategies(b->cfg->grid, some);
	struct cost_curve *curves = calloc(n + 1, sizeof(*curves));
	struct backend *be = NULL;
	struct cost cost = {0};
	int err = curves ? 0 : errmsg_no_memory(b->e);

	if (!err)
		err = target_open_sized(target, COST_VECTORS, &be, b->e);
	if (!err)
		err = cost_init(&cost, be, b->cfg->cost_budget_ns, b->cfg->seed, b->e);
	for (uint32_t i = 0; !err && i < n; i++)
		cost_begin(&cost, some[i], &curves[i]);
	if (!err)
		err = measure_cost(b, &cost, curves, n, name);
	if (err)
		err = gone_explain(be, err, b->e);
	if (!err && !b->interrupted)
		err = folder_store(&b->folder, name, cost_json(target, curves, n), b->e);
	cost_fini(&cost);
	backend_close(be);
	free(curves);
	return err;
}

static int run_cost(struct bench *b)
{
	char **target = b->cfg->grid->target;
	char name[64];
	int err = 0;

	for (uint32_t i = 0; b->cfg->cost && !err && !b->interrupted && target[i]; i++) {
		snprintf(name, sizeof(name), "cost/%u", i + 1);
		if (!folder_find(&b->folder, name))
			err = cost_of_target(b, target[i], name);
		b->done += !b->interrupted;
		hand_over(b);
	}
	return err;
}

static json_t *identify(const struct grid_cell *c)
{
	json_t *id =
		json_pack("{s:s, s:s, s:s, s:s, s:I, s:s}", "name", c->name, "target", c->target,
			  "strategy", c->strategy->name, "consumer", consumer_names[c->consumer],
			  "vectors", (json_int_t)c->vectors, "mode", stress_mode_names[c->mode]);

	json_object_set_new(id, "rate",
			    c->rate_hz ? json_integer((json_int_t)c->rate_hz) : json_string("max"));
	return id;
}

static json_t *sum_up_cell(struct bench *b, const struct grid_cell *cell, bool *complete)
{
	json_t *repeats = json_array(), *out;
	const char *why = NULL;
	char name[160];

	for (uint32_t round = 0; round < b->cfg->repeats; round++) {
		const json_t *doc;

		cell_file(cell, round, name, sizeof(name));
		doc = folder_find(&b->folder, name);
		if (!doc)
			*complete = false;
		else if (!strcmp(value_text(doc, "state"), "cannot"))
			why = value_text(doc, "why");
		else
			json_array_append(repeats, json_object_get(doc, "stress"));
	}
	out = summary_cell(identify(cell), repeats, why);
	json_decref(repeats);
	return out;
}

static json_t *sum_up(struct bench *b)
{
	json_t *cells = json_array(), *costs = json_array(), *out = json_object();
	bool complete = !b->interrupted;

	for (uint32_t i = 0; b->cfg->storms && i < b->cfg->grid->n; i++)
		json_array_append_new(cells, sum_up_cell(b, &b->cfg->grid->cell[i], &complete));
	for (uint32_t i = 0; b->cfg->cost && b->cfg->grid->target[i]; i++) {
		char name[64];
		const json_t *doc;

		snprintf(name, sizeof(name), "cost/%u", i + 1);
		doc = folder_find(&b->folder, name);
		if (doc)
			json_array_extend(costs, json_object_get(doc, "curves"));
		else
			complete = false;
	}
	json_object_set_new(out, "schema", json_string(SUMMARY_SCHEMA));
	for (size_t i = 0; i < 7; i++) {
		static const char *const keys[] = {"version", "seed",    "command", "date",
						   "host",    "targets", "options"};

		json_object_set(out, keys[i], json_object_get(b->manifest, keys[i]));
	}
	json_object_set_new(out, "complete", json_boolean(complete));
	json_object_set_new(out, "verdict", json_string(summary_verdict(cells, costs)));
	json_object_set_new(out, "cells", cells);
	json_object_set_new(out, "resize_cost", costs);
	return out;
}

/* What there is after a round can be looked at while the next one runs. */
static int publish_round(struct bench *b)
{
	char *path = folder_path(&b->folder, "summary.json");
	json_t *summary = sum_up(b);
	int err = path ? publish_summary(path, summary, b->e) : errmsg_no_memory(b->e);

	json_decref(summary);
	free(path);
	return err;
}

static int run_storms(struct bench *b)
{
	const struct grid *m = b->cfg->grid;
	uint32_t *order = calloc(m->n, sizeof(*order));
	char name[160];
	int err = order ? 0 : errmsg_no_memory(b->e);

	for (uint32_t round = 0; !err && b->cfg->storms && round < b->cfg->repeats; round++) {
		grid_order(m, b->cfg->seed, round, order);
		for (uint32_t i = 0; !err && !b->interrupted && i < m->n; i++) {
			const struct grid_cell *cell = &m->cell[order[i]];

			cell_file(cell, round, name, sizeof(name));
			show(b, name + strlen("cells/"));
			if (!folder_find(&b->folder, name))
				err = run_cell(b, order[i], round, name);
			b->done += !b->interrupted;
			hand_over(b);
		}
		if (!err && b->folder.path && round + 1 < b->cfg->repeats)
			err = publish_round(b);
	}
	free(order);
	return err;
}

static bool has_everything(struct bench *b)
{
	const struct grid *m = b->cfg->grid;
	char name[160];

	for (uint32_t i = 0; b->cfg->storms && i < m->n * b->cfg->repeats; i++) {
		cell_file(&m->cell[i % m->n], i / m->n, name, sizeof(name));
		if (!folder_find(&b->folder, name))
			return false;
	}
	for (uint32_t i = 0; b->cfg->cost && m->target[i]; i++) {
		snprintf(name, sizeof(name), "cost/%u", i + 1);
		if (!folder_find(&b->folder, name))
			return false;
	}
	return true;
}

static int run_all(struct bench *b)
{
	const struct bench_config *cfg = b->cfg;
	uint32_t targets = 0;
	int err;

	while (cfg->grid->target[targets])
		targets++;
	b->todo = (cfg->storms ? cfg->grid->n * cfg->repeats : 0) + (cfg->cost ? targets : 0);
	if (b->folder.resumed && has_everything(b)) {
		log_note("%s is finished: nothing is left to measure", cfg->out);
		return 0;
	}
	if (b->folder.resumed)
		log_note("%s: going on where it ended", cfg->out);
	progress_init(&b->progress, cfg->quiet);
	b->handed_ns = clock_ns();
	err = run_storms(b);
	if (!err && !b->interrupted)
		err = run_cost(b);
	progress_done(&b->progress);
	if (!err)
		stop_asked(b);
	if (!err && b->interrupted && cfg->out)
		log_note("the same command goes on");
	return err;
}

int bench_run(const struct bench_config *cfg, json_t **summary, struct bench_end *end,
	      struct errmsg *e)
{
	struct bench b = {.cfg = cfg, .e = e, .folder.lock = -1};
	int err = 0;

	*summary = NULL;
	*end = (struct bench_end){0};
	sigstop_block(&b.signals);
	b.manifest = describe_bench(cfg, e);
	if (!b.manifest)
		return e->exit == EXIT_USAGE ? -EINVAL : -EIO;
	b.result = calloc(1, sizeof(*b.result));
	if (!b.result)
		err = errmsg_no_memory(e);
	if (!err)
		err = folder_open(&b.folder, cfg->out, b.manifest, e);
	if (!err) {
		log_note("seed 0x%" PRIx64, cfg->seed);
		err = run_all(&b);
		/* what was measured is summed up, also when a later run failed */
		*summary = sum_up(&b);
	}
	*end = (struct bench_end){b.stop_signal, b.done, b.todo};
	folder_close(&b.folder);
	json_decref(b.manifest);
	free(b.result);
	return err;
}
