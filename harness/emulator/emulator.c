/* SPDX-License-Identifier: MIT */
/*
 * emulator: the device as a backend: configuration, open and close, and the device side's fire. The
 * mechanisms are in the other files of this folder.
 */
#include "emulator/emulator.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "emulator/device.h"
#include "emulator/zoo.h"

void emu_config_default(struct emu_config *cfg)
{
	*cfg = (struct emu_config){
		.msix_vectors = 64,
		.msi_vectors = 16,
		.intx = true,
		.pcie = true,
		.pci_2_3 = true,
		.host_dyn = true,
		.host_intremap = true,
	};
	emu_config_profile(cfg, PROFILE_6_12);
}

void emu_config_profile(struct emu_config *cfg, enum profile profile)
{
	cfg->profile = profile;
	cfg->features = profile_features(profile);
}

uint32_t emu_config_features(const struct emu_config *cfg)
{
	return cfg->host_dyn ? cfg->features : cfg->features & ~FEATURE_BIT(DYN_MSIX);
}

void emu_config_shape(const struct emu_config *cfg, struct shape *out)
{
	*out = (struct shape){
		.known = true,
		.pcie = cfg->pcie,
		.irqless = cfg->irqless,
		.pin = cfg->intx,
		.msi = (uint16_t)cfg->msi_vectors,
		.msix = (uint16_t)cfg->msix_vectors,
	};
}

static int check_config(const struct emu_config *cfg, struct errmsg *e)
{
	char names[FEATURE_NAMES_MAX];

	if (cfg->profile == PROFILE_ANY || cfg->profile >= PROFILES)
		return errmsg_set(e, -EINVAL, EXIT_USAGE, "emu: profile %d: must be one of %s",
				  (int)cfg->profile, profile_names(names, sizeof(names)));
	if (cfg->msix_vectors > IRQ_MAX_VECTORS)
		return errmsg_set(e, -EINVAL, EXIT_USAGE, "emu: vectors=%u: must be 0 to %u",
				  cfg->msix_vectors, IRQ_MAX_VECTORS);
	if (cfg->msi_vectors > IRQ_MAX_MSI || (cfg->msi_vectors & (cfg->msi_vectors - 1)))
		return errmsg_set(e, -EINVAL, EXIT_USAGE,
				  "emu: msi=%u: must be 0, 1, 2, 4, 8, 16 or 32", cfg->msi_vectors);
	if (cfg->msix_grown && (!cfg->msix_vectors || cfg->msix_grown <= cfg->msix_vectors ||
				cfg->msix_grown > IRQ_MAX_VECTORS))
		return errmsg_set(e, -EINVAL, EXIT_USAGE,
				  "emu: grown=%u: must be more than vectors=%u, which must not be "
				  "0, and at most %u",
				  cfg->msix_grown, cfg->msix_vectors, IRQ_MAX_VECTORS);
	if (cfg->bug && !zoo_entry(cfg->bug))
		return errmsg_set(e, -EINVAL, EXIT_USAGE, "emu: bug %u: no such bug is planted",
				  cfg->bug);
	return 0;
}

uint32_t emu_irq_count(const struct emu *emu, uint32_t index)
{
	switch (index) {
	case VFIO_PCI_INTX_IRQ_INDEX:
		/* R16: vfio's virtual pin */
		return emu->cfg.intx &&
		       !(emu->cfg.irqless && emu_has(emu, FEATURE_INTX_COUNT_NEEDS_IRQ));
	case VFIO_PCI_MSI_IRQ_INDEX:
		return emu->cfg.msi_vectors;
	case VFIO_PCI_MSIX_IRQ_INDEX:
		return emu->msix.count;
	case VFIO_PCI_ERR_IRQ_INDEX:
		return emu->cfg.pcie || emu_has(emu, FEATURE_ERR_ANY_FUNCTION);
	case VFIO_PCI_REQ_IRQ_INDEX:
		return 1;
	default:
		return 0;
	}
}

