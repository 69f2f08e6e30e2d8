/* SPDX-License-Identifier: MIT */
/*
 * plant_vectors: bugs of enabling and disabling MSI and MSI-X and of their vectors and producers,
 * for msi_enable.c and bypass.c. All of it under igate.
 */
#include <errno.h>

#include "emulator/planted.h"

/* B25: a vector that is added in place gets no message. */
bool plant_take_vector(struct emu *emu)
{
	return ZOO_WHEN(emu, B25, is_msix(emu));
}

/* B28: not asked whether the host can, and then it says so itself: -ENOTSUPP */
bool plant_may_add(struct emu *emu, int *err)
{
	*err = -524;
	return is_msix(emu) && !contexts_are_array(emu) && ZOO_WHEN(emu, B28, !emu->dyn);
}

/* Z05: room for one more is made by disabling MSI-X for all, for a while. */
bool plant_alloc_vector(struct emu *emu, uint32_t vector)
{
	if (ZOO_WHEN(emu, Z05, true)) {
		msg_table_disable(&emu->msix);
		emu_step_at(emu, "msi_alloc_vector", "while MSI-X is off");
		msg_table_enable(&emu->msix, emu->msix.count, false);
	}
	ZOO_NOTE(emu, NOTE_ADDED) = vector + 1;
	ZOO_NOTE(emu, NOTE_ADDED_EVER) = 1;
	return false;
}

/* B54: pci_free_msi_irqs() has unmapped the table already. */
bool plant_enable_msix(struct emu *emu)
{
	if (ZOO_WHEN(emu, B54, true))
		ZOO_OOPS(emu, ZOO_DOUBLE_FREE);
	return false;
}

/* B02: the product of both in 32 bits is what is allocated. */
bool plant_msi_enable(struct emu *emu, uint32_t nvec, int *ret)
{
	if (!ZOO_WHEN(emu, B02, (uint64_t)nvec * 32 > UINT32_MAX))
		return false;
	ZOO_OOPS(emu, ZOO_OUT_OF_BOUNDS);
	*ret = -ENOMEM;
	return true;
}

/* B18: INTx is turned on. B49: the vectors are not given back. */
bool plant_msi_disable(struct emu *emu)
{
	if (ZOO_WHEN(emu, B18, emu->intx.virq_disabled))
		intx_set_disintx(emu, false);
	return ZOO_WHEN(emu, B49, true);
}

/* Z12: another vector with the same eventfd is registered in place of the one that goes (R73). */
bool plant_bypass_unregister(struct emu *emu, uint32_t vector)
{
	if (!ZOO(emu, Z12))
		return false;
	for (uint32_t v = 0; v < emu->vector_slots; v++) {
		if (v == vector || emu->vectors[v].trigger != emu->vectors[vector].trigger)
			continue;
		ZOO_TRIGGERED(emu, Z12);
		bypass_register(emu, v);
		break;
	}
	return true;
}
