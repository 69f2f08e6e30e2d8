/* SPDX-License-Identifier: MIT */
/* plant_msi: bugs of the SET_IRQS handler of MSI and MSI-X, for msi.c. All of it under igate. */
#include <errno.h>

#include "emulator/planted.h"

/* Z33: the trigger is put first. Z15: the producer goes when the handler is gone. */
bool plant_drop_context(struct emu *emu, uint32_t vector)
{
	const char *where = "msi_drop_context";
	struct msi_vector *vec = &emu->vectors[vector];
	bool early = ZOO_WHEN(emu, Z33, true), late = ZOO_WHEN(emu, Z15, vec->token);

	if (!early && !late)
		return false;
	if (early)
		emu_trigger_put(emu, vec->trigger);
	emu_step_at(emu, where, "before the producer goes");
	if (!late)
		bypass_unregister(emu, vector);
	emu_step_at(emu, where, "before free_irq");
	host_free_irq(vec->irq);
	emu_step_at(emu, where, "after free_irq");
	if (late)
		bypass_unregister(emu, vector);
	if (!early)
		emu_trigger_put(emu, vec->trigger);
	vec->trigger = NULL;
	bitmap_clear(emu->active, vector);
	emu_step_at(emu, where, "after the context is gone");
	return true;
}

/* B22, B25, B51: the table entry is not written, or not as a whole. */
bool plant_write_message(struct emu *emu, uint32_t vector)
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

/*
 * Z14: the producer comes before the handler; as long as it is there it is not registered twice.
 * B24: requested is the number that is the index, which is somebody else's.
 */
bool plant_request_irq(struct emu *emu, uint32_t vector)
{
	if (ZOO_WHEN(emu, Z14, !emu->fail)) {
		bypass_register(emu, vector);
		emu_step_at(emu, "make_context", "after the producer is registered");
	}
	return ZOO_WHEN(emu, B24, ZOO_NOTE(emu, NOTE_ADDED) == vector + 1);
}

