/* SPDX-License-Identifier: MIT */
/*
 * msix: the MSI-X table and pending bits as the hardware has them now, through a mapping: read() of
 * the table's range returns ones (R23).
 */
#ifndef IRQSTORM_VFIO_MSIX_H
#define IRQSTORM_VFIO_MSIX_H

#include "vfio/pciconf.h"
#include "vfio/region.h"

struct msix_view {
	struct bar_map table, pba; /* pba empty when it lies in the same BAR */
	uint32_t table_offset, pba_offset;
	uint32_t count;
};

/* @cap: MSI-X in config space. False, and an empty view, when it is 0 or VFIO does not let it be
 * mapped. */
bool msix_view_open(struct msix_view *m, const struct pciconf *c, uint32_t cap);
void msix_view_close(struct msix_view *m);

/* BACKEND_ENTRY_* of @entry, -EINVAL beyond the table. Memory must answer. */
int msix_view_entry(const struct msix_view *m, uint32_t entry);

/* Whether @entry, which the table has, is pending. */
bool msix_view_pending(const struct msix_view *m, uint32_t entry);

/* Sets the mask bit of @entry and reads it back. 0, -EINVAL beyond the table. Memory must answer.
 */
int msix_view_mask(const struct msix_view *m, uint32_t entry);

#endif
