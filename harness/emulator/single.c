/* SPDX-License-Identifier: MIT */
/*
 * single: ERR and REQ, one trigger each with no irq behind it, as
 * vfio_pci_set_ctx_trigger_single(). Independent of INTX, MSI and MSI-X (R20). A dropped reference
 * goes at once; 6.12 lets an RCU grace period pass first (R63), which no caller can tell from a
 * slow ioctl.
 */
#include <errno.h>

#include "emulator/device.h"

static enum zoo_note planted_note(const struct emu *emu, const struct single *single)
{
	return single == &emu->err ? NOTE_STALE_ERR : NOTE_STALE_REQ;
}

/* B11: the trigger was put at a last close, and is used. True: it must not be touched. */
static bool planted_stale(struct emu *emu, struct single *single)
{
	if (!ZOO_WHEN(emu, B11, ZOO_NOTE(emu, planted_note(emu, single))))
		return false;
	ZOO_OOPS(emu, ZOO_USE_AFTER_FREE);
	return true;
}

/* B11, B12: what a last close does to the trigger. True: that was it. */
static bool planted_close(struct emu *emu, struct single *single)
{
	if (planted_stale(emu, single))
		return true;
	if (ZOO_WHEN(emu, B11, single->trigger)) {
		emu_trigger_put(emu, single->trigger);
		ZOO_NOTE(emu, planted_note(emu, single)) = 1;
		return true;
	}
	if (ZOO_WHEN(emu, B12, single->trigger)) {
		single->trigger = NULL;
		return true;
	}
	return false;
}

/* AER error_detected, driver unbind (R64), or loopback. */
void single_event(struct emu *emu, struct single *single)
{
	struct signal_ref *trigger;

	if (planted_stale(emu, single))
		return;
	lock_take(&single->lock);
	lock_guards(&single->lock);
	trigger = single->trigger;
	lock_step();
	if (trigger)
		emu->cfg.signals->signal(trigger);
	lock_drop(&single->lock);
}

static struct signal_ref *swap_trigger(struct emu *emu, struct single *single,
				       struct signal_ref *trigger)
{
	struct signal_ref *old;

	if (ZOO(emu, B10)) {
		old = single->trigger;
		lock_step();
		if (single->trigger != old)
			ZOO_TRIGGERED(emu, B10);
		single->trigger = trigger;
		return old;
	}
	lock_take(&single->lock);
	lock_guards(&single->lock);
	lock_step();
	old = single->trigger;
	single->trigger = trigger;
	lock_drop(&single->lock);
	return old;
}

static void replace_trigger(struct emu *emu, struct single *single, struct signal_ref *trigger)
{
	struct signal_ref *old;

	if (ZOO_NOTE(emu, NOTE_CLOSING) && planted_close(emu, single))
		return;
	if (planted_stale(emu, single)) {
		ZOO_NOTE(emu, planted_note(emu, single)) = 0;
		single->trigger = NULL;
	}
	if (trigger)
		ZOO_NOTE(emu, NOTE_WAS_SET) = 1;
	old = swap_trigger(emu, single, trigger);
	emu_step(emu);
	emu_trigger_put(emu, old);
	emu_step(emu);
}

void single_drop(struct emu *emu, struct single *single)
{
	replace_trigger(emu, single, NULL);
}

static int set_none(struct emu *emu, struct single *single, const struct request *req)
{
	/* Only SET_IRQS writes the trigger, and igate is held. */
	if (!single->trigger && req->count && ZOO_WHEN(emu, B35, ZOO_NOTE(emu, NOTE_WAS_SET)))
		ZOO_OOPS(emu, ZOO_NULL_DEREF);
	if (!single->trigger)
		return -EINVAL;
	if (req->count)
		single_event(emu, single);
	else
		single_drop(emu, single);
	return 0;
}

static int set_bool(struct emu *emu, struct single *single, const struct request *req)
{
	if (!req->count)
		return -EINVAL;
	if (*(const uint8_t *)req->data)
		single_event(emu, single);
	return 0;
}

static int set_eventfd(struct emu *emu, struct single *single, const struct request *req)
{
	struct signal_ref *trigger = NULL;
	int32_t fd;
	int err;

	if (!req->count)
		return -EINVAL;
	fd = *(const int32_t *)req->data;
	if (fd < -1) /* a dialect: other than on MSI-X, only -1 removes (section 1.6) */
		return emu->cfg.profile == EMU_PROFILE_6_1 ? 0 : -EINVAL;

	if (fd >= 0) {
		/* Whatever fails, the old one stays (R63). */
		if (emu_fails(emu))
			return -EBADF;
		err = emu_trigger_get(emu, fd, &trigger);
		if (err)
			return err;
		if (emu->cfg.profile != EMU_PROFILE_6_1 && emu_fails(emu)) {
			emu_trigger_put(emu, trigger);
			return -ENOMEM;
		}
	}
	replace_trigger(emu, single, trigger);
	return 0;
}

static int set_single(struct emu *emu, struct single *single, const struct request *req)
{
	if (req->type == VFIO_IRQ_SET_DATA_NONE)
		return set_none(emu, single, req);
	if (req->type == VFIO_IRQ_SET_DATA_BOOL)
		return set_bool(emu, single, req);
	return set_eventfd(emu, single, req);
}

int single_err_trigger(struct emu *emu, const struct request *req)
{
	return set_single(emu, &emu->err, req);
}

int single_req_trigger(struct emu *emu, const struct request *req)
{
	return set_single(emu, &emu->req, req);
}
