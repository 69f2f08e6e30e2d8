/* SPDX-License-Identifier: MIT */
/*
 * executor: see executor.h. This file carries programs out, perform.c each operation; oracle.c
 * compares.
 */
#include "exec/executor.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "backend/gone.h"
#include "emulator/lock.h"
#include "exec/its_msi.h"
#include "exec/oracle.h"
#include "exec/refused.h"
#include "exec/target.h"

/* An OP_AT: its block is collected, then waits for a call. */
struct at_block {
	uint32_t want, n; /* operations of the block, and those that came */
	bool waiting;
	uint64_t step; /* at which it runs */
	uint64_t seen; /* steps so far */
	bool done;
	uint32_t first;    /* of its operations, in the program */
	const char *where; /* the step that it ran at, NULL: after the call */
	struct op ops[UINT8_MAX];
	struct outcome outcomes[UINT8_MAX];
	struct expectation expected[UINT8_MAX];
};

static void begin_at(struct at_block *at, const struct op *op, uint32_t number)
{
	at->want = op->n;
	at->n = 0;
	at->waiting = true;
	at->step = op->value;
	at->seen = 0;
	at->done = false;
	at->first = number + 1;
	at->where = NULL;
}

static void run_block(struct executor *x)
{
	struct at_block *at = x->at;

	at->done = true;
	for (uint32_t i = 0; i < at->n; i++)
		executor_perform(x, &at->ops[i], &at->outcomes[i]);
}

static void watch_step(void *data, const char *where)
{
	struct executor *x = data;

	step_watch_look(&x->steps, x->opened, where);
}

static void at_step(void *data, const char *where)
{
	struct executor *x = data;

	if (x->watch_steps)
		watch_step(x, where);
	if (++x->at->seen != x->at->step || x->at->done)
		return;
	x->at->where = where;
	run_block(x);
}

/*
 * Can the block run inside the call? Not when it would use up the failure that is meant for the
 * call, and not where its events reach INTX: those are worked out only in order.
 */
static bool block_fits(const struct executor *x, const struct op *call)
{
	const struct at_block *at = x->at;
	struct request_head h;
	bool intx;

	op_request_head(call, &h);
	intx = x->model.type == VFIO_PCI_INTX_IRQ_INDEX || h.index == VFIO_PCI_INTX_IRQ_INDEX;
	for (uint32_t i = 0; i < at->n; i++) {
		const struct op *op = &at->ops[i];

		if (intx && op->kind == OP_READ)
			return false;
		if (op->kind == OP_FIRE && (op->index == VFIO_PCI_INTX_IRQ_INDEX ||
					    (intx && op->index > VFIO_PCI_MSIX_IRQ_INDEX)))
			return false;
	}
	return !x->model.fail;
}

/* The call of an OP_AT. True: its block ran inside, else it is still to be run. */
static bool perform_at(struct executor *x, const struct op *op, struct outcome *out)
{
	if (!block_fits(x, op)) {
		executor_perform(x, op, out);
		return false;
	}
	x->be->ops->set_step_hook(x->be, at_step, x);
	executor_perform(x, op, out);
	x->be->ops->set_step_hook(x->be, NULL, NULL);
	return x->at->done;
}

/* Any other operation. */
static void perform(struct executor *x, const struct op *op, struct outcome *out)
{
	bool watch = x->watch_steps && op_is_call(op) && x->be->ops->set_step_hook;

	if (watch)
		x->be->ops->set_step_hook(x->be, watch_step, x);
	executor_perform(x, op, out);
	if (watch)
		x->be->ops->set_step_hook(x->be, NULL, NULL);
}

static void trace_block(struct executor *x)
{
	const struct at_block *at = x->at;
	char when[96];

	if (at->where)
		snprintf(when, sizeof(when), "at step %llu: %s", (unsigned long long)at->step,
			 at->where);
	else
		snprintf(when, sizeof(when), "after the call");
	for (uint32_t i = 0; i < at->n; i++)
		oracle_trace(x->oracle, &at->ops[i], &at->outcomes[i], at->first + i, when);
}

static void step_with_block(struct executor *x, const struct op *op, struct outcome *out,
			    struct expectation *want)
{
	struct at_block *at = x->at;
	struct oracle *o = x->oracle;
	bool inside = perform_at(x, op, out);

