/* SPDX-License-Identifier: MIT */
/* setup: opens what an executor drives, and makes it as new before each program. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "backend/ask.h"
#include "backend/gone.h"
#include "emulator/emulator.h"
#include "exec/oracle.h"
#include "exec/target.h"

/* What the model holds the target against: the device by its shape, whatever GET_IRQ_INFO says. */
static void set_answers(struct executor *x, const struct shape *shape, uint32_t features)
{
	struct model_config *cfg = &x->answers;

	memset(cfg, 0, sizeof(*cfg));
	cfg->features = features = target_rules_apply(&x->rules_named, features);
	for (uint32_t i = 0; i < VFIO_PCI_NUM_IRQS; i++)
		cfg->count[i] = shape_count(shape, features, i);
	cfg->dyn = shape->msix && feature_in(features, FEATURE_DYN_MSIX);
	cfg->irqless = shape->irqless;
}

/* A real device and its kernel show themselves what they are, as far as they can be asked. */
void executor_know_device(struct executor *x)
{
	struct backend_desc *d = &x->desc;
	struct model_config *cfg = &x->answers;

	backend_ask_features(x->be, d);
	set_answers(x, &d->shape, d->features.set);
	cfg->msi_multi = true; /* until probe_msi() */
	cfg->pba_survives = d->traits & BACKEND_PBA_SURVIVES;
}

/* The emulator is not asked: what it says of itself is a part of what is checked (R15-R17). */
static void emulator_answers(struct executor *x, const struct emu_config *emu)
{
	struct model_config *cfg = &x->answers;

	struct shape shape;

	emu_config_shape(emu, &shape);
	x->rules_named.host_lacks = emu->host_dyn ? 0 : FEATURE_BIT(DYN_MSIX);
	set_answers(x, &shape, emu_config_features(emu));
	cfg->msi_multi = emu->host_intremap;
	cfg->pba_cleared = emu->pba_cleared_on_disable;
	cfg->message_cached = emu->message_cached;
	cfg->posted = emu->posted;
	cfg->entries_open = emu->entries_open;
	cfg->host_vectors = emu->host_vectors;
}

static int describe(struct executor *x, struct errmsg *e)
{
	int err = backend_describe(x->be, &x->desc);

	if (err) {
		backend_close(x->be);
		x->be = NULL;
		return errmsg_set(e, err, EXIT_ENVIRONMENT, "%s: cannot be described: %s", x->spec,
				  strerror(-err));
	}
	x->fresh = true;
	return 0;
}

/*
 * A fault that strikes fires is of no use where no program has one: a trigger that is SET_IRQS
 * itself is no operation of its own (R59).
 */
static int check_faults(struct executor *x, struct errmsg *e)
{
	struct backend_desc desc = {0};
	int err = 0;

	if (x->emulated || !fault_on_fires(x->be))
		return 0;
	if (!backend_describe(x->be, &desc) && !(desc.caps & BACKEND_HW_FIRE))
		err = errmsg_set(e, -EINVAL, EXIT_USAGE,
				 "--target %s: the fault would never strike: trigger %s raises no "
				 "interrupt in a program; name another trigger, or plant the fault "
				 "in stress",
				 x->spec, desc.trigger);
	if (err) {
		backend_close(x->be);
		x->be = NULL;
	}
	return err;
}

static int open_backend(struct executor *x, struct errmsg *e)
{
	struct target_options o = {
		.signals = x->slots->provider,
		.device = x->has_device ? &x->device : NULL,
	};
	struct emu_config emu;
	int err;

	err = target_open_with(x->spec, &o, &x->be, e);
	x->opened = x->be;
	if (!err)
		err = check_faults(x, e);
	if (!err)
		err = describe(x, e);
	if (!err && x->emulated)
		err = target_emulator_config(x->spec, &o, &emu, e);
	if (err)
		return err;
	if (x->emulated)
		emulator_answers(x, &emu);
	else
		executor_know_device(x);
	return 0;
}

/* Planted faults go on counting: one in many fires would never strike otherwise. */
static int open_again(struct executor *x, struct errmsg *e)
{
	struct fault_counter c;
	int err;

	fault_get_counter(x->be, &c);
	backend_close(x->be);
	x->be = NULL;
	err = open_backend(x, e);
	if (!err)
		fault_set_counter(x->be, &c);
	return err;
}

/*
 * Another device for the next program. The emulator is made anew in place where it can be: opening
 * one takes longer than most programs do.
 */
