/* SPDX-License-Identifier: MIT */
/*
 * msi_enable: enabling and disabling MSI and MSI-X, and the host irqs of their vectors (A), which
 * only grow until the index is disabled (R56): what pci_alloc_irq_vectors() and its kin do.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "emulator/device.h"

static uint32_t round_up_pow2(uint32_t n)
{
	uint32_t p = 1;

	while (p < n)
		p <<= 1;
	return p;
}

static uint32_t slot_words(const struct emu *emu)
{
	return bitmap_words(emu->vector_slots);
}

/* A vector of a domain that has room for it. */
static int take_vector(struct emu *emu, struct msg_table *table, uint32_t vector)
{
	struct msi_vector *vec = &emu->vectors[vector];

	vec->irq = host_alloc_irq(&emu->host, table, vector);
	if (!vec->irq)
		return -ENOSPC;
	bitmap_set(emu->allocated, vector);
	vec->msg = host_compose_msg(&emu->host, vec->irq);
	if (!PLANT(take_vector, emu))
		msg_table_write(table, vector, &vec->msg);
	return 0;
}

static void release_vectors(struct emu *emu)
{
	for (uint32_t w = 0; w < slot_words(emu); w++) {
		uint64_t allocated = emu->allocated[w];

		while (allocated) {
			struct msi_vector *vec = &emu->vectors[64 * w + bitmap_pop(&allocated)];

			host_release_irq(&emu->host, vec->irq);
			vec->irq = NULL;
		}
		emu->allocated[w] = 0;
	}
}

/* P13: the domain was made for so many vectors, whatever the table has now. */
static bool domain_has(const struct emu *emu, uint32_t vectors)
{
	return !emu_has(emu, FEATURE_MSIX_DOMAIN_KEEPS_SIZE) || vectors <= emu->msix_domain;
}

/* R50-3, R55: can @vector be added in place? */
static int may_add(struct emu *emu, uint32_t vector)
{
	int err;

	if (PLANT(may_add, emu, &err))
		return err;
	if (!is_msix(emu) || !emu->dyn)
		return -EINVAL;
	if (emu_fails(emu))
		return -ENOSPC;
	if (!domain_has(emu, vector + 1))
		return -ERANGE;
	return 0;
}

/* vfio_msi_alloc_irq() */
int msi_alloc_vector(struct emu *emu, uint32_t vector)
{
	int err = may_add(emu, vector);

	if (err)
		return err;
	PLANT_SEES(alloc_vector, emu, vector);
	return take_vector(emu, &emu->msix, vector);
}

static int take_vectors(struct emu *emu, struct msg_table *table, uint32_t nvec)
{
	int err = 0;

	for (uint32_t v = 0; v < nvec && !err; v++)
		err = take_vector(emu, table, v);
	if (err)
		release_vectors(emu);
	return err;
}

static int take_msix_vectors(struct emu *emu, uint32_t nvec)
{
	if (emu_fails(emu))
		return -ENOSPC;
	if (!domain_has(emu, nvec))
		return -ERANGE;
	if (host_available(&emu->host) < nvec)
		return -ENOSPC;
	return take_vectors(emu, &emu->msix, nvec);
}

/* P9 */
static int enable_msix(struct emu *emu, uint32_t nvec)
{
	struct msg_table *table = &emu->msix;
	int err;

	if (!emu->msix_domain)
		emu->msix_domain = table->count;
	msg_table_enable(table, table->count, true);
	emu_step_named(emu, "after MSI-X Enable is set, all masked");
	err = take_msix_vectors(emu, nvec);
	if (err) {
		PLANT_SEES(enable_msix, emu);
		msg_table_disable(table);
		return err;
	}
	emu_step_named(emu, "before the Function Mask is cleared");
	msg_table_mask_all_entries(table);
	msg_table_set_maskall(table, false);
	return 0;
}

/*
 * MSI has one message: the function puts the vector into its low bits. The host irqs of a domain
 * instance start at slot 0, so that the bits of the message agree with theirs. Vectors that were
 * enabled by rounding up (R47) have a message and no irq behind it.
 */
static void spread_msi_message(struct emu *emu, uint32_t nvec, uint32_t limit)
{
	struct msi_msg msg = emu->vectors[0].msg;

	for (uint32_t v = nvec; v < limit; v++) {
		msg.data = emu->vectors[0].msg.data | v;
		msg_table_write(&emu->msi, v, &msg);
	}
}

