/* SPDX-License-Identifier: MIT */
/* irq_set and vfio_irq: the requests' bytes, and the names that messages print. */
#include <criterion/criterion.h>
#include <string.h>

#include "uapi/irq_set.h"

static struct irq_set_buf buf;

Test(irq_set, layout_is_the_kernels)
{
	cr_assert_eq(IRQ_SET_HDR_SIZE, 20, "header, R3");
	cr_assert_eq(IRQ_INFO_SIZE, 16, "info, R14");
	cr_assert_eq(IRQ_SET_FLAG_MASK, 0x3f, "flags, R5");
}

Test(irq_set, disable)
{
	const struct vfio_irq_set *s = irq_set_disable(&buf, VFIO_PCI_MSI_IRQ_INDEX);

	cr_assert_eq(s->argsz, 20, "argsz");
	cr_assert_eq(s->flags, 0x21, "TRIGGER|NONE");
	cr_assert_eq(s->index, 1, "index");
	cr_assert_eq(s->start, 0, "start");
	cr_assert_eq(s->count, 0, "count");
}

Test(irq_set, eventfds)
{
	const int32_t fds[] = {7, -1, INT32_MAX};
	const struct vfio_irq_set *s = irq_set_eventfds(&buf, VFIO_PCI_MSIX_IRQ_INDEX, 5, 3, fds);

	cr_assert_eq(s->argsz, 20 + 12, "argsz");
	cr_assert_eq(s->flags, 0x24, "TRIGGER|EVENTFD");
	cr_assert_eq(s->index, 2, "index");
	cr_assert_eq(s->start, 5, "start");
	cr_assert_eq(s->count, 3, "count");
	cr_assert_eq(memcmp(s->data, fds, sizeof(fds)), 0, "data");
}

Test(irq_set, no_eventfds)
{
	const struct vfio_irq_set *s = irq_set_eventfds(&buf, VFIO_PCI_MSIX_IRQ_INDEX, 0, 0, NULL);

	cr_assert_eq(s->argsz, 20, "argsz");
	cr_assert_eq(s->count, 0, "count");
}

Test(irq_set, as_many_as_a_device_can_have)
{
	static int32_t fds[IRQ_MAX_VECTORS];
	const struct vfio_irq_set *s;

	for (int32_t i = 0; i < (int32_t)IRQ_MAX_VECTORS; i++)
		fds[i] = i;
	s = irq_set_eventfds(&buf, VFIO_PCI_MSIX_IRQ_INDEX, 0, IRQ_MAX_VECTORS, fds);
	cr_assert_eq(s->argsz, sizeof(buf), "fills the buffer");
	cr_assert_eq(memcmp(s->data, fds, sizeof(fds)), 0, "data");
}

Test(irq_set, loopback)
{
	const struct vfio_irq_set *s = irq_set_loopback(&buf, VFIO_PCI_MSIX_IRQ_INDEX, 9);

	cr_assert_eq(s->argsz, 20, "argsz");
	cr_assert_eq(s->flags, 0x21, "TRIGGER|NONE");
	cr_assert_eq(s->start, 9, "start");
	cr_assert_eq(s->count, 1, "count");
}

Test(irq_set, format)
{
	const int32_t fd = 1;
	char text[128];

	irq_set_format(irq_set_eventfds(&buf, VFIO_PCI_MSIX_IRQ_INDEX, 3, 1, &fd), text,
		       sizeof(text));
	cr_assert_str_eq(text, "TRIGGER|EVENTFD MSIX start 3 count 1");
	irq_set_format(irq_set_disable(&buf, 9), text, sizeof(text));
	cr_assert_str_eq(text, "TRIGGER|NONE ? start 0 count 0");
}

Test(irq_set, names)
{
	static const char *const want[] = {"INTX", "MSI", "MSIX", "ERR", "REQ", "?"};
	char text[64];

	for (uint32_t i = 0; i < 6; i++)
		cr_assert_str_eq(irq_index_name(i), want[i]);
	cr_assert_str_eq(irq_index_name(UINT32_MAX), "?");
	cr_assert_str_eq(irq_info_flags(0, text, sizeof(text)), "0");
	cr_assert_str_eq(irq_info_flags(0x9, text, sizeof(text)), "EVENTFD|NORESIZE");
	cr_assert_str_eq(irq_info_flags(0x7, text, sizeof(text)), "EVENTFD|MASKABLE|AUTOMASKED");
	cr_assert_str_eq(irq_info_flags(0x100, text, sizeof(text)), "0x100", "unknown bits show");
	cr_assert_str_eq(irq_info_flags(0x9, text, 4), "EVE", "a short buffer cuts");
}
