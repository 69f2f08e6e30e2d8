/* SPDX-License-Identifier: MIT */
/*
 * msi: the SET_IRQS handler of MSI and MSI-X, as vfio_pci_set_msi_trigger() and what it calls. Owns
 * the contexts of vectors (C). All of it runs under igate.
 */
#include <errno.h>

#include "emulator/device.h"

/* 6.1 keeps an array of nvec contexts and can address nothing beyond it. */
static bool contexts_are_array(const struct emu *emu)
{
	return emu->cfg.profile == EMU_PROFILE_6_1;
}

static bool is_msix(const struct emu *emu)
{
	return emu->type == VFIO_PCI_MSIX_IRQ_INDEX;
}

static void msi_handler(void *data)
{
	struct msi_vector *vec = data;

	vec->signals->signal(vec->trigger);
}

/* R50-1 */
void msi_drop_context(struct emu *emu, uint32_t vector)
{
	struct msi_vector *vec = &emu->vectors[vector];
	bool early = ZOO_WHEN(emu, Z33, true), late = ZOO_WHEN(emu, Z15, vec->token);

	if (early)
		emu_trigger_put(emu, vec->trigger);
	emu_step_named(emu, "before the producer goes");
	if (!late)
		bypass_unregister(emu, vector);
	emu_step_named(emu, "before free_irq");
	host_free_irq(vec->irq);
	emu_step_named(emu, "after free_irq");
	if (late)
		bypass_unregister(emu, vector);
	if (!early)
		emu_trigger_put(emu, vec->trigger);
	vec->trigger = NULL;
	bitmap_clear(emu->active, vector);
	emu_step_named(emu, "after the context is gone");
}

/* B22, B25, B51: the table entry is not written, or not as a whole. True: that was it. */
static bool planted_write(struct emu *emu, uint32_t vector)
{
	const struct msi_msg *msg = &emu->vectors[vector].msg;
	struct msi_msg torn = emu->msix.entries[vector].msg;

	if (torn.address == msg->address && torn.data == msg->data)
		return false;
	if (ZOO_WHEN(emu, B22, true) || ZOO_WHEN(emu, B25, ZOO_NOTE(emu, NOTE_ADDED) == vector + 1))
		return true;
	if (!ZOO_WHEN(emu, B51, ZOO_NOTE(emu, NOTE_LIVE) == vector + 1))
		return false;
	torn.address = msg->address;
	msg_table_write(&emu->msix, vector, &torn);
	return true;
}

/* Z14: the producer comes before the handler; as long as it is there it is not registered twice. */
static void planted_producer(struct emu *emu, uint32_t vector)
{
	if (!ZOO_WHEN(emu, Z14, !emu->fail))
		return;
	bypass_register(emu, vector);
	emu_step_named(emu, "after the producer is registered");
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

	/* A reset behind vfio's back may have wiped the entry. A write that fails is not seen. */
	if (is_msix(emu) && !emu_fails(emu) && !planted_write(emu, vector))
		msg_table_write(&emu->msix, vector, &vec->msg);
	emu_step_named(emu, "before request_irq");

	if (emu_fails(emu)) { /* request_irq: no room left where the irq could go (R49) */
		emu_trigger_put(emu, trigger);
		return -ENOSPC;
	}
	vec->signals = emu->cfg.signals;
	vec->trigger = trigger;
	bitmap_set(emu->active, vector);
	planted_producer(emu, vector);
	/* B24: of the number that is the index, which is somebody else's */
	if (!ZOO_WHEN(emu, B24, ZOO_NOTE(emu, NOTE_ADDED) == vector + 1))
		host_request_irq(vec->irq, msi_handler, vec);
	emu_step_named(emu, "after request_irq");

	if (!emu_fails(emu))
		bypass_register(emu, vector); /* R71: its failure is not ours */
	emu_step_named(emu, "after the producer is registered");
	return 0;
}

/* B08, B51, Z04, Z08, Z09: before anything of the vector changes. */
static int planted_refusal(struct emu *emu, uint32_t vector, int32_t fd)
{
	struct signal_ref *trigger;
	int err;

	ZOO_NOTE(emu, NOTE_ADDED) = 0;
	ZOO_NOTE(emu, NOTE_LIVE) = bitmap_test(emu->msix.unmasked, vector) ? vector + 1 : 0;
	if (ZOO_WHEN(emu, B08, !contexts_are_array(emu) && vector >= emu->nvec))
		return -EINVAL;
	if (ZOO_WHEN(emu, Z08, fd < -1))
		return -EINVAL;
	if (ZOO_WHEN(emu, Z09, fd < 0 && vector >= emu->nvec && !contexts_are_array(emu)))
		return -EINVAL;
	if (!emu->vectors[vector].trigger || fd < 0 || !ZOO(emu, Z04))
		return 0;
	err = emu_trigger_get(emu, fd, &trigger);
	if (err)
		ZOO_TRIGGERED(emu, Z04);
	else
		emu_trigger_put(emu, trigger);
	return err;
}

