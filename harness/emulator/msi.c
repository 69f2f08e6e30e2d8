/* SPDX-License-Identifier: MIT */
/*
 * msi: the SET_IRQS handler of MSI and MSI-X, as vfio_pci_set_msi_trigger() and what it calls. Owns
 * the contexts of vectors (C). All of it runs under igate.
 */
#include <errno.h>

#include "emulator/device.h"

static void msi_handler(void *data)
{
	struct msi_vector *vec = data;

	vec->signals->signal(vec->trigger);
}

/* R50-1 */
void msi_drop_context(struct emu *emu, uint32_t vector)
{
	struct msi_vector *vec = &emu->vectors[vector];

	if (PLANT(drop_context, emu, vector))
		return;
	emu_step_named(emu, "before the producer goes");
	bypass_unregister(emu, vector);
	emu_step_named(emu, "before free_irq");
	host_free_irq(vec->irq);
	emu_step_named(emu, "after free_irq");
	emu_trigger_put(emu, vec->trigger);
	vec->trigger = NULL;
	bitmap_clear(emu->active, vector);
	emu_step_named(emu, "after the context is gone");
}

/* R50-6. A reset behind vfio's back may have wiped the entry. A write that fails is not seen. */
static void write_message(struct emu *emu, uint32_t vector)
{
	if (!is_msix(emu) || emu_fails(emu) || PLANT(write_message, emu, vector))
		return;
	msg_table_write(&emu->msix, vector, &emu->vectors[vector].msg);
}

/* R50-4 to R50-8, for a vector that has a host irq and no context. */
static int make_context(struct emu *emu, uint32_t vector, int32_t fd)
{
	struct msi_vector *vec = &emu->vectors[vector];
	struct signal_ref *trigger;
	int err;

	if (!contexts_are_array(emu) && emu_fails(emu))
		return -ENOMEM; /* context */
	emu_step_named(emu, "after the context is allocated");
	if (emu_fails(emu))
		return -ENOMEM; /* name */
	emu_step_named(emu, "before the eventfd is looked up");
	if (emu_fails(emu))
		return -EBADF;
	err = emu_trigger_get(emu, fd, &trigger);
	if (err)
		return err;
	emu_step_named(emu, "before the message is written");
	write_message(emu, vector);
	emu_step_named(emu, "before request_irq");

	if (emu_fails(emu)) { /* request_irq: no room left where the irq could go (R49) */
		emu_trigger_put(emu, trigger);
		return -ENOSPC;
	}
	vec->signals = emu->cfg.signals;
	vec->trigger = trigger;
	bitmap_set(emu->active, vector);
	if (!PLANT(request_irq, emu, vector))
		host_request_irq(vec->irq, msi_handler, vec);
	emu_step_named(emu, "after request_irq");

	if (!emu_fails(emu))
		bypass_register(emu, vector); /* R71: its failure is not ours */
	emu_step_named(emu, "after the producer is registered");
	return 0;
}

/* vfio_msi_set_vector_signal(): the order of steps is R50. */
int msi_set_vector_signal(struct emu *emu, uint32_t vector, int32_t fd)
{
	struct msi_vector *vec = &emu->vectors[vector];
	int err;

	if (PLANT(set_vector_signal, emu, vector, fd, &err))
		return err;
	if (contexts_are_array(emu) && vector >= emu->nvec)
		return -EINVAL;

	/* R52: the old trigger is gone before the new fd is looked at. */
	if (vec->trigger)
		msi_drop_context(emu, vector);
	if (fd < 0)
		return 0; /* R42, R51 */

	if (!vec->irq) {
		err = msi_alloc_vector(emu, vector);
		if (err)
			return err;
		emu_step_named(emu, "after a host irq is allocated");
	}
	/* From here on the vector stays in A, whatever fails (R56). */
	return make_context(emu, vector, fd);
}

/* vfio_msi_set_block(): @fds NULL counts as all -1 (R12). */
int msi_set_block(struct emu *emu, uint32_t start, uint32_t count, const int32_t *fds)
{
	uint32_t done;
	int err = 0;

	if (!count && start >= emu->nvec && !emu_has(emu, FEATURE_EMPTY_ENABLE))
		return -EINVAL;
	if (contexts_are_array(emu) && count && start + count > emu->nvec)
		return -EINVAL;

	if (PLANT(set_block, emu, start, count, fds, &err))
		return err;
	for (done = 0; done < count && !err; done++) {
		err = msi_set_vector_signal(emu, start + done, fds ? fds[done] : -1);
		emu_step_named(emu, "after the vector is done");
	}
	if (!err)
		return 0;

	/* R53: what was reached, the failing one included, ends without context. */
	for (uint32_t i = 0; i < done; i++)
		msi_set_vector_signal(emu, start + i, -1);
	return err;
}

/* R59: straight to the trigger; masks and pending bits are the hardware's business. */
static int loopback(struct emu *emu, const struct request *req)
{
	const uint8_t *selected = req->type == VFIO_IRQ_SET_DATA_BOOL ? req->data : NULL;

	if (contexts_are_array(emu) && req->start + req->count > emu->nvec)
		return -EINVAL;
	if (PLANT(loopback, emu, req))
		return 0;

	for (uint32_t i = 0; i < req->count; i++) {
		const struct msi_vector *vec = &emu->vectors[req->start + i];

		if (vec->trigger && (!selected || selected[i]))
			vec->signals->signal(vec->trigger);
	}
	return 0;
}

static int set_eventfds(struct emu *emu, const struct request *req)
{
	int ret;

	if (PLANT(set_eventfds, emu, req, &ret))
		return ret;
	if (emu->type == req->index)
		return msi_set_block(emu, req->start, req->count, req->data);

	ret = msi_enable(emu, req->index, req->start + req->count);
	if (ret)
		return ret;
	ret = msi_set_block(emu, req->start, req->count, req->data);
	if (ret)
		msi_disable(emu); /* R45 */
	return ret;
}

int msi_trigger(struct emu *emu, const struct request *req)
{
	bool enabled = emu->type == req->index;
	int ret;

	if (PLANT(msi_trigger, emu, req, &ret))
		return ret;
	if (enabled && !req->count && req->type == VFIO_IRQ_SET_DATA_NONE) {
		msi_disable(emu); /* R41: start does not matter */
		return 0;
	}
	if (!enabled && emu->type != VFIO_PCI_NUM_IRQS)
		return -EINVAL; /* R18 */
	if (req->type == VFIO_IRQ_SET_DATA_EVENTFD)
		return set_eventfds(emu, req);
	return enabled ? loopback(emu, req) : -EINVAL;
}
