/* SPDX-License-Identifier: MIT */
/* setup: opens what an executor drives, and makes it as new before each program. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "exec/oracle.h"
#include "exec/target.h"

static int open_backend(struct executor *x, struct errmsg *e)
{
	struct target_options o = {
		.signals = x->slots->provider,
		.device = x->has_device ? &x->device : NULL,
	};
	int err;

	err = target_open_with(x->spec, &o, &x->be, e);
	if (err)
		return err;
	err = backend_describe(x->be, &x->desc);
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
		x->desc.traits |= BACKEND_MSI_SINGLE;
	else
		backend_set_irqs(x->be, irq_set_disable(&buf, VFIO_PCI_MSI_IRQ_INDEX));
}

int executor_open(struct executor *x, const char *spec, struct errmsg *e)
{
	int err;

	memset(x, 0, sizeof(*x));
	x->emulated = target_is_emulator(spec);
	x->spec = strdup(spec);
	err = x->spec ? executor_alloc(x) : -ENOMEM;
	if (!err)
		err = x->emulated ? slots_mem_create(&x->slots) : slots_eventfd_create(&x->slots);
	if (err) {
		errmsg_set(e, err, EXIT_ENVIRONMENT, "cannot make eventfds: %s", strerror(-err));
		goto fail;
	}
	err = open_backend(x, e);
	if (err)
		goto fail;
	if (!x->emulated && !(x->desc.device_ops >> BACKEND_DEV_REOPEN & 1)) {
		err = errmsg_set(e, -EOPNOTSUPP, EXIT_ENVIRONMENT,
				 "%s cannot be opened anew for each program", spec);
		goto fail;
	}
	probe_msi(x);
	return 0;

fail:
	executor_close(x);
	return err;
}

void executor_close(struct executor *x)
{
	backend_close(x->be);
	x->be = NULL;
	slots_destroy(x->slots);
	x->slots = NULL;
	free(x->oracle);
	free(x->at);
	free(x->spec);
	x->oracle = NULL;
	x->at = NULL;
	x->spec = NULL;
}

/* 6.5 brought one context a vector; a release like "6.12.117+deb12-amd64" or "6.1 (emulated)". */
static bool is_before_6_5(const char *kernel)
{
	unsigned int major = 0, minor = 0;

	return sscanf(kernel, "%u.%u", &major, &minor) == 2 &&
	       (major < 6 || (major == 6 && minor < 5));
}

void executor_model_config(const struct executor *x, struct model_config *cfg)
{
	const struct backend_desc *d = &x->desc;

	memset(cfg, 0, sizeof(*cfg));
	for (uint32_t i = 0; i < VFIO_PCI_NUM_IRQS; i++)
		cfg->count[i] = d->irq[i].count;
	cfg->is_6_1 = is_before_6_5(d->kernel);
	cfg->dyn = d->irq[VFIO_PCI_MSIX_IRQ_INDEX].count &&
		   !(d->irq[VFIO_PCI_MSIX_IRQ_INDEX].flags & VFIO_IRQ_INFO_NORESIZE);
	cfg->msi_multi = !(d->traits & BACKEND_MSI_SINGLE);
	cfg->pba_cleared = d->traits & BACKEND_PBA_CLEARED;
	cfg->message_cached = d->traits & BACKEND_MESSAGE_CACHED;
	cfg->no_reset = d->traits & BACKEND_NO_RESET;
	cfg->host_vectors = d->host_vectors;
}

/* A function that no open resets keeps its pending bits: deliver them to no one that matters. */
static int flush_pending(struct executor *x)
{
	int32_t fds[IRQ_MAX_VECTORS];
	struct irq_set_buf buf;
	uint32_t n = 0;
	int err;

	for (uint32_t w = 0; w < MODEL_WORDS; w++) {
		if (x->model.pending.bits[w])
			n = w * 64 + 64 - (uint32_t)__builtin_clzll(x->model.pending.bits[w]);
	}
	if (!n)
		return 0;
	for (uint32_t v = 0; v < n; v++)
		fds[v] = vector_in(&x->model.pending, v) ? x->slots->ops->fd(x->slots, 0) : -1;
	err = backend_set_irqs(x->be, irq_set_eventfds(&buf, VFIO_PCI_MSIX_IRQ_INDEX, 0, n, fds));
	if (err)
		return err < 0 ? err : -ENOSPC;
	/* free_irq() waits: when this returns, whatever was pended has been counted (R69). */
	err = backend_set_irqs(x->be, irq_set_disable(&buf, VFIO_PCI_MSIX_IRQ_INDEX));
	memset(&x->model.pending, 0, sizeof(x->model.pending));
	return err;
}

static int renew(struct executor *x)
{
	int err;

	if (x->emulated)
		return backend_device(x->be, BACKEND_DEV_REBIND,
				      x->desc.irq[VFIO_PCI_MSIX_IRQ_INDEX].count);
	err = backend_device(x->be, BACKEND_DEV_REOPEN, 0);
	if (err || !(x->desc.traits & BACKEND_NO_RESET))
		return err;
	err = x->slots->ops->reset(x->slots);
	return err ? err : flush_pending(x);
}

static bool same_device(const struct executor *x, const struct program *p)
{
	return x->has_device == p->has_device &&
	       (!p->has_device || !memcmp(&x->device, &p->device, sizeof(x->device)));
}

int executor_reset(struct executor *x, const struct program *p, struct errmsg *e)
{
	struct model_config cfg;
	int err;

	if (x->emulated && !same_device(x, p)) {
		backend_close(x->be);
		x->be = NULL;
		x->has_device = p->has_device;
		x->device = p->device;
		err = open_backend(x, e);
		if (err)
			return err;
	}
	err = x->fresh ? 0 : renew(x);
	if (err)
		return errmsg_set(e, err, EXIT_ENVIRONMENT, "%s: cannot be opened anew: %s",
				  x->spec, strerror(-err));
	err = x->slots->ops->reset(x->slots);
	if (err)
		return errmsg_set(e, err, EXIT_ENVIRONMENT, "cannot make eventfds: %s",
				  strerror(-err));
	executor_model_config(x, &cfg);
	model_init(&x->model, &cfg, &x->rules);
	return 0;
}