/* B26, B27: a vector that could not be set gives back a host irq that it had before (R56). */
static void planted_unwind(struct emu *emu, uint32_t vector)
{
	bool added = ZOO_NOTE(emu, NOTE_ADDED) == vector + 1;

	if (vector >= emu->vector_slots || !emu->vectors[vector].irq)
		return;
	if (!ZOO_WHEN(emu, B26, !added) &&
	    !ZOO_WHEN(emu, B27, !added && ZOO_NOTE(emu, NOTE_ADDED_EVER)))
		return;
	host_release_irq(&emu->host, emu->vectors[vector].irq);
	emu->vectors[vector].irq = NULL;
	bitmap_clear(emu->allocated, vector);
}

/* vfio_msi_set_vector_signal(): the order of steps is R50. */
static int set_vector_signal(struct emu *emu, uint32_t vector, int32_t fd)
{
	struct msi_vector *vec = &emu->vectors[vector];
	int err;

	if (ZOO_OUTSIDE(emu, vector, emu->vector_slots))
		return -EFAULT;
	if (contexts_are_array(emu) && vector >= emu->nvec)
		return -EINVAL;
	err = planted_refusal(emu, vector, fd);
	if (err)
		return err;

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

/* B23, Z02, Z03, Z04: instead of what R53 says. @done: how many were reached. True: that was it. */
static bool planted_rollback(struct emu *emu, uint32_t start, uint32_t count, uint32_t done)
{
	if (ZOO(emu, B23)) { /* for (j = start + done - 1; j >= start; j--), unsigned */
		for (uint32_t j = start + done - 1; j >= start; j--) {
			if (j == UINT32_MAX) {
				ZOO_TRIGGERED(emu, B23);
				ZOO_OOPS(emu, ZOO_ENDLESS_LOOP);
				break;
			}
			set_vector_signal(emu, j, -1);
		}
		return true;
	}
	if (ZOO_WHEN(emu, Z02, done > 1))
		return true;
	if (ZOO_WHEN(emu, Z03, done < count)) {
		for (uint32_t i = 0; i < count; i++)
			set_vector_signal(emu, start + i, -1);
		return true;
	}
	if (ZOO(emu, Z04)) {
		for (uint32_t i = 0; i + 1 < done; i++)
			set_vector_signal(emu, start + i, -1);
		return true;
	}
	return false;
}

/* vfio_msi_set_block(): @fds NULL counts as all -1 (R12). */
static int set_block(struct emu *emu, uint32_t start, uint32_t count, const int32_t *fds)
{
	uint32_t done;
	int err = 0;

	if (contexts_are_array(emu) && (start >= emu->nvec || start + count > emu->nvec))
		return -EINVAL;

	for (done = 0; done < count && !err; done++) {
		int32_t fd = fds ? fds[done] : -1;

		if (fds && ZOO_WHEN(emu, B45, true)) /* the first one is lost on the way */
			fd = done + 1 < count ? fds[done + 1] : -1;
		err = set_vector_signal(emu, start + done, fd);
		if (err)
			planted_unwind(emu, start + done);
		emu_step_named(emu, "after the vector is done");
	}
	if (!err)
		return 0;
	if (planted_rollback(emu, start, count, done))
		return err;

	/* R53: what was reached, the failing one included, ends without context. */
	for (uint32_t i = 0; i < done; i++)
		set_vector_signal(emu, start + i, -1);
	return err;
}

/* B59: a loop of one too many. */
static void planted_one_more(struct emu *emu, const struct request *req)
{
	uint32_t v = req->start + req->count;

	if (v < emu->vector_slots && ZOO_WHEN(emu, B59, emu->vectors[v].trigger))
		emu->vectors[v].signals->signal(emu->vectors[v].trigger);
}

/* R59: straight to the trigger; masks and pending bits are the hardware's business. */
static int loopback(struct emu *emu, const struct request *req)
{
	const uint8_t *selected = req->type == VFIO_IRQ_SET_DATA_BOOL ? req->data : NULL;

	if (contexts_are_array(emu) && req->start + req->count > emu->nvec)
		return -EINVAL;

	for (uint32_t i = 0; i < req->count; i++) {
		struct msi_vector *vec = &emu->vectors[req->start + i];

		if (ZOO_OUTSIDE(emu, req->start + i, emu->vector_slots))
			break;
		/* B30: what has an irq has a context, but not each context has a trigger */
		if (ZOO_WHEN(emu, B30, vec->irq && !vec->trigger && !(selected && !selected[i])))
			ZOO_OOPS(emu, ZOO_NULL_DEREF);
		if (ZOO_WHEN(emu, B44, vec->trigger && selected && selected[i] > 1))
			continue;
		if (vec->trigger && (!selected || selected[i]))
			vec->signals->signal(vec->trigger);
	}
	planted_one_more(emu, req);
	return 0;
}

/*
 * B42. A set of nothing but -1, as QEMU's vfio-user client sends it, is irqs_disable() there, whose
 * loop has lost its start.
 */
static int planted_disable(struct emu *emu, uint32_t start, uint32_t count)
{
	for (uint32_t v = start; v < count; v++)
		set_vector_signal(emu, v, -1);
	if (start)
		ZOO_TRIGGERED(emu, B42);
	return 0;
}

static bool planted_disables(const struct request *req)
{
	const int32_t *fds = req->data;

	for (uint32_t i = 0; fds && i < req->count; i++) {
		if (fds[i] >= 0)
			return false;
	}
	return req->count;
}

static int set_eventfds(struct emu *emu, const struct request *req)
{
	int ret;

	if (ZOO_ON(emu, B42) && emu->type == req->index && planted_disables(req) && ZOO(emu, B42))
		return planted_disable(emu, req->start, req->count);
	if (emu->type == req->index)
		return set_block(emu, req->start, req->count, req->data);

	ret = msi_enable(emu, req->index, req->start + req->count);
	if (ret && !ZOO_WHEN(emu, B55, ret > 0)) {
		ZOO_NOTE(emu, NOTE_FAILED) = 1;
		return ret;
	}
	ret = set_block(emu, req->start, req->count, req->data);
	if (ret)
		msi_disable(emu); /* R45 */
	ZOO_NOTE(emu, NOTE_FAILED) = ret != 0;
	return ret;
}

/* B43: the descriptors go into the one array that there is, whoever uses it. */
static int planted_share(struct emu *emu, const struct request *req)
{
	const int32_t *fds = req->data;

	for (uint32_t v = req->start; v < req->start + req->count; v++) {
		if (v < emu->vector_slots && emu->vectors[v].irq)
			set_vector_signal(emu, v, fds[v - req->start]);
	}
	return 0;
}

int msi_trigger(struct emu *emu, const struct request *req)
{
	bool enabled = emu->type == req->index;
	bool disables = !req->count && req->type == VFIO_IRQ_SET_DATA_NONE;

	if (enabled && disables && ZOO_WHEN(emu, B47, !bitmap_weight(emu->active, BITMAP_WORDS)))
		return 0;
	/* B38: the array of an enable that failed is freed, and looks as if it was not */
	if (disables && emu->type == VFIO_PCI_NUM_IRQS &&
	    ZOO_WHEN(emu, B38, ZOO_NOTE(emu, NOTE_FAILED)))
		ZOO_OOPS(emu, ZOO_DOUBLE_FREE);
	if (enabled && !req->count && req->type == VFIO_IRQ_SET_DATA_NONE) {
		msi_disable(emu); /* R41: start does not matter */
		return 0;
	}
	if (req->type == VFIO_IRQ_SET_DATA_EVENTFD && req->index == VFIO_PCI_MSIX_IRQ_INDEX &&
	    ZOO_WHEN(emu, B32, ZOO_NOTE(emu, NOTE_MEMORY_OFF)))
		return -EIO;
	if (req->type == VFIO_IRQ_SET_DATA_EVENTFD && !enabled && req->count &&
	    ZOO_WHEN(emu, B43, emu->type != VFIO_PCI_NUM_IRQS && emu->type))
		return planted_share(emu, req);

	if (!enabled && emu->type != VFIO_PCI_NUM_IRQS)
		return -EINVAL; /* R18 */
	if (req->type == VFIO_IRQ_SET_DATA_EVENTFD)
		return set_eventfds(emu, req);
	return enabled ? loopback(emu, req) : -EINVAL;
}