bool emu_samples_dyn(const struct emu *emu)
{
	return emu_has(emu, FEATURE_DYN_MSIX) && emu->cfg.host_dyn && emu->msix.count;
}

int emu_trigger_get(struct emu *emu, int32_t fd, struct signal_ref **out)
{
	int err = emu->cfg.signals->get(emu->cfg.signals, fd, out);

	if (!err) /* relaxed: a count, it orders nothing */
		atomic_fetch_add_explicit(&emu->references, 1, memory_order_relaxed);
	return err;
}

void emu_trigger_put(struct emu *emu, struct signal_ref *trigger)
{
	if (!trigger)
		return;
	emu->cfg.signals->put(trigger);
	atomic_fetch_sub_explicit(&emu->references, 1, memory_order_relaxed);
}

/* The AER core walks the bus and calls the driver (R77). */
static void aer_event(struct emu *emu)
{
	if (PLANT(aer_event, emu))
		return;
	lock_take(&emu->bus_lock);
	single_event(emu, &emu->err);
	lock_drop(&emu->bus_lock);
}

static int emu_fire(struct backend *be, uint32_t index, uint32_t vector)
{
	struct emu *emu = (struct emu *)be;

	if (vector >= emu_irq_count(emu, index))
		return -EINVAL;
	if (PLANT(fire, emu, index, vector))
		index = VFIO_PCI_REQ_IRQ_INDEX;

	switch (index) {
	case VFIO_PCI_INTX_IRQ_INDEX:
		if (!emu->off)
			intx_set_line(emu, true);
		break;
	case VFIO_PCI_MSI_IRQ_INDEX:
		msg_table_fire(&emu->msi, vector);
		break;
	case VFIO_PCI_MSIX_IRQ_INDEX:
		msg_table_fire(&emu->msix, vector);
		break;
	case VFIO_PCI_ERR_IRQ_INDEX:
		aer_event(emu);
		break;
	case VFIO_PCI_REQ_IRQ_INDEX:
		single_event(emu, &emu->req);
		break;
	}
	return 0;
}

static void emu_free(struct emu *emu)
{
	msg_table_fini(&emu->msix);
	msg_table_fini(&emu->msi);
	host_fini(&emu->host);
	free(emu->vectors);
	lock_fini(&emu->igate);
	lock_fini(&emu->bus_lock);
	lock_fini(&emu->device_lock);
	lock_fini(&emu->req.lock);
	lock_fini(&emu->err.lock);
	lock_fini(&emu->intx.lock);
	lock_fini(&emu->intx.irq_lock);
	free(emu);
}

void emu_last_close(struct emu *emu)
{
	PLANT_SEES(last_close, emu, true);
	if (emu->type == VFIO_PCI_INTX_IRQ_INDEX)
		intx_disable(emu);
	else if (emu->type != VFIO_PCI_NUM_IRQS)
		msi_disable(emu);
	single_drop(emu, &emu->err);
	single_drop(emu, &emu->req);
	PLANT_SEES(last_close, emu, false);
	lock_take(&emu->intx.lock);
	emu->intx.virq_disabled = false;
	lock_drop(&emu->intx.lock);
}

static void emu_close(struct backend *be)
{
	struct emu *emu = (struct emu *)be;

	lock_take(&emu->igate);
	emu_zoo_forget(emu);
	emu_last_close(emu);
	lock_drop(&emu->igate);
	emu_free(emu);
}

/* Messages of the step before arrive, and what the hook has the device send is under way next. */
void emu_show_step(struct emu *emu, const char *what)
{
	host_arrive(&emu->host);
	emu->host.posting = emu->cfg.posted;
	emu->step_hook(emu->step_data, what);
	emu->host.posting = false;
}

static void emu_set_step_hook(struct backend *be, backend_step_hook fn, void *data)
{
	struct emu *emu = (struct emu *)be;

	emu->step_hook = fn;
	emu->step_data = data;
}

