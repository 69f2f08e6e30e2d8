/* SPDX-License-Identifier: MIT */
/* plant_intx: bugs of INTX and its unmask eventfd, for intx.c and virqfd.c. */
#include <errno.h>

#include "emulator/planted.h"

/* Z07: Interrupt Disable is not looked at. */
bool plant_may_signal(const struct intx *intx)
{
	return ZOO_WHEN(intx, Z07, intx->requested && intx->virq_disabled);
}

/* B07, B15: what the host's irq chip does not deliver. */
static bool deaf(const struct intx *intx)
{
	return ZOO_WHEN(intx, B07, ZOO_NOTE(intx, NOTE_DEPTH)) ||
	       ZOO_WHEN(intx, B15, ZOO_NOTE(intx, NOTE_ACKED));
}

/* And B06: with the trigger went the handler. True: the line is not handled. */
bool plant_handler(const struct intx *intx)
{
	return deaf(intx) || ZOO_WHEN(intx, B06, !intx->trigger);
}

/* B06: with no trigger the NULL is signalled. */
bool plant_raise_event(struct emu *emu, bool send)
{
	if (send && ZOO_WHEN(emu, B06, !emu->intx.trigger))
		ZOO_OOPS(emu, ZOO_NULL_DEREF);
	return false;
}

/* B15: what rises while it is masked is acknowledged at the chip, and dropped. */
bool plant_set_line(struct emu *emu, bool asserted)
{
	const struct intx *intx = &emu->intx;

	if (asserted && !intx->asserted && !emu->cfg.pci_2_3)
		ZOO_NOTE(emu, NOTE_ACKED) = intx->requested && intx->masked;
	if (!asserted)
		ZOO_NOTE(emu, NOTE_ACKED) = 0;
	return false;
}

bool plant_try_unmask(struct intx *intx)
{
	if (!intx->asserted || !deaf(intx))
		return false;
	intx->masked = false;
	return true;
}

/* Z35: the line is looked at without the lock. */
bool plant_unmask_line(struct emu *emu)
{
	const char *where = "intx_unmask_line";
	bool again, asserted = emu->intx.asserted;

	if (!ZOO_ON(emu, Z35))
		return false;
	lock_take_at(&emu->intx.lock, where);
	again = intx_try_unmask(&emu->intx);
	if (again && ZOO_WHEN(emu, Z35, !asserted))
		emu->intx.masked = again = false;
	lock_drop_at(&emu->intx.lock, where);
	if (again)
		intx_send(emu);
	else
		intx_run_work(emu);
	return true;
}

/*
 * B29: the context of INTX is looked up, and there may be none. B05: without igate INTX may have
 * been disabled since it was looked at.
 */
bool plant_set_disintx(struct emu *emu, bool disabled)
{
	const char *where = "intx_set_disintx";
	struct intx *intx = &emu->intx;
	bool requested = intx->requested;

	if (ZOO_WHEN(emu, B29, !intx->requested))
		ZOO_OOPS(emu, ZOO_NULL_DEREF);
	if (!ZOO_ON(emu, B05))
		return false;
	lock_take_at(&intx->lock, where);
	lock_step_at(where);
	intx->virq_disabled = disabled;
	if (disabled && (intx->requested || ZOO_WHEN(emu, B05, requested)))
		intx->masked = true;
	lock_drop_at(&intx->lock, where);
	if (disabled)
		intx_run_work(emu);
	else
		intx_unmask_line(emu);
	return true;
}

/* B63: MASK unmasks. */
bool plant_intx_mask(struct emu *emu)
{
	if (!ZOO_WHEN(emu, B63, true))
		return false;
	intx_unmask_line(emu);
	return true;
}

/* Z11: the reference on the old trigger is kept. */
bool plant_set_trigger(struct emu *emu, const struct signal_ref *old)
{
	return ZOO_WHEN(emu, Z11, old);
}

