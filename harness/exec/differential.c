/* SPDX-License-Identifier: MIT */
#include "exec/differential.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "exec/leak.h"
#include "support/clock.h"
#include "support/digest.h"

#define DEVICE_PROGRAMS 32 /* programs on one emulated device */
#define BARE_EVERY      8  /* one program in so many also runs bare */
#define WATCH_EVERY     4  /* one in so many is looked at inside its calls */
#define WATCH_AT        2  /* the first one; none of those that also run bare */
#define MINIMIZE_RUNS   2000
#define LEAK_PROGRAMS   64

/* Streams of the seed. */
enum { STREAM_PROGRAMS, STREAM_DEVICES };

struct run {
	struct executor *x;
	const struct diff_options *o;
	struct diff_result *r;
	struct errmsg *e;
	struct rng rng, devices;
	struct generator g;
	struct program p;
	struct history history; /* the programs before it */
	struct leak leak;
	uint64_t checked_ns, bare_ns, both_ops; /* of the programs that ran both ways */
};

void differential_config(const struct executor *x, struct generator_config *c)
{
	const struct backend_desc *d = &x->desc;

	memset(c, 0, sizeof(*c));
	for (uint32_t i = 0; i < VFIO_PCI_NUM_IRQS; i++)
		c->count[i] = d->irq[i].count;
	c->dyn = d->irq[VFIO_PCI_MSIX_IRQ_INDEX].count &&
		 !(d->irq[VFIO_PCI_MSIX_IRQ_INDEX].flags & VFIO_IRQ_INFO_NORESIZE);
	c->device_ops = d->device_ops;
	c->no_reset = !(d->caps & BACKEND_RESET);
	c->real = !x->emulated;
	c->max_vectors = x->emulated ? 0 : 64;
	if (!(d->caps & BACKEND_HW_FIRE))
		return;
	c->fire_max = x->emulated ? IRQ_MAX_VECTORS : d->fire_max; /* its table can grow */
	c->fire[VFIO_PCI_MSIX_IRQ_INDEX] = d->fire_max > 0;
	c->fire[VFIO_PCI_MSI_IRQ_INDEX] = d->traits & BACKEND_FIRE_MSI;
	c->fire[VFIO_PCI_INTX_IRQ_INDEX] = x->emulated;
	c->fire[VFIO_PCI_ERR_IRQ_INDEX] = x->emulated;
	c->fire[VFIO_PCI_REQ_IRQ_INDEX] = x->emulated;
}

/* Programs on a new device start with a new generator: its walks are of that device. */
static int new_device(struct run *run)
{
	struct generator_config cfg;
	struct program *p = &run->p;
	int err;

	p->has_device = run->x->emulated;
	if (p->has_device) {
		p->device.profile = PROFILE_ANY;
		generator_device(&run->devices, &p->device);
	}
	err = executor_reset(run->x, p, run->e);
	if (err)
		return err;
	differential_config(run->x, &cfg);
	generator_init(&run->g, &cfg, &run->rng);
	return 0;
}

static int one_program(struct run *run, struct exec_result *r)
{
	struct program *p = &run->p;
	uint32_t length = 1 + rng_below(&run->rng, 2 * run->o->length);
	uint64_t start = clock_ns();
	int err;

	p->n = 0;
	run->x->watch_steps = run->x->emulated && run->r->programs % WATCH_EVERY == WATCH_AT;
	generator_start(&run->g);
	err = executor_begin(run->x, p, r, run->e);
	while (!err && !r->difference && (p->n < length || !generator_may_end(&run->g)) &&
	       p->n < PROGRAM_MAX_OPS) {
		struct op op;
		int ret;

		generator_next(&run->g, &op);
		err = program_add(p, &op);
		if (err) {
			errmsg_set(run->e, err, EXIT_ENVIRONMENT, "out of memory");
			break;
		}
		ret = executor_step(run->x, &op, p->n - 1);
		generator_note(&run->g, &op, ret);
		if (ret == -ECANCELED) /* withheld: no part of what a finding shows */
			p->n--;
	}
	if (!err)
		err = executor_finish(run->x, run->e);
	if (err || r->difference || run->r->programs % BARE_EVERY)
		return err;

	run->checked_ns += clock_ns() - start;
	start = clock_ns();
	err = executor_run_bare(run->x, p, run->e);
	run->bare_ns += clock_ns() - start;
	run->both_ops += r->ops;
	return err;
}

