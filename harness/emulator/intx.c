/* SPDX-License-Identifier: MIT */
/*
 * intx: the SET_IRQS handlers of INTX and the level line behind them. A mask is one bit, whoever
 * sets it. A function that has DisINTx is masked there, one that has not (pci_2_3 false) at the
 * host's irq chip: a line that is up when the mask goes is seen again by the one as it is by the
 * other, so that nothing here depends on it (section 3 of the rules).
 *
 * irq_lock is held over signals: a trigger that was taken out under it never signals again (R28).
 */
#include <errno.h>

#include "emulator/device.h"

enum intx_event {
	EVENT_LINE, /* the line may interrupt: vfio_intx_handler() */
	EVENT_SEND, /* vfio_send_intx_eventfd() */
	EVENT_WORK, /* a work item may be queued */
};

/* R31. Under intx.lock. */
static bool may_signal(const struct intx *intx)
{
	lock_guards(&intx->lock);
	if (PLANT(may_signal, intx))
		return true;
	return intx->requested && !intx->virq_disabled;
}

/* Under intx.lock. */
static bool event_signals(struct intx *intx, enum intx_event event)
{
	switch (event) {
	case EVENT_LINE: /* R30 */
		lock_guards(&intx->irq_lock);
		lock_guards(&intx->lock);
		if (!intx->requested || !intx->asserted || intx->masked)
			return false;
		if (PLANT(handler, intx))
			return false;
		lock_step();
		intx->masked = true;
		break;
	case EVENT_SEND:
		break;
	case EVENT_WORK:
		if (!intx->inject)
			return false;
		intx->inject = false;
		break;
	}
	return may_signal(intx);
}

/* @event, and the work items that come of it (R38). */
static void raise_event(struct emu *emu, enum intx_event event)
{
	struct intx *intx = &emu->intx;
	struct signal_ref *trigger;
	bool send;

	lock_take(&intx->irq_lock);
	lock_take(&intx->lock);
	send = event_signals(intx, event);
	while (send || intx->inject) {
		intx->sending = true;
		lock_drop(&intx->lock);
		PLANT_SEES(raise_event, emu, send);
		lock_guards(&intx->irq_lock);
		trigger = intx->trigger;
		lock_step();
		if (send && trigger)
			emu->cfg.signals->signal(trigger);
		lock_take(&intx->lock);
		intx->sending = false;
		send = event_signals(intx, EVENT_WORK);
	}
	lock_drop(&intx->lock);
	lock_drop(&intx->irq_lock);
}

void intx_run_work(struct emu *emu)
{
	raise_event(emu, EVENT_WORK);
}

void intx_send(struct emu *emu)
{
	raise_event(emu, EVENT_SEND);
}

void intx_set_line(struct emu *emu, bool asserted)
{
	struct intx *intx = &emu->intx;

	lock_take(&intx->lock);
	PLANT_SEES(set_line, emu, asserted);
	lock_guards(&intx->lock);
	intx->asserted = asserted;
	lock_drop(&intx->lock);
	raise_event(emu, EVENT_LINE);
}

/*
 * vfio_pci_intx_unmask_handler(): R33. With the line up it stays masked, and the trigger is to be
 * signalled: for a function with DisINTx the handler says so, for another the irq chip interrupts
 * again at once, which masks.
 */
bool intx_try_unmask(struct intx *intx)
{
	lock_guards(&intx->lock);
	if (!intx->requested || !intx->masked || intx->virq_disabled)
		return false;
	if (PLANT(try_unmask, intx))
		return false;
	lock_step();
	intx->masked = intx->asserted;
	return intx->masked;
}

void intx_unmask_line(struct emu *emu)
{
	bool again;

	if (PLANT(unmask_line, emu))
		return;
	lock_take(&emu->intx.lock);
	again = intx_try_unmask(&emu->intx);
	lock_drop(&emu->intx.lock);
	if (again)
		intx_send(emu);
	else
		intx_run_work(emu);
}

/* A config write of DisINTx: R34. What is not INTX has no mask to change. */
void intx_set_disintx(struct emu *emu, bool disabled)
{
	struct intx *intx = &emu->intx;

	if (intx->virq_disabled == disabled || PLANT(set_disintx, emu, disabled))
		return;
	lock_take(&intx->lock);
	lock_guards(&intx->lock);
	lock_step();
	intx->virq_disabled = disabled;
	if (disabled && intx->requested)
		intx->masked = true;
	lock_drop(&intx->lock);
	if (disabled)
		intx_run_work(emu);
	else
		intx_unmask_line(emu);
}

/* R24: all of this before the data type is looked at. */
static bool addresses_line(const struct emu *emu, const struct request *req)
{
	return is_intx(emu) && req->start == 0 && req->count == 1;
}

/* NONE, or a BOOL that is not 0. */
static bool selects_line(const struct request *req)
{
	return req->type == VFIO_IRQ_SET_DATA_NONE || *(const uint8_t *)req->data;
}

