/* SPDX-License-Identifier: MIT */
/*
 * device: what happens to the device apart from SET_IRQS and GET_IRQ_INFO: resets, power, config
 * writes, opening anew, and what somebody does behind the kernel's back. None of it is an interrupt
 * ioctl, and none of it changes type, contexts or triggers, but for the last close.
 */
#include "emulator/device.h"

#include <errno.h>

static bool has_table(const struct emu *emu)
{
	return emu->msix.count > 0;
}

/*
 * The function as after reset, in D0, and what the PCI core then writes back from its caches (P16):
 * the messages of allocated vectors, the masks of those without a handler, no Function Mask.
 */
static void reset_function(struct emu *emu)
{
	emu->off = false;
	intx_set_line(emu, false);
	msg_table_set_power(&emu->msi, true);
	msg_table_set_power(&emu->msix, true);
	msg_table_set_maskall(&emu->msix, true);
	msg_table_reset_entries(&emu->msix);
	msi_restore(emu);
	msg_table_set_maskall(&emu->msix, false);
}

int emu_reset(struct backend *be)
{
	struct emu *emu = (struct emu *)be;
	uint32_t fail = emu_take_failure(emu);

	if (step_fails(&fail))
		return -EIO; /* R2 */
	lock_take(&emu->device_lock);
	lock_take(&emu->igate);
	lock_take(&emu->bus_lock);
	lock_guards(&emu->device_lock);
	lock_guards(&emu->igate);
	lock_guards(&emu->bus_lock);
	reset_function(emu); /* R22 */
	lock_drop(&emu->bus_lock);
	lock_drop(&emu->igate);
	lock_drop(&emu->device_lock);
	return 0;
}

/* R46, R61: in D3hot the function raises nothing and its line is down. */
static int set_power(struct emu *emu, uint32_t state)
{
	if (state != 0 && state != 3)
		return -EINVAL;
	if (emu->off == (state == 3))
		return 0;
	if (state == 0) {
		reset_function(emu); /* No_Soft_Reset is 0, as in most functions */
		return 0;
	}
	emu->off = true;
	msg_table_set_power(&emu->msi, false);
	msg_table_set_power(&emu->msix, false);
	intx_set_line(emu, false);
	return 0;
}

/* R21, and what opening resets. */
static void reopen(struct emu *emu)
{
	emu_last_close(emu);
	reset_function(emu);
	emu->dyn = emu_samples_dyn(emu);
}

/* A table of @count entries, none of which holds anything when it is smaller than before. */
static int resize_table(struct emu *emu, uint32_t count)
{
	if (msi_grow(emu, count))
		return -ENOMEM;
	return msg_table_resize(&emu->msix, count);
}

/* P13: unbinding destroys the domain; only then can the size be set. */
static int rebind(struct emu *emu, uint32_t count)
{
	int err = 0;

	if (count > IRQ_MAX_VECTORS || (count && !has_table(emu)))
		return -EINVAL;
	emu_zoo_forget(emu);
	emu_last_close(emu);
	reset_function(emu);
	emu->msix_domain = 0;
	if (count)
		err = resize_table(emu, count);
	reopen(emu);
	return err;
}

/* P13: a size that the hardware changes unasked; the kernel's domain does not follow. */
static int grow_table(struct emu *emu, uint32_t count)
{
	int err;

	if (!has_table(emu) || count <= emu->msix.count || count > IRQ_MAX_VECTORS)
		return -EINVAL;
	err = resize_table(emu, count);
	/* Enable concerns the whole table (P7). */
	if (!err && emu->type == VFIO_PCI_MSIX_IRQ_INDEX)
		msg_table_set_limit(&emu->msix, count);
	return err;
}

int emu_found(struct emu *emu)
{
	if (emu->cfg.entries_open)
		msg_table_open_entries(&emu->msix);
	if (!emu->cfg.msix_grown)
		return 0;
	emu->msix_domain = emu->cfg.msix_vectors; /* as some enable before has made it */
	return resize_table(emu, emu->cfg.msix_grown);
}

