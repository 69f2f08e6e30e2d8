/* SPDX-License-Identifier: MIT */
/* plant_device: bugs of fires, last closes, ERR and REQ, for emulator.c, device.c and single.c. */
#include "emulator/planted.h"

/*
 * B13: the driver takes igate in AER's walk of the bus, which only under a scheduler does not stop
 * this thread for good.
 */
bool plant_aer_event(struct emu *emu)
{
	const char *where = "aer_event";

	if (!lock_scheduler() || !ZOO_WHEN(emu, B13, true))
		return false;
	lock_take_at(&emu->bus_lock, where);
	lock_take_at(&emu->igate, where);
	single_event(emu, &emu->err);
	lock_drop_at(&emu->igate, where);
	lock_drop_at(&emu->bus_lock, where);
	return true;
}

/* B41: REQ and MSI-X vector 0 share a slot. True: it is REQ's. */
bool plant_fire(struct emu *emu, uint32_t index, uint32_t vector)
{
	return index == VFIO_PCI_MSIX_IRQ_INDEX && !vector && ZOO_WHEN(emu, B41, emu->req.trigger);
}

bool plant_last_close(struct emu *emu, bool begins)
{
	ZOO_NOTE(emu, NOTE_CLOSING) = begins;
	return false;
}

bool plant_set_memory(struct emu *emu, bool on)
{
	ZOO_NOTE(emu, NOTE_MEMORY_OFF) = !on;
	return false;
}

/* B05: a config write of DisINTx does not take igate. */
bool plant_without_igate(struct emu *emu, enum backend_device_op op)
{
	return op == BACKEND_DEV_DISINTX && ZOO(emu, B05);
}

static enum zoo_note stale_note(const struct emu *emu, const struct single *single)
{
	return single == &emu->err ? NOTE_STALE_ERR : NOTE_STALE_REQ;
}

/* B11: the trigger was put at a last close, and is used. True: it must not be touched. */
bool plant_single_event(struct emu *emu, struct single *single)
{
	if (!ZOO_WHEN(emu, B11, ZOO_NOTE(emu, stale_note(emu, single))))
		return false;
	ZOO_OOPS(emu, ZOO_USE_AFTER_FREE);
	return true;
}

/* B10: the exchange has no lock. */
bool plant_swap_trigger(struct emu *emu, struct single *single, struct signal_ref *trigger,
			struct signal_ref **old)
{
	if (!ZOO(emu, B10))
		return false;
	*old = single->trigger;
	lock_step_at("swap_trigger");
	if (single->trigger != *old)
		ZOO_TRIGGERED(emu, B10);
	single->trigger = trigger;
	return true;
}

/* B11, B12: what a last close does to the trigger. */
static bool last_close(struct emu *emu, struct single *single)
{
	if (plant_single_event(emu, single))
		return true;
	if (ZOO_WHEN(emu, B11, single->trigger)) {
		emu_trigger_put(emu, single->trigger);
		ZOO_NOTE(emu, stale_note(emu, single)) = 1;
		return true;
	}
	if (ZOO_WHEN(emu, B12, single->trigger)) {
		single->trigger = NULL;
		return true;
	}
	return false;
}

bool plant_replace_trigger(struct emu *emu, struct single *single, const struct signal_ref *trigger)
{
	if (ZOO_NOTE(emu, NOTE_CLOSING) && last_close(emu, single))
		return true;
	if (plant_single_event(emu, single)) {
		ZOO_NOTE(emu, stale_note(emu, single)) = 0;
		single->trigger = NULL;
	}
	if (trigger)
		ZOO_NOTE(emu, NOTE_WAS_SET) = 1;
	return false;
}

/* B35: once it was set a loopback looks at it no more. */
bool plant_set_none(struct emu *emu, const struct single *single, const struct request *req)
{
	if (!single->trigger && req->count && ZOO_WHEN(emu, B35, ZOO_NOTE(emu, NOTE_WAS_SET)))
		ZOO_OOPS(emu, ZOO_NULL_DEREF);
	return false;
}