static int enable_msi(struct emu *emu, uint32_t nvec)
{
	uint32_t limit = round_up_pow2(nvec), available;
	int err;

	emu->msix_domain = 0; /* P13: gone when MSI is used instead */
	if (nvec > 1 && !emu->cfg.host_intremap)
		return 1; /* R48 */
	emu_step_named(emu, "before host irqs are allocated");
	if (emu_fails(emu))
		return -ENOSPC;
	available = host_available(&emu->host);
	if (available < nvec)
		return available ? (int)available : -ENOSPC;
	err = take_vectors(emu, &emu->msi, nvec);
	if (err)
		return err;
	emu_step_named(emu, "before MSI Enable is set");
	spread_msi_message(emu, nvec, limit);
	msg_table_enable(&emu->msi, limit, false);
	return 0;
}

/* vfio_msi_enable(): 0, -errno, or the number of vectors that there are (R48). */
int msi_enable(struct emu *emu, uint32_t index, uint32_t nvec)
{
	int ret;

	if (PLANT(msi_enable, emu, nvec, &ret))
		return ret;
	if (contexts_are_array(emu) && emu_fails(emu))
		return -ENOMEM; /* the array of contexts */
	/* R46: __pci_enable_msi_range() looks at the D-state first, the MSI-X one at nvec. */
	if (emu->off && (nvec || index == VFIO_PCI_MSI_IRQ_INDEX))
		return -EINVAL;
	if (!nvec)
		return -ERANGE;

	host_new_domain(&emu->host);
	ret = index == VFIO_PCI_MSIX_IRQ_INDEX ? enable_msix(emu, nvec) : enable_msi(emu, nvec);
	emu_step_named(emu, "after the index is enabled, or not");
	if (ret)
		return ret;
	emu->type = index;
	emu->nvec = nvec;
	return 0;
}

/* vfio_msi_disable(): R57, P15. */
void msi_disable(struct emu *emu)
{
	struct msg_table *table = is_msix(emu) ? &emu->msix : &emu->msi;

	for (uint32_t w = 0; w < slot_words(emu); w++) {
		uint64_t active = emu->active[w];

		while (active)
			msi_drop_context(emu, 64 * w + bitmap_pop(&active));
	}
	emu_step_named(emu, "before Enable is cleared");
	msg_table_mask_all_entries(table);
	msg_table_disable(table);
	emu_step_named(emu, "after Enable is cleared");
	if (!PLANT(msi_disable, emu))
		release_vectors(emu);
	emu->nvec = 0;
	emu->type = VFIO_PCI_NUM_IRQS;
	emu_step_named(emu, "after the index is disabled");
}

/* P16: what the kernel's caches say of the allocated vectors, after the function was reset. */
void msi_restore(struct emu *emu)
{
	if (!is_msix(emu))
		return;
	for (uint32_t w = 0; w < slot_words(emu); w++) {
		uint64_t allocated = emu->allocated[w];

		while (allocated) {
			uint32_t v = 64 * w + bitmap_pop(&allocated);

			msg_table_write(&emu->msix, v, &emu->vectors[v].msg);
			if (bitmap_test(emu->active, v))
				msg_table_unmask(&emu->msix, v);
		}
	}
}

/* The vectors move, and the host irqs with them: what points to one is set anew. */
int msi_grow(struct emu *emu, uint32_t slots)
{
	struct msi_vector *vectors;
	uint32_t old_slots = emu->vector_slots;

	if (slots <= old_slots)
		return 0;
	vectors = realloc(emu->vectors, slots * sizeof(*vectors));
	if (!vectors)
		return -ENOMEM;
	memset(vectors + old_slots, 0, (slots - old_slots) * sizeof(*vectors));
	emu->vectors = vectors;

	if (host_grow(&emu->host, slots))
		slots = old_slots; /* the vectors have moved all the same */
	for (uint32_t v = 0; v < old_slots; v++) {
		struct msi_vector *vec = &vectors[v];

		if (!vec->irq)
			continue;
		vec->irq = &emu->host.irqs[vec->msg.data]; /* by its slot */
		if (vec->trigger)
			vec->irq->data = vec;
	}
	if (slots == old_slots)
		return -ENOMEM;
	emu->vector_slots = slots;
	return 0;
}
