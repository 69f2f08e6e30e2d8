/* SPDX-License-Identifier: MIT */
/*
 * msi: the SET_IRQS handler of MSI and MSI-X, as vfio_pci_set_msi_trigger() and what it calls. Owns
 * the vectors that hold a host irq (A) and those with a context (C); A only grows until the index
 * is disabled (R56). All of it runs under igate.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "emulator/device.h"

static bool is_msix(const struct emu *emu)
{
	return emu->type == VFIO_PCI_MSIX_IRQ_INDEX;
}

static struct msg_table *enabled_table(struct emu *emu)
{
	return is_msix(emu) ? &emu->msix : &emu->msi;
}

/* 6.1 keeps an array of nvec contexts and can address nothing beyond it. */
static bool contexts_are_array(const struct emu *emu)
{
	return emu->cfg.profile == EMU_PROFILE_6_1;
}

static void msi_handler(void *data)
{
	struct msi_ctx *ctx = data;

	ctx->signals->signal(ctx->trigger);
}

static uint32_t round_up_pow2(uint32_t n)
{
	uint32_t p = 1;

	while (p < n)
		p <<= 1;
	return p;
}

static int alloc_vector(struct emu *emu, struct msg_table *table, uint32_t vector)
{
	struct msi_vector *vec = &emu->vectors[vector];

	vec->irq = host_alloc_irq(&emu->host, table, vector);
	if (!vec->irq)
		return -ENOSPC;
	vec->msg = host_compose_msg(&emu->host, vec->irq);
	msg_table_write(table, vector, &vec->msg);
	return 0;
}

static void release_vectors(struct emu *emu)
{
	for (uint32_t v = 0; v < emu->vector_slots; v++) {
		if (!emu->vectors[v].irq)
			continue;
		host_release_irq(&emu->host, emu->vectors[v].irq);
		emu->vectors[v].irq = NULL;
	}
}

/*
 * MSI has one message: the function puts the vector into its low bits. The host irqs of a domain
 * instance start at slot 0, so that the bits of the message agree with theirs. Vectors that were
 * enabled by rounding up (R47) have a message and no irq behind it.
 */
static void spread_msi_message(struct emu *emu, uint32_t limit)
{
	struct msi_msg msg = emu->vectors[0].msg;

	for (uint32_t v = emu->nvec; v < limit; v++) {
		msg.data = emu->vectors[0].msg.data | v;
		msg_table_write(&emu->msi, v, &msg);
	}
}

/* vfio_msi_enable(): pci_alloc_irq_vectors(nvec), P9, R46. */
static int msi_enable(struct emu *emu, uint32_t index, uint32_t nvec)
{
	bool msix = index == VFIO_PCI_MSIX_IRQ_INDEX;
	struct msg_table *table = msix ? &emu->msix : &emu->msi;
	uint32_t limit = msix ? table->count : round_up_pow2(nvec);
	int err;

	if (!nvec)
		return -ERANGE;

	host_new_domain(&emu->host);
	if (msix)
		msg_table_enable(table, limit, true);
	for (uint32_t v = 0; v < nvec; v++) {
		err = alloc_vector(emu, table, v);
		if (err)
			goto err_release;
	}

	emu->type = index;
	emu->nvec = nvec;
	if (msix) {
		msg_table_mask_all_entries(table);
		msg_table_set_maskall(table, false);
	} else {
		spread_msi_message(emu, limit);
		msg_table_enable(table, limit, false);
	}
	return 0;

err_release:
	msg_table_disable(table);
	release_vectors(emu);
	return err;
}

static void drop_context(struct emu *emu, struct msi_vector *vec)
{
	struct msi_ctx *ctx = vec->ctx;

	host_free_irq(vec->irq);
	vec->ctx = NULL;
	emu_trigger_put(emu, ctx->trigger);
	free(ctx);
}

