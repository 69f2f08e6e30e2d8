/* SPDX-License-Identifier: MIT */
/*
 * intx: the SET_IRQS handlers of INTX and the level line behind them. The device supports DisINTx
 * (pci_2_3), so a mask is in the function: a masked line is silent and is seen again at unmask.
 *
 * The lock is held over signals: a trigger that was taken out under it never signals again (R28).
 * UNMASK by eventfd (R36-R39) and the virtual DisINTx (R34) hook in here; they are not offered yet.
 */
#include <errno.h>

#include "emulator/device.h"

/* vfio_send_intx_eventfd(): R31. Under intx.lock. */
static void send_signal(struct emu *emu)
{
	if (emu->intx.trigger)
		emu->cfg.signals->signal(emu->intx.trigger);
}

/* The function raises its interrupt if it may: the handler automasks, then signals (R30). */
static void evaluate_line(struct emu *emu)
{
	struct intx *intx = &emu->intx;

	if (!intx->requested || !intx->asserted || intx->masked)
		return;
	intx->masked = true;
	send_signal(emu);
}

void intx_set_line(struct emu *emu, bool asserted)
{
	pthread_mutex_lock(&emu->intx.lock);
	emu->intx.asserted = asserted;
	evaluate_line(emu);
	pthread_mutex_unlock(&emu->intx.lock);
}

static bool is_intx(const struct emu *emu)
{
	return emu->type == VFIO_PCI_INTX_IRQ_INDEX;
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
	if (!selects_line(req))
		return 0;

	pthread_mutex_lock(&emu->intx.lock);
	emu->intx.masked = true;
	pthread_mutex_unlock(&emu->intx.lock);
	return 0;
}

int intx_unmask(struct emu *emu, const struct request *req)
{
	if (!addresses_line(emu, req))
		return -EINVAL;
	if (req->type == VFIO_IRQ_SET_DATA_EVENTFD)
		return -ENOTTY; /* R36 attaches a virqfd: not offered yet */
	if (!selects_line(req))
		return 0;

	/* R33: with the line still up the handler runs at once, and masks again. */
	pthread_mutex_lock(&emu->intx.lock);
	if (emu->intx.masked) {
		emu->intx.masked = false;
		evaluate_line(emu);
	}
	pthread_mutex_unlock(&emu->intx.lock);
	return 0;
}

/* vfio_intx_set_signal(): masked does not change (R28); NULL keeps the irq requested (R29). */
static void set_trigger(struct emu *emu, struct signal_ref *trigger)
{
	struct signal_ref *old;

	pthread_mutex_lock(&emu->intx.lock);
	old = emu->intx.trigger;
	emu->intx.trigger = trigger;
	pthread_mutex_unlock(&emu->intx.lock);
	emu_trigger_put(emu, old);
}

/* vfio_intx_enable(): a line that is up already interrupts at once. */
static void intx_enable(struct emu *emu, struct signal_ref *trigger)
{
	pthread_mutex_lock(&emu->intx.lock);
	emu->intx.trigger = trigger;
	emu->intx.masked = false;
	emu->intx.requested = true;
	evaluate_line(emu);
	pthread_mutex_unlock(&emu->intx.lock);
	emu->type = VFIO_PCI_INTX_IRQ_INDEX;
}

/* vfio_intx_disable(): R35. */
void intx_disable(struct emu *emu)
{
	struct signal_ref *old;

	pthread_mutex_lock(&emu->intx.lock);
	old = emu->intx.trigger;
	emu->intx.trigger = NULL;
	emu->intx.requested = false;
	emu->intx.masked = false;
	pthread_mutex_unlock(&emu->intx.lock);
	emu_trigger_put(emu, old);
	emu->type = VFIO_PCI_NUM_IRQS;
}

static int set_eventfd(struct emu *emu, int32_t fd)
{
	struct signal_ref *trigger = NULL;
	int err;

	/* R25, R28: looked up before anything changes; a bad fd leaves all as it was. */
	if (fd >= 0) {
		err = emu_trigger_get(emu, fd, &trigger);
		if (err)
			return err;
	}
	if (is_intx(emu))
		set_trigger(emu, trigger);
	else
		intx_enable(emu, trigger); /* R26: with no trigger too */
	return 0;
}

int intx_trigger(struct emu *emu, const struct request *req)
{
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
	if (selects_line(req)) {
		pthread_mutex_lock(&emu->intx.lock);
		send_signal(emu);
		pthread_mutex_unlock(&emu->intx.lock);
	}
	return 0;
}