int emu_renew(struct emu *emu, const struct emu_config *cfg)
{
	uint32_t slots =
		cfg->msix_vectors > cfg->msi_vectors ? cfg->msix_vectors : cfg->msi_vectors;

	emu_zoo_forget(emu);
	emu_last_close(emu);
	reset_function(emu);
	emu->cfg = *cfg;
	emu->msix_domain = 0;
	atomic_store_explicit(&emu->armed, 0, memory_order_relaxed);
	/* More slots than @cfg needs make no difference: it is host.limit that vectors run out of.
	 */
	if (msi_grow(emu, slots) || msg_table_renew(&emu->msi, cfg->msi_vectors) ||
	    msg_table_renew(&emu->msix, cfg->msix_vectors) || emu_found(emu))
		return -ENOMEM;
	host_forget_stats(&emu->host);
	emu->host.limit = cfg->host_vectors;
	emu->msi.pba_cleared = emu->msix.pba_cleared = cfg->pba_cleared_on_disable;
	emu->msix.cached = cfg->message_cached;
	emu->dyn = emu_samples_dyn(emu);
	emu_zoo_init(emu);
	return 0;
}

static int entry_bits(struct emu *emu, uint32_t vector)
{
	bool masked, pending;

	if (vector >= emu->msix.count)
		return -EINVAL;
	if (emu->off)
		return -EIO; /* its memory does not answer */
	msg_table_entry_state(&emu->msix, vector, &masked, &pending);
	return (masked ? BACKEND_ENTRY_MASKED : 0) | (pending ? BACKEND_ENTRY_PENDING : 0);
}

int emu_mask_entry(struct backend *be, uint32_t vector)
{
	struct emu *emu = (struct emu *)be;
	int err = 0;

	lock_take(&emu->igate);
	if (vector >= emu->msix.count)
		err = -EINVAL;
	else if (emu->off)
		err = -EIO;
	else
		msg_table_mask(&emu->msix, vector);
	lock_drop(&emu->igate);
	return err;
}

int emu_entries(struct backend *be, uint64_t *unmasked, uint64_t *pending)
{
	struct emu *emu = (struct emu *)be;

	if (emu->off)
		return -EIO;
	msg_table_entry_bits(&emu->msix, unmasked, pending);
	return 0;
}

static int scribble(struct emu *emu, uint32_t vector)
{
	if (vector >= emu->msix.count)
		return -EINVAL;
	msg_table_scribble(&emu->msix, vector);
	return 0;
}

static int apply(struct emu *emu, enum backend_device_op op, uint32_t arg)
{
	switch (op) {
	case BACKEND_DEV_LINE:
		if (emu->cfg.intx && !emu->off)
			intx_set_line(emu, arg);
		return 0;
	case BACKEND_DEV_DISINTX:
		intx_set_disintx(emu, arg);
		return 0;
	case BACKEND_DEV_MEMORY:
		PLANT_SEES(set_memory, emu, arg);
		return 0; /* R60, R76: every touch of the hardware turns it on */
	case BACKEND_DEV_POWER:
		return set_power(emu, arg);
	case BACKEND_DEV_FLR:
		reset_function(emu);
		return 0;
	case BACKEND_DEV_REOPEN:
		reopen(emu);
		return 0;
	case BACKEND_DEV_REBIND:
		return rebind(emu, arg);
	case BACKEND_DEV_SRIOV_COUNT:
		return -EBUSY; /* P13 */
	case BACKEND_DEV_TABLE_SIZE:
		return grow_table(emu, arg);
	case BACKEND_DEV_FUNCTION_MASK:
		msg_table_set_maskall(&emu->msix, arg);
		return 0;
	case BACKEND_DEV_ENTRY:
		return entry_bits(emu, arg);
	case BACKEND_DEV_WIPE:
		msg_table_reset_entries(&emu->msix);
		return 0;
	case BACKEND_DEV_SCRIBBLE:
		return scribble(emu, arg);
	case BACKEND_DEV_FAIL:
		atomic_store_explicit(&emu->armed, arg, memory_order_relaxed);
		return 0;
	}
	return -EOPNOTSUPP;
}

int emu_device(struct backend *be, enum backend_device_op op, uint32_t arg)
{
	struct emu *emu = (struct emu *)be;
	int ret;

	/* For the call that follows at once: nobody comes in between. */
	if (op == BACKEND_DEV_FAIL)
		return apply(emu, op, arg);
	if (PLANT(without_igate, emu, op))
		return apply(emu, op, arg);
	lock_take(&emu->igate);
	lock_guards(&emu->igate);
	ret = apply(emu, op, arg);
	lock_drop(&emu->igate);
	return ret;
}
