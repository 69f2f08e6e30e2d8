/* SPDX-License-Identifier: MIT */
#include "vfio/msix.h"

#include <endian.h>
#include <errno.h>
#include <linux/pci_regs.h>
#include <string.h>

#include "backend/backend.h"

bool msix_view_open(struct msix_view *m, const struct pciconf *c, uint32_t cap)
{
	uint32_t table = 0, pba = 0;
	size_t table_end, pba_end, same;
	uint16_t flags = 0;

	memset(m, 0, sizeof(*m));
	if (!cap || pciconf_read16(c, cap + PCI_MSIX_FLAGS, &flags) ||
	    pciconf_read32(c, cap + PCI_MSIX_TABLE, &table) ||
	    pciconf_read32(c, cap + PCI_MSIX_PBA, &pba))
		return false;
	m->count = (flags & PCI_MSIX_FLAGS_QSIZE) + 1u;
	m->table_offset = table & PCI_MSIX_TABLE_OFFSET;
	m->pba_offset = pba & PCI_MSIX_PBA_OFFSET;
	table_end = m->table_offset + (size_t)m->count * PCI_MSIX_ENTRY_SIZE;
	pba_end = m->pba_offset + (m->count + 63) / 64 * 8;
	same = (table & PCI_MSIX_TABLE_BIR) == (pba & PCI_MSIX_PBA_BIR) && pba_end > table_end
		       ? pba_end
		       : table_end;
	region_map_msix(c->fd, table & PCI_MSIX_TABLE_BIR, same, true, &m->table);
	if (m->table.base && (table & PCI_MSIX_TABLE_BIR) != (pba & PCI_MSIX_PBA_BIR)) {
		region_map_msix(c->fd, pba & PCI_MSIX_PBA_BIR, pba_end, false, &m->pba);
		if (!m->pba.base)
			msix_view_close(m);
	}
	return m->table.base;
}

void msix_view_close(struct msix_view *m)
{
	region_unmap(&m->table);
	region_unmap(&m->pba);
}

bool msix_view_pending(const struct msix_view *m, uint32_t entry)
{
	const struct bar_map *pba = m->pba.base ? &m->pba : &m->table;

	return le32toh(*region_reg32(pba, m->pba_offset + entry / 32 * 4)) >> entry % 32 & 1;
}

static volatile uint32_t *vector_control(const struct msix_view *m, uint32_t entry)
{
	return region_reg32(&m->table, m->table_offset + entry * PCI_MSIX_ENTRY_SIZE +
					       PCI_MSIX_ENTRY_VECTOR_CTRL);
}

int msix_view_entry(const struct msix_view *m, uint32_t entry)
{
	uint32_t control;

	if (entry >= m->count)
		return -EINVAL;
	control = le32toh(*vector_control(m, entry));
	return (control & PCI_MSIX_ENTRY_CTRL_MASKBIT ? BACKEND_ENTRY_MASKED : 0) |
	       (msix_view_pending(m, entry) ? BACKEND_ENTRY_PENDING : 0);
}

int msix_view_mask(const struct msix_view *m, uint32_t entry)
{
	volatile uint32_t *control;

	if (entry >= m->count)
		return -EINVAL;
	control = vector_control(m, entry);
	*control = *control | htole32(PCI_MSIX_ENTRY_CTRL_MASKBIT);
	return *control & htole32(PCI_MSIX_ENTRY_CTRL_MASKBIT) ? 0 : -EIO;
}
