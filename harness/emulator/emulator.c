/* SPDX-License-Identifier: MIT */
/*
 * emulator: the device as a backend: configuration, open and close, describe, the device side's
 * fire, and the accessors for oracles. The mechanisms are in the other files of this folder.
 */
#include "emulator/emulator.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "emulator/device.h"

static const char *const profile_names[] = {
	[EMU_PROFILE_6_1] = "6.1",
	[EMU_PROFILE_6_12] = "6.12",
};

#define PROFILES (sizeof(profile_names) / sizeof(profile_names[0]))

void emu_config_default(struct emu_config *cfg)
{
	*cfg = (struct emu_config){
		.profile = EMU_PROFILE_6_12,
		.msix_vectors = 64,
		.msi_vectors = 16,
		.intx = true,
		.pcie = true,
		.host_dyn = true,
	};
}

static int check_config(const struct emu_config *cfg, struct errmsg *e)
{
	if ((unsigned int)cfg->profile >= PROFILES)
		return errmsg_set(e, -EINVAL, EXIT_USAGE, "emu: profile=%u: must be 6.1 or 6.12",
				  (unsigned int)cfg->profile);
	if (cfg->msix_vectors > IRQ_MAX_VECTORS)
		return errmsg_set(e, -EINVAL, EXIT_USAGE, "emu: vectors=%u: must be 0 to %u",
				  cfg->msix_vectors, IRQ_MAX_VECTORS);
	if (cfg->msi_vectors > IRQ_MAX_MSI || (cfg->msi_vectors & (cfg->msi_vectors - 1)))
		return errmsg_set(e, -EINVAL, EXIT_USAGE,
				  "emu: msi=%u: must be 0, 1, 2, 4, 8, 16 or 32", cfg->msi_vectors);
	return 0;
}

uint32_t emu_irq_count(const struct emu *emu, uint32_t index)
{
	switch (index) {
	case VFIO_PCI_INTX_IRQ_INDEX:
		return emu->cfg.intx;
	case VFIO_PCI_MSI_IRQ_INDEX:
		return emu->cfg.msi_vectors;
	case VFIO_PCI_MSIX_IRQ_INDEX:
		return emu->cfg.msix_vectors;
	case VFIO_PCI_ERR_IRQ_INDEX:
		return emu->cfg.pcie;
	case VFIO_PCI_REQ_IRQ_INDEX:
		return 1;
	default:
		return 0;
	}
}

int emu_trigger_get(struct emu *emu, int32_t fd, struct signal_ref **out)
{
	int err = emu->cfg.signals->get(emu->cfg.signals, fd, out);

	if (!err)
		emu->references++;
	return err;
}

void emu_trigger_put(struct emu *emu, struct signal_ref *trigger)
{
	if (!trigger)
		return;
	emu->cfg.signals->put(trigger);
	emu->references--;
}

__attribute__((format(printf, 3, 4))) static void append(char *buf, size_t size, const char *fmt,
							 ...)
{
	size_t used = strlen(buf);
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(buf + used, size - used, fmt, ap);
	va_end(ap);
}

/* Profile and table size always, the rest where it is not the default. */
static void format_target(const struct emu_config *cfg, char *buf, size_t size)
{
	struct emu_config def;

	emu_config_default(&def);
	snprintf(buf, size, "emu:profile=%s,vectors=%u", profile_names[cfg->profile],
		 cfg->msix_vectors);
	if (cfg->msi_vectors != def.msi_vectors)
		append(buf, size, ",msi=%u", cfg->msi_vectors);
	if (cfg->intx != def.intx)
		append(buf, size, ",intx=%d", cfg->intx);
	if (cfg->pcie != def.pcie)
		append(buf, size, ",pcie=%d", cfg->pcie);
	if (cfg->host_dyn != def.host_dyn)
		append(buf, size, ",dyn=%d", cfg->host_dyn);
	if (cfg->pba_cleared_on_disable != def.pba_cleared_on_disable)
		append(buf, size, ",pba=%s", cfg->pba_cleared_on_disable ? "clear" : "keep");
}

static int emu_describe(struct backend *be, struct backend_desc *desc)
{
	struct emu *emu = (struct emu *)be;

	memset(desc, 0, sizeof(*desc));
	format_target(&emu->cfg, desc->target, sizeof(desc->target));
	snprintf(desc->device, sizeof(desc->device), "emulated %s function",
		 emu->cfg.pcie ? "PCIe" : "PCI");
	snprintf(desc->kernel, sizeof(desc->kernel), "%s (emulated)",
		 profile_names[emu->cfg.profile]);
	snprintf(desc->profile, sizeof(desc->profile), "%s", profile_names[emu->cfg.profile]);
	snprintf(desc->trigger, sizeof(desc->trigger), "device");
	desc->caps = BACKEND_SYNC_FIRE | BACKEND_HW_FIRE | BACKEND_RESET;
	desc->fire_max = emu->cfg.msix_vectors;

	for (uint32_t index = 0; index < VFIO_PCI_NUM_IRQS; index++) {
		struct vfio_irq_info info = {.argsz = IRQ_INFO_SIZE, .index = index};

		if (emu_irq_info(be, &info))
			continue; /* absent (R14): count stays 0 */
		desc->irq[index].flags = info.flags;
		desc->irq[index].count = info.count;
	}
	return 0;
}

