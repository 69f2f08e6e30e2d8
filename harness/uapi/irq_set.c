/* SPDX-License-Identifier: MIT */
#include "uapi/irq_set.h"

#include <stdio.h>
#include <string.h>

struct flag_name {
	uint32_t bit;
	const char *name;
};

static const char *const index_names[VFIO_PCI_NUM_IRQS] = {"INTX", "MSI", "MSIX", "ERR", "REQ"};

static const struct flag_name info_names[] = {
	{VFIO_IRQ_INFO_EVENTFD, "EVENTFD"},
	{VFIO_IRQ_INFO_MASKABLE, "MASKABLE"},
	{VFIO_IRQ_INFO_AUTOMASKED, "AUTOMASKED"},
	{VFIO_IRQ_INFO_NORESIZE, "NORESIZE"},
	{0, NULL},
};

static const struct flag_name set_names[] = {
	{VFIO_IRQ_SET_ACTION_MASK, "MASK"},
	{VFIO_IRQ_SET_ACTION_UNMASK, "UNMASK"},
	{VFIO_IRQ_SET_ACTION_TRIGGER, "TRIGGER"},
	{VFIO_IRQ_SET_DATA_NONE, "NONE"},
	{VFIO_IRQ_SET_DATA_BOOL, "BOOL"},
	{VFIO_IRQ_SET_DATA_EVENTFD, "EVENTFD"},
	{0, NULL},
};

const char *irq_index_name(uint32_t index)
{
	return index < VFIO_PCI_NUM_IRQS ? index_names[index] : "?";
}

static const char *format_flags(const struct flag_name *names, uint32_t flags, char *buf,
				size_t size)
{
	size_t n = 0;

	snprintf(buf, size, flags ? "0x%x" : "0", flags);
	for (; names->name; names++) {
		if ((flags & names->bit) && n < size)
			n += (size_t)snprintf(buf + n, size - n, "%s%s", n ? "|" : "", names->name);
	}
	return buf;
}

const char *irq_info_flags(uint32_t flags, char *buf, size_t size)
{
	return format_flags(info_names, flags, buf, size);
}

static struct vfio_irq_set *init(struct irq_set_buf *b, uint32_t flags, uint32_t index,
				 uint32_t start, uint32_t count, uint32_t data_size)
{
	struct vfio_irq_set *set = (struct vfio_irq_set *)b->raw;

	set->argsz = IRQ_SET_HDR_SIZE + data_size;
	set->flags = flags;
	set->index = index;
	set->start = start;
	set->count = count;
	return set;
}

const struct vfio_irq_set *irq_set_disable(struct irq_set_buf *b, uint32_t index)
{
	return init(b, VFIO_IRQ_SET_ACTION_TRIGGER | VFIO_IRQ_SET_DATA_NONE, index, 0, 0, 0);
}

const struct vfio_irq_set *irq_set_eventfds(struct irq_set_buf *b, uint32_t index, uint32_t start,
					    uint32_t count, const int32_t *fds)
{
	uint32_t size = count * (uint32_t)sizeof(*fds);
	struct vfio_irq_set *set;

	set = init(b, VFIO_IRQ_SET_ACTION_TRIGGER | VFIO_IRQ_SET_DATA_EVENTFD, index, start, count,
		   size);
	if (size)
		memcpy(b->raw + IRQ_SET_HDR_SIZE, fds, size);
	return set;
}

const struct vfio_irq_set *irq_set_loopback(struct irq_set_buf *b, uint32_t index, uint32_t vector)
{
	return init(b, VFIO_IRQ_SET_ACTION_TRIGGER | VFIO_IRQ_SET_DATA_NONE, index, vector, 1, 0);
}

const char *irq_set_format(const struct vfio_irq_set *set, char *buf, size_t size)
{
	char flags[80];

	snprintf(buf, size, "%s %s start %u count %u",
		 format_flags(set_names, set->flags, flags, sizeof(flags)),
		 irq_index_name(set->index), set->start, set->count);
	return buf;
}
