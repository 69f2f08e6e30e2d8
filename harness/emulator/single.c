/* SPDX-License-Identifier: MIT */
/*
 * single: ERR and REQ, one trigger each with no irq behind it, as
 * vfio_pci_set_ctx_trigger_single(). Independent of INTX, MSI and MSI-X (R20). A dropped reference
 * goes at once, with err-req-rcu, too: that a grace period passes first (R63) no caller can tell
 * from a slow ioctl.
 */
#include <errno.h>

#include "emulator/device.h"

/* AER error_detected, driver unbind (R64), or loopback. */
void single_event(struct emu *emu, struct single *single)
{
	struct signal_ref *trigger;

	if (PLANT(single_event, emu, single))
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

	if (PLANT(swap_trigger, emu, single, trigger, &old))
		return old;
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

	if (PLANT(replace_trigger, emu, single, trigger))
		return;
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
	PLANT_SEES(set_none, emu, single, req);
	/* Only SET_IRQS writes the trigger, and igate is held. */
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
		return emu_has(emu, FEATURE_NEGATIVE_FD_REFUSED_ERR_REQ) ? -EINVAL : 0;

	if (fd >= 0) {
		/* Whatever fails, the old one stays (R63). */
		if (emu_fails(emu))
			return -EBADF;
		err = emu_trigger_get(emu, fd, &trigger);
		if (err)
			return err;
		if (emu_has(emu, FEATURE_ERR_REQ_RCU) && emu_fails(emu)) {
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
