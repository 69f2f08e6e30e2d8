/* SPDX-License-Identifier: MIT */
/*
 * its: a habit of hosts whose messages come from a GICv3 ITS (BACKEND_ITS). To enable MSI with a
 * count that is no power of two leaves a part of its events allocated until the host boots; later
 * enables of that device, of MSI-X, too, then answer positive numbers (docs/rules.md, R48). That is
 * a state of the host and of no program, so nothing that is found after it could be told from it:
 * who makes requests of a real device makes none of these.
 */
#ifndef IRQSTORM_BACKEND_ITS_H
#define IRQSTORM_BACKEND_ITS_H

#include "backend/backend.h"

/* Would an enable of @nvec vectors of @index leave some behind, on a host of @traits? */
static inline bool its_keeps(uint32_t traits, uint32_t index, uint64_t nvec)
{
	return (traits & BACKEND_ITS) && index == VFIO_PCI_MSI_IRQ_INDEX && (nvec & (nvec - 1));
}

#endif
