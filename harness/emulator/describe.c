/* SPDX-License-Identifier: MIT */
/*
 * describe: what the emulator tells of itself: the canonical target, and what an oracle may see.
 */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "emulator/device.h"

static const char *const profile_names[] = {
	[EMU_PROFILE_6_1] = "6.1",
	[EMU_PROFILE_6_12] = "6.12",
};

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
	if (cfg->pci_2_3 != def.pci_2_3)
		append(buf, size, ",pci23=%d", cfg->pci_2_3);
	if (cfg->host_dyn != def.host_dyn)
		append(buf, size, ",dyn=%d", cfg->host_dyn);
	if (cfg->host_intremap != def.host_intremap)
		append(buf, size, ",intremap=%d", cfg->host_intremap);
	if (cfg->host_vectors != def.host_vectors)
		append(buf, size, ",hostvecs=%u", cfg->host_vectors);
	if (cfg->pba_cleared_on_disable != def.pba_cleared_on_disable)
		append(buf, size, ",pba=%s", cfg->pba_cleared_on_disable ? "clear" : "keep");
	if (cfg->message_cached != def.message_cached)
		append(buf, size, ",msg=%s", cfg->message_cached ? "cached" : "reread");
}

/* Producers are known by their eventfd, which not every provider can tell from another. */
static uint32_t inspectable(const struct emu *emu)
{
	return INSPECT_ACTIVE | INSPECT_TYPE | INSPECT_ALLOCATED | INSPECT_REFERENCES |
	       INSPECT_MASKED | (emu->cfg.signals->token ? INSPECT_PRODUCERS : 0);
}

int emu_describe(struct backend *be, struct backend_desc *desc)
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
	desc->fire_max = emu->msix.count;
	desc->device_ops = (1u << (BACKEND_DEV_FAIL + 1)) - 1;
	desc->inspect = inspectable(emu);
	desc->host_vectors = emu->cfg.host_vectors;
	desc->traits = BACKEND_FIRE_MSI |
		       (emu->cfg.host_intremap ? 0 : (uint32_t)BACKEND_MSI_SINGLE) |
		       (emu->cfg.pba_cleared_on_disable ? (uint32_t)BACKEND_PBA_CLEARED : 0) |
		       (emu->cfg.message_cached ? (uint32_t)BACKEND_MESSAGE_CACHED : 0);

	for (uint32_t index = 0; index < VFIO_PCI_NUM_IRQS; index++) {
		if (index == VFIO_PCI_ERR_IRQ_INDEX && !emu->cfg.pcie)
			continue; /* absent (R14) */
		emu_get_info(emu, index, &desc->irq[index].flags, &desc->irq[index].count);
	}
	return 0;
}

int emu_inspect(struct backend *be, struct backend_inspect *out)
{
	struct emu *emu = (struct emu *)be;

	pthread_mutex_lock(&emu->igate);
	out->valid = inspectable(emu);
	out->type = emu->type;
	out->references = atomic_load_explicit(&emu->references, memory_order_relaxed);
	out->producers = emu->producers;
	memcpy(out->active, emu->active, sizeof(out->active));
	memcpy(out->allocated, emu->allocated, sizeof(out->allocated));
	if (emu->type == VFIO_PCI_INTX_IRQ_INDEX)
		bitmap_set(out->active, 0);
	pthread_mutex_lock(&emu->intx.lock);
	out->masked = emu->intx.masked;
	pthread_mutex_unlock(&emu->intx.lock);
	pthread_mutex_unlock(&emu->igate);
	return 0;
}

void emulator_state(struct backend *be, struct emu_state *state)
{
	struct emu *emu = (struct emu *)be;
	struct msg_stats msi, msix;

	memset(state, 0, sizeof(*state));
	pthread_mutex_lock(&emu->igate);
	state->type = emu->type;
	state->references = atomic_load_explicit(&emu->references, memory_order_relaxed);
	state->allocated = bitmap_weight(emu->allocated, BITMAP_WORDS);
	state->active = bitmap_weight(emu->active, BITMAP_WORDS);
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
	if (vector >= emu->msix.count)
		return;

	pthread_mutex_lock(&emu->igate);
	vec = &emu->vectors[vector];
	if (emu->type == VFIO_PCI_MSIX_IRQ_INDEX && vec->irq) {
		state->allocated = true;
		state->active = vec->trigger != NULL;
		state->host_irq = host_irq_number(&emu->host, vec->irq);
	}
	pthread_mutex_unlock(&emu->igate);
	msg_table_entry_state(&emu->msix, vector, &state->masked, &state->pending);
}
