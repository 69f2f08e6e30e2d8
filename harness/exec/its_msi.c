/* SPDX-License-Identifier: MIT */
#include "exec/its_msi.h"

#include "backend/its.h"

#define ENABLES (VFIO_IRQ_SET_ACTION_TRIGGER | VFIO_IRQ_SET_DATA_EVENTFD)

bool its_msi_leaks(uint32_t traits, const struct model *m, const struct op *op)
{
	struct request_head h;

	if (!(traits & BACKEND_ITS) || !op_is_call(op))
		return false;
	op_request_head(op, &h);
	if ((h.flags & ENABLES) != ENABLES || (m && m->type == VFIO_PCI_MSI_IRQ_INDEX))
		return false;
	/* R43: the vectors up to the last that it names; none is allocated while it is enabled */
	return its_keeps(traits, h.index, (uint64_t)h.start + h.count);
}
