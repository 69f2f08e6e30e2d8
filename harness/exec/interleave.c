/* SPDX-License-Identifier: MIT */
/* interleave: see interleave.h. Deals the operations, and says what is to be made of a run. */
#include "exec/interleave.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "exec/interleave_private.h"
#include "model/coarse.h"
#include "support/digest.h"

/* What the target's form of programs has, and callers beside each other have not. */
static bool by_turns(const struct op *op)
{
	switch (op->kind) {
	case OP_EXPECT:
	case OP_AT:
	case OP_TABLE_SIZE: /* moves what a fire may be looking at: before, or not at all */
		return false;
	case OP_REBIND:
		return !op->value;
	default:
		return true;
	}
}

/* And what runs before them, when nobody else does. */
static bool by_itself(const struct op *op)
{
	if (op->kind == OP_TABLE_SIZE || op->kind == OP_REBIND)
		return op->value <= INTERLEAVE_VECTORS;
	return op->kind != OP_EXPECT;
}

static bool is_event(const struct op *op)
{
	return op->kind == OP_FIRE || op->kind == OP_LINE;
}

static bool can_fail(const struct op *op)
{
	return op_is_call(op) || op->kind == OP_IRQ_INFO || op->kind == OP_RESET;
}

/* The operations from @from on, to whom they belong. */
static void deal(struct interleave *il, const struct program *p, uint32_t from)
{
	struct withheld withheld = il->x->withheld;
	uint32_t dealt = 0, fail = 0;

	withheld_unordered(&withheld);
	il->n = 0;
	for (uint32_t i = 0; i < INTERLEAVE_CALLERS; i++)
		il->caller[i].n = 0;
	for (uint32_t i = from; i < p->n && il->n < INTERLEAVE_OPS; i++) {
		const struct op *op = &p->ops[i];
		struct turn_caller *c;

		if (op->kind == OP_FAIL) {
			fail = op->value < UINT32_MAX ? (uint32_t)op->value : UINT32_MAX;
			continue;
		}
		if (!by_turns(op) || !executor_can(il->x, op) || withheld_op(&withheld, op))
			continue;
		if (is_event(op))
			c = &il->caller[CALLER_DEVICE];
		else
			c = &il->caller[il->plan.dealt >> (dealt++ % 32) & 1];
		il->ops[il->n] = (struct turn_op){.op = *op, .fail = can_fail(op) ? fail : 0};
		c->ops[c->n++] = &il->ops[il->n++];
		fail = 0;
	}
}

/* For the engine, which keeps what got somewhere new. */
static void note_switches(struct interleave *il)
{
	struct interleave_result *r = il->r;
	uint32_t begun[INTERLEAVE_CALLERS] = {0}, place = 0;

	for (uint32_t i = 0; i < il->n_events && r->switches < INTERLEAVE_SWITCHES; i++) {
		const struct event *e = &il->events[i];
		const struct turn_caller *c = &il->caller[e->who];

		place++;
		if (e->kind == EVENT_BEGINS) {
			begun[e->who] = 1 + (model_coarse_event(&c->ops[e->op]->op, 0) >> 3);
			place = 0;
		} else if (e->kind == EVENT_ENDS) {
			begun[e->who] = 0;
		} else if (e->kind == EVENT_LEAVES && begun[e->who]) {
			r->switched[r->switches++] = begun[e->who] << 4 | (place & 15);
		}
	}
}

static void digest(struct interleave *il, struct interleave_result *r)
{
	uint64_t values[PROGRAM_SLOTS];

	for (uint32_t i = 0; i < il->n; i++) {
		const struct outcome *out = &il->ops[i].out;

		r->digest = digest_add(r->digest, (uint32_t)out->ret);
		r->digest = digest_add(r->digest, out->value);
	}
	r->digest = digest_add(r->digest, il->n_events);
	if (il->x->slots->ops->peek_all(il->x->slots, values))
		return;
	for (uint32_t s = 0; s < PROGRAM_SLOTS; s++)
		r->digest = digest_add(r->digest, values[s]);
}

/* The model goes on from where the order ends; the rest is as at the end of any program. */
static int finish(struct interleave *il, const struct fine *f, struct errmsg *e)
{
	struct interleave_result *r = il->r;
	struct executor *x = il->x;
	struct rule_counts *counts = x->model.counts;
	int err;

	x->model = f->m;
	x->model.counts = counts;
	err = executor_finish(x, e);
	if (!r->exec.difference)
		return err;
	r->finding = INTERLEAVE_END;
	snprintf(r->key, sizeof(r->key), "%s", r->exec.key);
	snprintf(r->text, sizeof(r->text), "%s", r->exec.text);
	return err;
}

/* The operations before: 0, and *@from those that come after them. */
static void set_up(struct interleave *il, const struct program *p, uint32_t *from)
{
	struct exec_result *r = &il->r->exec;
	uint32_t done = 0, i;

	for (i = 0; i < p->n && done < il->plan.setup && !r->difference; i++) {
		const struct op *op = &p->ops[i];

		if (!by_itself(op))
			continue;
		executor_step(il->x, op, i);
		done++;
	}
	*from = i;
	if (!r->difference)
		return;
	il->r->finding = INTERLEAVE_SETUP;
	snprintf(il->r->key, sizeof(il->r->key), "%s", r->key);
	snprintf(il->r->text, sizeof(il->r->text), "%s", r->text);
}

int interleave_run(struct interleave *il, const struct program *p,
		   const struct interleave_plan *plan, struct interleave_result *r,
		   struct errmsg *e)
{
	struct executor *x = il->x;
	struct op fail = op_make(OP_FAIL);
	struct outcome out;
	struct fine f;
	uint32_t from;
	int err;

	memset(r, 0, sizeof(*r));
	r->digest = DIGEST_START;
	il->r = r;
	il->plan = *plan;
	il->n = il->n_events = 0;
	err = executor_begin(x, p, &r->exec, e);
	if (err)
		return err;
	set_up(il, p, &from);
	if (r->finding)
		return executor_finish(x, e);
	/* One that the setup armed and did not use would be anybody's. */
	executor_perform(x, &fail, &out);
	x->model.fail = 0;

	deal(il, p, from);
	fine_init(&f, &x->model);
	if (!f.unsure)
		interleave_turns(il);
	if (r->finding)
		return 0;
	digest(il, r);
	note_switches(il);
	if (!f.unsure && !interleave_explain(il, &f))
		return 0;
	r->unsure |= f.unsure;
	if (r->unsure) /* the state at the end is not known: opened anew it is */
		return 0;
	return finish(il, &f, e);
}

int interleave_create(struct executor *x, struct interleave **out)
{
	struct interleave *il = calloc(1, sizeof(*il));
	int err = il ? 0 : -ENOMEM;

	for (uint32_t i = 0; !err && i < INTERLEAVE_CALLERS; i++) {
		err = fiber_init(&il->caller[i].fiber);
		il->caller[i].il = il;
	}
	if (err) {
		interleave_destroy(il);
		return err;
	}
	il->x = x;
	*out = il;
	return 0;
}

void interleave_destroy(struct interleave *il)
{
	if (!il)
		return;
	for (uint32_t i = 0; i < INTERLEAVE_CALLERS; i++)
		fiber_fini(&il->caller[i].fiber);
	free(il);
}