/* B08, B51, Z04, Z08, Z09: before anything of the vector changes. */
static int refuse(struct emu *emu, uint32_t vector, int32_t fd)
{
	struct signal_ref *trigger;
	int err;

	if (ZOO_OUTSIDE(emu, vector, emu->vector_slots))
		return -EFAULT;
	if (contexts_are_array(emu) && vector >= emu->nvec)
		return 0; /* refused without a bug, too */
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

bool plant_set_vector_signal(struct emu *emu, uint32_t vector, int32_t fd, int *err)
{
	*err = refuse(emu, vector, fd);
	return *err != 0;
}

/* B26, B27: a vector that could not be set gives back a host irq that it had before (R56). */
static void unwind(struct emu *emu, uint32_t vector)
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

static void disarm(struct emu *emu, uint32_t start, uint32_t count)
{
	for (uint32_t i = 0; i < count; i++)
		msi_set_vector_signal(emu, start + i, -1);
}

/* B23: for (j = start + done - 1; j >= start; j--), unsigned */
static void endless_rollback(struct emu *emu, uint32_t start, uint32_t done)
{
	for (uint32_t j = start + done - 1; j >= start; j--) {
		if (j == UINT32_MAX) {
			ZOO_TRIGGERED(emu, B23);
			ZOO_OOPS(emu, ZOO_ENDLESS_LOOP);
			break;
		}
		msi_set_vector_signal(emu, j, -1);
	}
}

/* B23, Z02, Z03, Z04: instead of what R53 says. @done: how many were reached. */
static void rollback(struct emu *emu, uint32_t start, uint32_t count, uint32_t done)
{
	if (ZOO(emu, B23))
		endless_rollback(emu, start, done);
	else if (ZOO_WHEN(emu, Z02, done > 1))
		return;
	else if (ZOO_WHEN(emu, Z03, done < count))
		disarm(emu, start, count);
	else if (ZOO(emu, Z04))
		disarm(emu, start, done - 1);
	else
		disarm(emu, start, done);
}

static bool is_of_blocks(uint32_t bug)
{
	switch (bug) {
	case ZOO_B23:
	case ZOO_B26:
	case ZOO_B27:
	case ZOO_B45:
	case ZOO_Z02:
	case ZOO_Z03:
	case ZOO_Z04:
		return true;
	}
	return false;
}

/* B45: the first descriptor is lost on the way; and what comes after a vector that fails. */
bool plant_set_block(struct emu *emu, uint32_t start, uint32_t count, const int32_t *fds, int *err)
{
	uint32_t done;

	if (!is_of_blocks(emu->zoo->bug))
		return false;
	for (done = 0; done < count && !*err; done++) {
		int32_t fd = fds ? fds[done] : -1;

		if (fds && ZOO_WHEN(emu, B45, true))
			fd = done + 1 < count ? fds[done + 1] : -1;
		*err = msi_set_vector_signal(emu, start + done, fd);
		if (*err)
			unwind(emu, start + done);
		emu_step_at(emu, "msi_set_block", "after the vector is done");
	}
	if (*err)
		rollback(emu, start, count, done);
	return true;
}

/*
 * B30: what has an irq has a context, but not each context has a trigger. B44: a BOOL is true when
 * it is 1. B59: a loop of one too many.
 */
bool plant_loopback(struct emu *emu, const struct request *req)
{
	const uint8_t *selected = req->type == VFIO_IRQ_SET_DATA_BOOL ? req->data : NULL;
	uint32_t more = req->start + req->count;

	for (uint32_t i = 0; i < req->count; i++) {
		const struct msi_vector *vec = &emu->vectors[req->start + i];

		if (ZOO_OUTSIDE(emu, req->start + i, emu->vector_slots))
			break;
		if (ZOO_WHEN(emu, B30, vec->irq && !vec->trigger && !(selected && !selected[i])))
			ZOO_OOPS(emu, ZOO_NULL_DEREF);
		if (ZOO_WHEN(emu, B44, vec->trigger && selected && selected[i] > 1))
			continue;
		if (vec->trigger && (!selected || selected[i]))
			vec->signals->signal(vec->trigger);
	}
	if (more < emu->vector_slots && ZOO_WHEN(emu, B59, emu->vectors[more].trigger))
		emu->vectors[more].signals->signal(emu->vectors[more].trigger);
	return true;
}

static bool disables_all(const struct request *req)
{
	const int32_t *fds = req->data;

	for (uint32_t i = 0; fds && i < req->count; i++) {
		if (fds[i] >= 0)
			return false;
	}
	return req->count;
}

/*
 * B42. A set of nothing but -1, as QEMU's vfio-user client sends it, is irqs_disable() there, whose
 * loop has lost its start. B55: a positive number is taken for success. B38 has to know of enables
 * that failed.
 */
bool plant_set_eventfds(struct emu *emu, const struct request *req, int *ret)
{
	if (emu->type == req->index) {
		if (!ZOO_ON(emu, B42) || !disables_all(req) || !ZOO(emu, B42))
			return false;
		for (uint32_t v = req->start; v < req->count; v++)
			msi_set_vector_signal(emu, v, -1);
		if (req->start)
			ZOO_TRIGGERED(emu, B42);
		*ret = 0;
		return true;
	}
	if (!ZOO_ON(emu, B38) && !ZOO_ON(emu, B55))
		return false;
	*ret = msi_enable(emu, req->index, req->start + req->count);
	if (!*ret || ZOO_WHEN(emu, B55, *ret > 0)) {
		*ret = msi_set_block(emu, req->start, req->count, req->data);
		if (*ret)
			msi_disable(emu);
	}
	ZOO_NOTE(emu, NOTE_FAILED) = *ret != 0;
	return true;
}

/* B43: the descriptors go into the one array that there is, whoever uses it. */
static void share(struct emu *emu, const struct request *req)
{
	const int32_t *fds = req->data;

	for (uint32_t v = req->start; v < req->start + req->count; v++) {
		if (v < emu->vector_slots && emu->vectors[v].irq)
			msi_set_vector_signal(emu, v, fds[v - req->start]);
	}
}

/*
 * B47: with no vector in use there is nothing to disable. B38: the array of an enable that failed
 * is freed, and looks as if it was not. B32: memory must be enabled. B43
 */
bool plant_msi_trigger(struct emu *emu, const struct request *req, int *ret)
{
	bool enabled = emu->type == req->index, none = emu->type == VFIO_PCI_NUM_IRQS;
	bool disables = !req->count && req->type == VFIO_IRQ_SET_DATA_NONE;
	bool sets = req->type == VFIO_IRQ_SET_DATA_EVENTFD;

	*ret = 0;
	if (enabled && disables && ZOO_WHEN(emu, B47, !bitmap_weight(emu->active, BITMAP_WORDS)))
		return true;
	if (disables && none && ZOO_WHEN(emu, B38, ZOO_NOTE(emu, NOTE_FAILED)))
		ZOO_OOPS(emu, ZOO_DOUBLE_FREE);
	if (sets && req->index == VFIO_PCI_MSIX_IRQ_INDEX &&
	    ZOO_WHEN(emu, B32, ZOO_NOTE(emu, NOTE_MEMORY_OFF))) {
		*ret = -EIO;
		return true;
	}
	if (!sets || enabled || !req->count || !ZOO_WHEN(emu, B43, !none && emu->type))
		return false;
	share(emu, req);
	return true;
}
