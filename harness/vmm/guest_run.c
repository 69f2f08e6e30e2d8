/* SPDX-License-Identifier: MIT */
/* guest_run: see guest_run.h. This file carries out; guest_oracle.c judges. */
#include "vmm/guest_run.h"

#include <errno.h>
#include <string.h>

#include "emulator/zoo.h"
#include "support/digest.h"
#include "vmm/guest_oracle.h"

#define FDS           (2 * GUEST_VECTORS + 1)
#define INTX_FD       ((int32_t)FDS - 1)
#define PENDING_FIRES 8u

struct guest_turn {
	struct guest_runner *r;
	const struct guest_program *p;
	struct frontend f;
	struct guest_oracle oracle;
	/* Fires at steps of the calls of the operation that runs next. */
	struct {
		uint8_t step, vector;
	} due[PENDING_FIRES];
	uint32_t n_due, step;
};

static void emulator_config(const struct guest_program *p, struct guest_runner *r,
			    struct emu_config *cfg)
{
	emu_config_default(cfg);
	emu_config_profile(cfg, p->old ? PROFILE_6_1 : PROFILE_6_12);
	cfg->msix_vectors = GUEST_VECTORS;
	cfg->msi_vectors = GUEST_VECTORS;
	cfg->host_vectors = p->host_vectors;
	cfg->pba_cleared_on_disable = p->pba_clear;
	cfg->posted = p->posted;
	cfg->intx = !p->no_pin;
	cfg->entries_open = p->open;
	cfg->signals = signal_mem_provider(r->mem);
	cfg->bug = r->bug;
}

int guest_runner_open(struct guest_runner *r, const char *bug, struct errmsg *e)
{
	static const struct guest_program empty;
	struct emu_config cfg;
	int err;

	memset(r, 0, sizeof(*r));
	if (bug) {
		r->bug = zoo_find(bug);
		if (!r->bug)
			return errmsg_set(e, -EINVAL, EXIT_USAGE, "bug %s: none such here", bug);
	}
	err = signal_mem_create(FDS, &r->mem);
	if (err)
		return errmsg_set(e, err, EXIT_ENVIRONMENT, "out of memory");
	emulator_config(&empty, r, &cfg);
	return emulator_open(&cfg, &r->be, e);
}

void guest_runner_close(struct guest_runner *r)
{
	backend_close(r->be);
	signal_mem_destroy(r->mem);
	memset(r, 0, sizeof(*r));
}

static void deliver(void *data, uint32_t vector, const struct guest_message *message)
{
	struct guest_turn *t = data;

	guest_oracle_delivered(&t->oracle, &t->f, vector, message);
}

static void intx(void *data)
{
	struct guest_turn *t = data;

	guest_oracle_intx(&t->oracle);
}

static int32_t fd_of(void *data, uint32_t vector, uint32_t side)
{
	(void)data;
	return (int32_t)(vector + side * GUEST_VECTORS);
}

static int32_t intx_fd(void *data)
{
	(void)data;
	return INTX_FD;
}

static uint64_t read_fd(void *data, int32_t fd)
{
	struct guest_turn *t = data;

	return signal_mem_read(t->r->mem, (uint32_t)fd);
}

static int fire(struct guest_turn *t, uint32_t vector, bool within)
{
	guest_oracle_fired(&t->oracle, &t->f, vector, within);
	return backend_fire(t->r->be, t->f.st->index, vector);
}

/* At each internal step of a SET_IRQS call. */
static void on_step(void *data, const char *name)
{
	struct guest_turn *t = data;

	(void)name;
	for (uint32_t i = 0; i < t->n_due; i++) {
		if (t->due[i].step == t->step)
			fire(t, t->due[i].vector, true);
	}
	t->step++;
}

static struct guest_message message_of(uint32_t vector, uint8_t arg)
{
	return (struct guest_message){
		.address = 0xfee00000u | (uint64_t)(arg >> 4) << 12,
		.data = vector << 8 | arg,
	};
}

static int write_message(struct guest_turn *t, uint32_t vector, uint8_t arg)
{
	struct guest_message message = message_of(vector, arg);

	frontend_message(&t->f, vector, &message);
	return 0;
}