	at->waiting = false;
	if (inside) {
		model_step_at(&x->model, op, at->ops, at->n, want, at->expected);
	} else {
		model_step(&x->model, op, want);
		run_block(x);
	}
	oracle_lives(o);
	oracle_compare(o, op, want, out);
	if (x->trace)
		trace_block(x);
	for (uint32_t i = 0; i < at->n; i++) {
		if (!inside) {
			model_step(&x->model, &at->ops[i], &at->expected[i]);
			want->slots |= at->expected[i].slots;
		}
		oracle_compare(o, &at->ops[i], &at->expected[i], &at->outcomes[i]);
	}
	oracle_observe(o, want->slots);
	if (inside)
		oracle_check_events(o);
}

char *executor_target(const struct executor *x, struct errmsg *e)
{
	return target_with_counter(x->spec, &x->faults, e);
}

void executor_set_faults(struct executor *x, const struct fault_counter *c)
{
	fault_set_counter(x->be, c);
}

/* With the target that shows the same again. */
static int record(struct executor *x, const struct program *p, struct errmsg *e)
{
	char *target;

	if (!recorder_on(&x->recorder))
		return 0;
	target = executor_target(x, e);
	if (!target)
		return -ENOMEM;
	recorder_begin(&x->recorder, target, p);
	free(target);
	return 0;
}

int executor_begin(struct executor *x, const struct program *p, struct exec_result *r,
		   struct errmsg *e)
{
	int err;

	memset(r, 0, sizeof(*r));
	lock_thread.alone = x->emulated;
	err = executor_reset(x, p, e);
	lock_thread.alone = false;
	if (err)
		return err;
	x->faulty = fault_get_counter(x->be, &x->faults);
	breach_watch_begin(&x->breaches, x->be);
	step_watch_begin(&x->steps);
	memset(x->rules.by, 0, sizeof(x->rules.by));
	x->rules.failed = 0;
	err = record(x, p, e);
	if (err)
		return err;
	if (x->hazards)
		hazard_begin(x->hazards);
	oracle_init(x->oracle, x, r);
	withheld_start(&x->withheld);
	x->fresh = false;
	x->at->waiting = false;
	x->at->want = x->at->n = 0;
	return 0;
}

/* A fire that takes effect at some later moment, which nothing would tell. */
static bool comes_too_late(const struct executor *x, const struct op *op)
{
	return op->kind == OP_FIRE && (x->desc.traits & BACKEND_FIRE_LATE) &&
	       !model_fire_shows(&x->model, op);
}

/*
 * Did a real device's backend have no way to do @op, for want of a trigger or because the registers
 * are out of reach now? That says nothing of the kernel.
 */
static bool was_beyond(const struct executor *x, const struct op *op, int32_t ret)
{
	bool device = op->kind == OP_FIRE || op_device_op((enum op_kind)op->kind) >= 0;
	bool registers = op->kind == OP_FIRE || op->kind == OP_LINE || op->kind == OP_ENTRY;

	if (x->emulated || !device)
		return false;
	return ret == -EOPNOTSUPP || (ret == -EIO && registers);
}

static void set_key(struct executor *x, const struct op *op)
{
	struct exec_result *r = x->oracle->r;

	if (r->difference)
		finding_key(r->difference, x->oracle->rule, op, r->key);
}