static const struct backend_ops emu_ops = {
	.describe = emu_describe,
	.irq_info = emu_irq_info,
	.set_irqs = emu_set_irqs,
	.fire = emu_fire,
	.reset = emu_reset,
	.device = emu_device,
	.inspect = emu_inspect,
	.host_limits = emu_host_limits,
	.entries = emu_entries,
	.mask_entry = emu_mask_entry,
	.set_step_hook = emu_set_step_hook,
	.close = emu_close,
};

static struct emu *emu_alloc(const struct emu_config *cfg)
{
	struct emu *emu = aligned_alloc(alignof(struct emu), sizeof(*emu));

	if (!emu)
		return NULL;
	memset(emu, 0, sizeof(*emu));
	emu->be.ops = &emu_ops;
	emu->cfg = *cfg;
	if (!emu->cfg.signals)
		emu->cfg.signals = &signal_eventfd;
	emu->type = VFIO_PCI_NUM_IRQS;
	emu->vector_slots =
		cfg->msix_vectors > cfg->msi_vectors ? cfg->msix_vectors : cfg->msi_vectors;
	lock_init(&emu->intx.irq_lock, LOCK_INTX_IRQ);
	lock_init(&emu->intx.lock, LOCK_INTX);
	lock_init(&emu->err.lock, LOCK_SINGLE);
	lock_init(&emu->req.lock, LOCK_SINGLE);
	lock_init(&emu->igate, LOCK_IGATE);
	lock_init(&emu->bus_lock, LOCK_BUS);
	lock_init(&emu->device_lock, LOCK_DEVICE);
	return emu;
}

int emulator_open(const struct emu_config *cfg, struct backend **out, struct errmsg *e)
{
	struct emu *emu;
	int err;

	err = check_config(cfg, e);
	if (err)
		return err;

	emu = emu_alloc(cfg);
	if (!emu)
		goto err_nomem;

	/* MSI and MSI-X exclude each other (R18): what serves the larger serves both. */
	if (emu->vector_slots) {
		emu->vectors = calloc(emu->vector_slots, sizeof(*emu->vectors));
		if (!emu->vectors)
			goto err_free;
	}
	if (host_init(&emu->host, emu->vector_slots) ||
	    msg_table_init(&emu->msi, &emu->host, cfg->msi_vectors, false) ||
	    msg_table_init(&emu->msix, &emu->host, cfg->msix_vectors, true))
		goto err_free;
	emu->msi.breaches = emu->msix.breaches = &emu->breaches;
	emu->msi.other = &emu->msix;
	emu->msix.other = &emu->msi;
	emu->host.limit = cfg->host_vectors;
	emu->msi.pba_cleared = emu->msix.pba_cleared = cfg->pba_cleared_on_disable;
	emu->msix.cached = cfg->message_cached;
	if (emu_found(emu))
		goto err_free;
	emu->dyn = emu_samples_dyn(emu);
	emu_zoo_init(emu);

	*out = &emu->be;
	return 0;

err_free:
	emu_free(emu);
err_nomem:
	return errmsg_set(e, -ENOMEM, EXIT_ENVIRONMENT, "emu: no memory for %u vectors",
			  cfg->msix_vectors);
}

int emulator_remake(struct backend *be, const struct emu_config *cfg, struct errmsg *e)
{
	struct emu *emu = (struct emu *)be;
	struct emu_config new = cfg ? *cfg : emu->cfg;
	int err;

	err = check_config(&new, e);
	if (err)
		return err;
	new.signals = emu->cfg.signals;
	lock_take(&emu->igate);
	err = emu_renew(emu, &new);
	lock_drop(&emu->igate);
	return err ? errmsg_set(e, err, EXIT_ENVIRONMENT, "emu: no memory for %u vectors",
				new.msix_vectors)
		   : 0;
}

bool emulator_is(const struct backend *be)
{
	return be->ops == &emu_ops;
}

void emulator_set_line(struct backend *be, bool asserted)
{
	struct emu *emu = (struct emu *)be;

	if (emu->cfg.intx && !emu->off)
		intx_set_line(emu, asserted);
}