/* vfio_msi_set_vector_signal(): the order of steps is R50. */
static int set_vector_signal(struct emu *emu, uint32_t vector, int32_t fd)
{
	struct msi_vector *vec = &emu->vectors[vector];
	struct msi_ctx *ctx;
	int err;

	if (contexts_are_array(emu) && vector >= emu->nvec)
		return -EINVAL;

	/* R52: the old trigger is gone before the new fd is looked at. */
	if (vec->ctx)
		drop_context(emu, vec);
	if (fd < 0)
		return 0; /* R42, R51 */

	if (!vec->irq) {
		if (!is_msix(emu) || !emu->dyn)
			return -EINVAL;
		err = alloc_vector(emu, &emu->msix, vector);
		if (err)
			return err;
	}

	/* From here on the vector stays in A, whatever fails (R56). */
	ctx = calloc(1, sizeof(*ctx));
	if (!ctx)
		return -ENOMEM;
	ctx->signals = emu->cfg.signals;
	err = emu_trigger_get(emu, fd, &ctx->trigger);
	if (err)
		goto err_free;

	/* A reset behind vfio's back may have wiped the entry. */
	if (is_msix(emu))
		msg_table_write(&emu->msix, vector, &vec->msg);

	vec->ctx = ctx;
	host_request_irq(vec->irq, msi_handler, ctx);
	return 0;

err_free:
	free(ctx);
	return err;
}

/* vfio_msi_set_block(): @fds NULL counts as all -1 (R12). */
static int set_block(struct emu *emu, uint32_t start, uint32_t count, const int32_t *fds)
{
	uint32_t done;
	int err = 0;

	if (contexts_are_array(emu) && (start >= emu->nvec || start + count > emu->nvec))
		return -EINVAL;

	for (done = 0; done < count && !err; done++)
		err = set_vector_signal(emu, start + done, fds ? fds[done] : -1);
	if (!err)
		return 0;

	/* R53: what was reached, the failing one included, ends without context. */
	for (uint32_t i = 0; i < done; i++)
		set_vector_signal(emu, start + i, -1);
	return err;
}

/* vfio_msi_disable(): R57, P15. */
void msi_disable(struct emu *emu)
{
	struct msg_table *table = enabled_table(emu);

	for (uint32_t v = 0; v < emu->vector_slots; v++) {
		if (emu->vectors[v].ctx)
			drop_context(emu, &emu->vectors[v]);
	}
	msg_table_mask_all_entries(table);
	msg_table_disable(table);
	release_vectors(emu);
	emu->nvec = 0;
	emu->type = VFIO_PCI_NUM_IRQS;
}

/* R59: straight to the trigger; masks and pending bits are the hardware's business. */
static int loopback(struct emu *emu, const struct request *req)
{
	const uint8_t *selected = req->type == VFIO_IRQ_SET_DATA_BOOL ? req->data : NULL;

	if (contexts_are_array(emu) && req->start + req->count > emu->nvec)
		return -EINVAL;

	for (uint32_t i = 0; i < req->count; i++) {
		struct msi_ctx *ctx = emu->vectors[req->start + i].ctx;

		if (ctx && (!selected || selected[i]))
			ctx->signals->signal(ctx->trigger);
	}
	return 0;
}

int msi_trigger(struct emu *emu, const struct request *req)
{
	bool enabled = emu->type == req->index;
	int err;

	if (enabled && !req->count && req->type == VFIO_IRQ_SET_DATA_NONE) {
		msi_disable(emu); /* R41: start does not matter */
		return 0;
	}

	if (!enabled && emu->type != VFIO_PCI_NUM_IRQS)
		return -EINVAL; /* R18 */

	if (req->type == VFIO_IRQ_SET_DATA_EVENTFD) {
		if (enabled)
			return set_block(emu, req->start, req->count, req->data);

		err = msi_enable(emu, req->index, req->start + req->count);
		if (err)
			return err;
		err = set_block(emu, req->start, req->count, req->data);
		if (err)
			msi_disable(emu); /* R45 */
		return err;
	}

	return enabled ? loopback(emu, req) : -EINVAL;
}
