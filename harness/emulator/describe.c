/* SPDX-License-Identifier: MIT */
/*
 * describe: what the emulator tells of itself: the canonical target, and what an oracle may see.
 */
#include <stdio.h>
#include <string.h>

#include "emulator/device.h"
#include "emulator/zoo.h"

/* Text that grows. By hand: an executor describes each device that a program brings. */
struct line {
	char *at, *end;
};

static void put(struct line *l, const char *text)
{
	while (*text && l->at < l->end)
		*l->at++ = *text++;
	*l->at = '\0';
}

static void put_key(struct line *l, const char *key, uint32_t value)
{
	char digits[12], *d = digits + sizeof(digits) - 1;

	*d = '\0';
	do
		*--d = (char)('0' + value % 10);
	while (value /= 10);
	put(l, key);
	put(l, d);
}

static struct line line_start(char *buf, size_t size)
{
	*buf = '\0';
	return (struct line){.at = buf, .end = buf + size - 1};
}

/* As far as the profile does not say it. */
static void put_features(struct line *l, const struct emu_config *cfg)
{
	uint32_t differ = cfg->features ^ profile_features(cfg->profile);

	for (enum feature f = 0; differ >> f; f++) {
		if (!feature_in(differ, f))
			continue;
		put(l, feature_in(cfg->features, f) ? ",+" : ",-");
		put(l, feature_rows[f].name);
	}
}

/* Profile and table size always, the rest where it is not the default. */
static void format_target(const struct emu_config *cfg, char *buf, size_t size)
{
	struct line l = line_start(buf, size);
	struct emu_config def;

	emu_config_default(&def);
	put(&l, "emu:profile=");
	put(&l, profile_name(cfg->profile));
	put_features(&l, cfg);
	put_key(&l, ",vectors=", cfg->msix_vectors);
	if (cfg->msix_grown)
		put_key(&l, ",grown=", cfg->msix_grown);
	if (cfg->msi_vectors != def.msi_vectors)
		put_key(&l, ",msi=", cfg->msi_vectors);
	if (cfg->intx != def.intx)
		put_key(&l, ",intx=", cfg->intx);
	if (cfg->irqless)
		put(&l, ",irq=0");
	if (cfg->pcie != def.pcie)
		put_key(&l, ",pcie=", cfg->pcie);
	if (cfg->pci_2_3 != def.pci_2_3)
		put_key(&l, ",pci23=", cfg->pci_2_3);
	if (cfg->host_dyn != def.host_dyn)
		put_key(&l, ",dyn=", cfg->host_dyn);
	if (cfg->host_intremap != def.host_intremap)
		put_key(&l, ",intremap=", cfg->host_intremap);
	if (cfg->host_vectors != def.host_vectors)
		put_key(&l, ",hostvecs=", cfg->host_vectors);
	if (cfg->pba_cleared_on_disable != def.pba_cleared_on_disable)
		put(&l, cfg->pba_cleared_on_disable ? ",pba=clear" : ",pba=keep");
	if (cfg->message_cached != def.message_cached)
		put(&l, cfg->message_cached ? ",msg=cached" : ",msg=reread");
	if (cfg->posted != def.posted)
		put_key(&l, ",posted=", cfg->posted);
	if (cfg->entries_open != def.entries_open)
		put(&l, cfg->entries_open ? ",entries=open" : ",entries=masked");
	if (zoo_entry(cfg->bug)) {
		put(&l, ",bug=");
		put(&l, zoo_entry(cfg->bug)->id);
	}
}

/* Producers are known by their eventfd, which not every provider can tell from another. */
static uint32_t inspectable(const struct emu *emu)
{
	return INSPECT_ACTIVE | INSPECT_TYPE | INSPECT_ALLOCATED | INSPECT_REFERENCES |
	       INSPECT_MASKED | INSPECT_CONTROL | (emu->cfg.signals->token ? INSPECT_PRODUCERS : 0);
}

int emu_describe(struct backend *be, struct backend_desc *desc)
{
	struct emu *emu = (struct emu *)be;

	memset(desc, 0, sizeof(*desc));
	format_target(&emu->cfg, desc->target, sizeof(desc->target));
	strcpy(desc->device, emu->cfg.pcie ? "emulated PCIe function" : "emulated PCI function");
	strcpy(desc->profile, profile_name(emu->cfg.profile));
	strcpy(desc->kernel, profile_name(emu->cfg.profile));
	features_by_profile(emu->cfg.profile, emu_config_features(&emu->cfg), &desc->features);
	emu_config_shape(&emu->cfg, &desc->shape);
	desc->shape.msix = (uint16_t)emu->msix.count;
	desc->its = -1; /* nothing here comes from one */
	strcat(desc->kernel, " (emulated)");
	strcpy(desc->trigger, "device");
	desc->caps = BACKEND_SYNC_FIRE | BACKEND_HW_FIRE | BACKEND_RESET | BACKEND_MASK_ENTRY;
	desc->fire_max = emu->msix.count;
	desc->fires = (1u << VFIO_PCI_NUM_IRQS) - 1;
	desc->device_ops = (1u << (BACKEND_DEV_FAIL + 1)) - 1;
	desc->inspect = inspectable(emu);
	desc->traits = BACKEND_FIRE_MSI | (zoo_compiled_in() ? BACKEND_OOPSES : 0);

	for (uint32_t index = 0; index < VFIO_PCI_NUM_IRQS; index++) {
		if (index == VFIO_PCI_ERR_IRQ_INDEX && !emu_irq_count(emu, index))
			continue; /* absent (R14) */
		emu_get_info(emu, index, &desc->irq[index].flags, &desc->irq[index].count);
	}
	return 0;
}