static int change_device(struct executor *x, const struct program *p, struct errmsg *e)
{
	struct target_options o = {.device = p->has_device ? &p->device : NULL};
	struct emu_config emu;
	int err;

	if (!emulator_is(x->be)) { /* something around it, which plants faults */
		x->has_device = p->has_device;
		x->device = p->device;
		return open_again(x, e);
	}
	err = target_emulator_config(x->spec, &o, &emu, e);
	if (!err)
		err = emulator_remake(x->be, &emu, e);
	if (err)
		return err;
	x->has_device = p->has_device;
	x->device = p->device;
	emulator_answers(x, &emu);
	return describe(x, e);
}

/*
 * Does MSI get more than one vector here? Only trying tells (R48). An answer that is neither 0 nor
 * positive is left for a program to show.
 */
static void probe_msi(struct executor *x)
{
	static const int32_t none[2] = {-1, -1};
	struct irq_set_buf buf;

	if (x->emulated || x->desc.irq[VFIO_PCI_MSI_IRQ_INDEX].count < 2)
		return;
	x->fresh = false;
	if (backend_set_irqs(x->be, irq_set_eventfds(&buf, VFIO_PCI_MSI_IRQ_INDEX, 0, 2, none)) > 0)
		x->answers.msi_multi = false;
	else
		backend_set_irqs(x->be, irq_set_disable(&buf, VFIO_PCI_MSI_IRQ_INDEX));
}

int executor_open(struct executor *x, const char *spec, struct errmsg *e)
{
	int err;

	memset(x, 0, sizeof(*x));
	model_init(&x->model, &x->answers, NULL);
	x->emulated = target_is_emulator(spec);
	x->watch_steps = x->emulated;
	x->spec = strdup(spec);
	err = x->spec ? executor_alloc(x) : -ENOMEM;
	if (!err)
		err = x->emulated ? slots_mem_create(&x->slots) : slots_eventfd_create(&x->slots);
	if (err) {
		errmsg_set(e, err, EXIT_ENVIRONMENT, "cannot make eventfds: %s", strerror(-err));
		goto fail;
	}
	err = target_rules(spec, &x->rules_named, e);
	if (!err)
		err = open_backend(x, e);
	if (err)
		goto fail;
	if (!x->emulated && !(x->desc.device_ops >> BACKEND_DEV_REOPEN & 1)) {
		err = errmsg_set(e, -EOPNOTSUPP, EXIT_ENVIRONMENT,
				 "%s cannot be opened anew for each program", spec);
		goto fail;
	}
	probe_msi(x);
	x->faulty = fault_get_counter(x->be, &x->faults);
	recorder_open(&x->recorder);
	return 0;

fail:
	executor_close(x);
	return err;
}

int executor_anew(struct executor *x, struct errmsg *e)
{
	int err;

	if (!x->emulated || x->be != x->opened)
		return 0;
	err = slots_mem_create(&x->slots);
	if (err)
		return errmsg_set(e, err, EXIT_ENVIRONMENT, "cannot make eventfds: %s",
				  strerror(-err));
	return open_backend(x, e);
}

void executor_close(struct executor *x)
{
	backend_close(x->be);
	x->be = NULL;
	slots_destroy(x->slots);
	x->slots = NULL;
	recorder_close(&x->recorder);
	free(x->oracle);
	free(x->at);
	free(x->spec);
	x->oracle = NULL;
	x->at = NULL;
	x->spec = NULL;
}

static int renew(struct executor *x, struct errmsg *e)
{
	if (emulator_is(x->be))
		return emulator_remake(x->be, NULL, e);
	if (x->emulated && x->answers.entries_open) { /* a rebind would mask them */
		return open_again(x, e);
	}
	if (x->emulated) {
		backend_device(x->be, BACKEND_DEV_FAIL, 0); /* armed for a call that never came */
		return backend_device(x->be, BACKEND_DEV_REBIND,
				      x->answers.count[VFIO_PCI_MSIX_IRQ_INDEX]);
	}
	return backend_device(x->be, BACKEND_DEV_REOPEN, 0);
}

static bool same_device(const struct executor *x, const struct program *p)
{
	return x->has_device == p->has_device &&
	       (!p->has_device || !memcmp(&x->device, &p->device, sizeof(x->device)));
}

int executor_reset(struct executor *x, const struct program *p, struct errmsg *e)
{
	int err;

	if (x->emulated && !same_device(x, p)) {
		err = change_device(x, p, e);
		if (err)
			return err;
	}
	err = x->fresh ? 0 : renew(x, e);
	if (err) {
		errmsg_set(e, err, EXIT_ENVIRONMENT, "%s: cannot be opened anew: %s", x->spec,
			   strerror(-err));
		return gone_explain(x->be, err, e);
	}
	err = x->slots->ops->reset(x->slots);
	if (err)
		return errmsg_set(e, err, EXIT_ENVIRONMENT, "cannot make eventfds: %s",
				  strerror(-err));
	model_renew(&x->model, &x->answers, &x->rules);
	return 0;
}