static int read_pending(struct guest_turn *t, uint32_t vector)
{
	bool pending = frontend_pending(&t->f, vector);

	guest_oracle_pending(&t->oracle, &t->f, vector, pending);
	return 0;
}

static uint32_t few(uint32_t n)
{
	return n < 3 ? n : 3;
}

static uint32_t coarse_state(const struct guest_turn *t)
{
	uint32_t used = 0, owed = 0, pending = 0, armed = 0, strategy = 0;

	while (strategies[strategy] != t->p->strategy)
		strategy++;
	for (uint32_t v = 0; v < t->p->vectors; v++) {
		used += frontend_used(&t->f, v);
		armed += t->f.s.wanted[v];
		owed += t->oracle.v[v].owed;
		pending += t->f.entries[v].pending;
	}
	return strategy << 12 | few(used) << 10 | few(armed) << 8 | few(owed) << 6 |
	       few(pending) << 4 | (uint32_t)t->f.enabled << 3 | (uint32_t)t->f.function_mask << 2 |
	       (uint32_t)t->f.s.enabled << 1 | t->oracle.intx_masked;
}

static void tell(const struct guest_turn *t, enum guest_op_kind kind, uint64_t delivered)
{
	uint64_t came = t->oracle.out->delivered - delivered;

	if (t->r->seen)
		t->r->seen(coarse_state(t), (uint32_t)kind << 3 |
						    (t->f.plan.kind == PLAN_TEARDOWN ? 4u : 0) |
						    few((uint32_t)came));
}

/* One operation that is no habit. */
static int simple(struct guest_turn *t, enum guest_op_kind kind, uint8_t vector, uint8_t arg)
{
	uint64_t delivered = t->oracle.out->delivered;
	struct frontend *f = &t->f;
	int err = 0;

	guest_oracle_begin(&t->oracle, f, kind);
	switch (kind) {
	case GUEST_ENABLE:
		err = frontend_control(f, true, arg & 1);
		break;
	case GUEST_DISABLE:
		err = frontend_control(f, false, false);
		break;
	case GUEST_UNMASK:
	case GUEST_MASK:
		err = frontend_mask(f, vector, kind == GUEST_MASK);
		break;
	case GUEST_MESSAGE:
		err = write_message(t, vector, arg);
		break;
	case GUEST_FUNCTION_MASK:
		err = frontend_control(f, f->enabled, arg & 1);
		break;
	case GUEST_PBA:
		err = read_pending(t, vector);
		break;
	case GUEST_RESET:
		err = frontend_reset(f);
		guest_oracle_line(&t->oracle, false);
		break;
	case GUEST_EOI:
		guest_oracle_eoi(&t->oracle);
		err = frontend_intx_eoi(f);
		break;
	case GUEST_FIRE:
		err = fire(t, vector, false);
		break;
	case GUEST_LINE:
		guest_oracle_line(&t->oracle, arg & 1);
		emulator_set_line(t->r->be, arg & 1);
		break;
	case GUEST_AT:
		if (t->n_due < PENDING_FIRES) {
			t->due[t->n_due].step = arg & 0x3f;
			t->due[t->n_due++].vector = vector;
		}
		return 0; /* it is the next operation's */
	default:
		break;
	}
	/* What should have met a step that was not reached was not raised. */
	t->n_due = t->step = 0;
	if (kind == GUEST_POLL || t->p->eager)
		frontend_poll(f);
	if (!err)
		guest_oracle_end(&t->oracle, f, kind == GUEST_POLL || t->p->eager);
	tell(t, kind, delivered);
	return err;
}

static int load(struct guest_turn *t, uint8_t arg)
{
	int err = simple(t, GUEST_ENABLE, 0, 0);

	for (uint32_t v = 0; v < t->p->vectors && !err; v++) {
		write_message(t, v, arg);
		err = simple(t, GUEST_UNMASK, (uint8_t)v, 0);
	}
	return err;
}

static int unload(struct guest_turn *t)
{
	int err = 0;

	for (uint32_t v = 0; v < t->p->vectors && !err; v++)
		err = simple(t, GUEST_MASK, (uint8_t)v, 0);
	return err ? err : simple(t, GUEST_DISABLE, 0, 0);
}