static int emu_fire(struct backend *be, uint32_t index, uint32_t vector)
{
	struct emu *emu = (struct emu *)be;

	if (vector >= emu_irq_count(emu, index))
		return -EINVAL;

	switch (index) {
	case VFIO_PCI_INTX_IRQ_INDEX:
		intx_set_line(emu, true);
		break;
	case VFIO_PCI_MSI_IRQ_INDEX:
		msg_table_fire(&emu->msi, vector);
		break;
	case VFIO_PCI_MSIX_IRQ_INDEX:
		msg_table_fire(&emu->msix, vector);
		break;
	case VFIO_PCI_ERR_IRQ_INDEX:
		single_event(emu, &emu->err);
		break;
	case VFIO_PCI_REQ_IRQ_INDEX:
		single_event(emu, &emu->req);
		break;
	}
	return 0;
}

static int emu_reset(struct backend *be)
{
	/* R22: type, contexts, triggers, host irqs and the restored table all survive. */
	(void)be;
	return 0;
}

static void emu_free(struct emu *emu)
{
	msg_table_fini(&emu->msix);
	msg_table_fini(&emu->msi);
	host_fini(&emu->host);
	free(emu->vectors);
	pthread_mutex_destroy(&emu->igate);
	pthread_mutex_destroy(&emu->req.lock);
	pthread_mutex_destroy(&emu->err.lock);
	pthread_mutex_destroy(&emu->intx.lock);
	free(emu);
}

static void emu_close(struct backend *be)
{
	struct emu *emu = (struct emu *)be;

	pthread_mutex_lock(&emu->igate);
	if (emu->type == VFIO_PCI_INTX_IRQ_INDEX)
		intx_disable(emu);
	else if (emu->type != VFIO_PCI_NUM_IRQS)
		msi_disable(emu);
	single_drop(emu, &emu->err);
	single_drop(emu, &emu->req);
	pthread_mutex_unlock(&emu->igate);
	emu_free(emu);
}

static const struct backend_ops emu_ops = {
	.describe = emu_describe,
	.irq_info = emu_irq_info,
	.set_irqs = emu_set_irqs,
	.fire = emu_fire,
	.reset = emu_reset,
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
	emu->dyn = cfg->profile != EMU_PROFILE_6_1 && cfg->host_dyn && cfg->msix_vectors;
	emu->type = VFIO_PCI_NUM_IRQS;
	emu->vector_slots =
		cfg->msix_vectors > cfg->msi_vectors ? cfg->msix_vectors : cfg->msi_vectors;
	pthread_mutex_init(&emu->intx.lock, NULL);
	pthread_mutex_init(&emu->err.lock, NULL);
	pthread_mutex_init(&emu->req.lock, NULL);
	pthread_mutex_init(&emu->igate, NULL);
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
	    msg_table_init(&emu->msi, &emu->host, cfg->msi_vectors, false,
			   cfg->pba_cleared_on_disable) ||
	    msg_table_init(&emu->msix, &emu->host, cfg->msix_vectors, true,
			   cfg->pba_cleared_on_disable))
		goto err_free;

	*out = &emu->be;
	return 0;

err_free:
	emu_free(emu);
err_nomem:
	return errmsg_set(e, -ENOMEM, EXIT_ENVIRONMENT, "emu: no memory for %u vectors",
			  cfg->msix_vectors);
}

void emulator_state(struct backend *be, struct emu_state *state)
{
	struct emu *emu = (struct emu *)be;
	struct msg_stats msi, msix;

	memset(state, 0, sizeof(*state));
	pthread_mutex_lock(&emu->igate);
	state->type = emu->type;
	state->references = emu->references;
	for (uint32_t v = 0; v < emu->vector_slots; v++) {
		state->allocated += emu->vectors[v].irq != NULL;
		state->active += emu->vectors[v].ctx != NULL;
	}
	pthread_mutex_unlock(&emu->igate);

	msg_table_stats(&emu->msi, &msi);
	msg_table_stats(&emu->msix, &msix);
	state->dropped_disabled = msi.dropped + msix.dropped;
	state->pended = msi.pended + msix.pended;
	state->coalesced = msi.coalesced + msix.coalesced;
	state->pending = msi.pending + msix.pending;
	host_stats(&emu->host, &state->sent, &state->dropped_shutdown);
}

void emulator_vector_state(struct backend *be, uint32_t vector, struct emu_vector_state *state)
{
	struct emu *emu = (struct emu *)be;
	const struct msi_vector *vec;

	memset(state, 0, sizeof(*state));
	if (vector >= emu->cfg.msix_vectors)
		return;

	pthread_mutex_lock(&emu->igate);
	vec = &emu->vectors[vector];
	if (emu->type == VFIO_PCI_MSIX_IRQ_INDEX && vec->irq) {
		state->allocated = true;
		state->active = vec->ctx != NULL;
		state->host_irq = host_irq_number(&emu->host, vec->irq);
	}
	pthread_mutex_unlock(&emu->igate);
	msg_table_entry_state(&emu->msix, vector, &state->masked, &state->pending);
}

void emulator_set_function_mask(struct backend *be, bool masked)
{
	struct emu *emu = (struct emu *)be;

	pthread_mutex_lock(&emu->igate);
	msg_table_set_maskall(&emu->msix, masked);
	pthread_mutex_unlock(&emu->igate);
}

void emulator_set_line(struct backend *be, bool asserted)
{
	struct emu *emu = (struct emu *)be;

	if (emu->cfg.intx)
		intx_set_line(emu, asserted);
}