static void count(struct run *run, const struct exec_result *r)
{
	struct diff_result *d = run->r;

	d->ops += r->ops;
	d->skipped += r->skipped;
	if (r->refused && !d->refused)
		memcpy(d->refusal, r->refusal, sizeof(d->refusal));
	d->refused += r->refused;
	d->programs++;
	d->digest = digest_add(d->digest, r->digest);
}

/* @r: what the program showed by itself; a leak is seen later, so there is nothing to shorten. */
static int report_found(struct run *run, const struct exec_result *r, bool by_itself)
{
	struct diff_result *d = run->r;
	int err;

	d->found = *r;
	history_line_up(&run->history, &run->p, &d->sequence);
	err = program_copy(&d->program, &d->sequence.p[d->sequence.n - 1]);
	if (err)
		return errmsg_set(run->e, err, EXIT_ENVIRONMENT, "out of memory");
	d->settled.between = !by_itself;
	return by_itself ? sequence_shorten(run->x, MINIMIZE_RUNS, &d->program, &d->sequence,
					    &d->found, &d->settled, run->e)
			 : 0;
}

static bool should_stop(struct run *run)
{
	if (run->o->stop && run->o->stop(run->o->data, run->r->ops, run->r->programs))
		run->r->stopped = true;
	return run->r->stopped;
}

static int run_programs(struct run *run)
{
	struct diff_result *d = run->r;
	struct exec_result r;
	int err;

	while (d->ops < run->o->ops && !should_stop(run)) {
		if (d->programs % DEVICE_PROGRAMS == 0 && (run->x->emulated || !d->programs)) {
			err = new_device(run);
			if (err)
				return err;
		}
		err = one_program(run, &r);
		if (err)
			return err;
		count(run, &r);
		if (r.difference)
			return report_found(run, &r, true);
		if (!run->x->emulated && d->programs % LEAK_PROGRAMS == 0) {
			err = leak_check(&run->leak, run->x, &r, run->e);
			if (err)
				return err;
			if (r.difference)
				return report_found(run, &r, false);
		}
		history_keep(&run->history, &run->p);
	}
	return 0;
}

int differential_run(struct executor *x, const struct diff_options *o, struct diff_result *r,
		     struct errmsg *e)
{
	struct run *run = calloc(1, sizeof(*run));
	uint64_t start = clock_ns();
	int err;

	memset(r, 0, sizeof(*r));
	program_init(&r->program);
	if (!run)
		return errmsg_set(e, -ENOMEM, EXIT_ENVIRONMENT, "out of memory");
	run->x = x;
	run->o = o;
	run->r = r;
	run->e = e;
	rng_init(&run->rng, o->seed, STREAM_PROGRAMS);
	rng_init(&run->devices, o->seed, STREAM_DEVICES);
	program_init(&run->p);
	err = leak_init(&run->leak, x, e);
	if (!err)
		err = run_programs(run);
	if (run->checked_ns && run->bare_ns) {
		r->ops_per_s = (double)run->both_ops * 1e9 / (double)run->checked_ns;
		r->control_ops_per_s = (double)run->both_ops * 1e9 / (double)run->bare_ns;
	}
	r->overall_ops_per_s = (double)r->ops * 1e9 / (double)(clock_ns() - start + 1);
	program_free(&run->p);
	history_free(&run->history);
	free(run);
	return err;
}