static int habit(struct guest_turn *t, enum guest_op_kind kind, uint8_t vector, uint8_t arg)
{
	int err = 0;

	switch (kind) {
	case GUEST_LOAD:
		return load(t, arg);
	case GUEST_UNLOAD:
		return unload(t);
	case GUEST_EARLY:
		err = simple(t, GUEST_UNMASK, vector, 0);
		return err ? err : simple(t, GUEST_MESSAGE, vector, arg);
	case GUEST_RETARGET:
		err = simple(t, GUEST_MASK, vector, 0);
		if (!err)
			err = simple(t, GUEST_MESSAGE, vector, arg);
		return err ? err : simple(t, GUEST_UNMASK, vector, 0);
	case GUEST_RETARGET_LIVE:
		return simple(t, GUEST_MESSAGE, vector, arg);
	case GUEST_STORM:
		for (uint32_t i = 0; i < 1u + (arg & 7) && !err; i++) {
			err = simple(t, GUEST_MASK, vector, 0);
			if (!err)
				err = simple(t, GUEST_PBA, vector, 0);
			if (!err)
				err = simple(t, GUEST_UNMASK, vector, 0);
		}
		return err;
	default:
		return simple(t, kind, vector, arg);
	}
}

/* Everything that is still owed must come once the guest lets it; then nothing may be left. */
static int finish(struct guest_turn *t)
{
	struct emu_state state;
	int err = simple(t, GUEST_FUNCTION_MASK, 0, 0);

	for (uint32_t v = 0; v < t->p->vectors && !err; v++)
		err = simple(t, GUEST_UNMASK, (uint8_t)v, 0);
	if (!err)
		err = simple(t, GUEST_POLL, 0, 0);
	if (!err)
		err = simple(t, GUEST_DISABLE, 0, 0);
	if (err)
		return err;
	emulator_state(t->r->be, &state);
	guest_oracle_left(&t->oracle, state.references - t->f.intx, state.allocated, state.active);
	return 0;
}

static int run(struct guest_turn *t, struct guest_result *out)
{
	const struct guest_program *p = t->p;
	int err = 0;

	for (uint32_t i = 0; i < p->n && !err && !out->finding; i++) {
		const struct guest_op *op = &p->ops[i];
		uint64_t fires = out->fires, delivered = out->delivered;

		out->op = i;
		err = habit(t, (enum guest_op_kind)(op->kind % GUEST_KINDS),
			    (uint8_t)(op->vector % p->vectors), op->arg);
		if (t->r->trace)
			t->r->trace(t->r->trace_data, i, op, out->fires - fires,
				    out->delivered - delivered);
	}
	if (!err && !out->finding) {
		out->op = p->n;
		err = finish(t);
	}
	return err;
}

int guest_program_run(struct guest_runner *r, const struct guest_program *p,
		      struct guest_result *out, struct errmsg *e)
{
	struct guest_turn t = {.r = r, .p = p};
	const struct frontend_host host = {
		.deliver = deliver,
		.intx = intx,
		.fd = fd_of,
		.intx_fd = intx_fd,
		.read = read_fd,
		.data = &t,
	};
	struct emu_config cfg;
	int err;

	memset(out, 0, sizeof(*out));
	out->digest = DIGEST_START;
	emulator_config(p, r, &cfg);
	for (uint32_t fd = 0; fd < FDS; fd++) {
		signal_mem_close(r->mem, fd);
		if (signal_mem_open(r->mem, fd, SIGNAL_MEM_EVENTFD))
			return errmsg_set(e, -ENOMEM, EXIT_ENVIRONMENT, "out of memory");
	}
	err = emulator_remake(r->be, &cfg, e);
	if (err)
		return err;
	guest_oracle_init(&t.oracle, p, out);
	err = frontend_init(&t.f, r->instead ? r->instead : p->strategy, p->vectors, r->be, &host);
	if (err && !t.f.hands.error) {
		errmsg_set(e, err, EXIT_ENVIRONMENT, "cannot start the guest: %s", strerror(-err));
		goto out;
	}
	t.f.cached = p->cached;
	r->be->ops->set_step_hook(r->be, on_step, &t);
	if (!err)
		err = run(&t, out);
	r->be->ops->set_step_hook(r->be, NULL, NULL);
	if (err)
		guest_oracle_failed(&t.oracle, &t.f, err);
	err = 0;
	out->violations = t.f.violations;
out:
	frontend_fini(&t.f);
	return err;
}