int intx_mask(struct emu *emu, const struct request *req)
{
	if (!addresses_line(emu, req))
		return -EINVAL;
	if (req->type == VFIO_IRQ_SET_DATA_EVENTFD)
		return -ENOTTY;
	if (!selects_line(req) || PLANT(intx_mask, emu))
		return 0;

	lock_take(&emu->intx.lock);
	emu->intx.masked = true;
	lock_guards(&emu->intx.lock);
	lock_drop(&emu->intx.lock);
	return 0;
}

int intx_unmask(struct emu *emu, const struct request *req)
{
	int32_t fd;

	if (!addresses_line(emu, req))
		return -EINVAL;
	if (req->type == VFIO_IRQ_SET_DATA_EVENTFD) {
		fd = *(const int32_t *)req->data;
		if (fd >= 0)
			return virqfd_attach(emu, fd);
		virqfd_detach(emu);
		return 0;
	}
	if (selects_line(req))
		intx_unmask_line(emu);
	return 0;
}

static struct signal_ref *swap_trigger(struct intx *intx, struct signal_ref *trigger)
{
	struct signal_ref *old;

	lock_take(&intx->irq_lock);
	lock_guards(&intx->irq_lock);
	lock_step();
	old = intx->trigger;
	intx->trigger = trigger;
	lock_drop(&intx->irq_lock);
	return old;
}

/* vfio_intx_set_signal(): masked does not change (R28); NULL keeps the irq requested (R29). */
static void set_trigger(struct emu *emu, struct signal_ref *trigger)
{
	struct signal_ref *old = swap_trigger(&emu->intx, trigger);

	emu_step(emu);
	intx_run_work(emu); /* vfio_virqfd_flush_thread() */
	if (!PLANT(set_trigger, emu, old))
		emu_trigger_put(emu, old);
	emu_step(emu);
}

/* The host irq is ours from here on: a line that is up already interrupts at once. */
static void own_line(struct emu *emu, struct signal_ref *trigger)
{
	struct intx *intx = &emu->intx;

	emu->type = VFIO_PCI_INTX_IRQ_INDEX;
	swap_trigger(intx, trigger);
	lock_take(&intx->lock);
	lock_guards(&intx->lock);
	lock_step();
	intx->masked = intx->virq_disabled; /* R27 */
	intx->requested = true;
	PLANT_SEES(intx_requested, emu);
	lock_drop(&intx->lock);
	raise_event(emu, EVENT_LINE);
}

/* vfio_intx_enable() */
static int intx_enable(struct emu *emu, struct signal_ref *trigger)
{
	int err;

	if (PLANT(intx_enable, emu, &err))
		return err;
	if (emu_fails(emu))
		return -ENOMEM; /* name */
	if (emu_fails(emu))
		return -ENOMEM; /* context */
	emu_step(emu);
	if (emu_fails(emu))
		return -EBUSY; /* request_irq: a line that is shared cannot be masked alone */
	own_line(emu, trigger);
	emu_step(emu);
	return 0;
}

/* vfio_intx_disable(): R35. */
void intx_disable(struct emu *emu)
{
	struct intx *intx = &emu->intx;
	struct signal_ref *old;

	if (PLANT(intx_disable, emu))
		return;
	virqfd_detach(emu);
	emu_step(emu);

	lock_take(&intx->irq_lock);
	lock_take(&intx->lock);
	lock_guards(&intx->irq_lock);
	lock_guards(&intx->lock);
	lock_step();
	intx->requested = false;
	intx->masked = false;
	intx->inject = false;
	lock_drop(&intx->lock);
	old = intx->trigger;
	intx->trigger = NULL;
	lock_drop(&intx->irq_lock);
	emu_step(emu);

	emu_trigger_put(emu, old);
	emu->type = VFIO_PCI_NUM_IRQS;
	emu_step(emu);
}

static int set_eventfd(struct emu *emu, int32_t fd)
{
	struct signal_ref *trigger = NULL;
	int err;

	/* R25, R28: looked up before anything changes; a bad fd leaves all as it was. */
	if (fd >= 0) {
		if (emu_fails(emu))
			return -EBADF;
		err = emu_trigger_get(emu, fd, &trigger);
		if (err)
			return err;
		emu_step(emu);
	}
	if (is_intx(emu)) {
		set_trigger(emu, trigger);
		return 0;
	}
	if (emu->cfg.irqless) {
		emu_trigger_put(emu, trigger);
		return -ENODEV; /* R25 */
	}
	err = intx_enable(emu, trigger); /* R26: with no trigger too */
	if (err && !PLANT(intx_refused, emu))
		emu_trigger_put(emu, trigger);
	return err;
}

int intx_trigger(struct emu *emu, const struct request *req)
{
	if (PLANT(intx_trigger, emu, req))
		return 0;
	if (is_intx(emu) && !req->count && req->type == VFIO_IRQ_SET_DATA_NONE) {
		intx_disable(emu);
		return 0;
	}

	if ((!is_intx(emu) && emu->type != VFIO_PCI_NUM_IRQS) || req->start != 0 || req->count != 1)
		return -EINVAL;
	if (req->type == VFIO_IRQ_SET_DATA_EVENTFD)
		return set_eventfd(emu, *(const int32_t *)req->data);
	if (!is_intx(emu))
		return -EINVAL;

	/* R31: loopback neither masks nor minds the mask. */
	if (selects_line(req))
		intx_send(emu);
	return 0;
}