static int step(struct executor *x, const struct op *op, uint32_t at)
{
	struct oracle *o = x->oracle;
	struct expectation want;
	struct outcome out;

	if (o->r->difference || o->err)
		return 0;
	if (o->adrift) {
		oracle_skip(o);
		return 0;
	}
	o->r->at = at;
	if (x->at->n < x->at->want) {
		recorder_op(&x->recorder, op);
		x->at->ops[x->at->n++] = *op;
		return 0;
	}
	/* What is expected after a call that was not made is so in another state. */
	if (op->kind == OP_EXPECT && o->r->leaking) {
		oracle_skip(o);
		o->r->leaking++;
		return 0;
	}
	if (op->kind == OP_EXPECT) {
		if (x->hazards)
			hazard_looked(x->hazards);
		oracle_expect(o, op);
		set_key(x, &o->last_op);
		return 0;
	}
	if (!executor_can(x, op) || comes_too_late(x, op)) {
		oracle_skip(o);
		return 0;
	}
	if (withheld_op(&x->withheld, op)) {
		oracle_skip(o);
		o->r->withheld++;
		return -ECANCELED;
	}
	if (its_msi_leaks(x->desc.traits, &x->model, op)) {
		oracle_skip(o);
		o->r->leaking++;
		return -ECANCELED;
	}
	recorder_op(&x->recorder, op);
	if (op->kind == OP_AT) {
		begin_at(x->at, op, at);
		return 0;
	}
	x->rules.last = x->rules.by[RULED_RETURN] = 0;
	if (x->matrix && op_is_call(op))
		matrix_count(x->matrix, &x->model, op);
	if (op_is_call(op) && (x->hazards || !x->emulated))
		x->before = x->model;
	if (op_is_call(op) && x->at->waiting) {
		step_with_block(x, op, &out, &want);
		o->last_refused = false;
	} else {
		perform(x, op, &out);
		if (was_beyond(x, op, out.ret)) {
			oracle_skip(o);
			return 0;
		}
		model_step(&x->model, op, &want);
		o->last_refused = refused_by_host(o, op, &out, &want, at);
		oracle_lives(o);
		oracle_compare(o, op, &want, &out);
	}
	/* What the rules do not allow to pass may name vectors that there are not. */
	if (x->hazards && !o->r->difference)
		hazard_step(x->hazards, &x->before, &x->model, op, out.ret, at);
	o->r->ops++;
	oracle_after(o, op, &want, &out, at);
	set_key(x, op);
	return out.ret;
}

int executor_step(struct executor *x, const struct op *op, uint32_t at)
{
	int ret;

	lock_thread.alone = x->emulated;
	ret = step(x, op, at);
	lock_thread.alone = false;
	return ret;
}

int executor_verify(struct executor *x, struct exec_result *r, struct errmsg *e)
{
	int err = r->difference ? gone_explain(x->be, 0, e) : 0;

	if (!err)
		return 0;
	r->difference = DIFF_NONE;
	r->key[0] = '\0';
	return err;
}

int executor_finish(struct executor *x, struct errmsg *e)
{
	struct oracle *o = x->oracle;

	if (x->hazards)
		hazard_end(x->hazards);
	if (!o->r->difference && !o->err && !o->adrift) {
		x->rules.last = 0;
		lock_thread.alone = x->emulated;
		oracle_finish(o);
		lock_thread.alone = false;
		set_key(x, NULL);
	}
	if (!o->err)
		return executor_verify(x, o->r, e);
	errmsg_set(e, o->err, EXIT_ENVIRONMENT, "%s: %s: %s", x->spec, o->doing, strerror(-o->err));
	return gone_explain(x->be, o->err, e);
}

int executor_run(struct executor *x, const struct program *p, struct exec_result *r,
		 struct errmsg *e)
{
	int err = executor_begin(x, p, r, e);

	if (err)
		return err;
	for (uint32_t i = 0; i < p->n; i++)
		executor_step(x, &p->ops[i], i);
	return executor_finish(x, e);
}

int executor_run_bare(struct executor *x, const struct program *p, struct errmsg *e)
{
	struct outcome out;
	int err;

	lock_thread.alone = x->emulated;
	err = executor_reset(x, p, e);
	if (err)
		goto out;
	x->fresh = false;
	withheld_start(&x->withheld);
	for (uint32_t i = 0; i < p->n; i++) {
		const struct op *op = &p->ops[i];

		if (op->kind == OP_EXPECT || op->kind == OP_AT || !executor_can(x, op) ||
		    withheld_op(&x->withheld, op) || its_msi_leaks(x->desc.traits, NULL, op))
			continue;
		/* Events that nobody waits for would come up in the next program. */
		if (x->emulated || (op->kind != OP_FIRE && op->kind != OP_LINE))
			executor_perform(x, op, &out);
	}
out:
	lock_thread.alone = false;
	return err;
}

int executor_alloc(struct executor *x)
{
	x->oracle = calloc(1, sizeof(*x->oracle));
	x->at = calloc(1, sizeof(*x->at));
	return x->oracle && x->at ? 0 : -ENOMEM;
}