/*
 * B17: whether the pin leads anywhere is asked late. B09 has to know that the context, the second
 * thing that can fail, is what could not be had.
 */
bool plant_intx_enable(struct emu *emu, int *err)
{
	ZOO_NOTE(emu, NOTE_LEAK) = emu->fail == 2;
	*err = -ENOTCONN;
	return ZOO_WHEN(emu, B17, !emu->cfg.intx);
}

/* B07: requested enabled, interrupted, disabled by the handler and again by us. */
bool plant_intx_requested(struct emu *emu)
{
	const struct intx *intx = &emu->intx;

	ZOO_NOTE(emu, NOTE_DEPTH) = !emu->cfg.pci_2_3 && intx->virq_disabled && intx->asserted;
	ZOO_NOTE(emu, NOTE_ACKED) = 0;
	return false;
}

/*
 * B21: the trigger is put before the virqfd is shut down. B34: a last close leaves the virqfd.
 * B39: a last close forgets the trigger, and nobody has it any more.
 */
bool plant_intx_disable(struct emu *emu)
{
	const char *where = "intx_disable";
	struct intx *intx = &emu->intx;
	struct signal_ref *old = intx->trigger;
	bool closing = ZOO_NOTE(emu, NOTE_CLOSING);
	bool early = ZOO_WHEN(emu, B21, old && intx->unmask);
	bool stays = ZOO_WHEN(emu, B34, closing && intx->unmask);
	bool forgotten = ZOO_WHEN(emu, B39, closing && old);

	if (!early && !stays && !forgotten)
		return false;
	if (early)
		emu_trigger_put(emu, old);
	if (!stays)
		virqfd_detach(emu);
	emu_step_at(emu, where, where);

	lock_take_at(&intx->irq_lock, where);
	lock_take_at(&intx->lock, where);
	lock_step_at(where);
	intx->requested = false;
	intx->masked = false;
	intx->inject = false;
	lock_drop_at(&intx->lock, where);
	intx->trigger = NULL;
	lock_drop_at(&intx->irq_lock, where);
	emu_step_at(emu, where, where);

	if (!early && !forgotten)
		emu_trigger_put(emu, old);
	emu->type = VFIO_PCI_NUM_IRQS;
	emu_step_at(emu, where, where);
	return true;
}

/* B09: the name leaks. Names are not counted here: the reference stands for it. */
bool plant_intx_refused(struct emu *emu)
{
	return ZOO_WHEN(emu, B09, ZOO_NOTE(emu, NOTE_LEAK));
}

/*
 * B43: the descriptors of all types are in one array, and a disable of INTX is one of the first of
 * them. B33: a loopback before INTX was ever enabled signals NULL.
 */
bool plant_intx_trigger(struct emu *emu, const struct request *req)
{
	if (is_intx(emu) || req->type != VFIO_IRQ_SET_DATA_NONE)
		return false;
	if (!req->count && ZOO_WHEN(emu, B43, emu->type != VFIO_PCI_NUM_IRQS)) {
		if (emu->vectors[0].trigger)
			msi_drop_context(emu, 0);
		return true;
	}
	if (emu->type == VFIO_PCI_NUM_IRQS && req->start == 0 && req->count == 1 &&
	    ZOO_WHEN(emu, B33, true))
		ZOO_OOPS(emu, ZOO_NULL_DEREF);
	return false;
}

/* B20: an eventfd that is being detached is released by its close as well. */
bool plant_virqfd_wake(struct emu *emu)
{
	return ZOO_WHEN(emu, B20, true);
}

/*
 * Z34: the work takes igate, which who flushes it holds, and waits. Only under a scheduler does
 * that not stop this thread for good.
 */
bool plant_virqfd_work(struct emu *emu)
{
	const char *where = "virqfd_work";

	if (!lock_scheduler() || !ZOO_WHEN(emu, Z34, true))
		return false;
	lock_take_at(&emu->igate, where);
	intx_run_work(emu);
	lock_drop_at(&emu->igate, where);
	return true;
}