void emu_host_limits(struct backend *be, struct host_limits *out)
{
	const struct emu_config *cfg = &((struct emu *)be)->cfg;

	out->n = 0;
	if (cfg->msi_vectors > 1 && !cfg->host_intremap)
		snprintf(out->text[out->n++], HOST_LIMIT_TEXT,
			 "MSI: one vector of %u, for want of interrupt remapping (intremap=0): to "
			 "enable more is answered by 1 (R48)",
			 cfg->msi_vectors);
	if (cfg->host_vectors)
		snprintf(
			out->text[out->n++], HOST_LIMIT_TEXT,
			"vectors: the host has %u in all (hostvecs=%u): what is beyond is -ENOSPC, "
			"or fewer (R48, R49)",
			cfg->host_vectors, cfg->host_vectors);
}

static uint32_t message_control(const struct emu *emu)
{
	uint32_t msi = msg_table_control(&emu->msi), msix = msg_table_control(&emu->msix);

	return (msi & MSG_CTRL_ENABLE
			? BACKEND_CONTROL_MSI | msi >> MSG_CTRL_LIMIT_SHIFT
								<< BACKEND_CONTROL_MME_SHIFT
			: 0) |
	       (msix & MSG_CTRL_ENABLE ? BACKEND_CONTROL_MSIX : 0) |
	       (msix & MSG_CTRL_MASKALL ? BACKEND_CONTROL_MASK : 0);
}

int emu_inspect(struct backend *be, struct backend_inspect *out)
{
	struct emu *emu = (struct emu *)be;

	lock_take(&emu->igate);
	out->valid = inspectable(emu);
	out->type = emu->type;
	out->references = atomic_load_explicit(&emu->references, memory_order_relaxed);
	out->producers = emu->producers;
	out->control = message_control(emu);
	out->words = bitmap_words(emu->vector_slots ? emu->vector_slots : 1);
	for (uint32_t w = 0; w < out->words; w++) {
		out->active[w] = emu->active[w];
		out->allocated[w] = emu->allocated[w];
	}
	if (emu->type == VFIO_PCI_INTX_IRQ_INDEX)
		bitmap_set(out->active, 0);
	lock_take(&emu->intx.lock);
	out->masked = emu->intx.masked;
	lock_drop(&emu->intx.lock);
	lock_drop(&emu->igate);
	return 0;
}

void emulator_view(struct backend *be, struct emu_view *view)
{
	struct emu *emu = (struct emu *)be;
	const struct intx *intx = &emu->intx;
	bool msi = emu->type == VFIO_PCI_MSI_IRQ_INDEX;
	uint32_t control = msg_table_control(&emu->msix);

	*view = (struct emu_view){
		.type = emu->type,
		.words = bitmap_words(emu->vector_slots),
		.allocated = emu->allocated,
		.active = emu->active,
		.handled = msi ? emu->msi.handled : emu->msix.handled,
		.produces = emu->produces,
		.unmasked = emu->msix.unmasked,
		.off = emu->off,
		.msi_enabled = msg_table_control(&emu->msi) & MSG_CTRL_ENABLE,
		.msix_enabled = control & MSG_CTRL_ENABLE,
		.maskall = control & MSG_CTRL_MASKALL,
		.intx_requested = intx->requested,
		.intx_triggered = intx->trigger,
		.references = atomic_load_explicit(&emu->references, memory_order_relaxed),
	};
	view->triggers = bitmap_weight(emu->active, view->words) + (intx->trigger != NULL) +
			 (intx->unmask != NULL) + (emu->err.trigger != NULL) +
			 (emu->req.trigger != NULL);
}

void emulator_state(struct backend *be, struct emu_state *state)
{
	struct emu *emu = (struct emu *)be;
	struct msg_stats msi, msix;

	memset(state, 0, sizeof(*state));
	lock_take(&emu->igate);
	state->type = emu->type;
	state->references = atomic_load_explicit(&emu->references, memory_order_relaxed);
	state->allocated = bitmap_weight(emu->allocated, BITMAP_WORDS);
	state->active = bitmap_weight(emu->active, BITMAP_WORDS);
	lock_drop(&emu->igate);

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

	lock_take(&emu->igate);
	vec = &emu->vectors[vector];
	if (emu->type == VFIO_PCI_MSIX_IRQ_INDEX && vec->irq) {
		state->allocated = true;
		state->active = vec->trigger != NULL;
		state->host_irq = host_irq_number(&emu->host, vec->irq);
	}
	lock_drop(&emu->igate);
	msg_table_entry_state(&emu->msix, vector, &state->masked, &state->pending);
}

void emulator_violations(struct backend *be, struct breaches *out)
{
	breach_read(&((struct emu *)be)->breaches, out);
}

uint64_t emulator_violations_total(struct backend *be)
{
	struct emu *emu = (struct emu *)be;

	/* Relaxed: a count, it orders nothing. */
	return emulator_is(be) ? atomic_load_explicit(&emu->breaches.total, memory_order_relaxed)
			       : 0;
}

void emulator_forget_violations(struct backend *be)
{
	breach_forget(&((struct emu *)be)->breaches);
}
